// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IDisclosureLog} from './interfaces/IDisclosureLog.sol';

/// @notice See IDisclosureLog. Times are block times: a guardian's stop of settlement gives no supervisor more time.
contract DisclosureLog is IDisclosureLog, AccessManaged {
    bytes32 private constant DESTINATION_TAG = 'cinnabar.destination';
    /// @dev Longer, and "in time" would mean nothing.
    uint256 private constant MAX_WINDOW = 5 * 365 days;

    /// @notice Seconds from filing to the second approval.
    uint64 public immutable APPROVAL_WINDOW;
    /// @notice Seconds from authorisation to disclosure.
    uint64 public immutable EXECUTION_WINDOW;
    /// @notice Seconds from an emergency's first approval to its ratification.
    uint64 public immutable RATIFICATION_WINDOW;
    /// @notice Seconds from disclosure to unsealing.
    uint64 public immutable UNSEAL_WINDOW;
    /// @notice IdentityRegistry: uses destination orders.
    address public immutable REGISTRY;

    Order[] private _orders;
    Counters private _counters;
    mapping(uint256 order => mapping(bytes32 recordsHash => bool)) private _announced;
    uint64 private _logLength;

    constructor(
        address authority_,
        address registry,
        uint64 approvalWindow,
        uint64 executionWindow,
        uint64 ratificationWindow,
        uint64 unsealWindow
    ) AccessManaged(authority_) {
        _checkWindow(approvalWindow);
        _checkWindow(executionWindow);
        _checkWindow(ratificationWindow);
        _checkWindow(unsealWindow);
        REGISTRY = registry;
        APPROVAL_WINDOW = approvalWindow;
        EXECUTION_WINDOW = executionWindow;
        RATIFICATION_WINDOW = ratificationWindow;
        UNSEAL_WINDOW = unsealWindow;
    }

    /// @inheritdoc IDisclosureLog
    function file(Filing calldata filing) external restricted returns (uint256 order) {
        bool opensRecords = filing.kind != Kind.Destination;
        if (
            filing.legalBasis == 0 ||
            (filing.limit != 0) != opensRecords ||
            filing.caseHash == 0 ||
            filing.scopeHash == 0
        ) revert FilingInvalid();
        // Nothing takes a change of a destination back: a refused ratification would come after the money left.
        if (filing.isEmergency && !opensRecords) revert DestinationNotEmergency();
        Order storage filed = _orders.push();
        order = _orders.length;
        filed.state = State.Filed;
        filed.kind = filing.kind;
        filed.isEmergency = filing.isEmergency;
        filed.legalBasis = filing.legalBasis;
        filed.limit = filing.limit;
        filed.deadline = _after(APPROVAL_WINDOW);
        filed.filer = msg.sender;
        filed.caseHash = filing.caseHash;
        filed.scopeHash = filing.scopeHash;
        _counters.filed++;
        if (filing.isEmergency) _counters.emergencies++;
        emit OrderFiled(
            order,
            filing.kind,
            filing.isEmergency,
            filing.legalBasis,
            filing.limit,
            filing.caseHash,
            filing.scopeHash,
            msg.sender
        );
    }

    /// @inheritdoc IDisclosureLog
    function approveAsReviewer(uint256 order) external restricted {
        _approve(order, false);
    }

    /// @inheritdoc IDisclosureLog
    function approveAsJudge(uint256 order) external restricted {
        _approve(order, true);
    }

    /// @inheritdoc IDisclosureLog
    function rejectAsReviewer(uint256 order, bytes32 reasonHash) external restricted {
        _reject(order, reasonHash);
    }

    /// @inheritdoc IDisclosureLog
    function rejectAsJudge(uint256 order, bytes32 reasonHash) external restricted {
        _reject(order, reasonHash);
    }

    /// @inheritdoc IDisclosureLog
    function announceOpenings(
        uint256 order,
        bytes32 recordsHash,
        uint32 count
    ) external restricted {
        Order storage executed = _at(order);
        if (executed.kind == Kind.Destination) revert FilingInvalid();
        _checkExecutable(order, executed);
        if (recordsHash == 0 || count == 0) revert HashMissing();
        if (_announced[order][recordsHash]) revert AlreadyAnnounced(order, recordsHash);
        uint256 opened = uint256(executed.opened) + count;
        if (opened > executed.limit) revert LimitExceeded(order, executed.limit, opened);
        executed.opened = uint32(opened);
        executed.state = State.Executing;
        _announced[order][recordsHash] = true;
        _counters.recordsOpened += count;
        emit OpeningsAnnounced(order, recordsHash, count);
    }

    /// @inheritdoc IDisclosureLog
    function disclose(uint256 order, bytes32 bundleHash) external restricted {
        Order storage disclosed = _at(order);
        _checkState(order, disclosed, State.Executing);
        if (bundleHash == 0) revert HashMissing();
        _countOverdue(order, disclosed);
        disclosed.state = State.Disclosed;
        disclosed.bundleHash = bundleHash;
        disclosed.deadline = _after(UNSEAL_WINDOW);
        _counters.disclosed++;
        emit OrderDisclosed(order, bundleHash, disclosed.deadline);
    }

    /// @inheritdoc IDisclosureLog
    function unseal(uint256 order, bytes32 noticeHash) external restricted {
        Order storage unsealed = _at(order);
        _checkState(order, unsealed, State.Disclosed);
        if (noticeHash == 0) revert HashMissing();
        _countOverdue(order, unsealed);
        unsealed.state = State.Unsealed;
        emit OrderUnsealed(order, noticeHash);
    }

    /// @inheritdoc IDisclosureLog
    function close(uint256 order) external restricted {
        Order storage closed = _at(order);
        if (closed.state != State.Filed) _checkState(order, closed, State.Authorised);
        _close(order, closed);
    }

    /// @inheritdoc IDisclosureLog
    function lapse(uint256 order) external {
        Order storage lapsed = _at(order);
        if (lapsed.state == State.Filed) {
            _checkPassed(order, lapsed.deadline);
            lapsed.state = State.Rejected;
            _counters.rejected++;
            emit OrderRejected(order, 0);
            return;
        }
        _checkState(order, lapsed, State.Authorised);
        _checkPassed(order, lapsed.deadline);
        _close(order, lapsed);
    }

    /// @inheritdoc IDisclosureLog
    function markOverdue(uint256 order) external {
        Order storage overdue = _at(order);
        if (overdue.state != State.Executing) _checkState(order, overdue, State.Disclosed);
        _checkPassed(order, overdue.deadline);
        if (overdue.isOverdue) revert AlreadyMarked(order);
        _countOverdue(order, overdue);
    }

    /// @inheritdoc IDisclosureLog
    function markViolation(uint256 order) external {
        Order storage violated = _at(order);
        if (violated.isViolation) revert AlreadyMarked(order);
        if (violated.ratifyBy == 0) revert OrderInState(order, violated.state);
        _checkPassed(order, violated.ratifyBy);
        _markViolation(order, violated);
    }

    /// @inheritdoc IDisclosureLog
    function useDestinationOrder(
        uint256 order,
        uint32 index,
        uint256 oldLeaf,
        uint256 newLeaf
    ) external {
        if (msg.sender != REGISTRY) revert CallerNotRegistry(msg.sender);
        Order storage used = _at(order);
        _checkExecutable(order, used);
        if (
            used.kind != Kind.Destination ||
            used.scopeHash != destinationScope(index, oldLeaf, newLeaf)
        ) revert DestinationOther(order);
        used.state = State.Disclosed;
        used.deadline = _after(UNSEAL_WINDOW);
        _counters.disclosed++;
        emit DestinationOrderUsed(order);
    }

    /// @inheritdoc IDisclosureLog
    function anchorLog(bytes32 head, uint64 length) external restricted {
        if (head == 0) revert HashMissing();
        if (length < _logLength) revert LogShrinks(_logLength, length);
        _logLength = length;
        emit LogAnchored(head, length);
    }

    /// @inheritdoc IDisclosureLog
    function orderAt(uint256 order) external view returns (Order memory) {
        return _at(order);
    }

    /// @inheritdoc IDisclosureLog
    function isExecutable(uint256 order) external view returns (bool) {
        if (order == 0 || order > _orders.length) return false;
        Order storage executed = _orders[order - 1];
        return
            (executed.state == State.Authorised || executed.state == State.Executing) &&
            !executed.isRefused &&
            block.timestamp <= executed.deadline &&
            (executed.ratifyBy == 0 || block.timestamp <= executed.ratifyBy);
    }

    /// @inheritdoc IDisclosureLog
    function isAnnounced(uint256 order, bytes32 recordsHash) external view returns (bool) {
        return _announced[order][recordsHash];
    }

    /// @inheritdoc IDisclosureLog
    function counters() external view returns (Counters memory) {
        return _counters;
    }

    /// @inheritdoc IDisclosureLog
    function orderCount() external view returns (uint256) {
        return _orders.length;
    }

    /// @inheritdoc IDisclosureLog
    function destinationScope(
        uint32 index,
        uint256 oldLeaf,
        uint256 newLeaf
    ) public view returns (bytes32) {
        return
            keccak256(
                abi.encode(DESTINATION_TAG, block.chainid, address(this), index, oldLeaf, newLeaf)
            );
    }

    /// @dev One approval authorises an emergency for a while; the other one ratifies it. A late ratification
    /// lets execution go on and does not undo the violation.
    function _approve(uint256 order, bool asJudge) private {
        Order storage approved = _at(order);
        if ((asJudge ? approved.judge : approved.reviewer) != address(0)) {
            revert AlreadyApproved(order);
        }
        if (
            msg.sender == approved.filer ||
            msg.sender == approved.reviewer ||
            msg.sender == approved.judge
        ) revert FourEyes(order, msg.sender);
        if (asJudge) approved.judge = msg.sender;
        else approved.reviewer = msg.sender;
        bool isFirst = approved.reviewer == address(0) || approved.judge == address(0);
        bool isRatification = !isFirst && approved.ratifyBy != 0;
        if (!isRatification) {
            _checkState(order, approved, State.Filed);
            if (block.timestamp > approved.deadline) {
                revert DeadlinePassed(order, approved.deadline);
            }
        }
        emit OrderApproved(order, msg.sender, asJudge);
        if (isRatification) {
            _countLateRatification(order, approved);
            approved.ratifyBy = 0;
            emit OrderRatified(order);
        } else if (!isFirst || approved.isEmergency) {
            if (isFirst) approved.ratifyBy = _after(RATIFICATION_WINDOW);
            approved.state = State.Authorised;
            approved.deadline = _after(EXECUTION_WINDOW);
            _counters.authorised++;
            emit OrderAuthorised(order, approved.deadline);
        }
    }

    function _reject(uint256 order, bytes32 reasonHash) private {
        Order storage rejected = _at(order);
        if (reasonHash == 0) revert HashMissing();
        // An emergency under way can still be refused its ratification, which stops it.
        if (rejected.ratifyBy == 0) _checkState(order, rejected, State.Filed);
        if (msg.sender == rejected.filer) revert FourEyes(order, msg.sender);
        _countLateRatification(order, rejected);
        rejected.ratifyBy = 0;
        _counters.rejected++;
        if (rejected.opened == 0) {
            rejected.state = State.Rejected;
        } else {
            // What was opened stays opened: a violation at once, and still to be disclosed and unsealed.
            rejected.isRefused = true;
            if (!rejected.isViolation) _markViolation(order, rejected);
        }
        emit OrderRejected(order, reasonHash);
    }

    /// @dev Nothing was opened, so there is nothing to ratify; what was due before counts.
    function _close(uint256 order, Order storage closed) private {
        _countLateRatification(order, closed);
        closed.ratifyBy = 0;
        closed.state = State.Closed;
        emit OrderClosed(order);
    }

    /// @dev Who is late counts, whether or not somebody marked it first. Once an order.
    function _countOverdue(uint256 order, Order storage late) private {
        if (block.timestamp <= late.deadline || late.isOverdue) return;
        late.isOverdue = true;
        _counters.overdue++;
        emit OrderOverdue(order, late.state);
    }

    /// @dev The same for a ratification, before an act ends that it is due.
    function _countLateRatification(uint256 order, Order storage late) private {
        if (late.ratifyBy == 0 || block.timestamp <= late.ratifyBy || late.isViolation) return;
        _markViolation(order, late);
    }

    function _markViolation(uint256 order, Order storage violated) private {
        violated.isViolation = true;
        _counters.violations++;
        emit OrderViolated(order);
    }

    function _checkExecutable(uint256 order, Order storage executed) private view {
        if (executed.state != State.Executing) _checkState(order, executed, State.Authorised);
        if (executed.isRefused) revert OrderRefused(order);
        if (block.timestamp > executed.deadline) revert DeadlinePassed(order, executed.deadline);
        if (executed.ratifyBy != 0 && block.timestamp > executed.ratifyBy) {
            revert NotRatified(order, executed.ratifyBy);
        }
    }

    function _checkState(uint256 order, Order storage checked, State expected) private view {
        if (checked.state != expected) revert OrderInState(order, checked.state);
    }

    function _checkPassed(uint256 order, uint64 deadline) private view {
        if (block.timestamp <= deadline) revert DeadlineAhead(order, deadline);
    }

    function _at(uint256 order) private view returns (Order storage) {
        if (order == 0 || order > _orders.length) revert OrderUnknown(order);
        return _orders[order - 1];
    }

    function _after(uint64 window) private view returns (uint64) {
        return uint64(block.timestamp) + window;
    }

    function _checkWindow(uint64 window) private pure {
        if (window == 0 || window > MAX_WINDOW) revert WindowInvalid();
    }
}
