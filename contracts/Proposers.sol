// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IAccessManager} from '@openzeppelin/contracts/access/manager/IAccessManager.sol';
import {ReentrancyGuard} from '@openzeppelin/contracts/utils/ReentrancyGuard.sol';
import {IClock} from './interfaces/IClock.sol';
import {IDeadlineQueue} from './interfaces/IDeadlineQueue.sol';
import {IProposers} from './interfaces/IProposers.sol';
import {IRollup} from './interfaces/IRollup.sol';

/// @notice See IProposers.
contract Proposers is IProposers, AccessManaged, ReentrancyGuard {
    /// @notice Leases in a row that double the bond when they end unused.
    uint256 public constant MAX_DOUBLINGS = 6;
    /// @notice How long an announced closing can be made use of.
    uint256 public constant CLOSE_WINDOW = 7 days;
    /// @dev Places of those who left, or whose bond is too low, that one call passes.
    uint256 private constant MAX_SKIPS = 32;
    /// @dev A lease in which a proof cannot be made, or one that shuts the others out for days.
    uint256 private constant MIN_LEASE_TIME = 10 minutes;
    uint256 private constant MAX_LEASE_TIME = 1 days;

    /// @inheritdoc IProposers
    address public immutable ROLLUP;
    IClock public immutable CLOCK;
    IDeadlineQueue public immutable FORCED_QUEUE;
    IDeadlineQueue public immutable VAULT;
    /// @inheritdoc IProposers
    uint256 public immutable LIVENESS_GAP;
    /// @inheritdoc IProposers
    uint256 public immutable LEASE_TIME;
    /// @inheritdoc IProposers
    uint256 public immutable COOL_DOWN;
    /// @inheritdoc IProposers
    uint256 public immutable CLOSE_NOTICE;
    /// @inheritdoc IProposers
    uint256 public immutable BOND;

    struct Times {
        uint256 livenessGap;
        uint256 leaseTime;
        uint256 coolDown;
        uint256 closeNotice;
    }

    /// @dev One slot: all that `settle` needs.
    bool private _isOpen;
    bool private _hasProgress;
    /// @dev Leases in a row that ended unused.
    uint8 private _failures;
    uint40 private _endsAt;
    address private _holder;

    uint40 private _closedAt;
    uint40 private _closableAt;
    uint64 private _head = 1;
    uint64 private _tail = 1;

    /// @inheritdoc IProposers
    uint256 public forfeitedTotal;

    /// @dev One slot. `place` is 0 for one that does not wait.
    struct Account {
        uint128 bond;
        uint40 availableAt;
        uint64 place;
    }

    mapping(address proposer => Account account) private _accounts;
    mapping(uint256 place => address proposer) private _line;

    constructor(
        address authority_,
        address rollup,
        IClock clock,
        IDeadlineQueue forcedQueue,
        IDeadlineQueue vault,
        Times memory times,
        uint256 bond
    ) AccessManaged(authority_) {
        if (
            times.livenessGap < 1 days ||
            times.leaseTime < MIN_LEASE_TIME ||
            times.leaseTime > MAX_LEASE_TIME ||
            times.coolDown < times.leaseTime ||
            times.closeNotice < 1 days ||
            bond == 0 ||
            bond << MAX_DOUBLINGS > type(uint128).max
        ) revert ParametersInvalid();
        ROLLUP = rollup;
        CLOCK = clock;
        FORCED_QUEUE = forcedQueue;
        VAULT = vault;
        LIVENESS_GAP = times.livenessGap;
        LEASE_TIME = times.leaseTime;
        COOL_DOWN = times.coolDown;
        CLOSE_NOTICE = times.closeNotice;
        BOND = bond;
        _closedAt = uint40(clock.time());
    }

    // Anybody

    /// @inheritdoc IProposers
    function open() external {
        if (_isOpen) revert AlreadyOpen();
        Breach breach_ = breach();
        if (breach_ == Breach.None) revert NoBreach();
        _isOpen = true;
        _failures = 0;
        emit Opened(breach_, msg.sender);
    }

    /// @inheritdoc IProposers
    function close() external {
        if (!_isOpen) revert NotOpen();
        uint256 now_ = CLOCK.time();
        uint256 from = _closableAt;
        if (from == 0 || now_ > from + CLOSE_WINDOW) revert ClosingNotAnnounced();
        if (now_ < from) revert ClosingTooSoon(from);
        _endLease(now_);
        if (_holder != address(0)) revert LeaseRunning(_holder, _endsAt);
        Breach overdue = _overdueAt(now_);
        if (overdue != Breach.None) revert BreachOngoing(overdue);
        _isOpen = false;
        _closableAt = 0;
        // The sequencer begins with a whole gap before it: the last batch may be old.
        _closedAt = uint40(now_);
        emit Closed();
    }

    /// @inheritdoc IProposers
    function advance() external {
        uint256 now_ = CLOCK.time();
        bool hasEnded = _endLease(now_);
        if (_holder != address(0)) revert LeaseRunning(_holder, _endsAt);
        // An ended lease stays ended, whether somebody follows or not.
        if (!_startLease(now_) && !hasEnded) {
            if (!_isOpen) revert NotOpen();
            if (_isClosable(now_)) revert ClosingDue();
            revert NobodyWaits();
        }
    }

    // Proposer

    /// @inheritdoc IProposers
    function join() external payable {
        if (!_isOpen) revert NotOpen();
        uint256 now_ = CLOCK.time();
        // First: it may be the caller's own lease that ended unused.
        _endLease(now_);
        Account storage account = _accounts[msg.sender];
        if (account.place != 0) revert AlreadyWaiting(msg.sender);
        if (now_ < account.availableAt) revert CoolingDown(account.availableAt);
        uint256 bond = account.bond + msg.value;
        uint256 required = requiredBond();
        if (bond < required) revert BondTooLow(required, bond);
        uint64 place = _tail;
        _tail = place + 1;
        _line[place] = msg.sender;
        account.bond = uint128(bond);
        account.place = place;
        emit Joined(msg.sender, place, bond);
        _startLease(now_);
    }

    /// @inheritdoc IProposers
    function post(address proposer) external payable {
        if (!_isOpen) revert NotOpen();
        Account storage account = _accounts[proposer];
        // No base chain has 2^128 wei.
        uint256 bond = account.bond + msg.value;
        account.bond = uint128(bond);
        emit Posted(proposer, bond);
    }

    /// @inheritdoc IProposers
    function quit() external {
        Account storage account = _accounts[msg.sender];
        if (account.place == 0) revert NotWaiting(msg.sender);
        delete _line[account.place];
        account.place = 0;
        emit Left(msg.sender);
    }

    /// @inheritdoc IProposers
    function withdraw(address to) external nonReentrant {
        _endLease(CLOCK.time());
        if (_holder == msg.sender) revert LeaseRunning(msg.sender, _endsAt);
        Account storage account = _accounts[msg.sender];
        if (account.place != 0) revert AlreadyWaiting(msg.sender);
        uint256 amount = account.bond;
        if (amount == 0) revert NoBond(msg.sender);
        account.bond = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool ok, ) = to.call{value: amount}('');
        if (!ok) revert PaymentRefused(to, amount);
    }

    // Rollup

    /// @inheritdoc IProposers
    function authorize(address caller) external returns (bool isLeased) {
        if (msg.sender != ROLLUP) revert CallerNotRollup(msg.sender);
        if (!_isOpen) {
            if (!_isSequencer(caller)) revert AccessManagedUnauthorized(caller);
            return false;
        }
        if (caller != _holder || CLOCK.time() >= _endsAt) {
            revert LeaseNotHeld(caller, _holder, _endsAt);
        }
        if (!_hasProgress) _hasProgress = true;
        return true;
    }

    // Governance

    /// @inheritdoc IProposers
    function announceClosing() external restricted {
        if (!_isOpen) revert NotOpen();
        _closableAt = uint40(CLOCK.time() + CLOSE_NOTICE);
        emit ClosingAnnounced(_closableAt);
    }

    /// @inheritdoc IProposers
    function cancelClosing() external restricted {
        if (_closableAt == 0) revert ClosingNotAnnounced();
        _closableAt = 0;
        emit ClosingCancelled();
    }

    // Views

    /// @inheritdoc IProposers
    function breach() public view returns (Breach) {
        uint256 now_ = CLOCK.time();
        Breach overdue = _overdueAt(now_);
        if (overdue != Breach.None) return overdue;
        return now_ > aliveAt() + LIVENESS_GAP ? Breach.Liveness : Breach.None;
    }

    /// @inheritdoc IProposers
    function isOpen() external view returns (bool) {
        return _isOpen;
    }

    /// @inheritdoc IProposers
    function maySettle(address account) external view returns (bool) {
        if (!_isOpen) return _isSequencer(account);
        return account == _holder && CLOCK.time() < _endsAt;
    }

    /// @inheritdoc IProposers
    function lease() external view returns (Lease memory) {
        return Lease({holder: _holder, endsAt: _endsAt, hasProgress: _hasProgress});
    }

    /// @inheritdoc IProposers
    function proposerOf(address proposer) external view returns (Proposer memory) {
        Account storage account = _accounts[proposer];
        return
            Proposer({
                bond: account.bond,
                availableAt: account.availableAt,
                isWaiting: account.place != 0
            });
    }

    /// @inheritdoc IProposers
    function requiredBond() public view returns (uint256) {
        return BOND << _failures;
    }

    /// @inheritdoc IProposers
    function line() external view returns (uint64 head, uint64 tail) {
        return (_head, _tail);
    }

    /// @inheritdoc IProposers
    function closableAt() external view returns (uint256) {
        return _closableAt;
    }

    /// @inheritdoc IProposers
    function aliveAt() public view returns (uint256) {
        uint256 settledAt = IRollup(ROLLUP).settledAt();
        return settledAt > _closedAt ? settledAt : _closedAt;
    }

    // Internal

    function _isSequencer(address account) private view returns (bool isSequencer) {
        (isSequencer, ) = IAccessManager(authority()).canCall(
            account,
            ROLLUP,
            IRollup.settle.selector
        );
    }

    /// @dev What had to be taken before `time_` and was not.
    function _overdueAt(uint256 time_) private view returns (Breach) {
        if (_isPast(FORCED_QUEUE, time_)) return Breach.ForcedTransfer;
        if (_isPast(VAULT, time_)) return Breach.Deposit;
        return Breach.None;
    }

    function _isPast(IDeadlineQueue queue, uint256 time_) private view returns (bool) {
        uint256 deadline = queue.headDeadline();
        return deadline != 0 && deadline < time_;
    }

    function _isClosable(uint256 now_) private view returns (bool) {
        uint256 from = _closableAt;
        return from != 0 && now_ >= from && now_ <= from + CLOSE_WINDOW;
    }

    /// @dev Ends the lease if its time is over. Nothing was settled since, so both queues stand as they did
    /// then, but for deposits that were asked back: a holder is charged only for what waited all along.
    function _endLease(uint256 now_) private returns (bool) {
        address holder = _holder;
        uint256 endsAt = _endsAt;
        if (holder == address(0) || now_ < endsAt) return false;
        bool hasProgress = _hasProgress;
        uint256 forfeited;
        if (hasProgress) _failures = 0;
        else if (_overdueAt(endsAt) != Breach.None) forfeited = _forfeit(holder, now_);
        _holder = address(0);
        _hasProgress = false;
        emit LeaseEnded(holder, hasProgress, forfeited);
        return true;
    }

    function _forfeit(address holder, uint256 now_) private returns (uint256 forfeited) {
        Account storage account = _accounts[holder];
        forfeited = requiredBond();
        // No lease begins with less, and none is taken out while it runs.
        account.bond -= uint128(forfeited);
        account.availableAt = uint40(now_ + COOL_DOWN);
        if (account.place != 0) {
            delete _line[account.place];
            account.place = 0;
        }
        forfeitedTotal += forfeited;
        if (_failures < MAX_DOUBLINGS) _failures++;
    }

    /// @dev Gives the next in line the lease, if it is free.
    function _startLease(uint256 now_) private returns (bool) {
        if (!_isOpen || _holder != address(0)) return false;
        // Else leases without end would keep settlement open. What is overdue still needs one.
        if (_isClosable(now_) && _overdueAt(now_) == Breach.None) return false;
        uint256 required = requiredBond();
        uint64 head = _head;
        uint64 end = _tail;
        if (end - head > MAX_SKIPS) end = head + uint64(MAX_SKIPS);
        address next;
        while (head < end && next == address(0)) {
            address proposer = _line[head];
            delete _line[head];
            head++;
            if (proposer == address(0)) continue;
            Account storage account = _accounts[proposer];
            account.place = 0;
            if (account.bond < required) emit Skipped(proposer, required, account.bond);
            else next = proposer;
        }
        bool hasMoved = head != _head;
        _head = head;
        // So that a caller of `advance` gets past more than MAX_SKIPS places in several calls.
        if (next == address(0)) return hasMoved;
        _holder = next;
        _endsAt = uint40(now_ + LEASE_TIME);
        emit LeaseStarted(next, now_ + LEASE_TIME);
        return true;
    }
}
