// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IERC20} from '@openzeppelin/contracts/token/ERC20/IERC20.sol';
import {SafeERC20} from '@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol';
import {ReentrancyGuard} from '@openzeppelin/contracts/utils/ReentrancyGuard.sol';
import {IClock} from './interfaces/IClock.sol';
import {IDeadlineQueue} from './interfaces/IDeadlineQueue.sol';
import {IScreening} from './interfaces/IScreening.sol';
import {IVault} from './interfaces/IVault.sol';
import {
    DEPOSITS_PER_SLOT,
    DEPOSIT_CIPHERTEXT_BYTES,
    FIELD_ORDER,
    OFFSET_NOTE_AMOUNT,
    OFFSET_WITHDRAWAL_AMOUNT,
    OFFSET_WITHDRAWAL_RECIPIENT
} from './libraries/Constants.sol';

/// @notice See IVault.
contract Vault is IVault, AccessManaged, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// @notice Units of one asset that the vault holds at most, whatever cap is set. With it no sum of
    /// amounts in the rollup can reach 2^64.
    uint256 public constant SUPPLY_CAP = 2 ** 63;
    /// @notice Highest entry fee in wei. Entry must cost something and must not shut anybody out.
    uint256 public constant MAX_ENTRY_FEE = 0.01 ether;
    /// @dev Clock.MIN_RUN: at most one stop of the clock touches a window.
    uint256 private constant MAX_SETTLE_WINDOW = 7 days;
    /// @dev Reclaimed deposits that one batch looks past in search of a due one. Bounds the gas of
    /// `settle`; there are so many only after a day's outage, and they are gone a window later.
    uint256 private constant MAX_LOOKAHEAD = 32;
    /// @inheritdoc IVault
    uint256 public constant LIMIT_DELAY = 7 days;
    /// @notice Whatever limit is set, a 30th of all units of an asset can be paid out a day.
    uint256 public constant LIMIT_FLOOR_PARTS = 30;
    /// @notice Of a day's limit one account is paid a quarter at most, so that one large credit does not take it all.
    uint256 public constant ACCOUNT_PARTS = 4;
    uint64 private constant NO_LIMIT = type(uint64).max;
    /// @notice Between the deadlines of two deposits that lie one behind the other. A batch takes four: one a minute
    /// keeps them all, however many were queued at once, so that no flood can open settlement.
    uint256 public constant DEPOSIT_SPACING = 15 seconds;
    /// @inheritdoc IVault
    uint256 public constant SCREENING_GAS = 60_000;
    address private constant ETH = address(0);

    /// @inheritdoc IVault
    address public immutable ROLLUP;
    IClock public immutable CLOCK;
    /// @inheritdoc IVault
    IScreening public immutable SCREENING;
    /// @inheritdoc IVault
    uint256 public immutable SETTLE_WINDOW;
    /// @inheritdoc IVault
    uint256 public immutable DEPOSIT_DUE_DELAY;
    /// @inheritdoc IVault
    uint256 public immutable DEPOSIT_DEADLINE;
    /// @inheritdoc IVault
    uint256 public immutable DEPOSITS_UNTIL;

    /// @dev Three slots. What a batch reads is in the first two.
    struct Entry {
        uint16 asset;
        uint64 amount;
        uint64 queuedAt;
        uint64 reclaimRequestedAt;
        DepositStatus status;
        uint40 takeBy;
        uint256 recipient;
        address depositor;
    }

    /// @dev One slot. Limits are kept from their highest value, so that 0, what is there before the first, is no limit.
    struct Outflows {
        uint64 belowMax;
        uint64 nextBelowMax;
        uint40 nextFrom;
        uint24 day;
        uint64 paid;
    }

    /// @dev What an account was paid on a day. One slot.
    struct Share {
        uint24 day;
        uint64 paid;
    }

    uint16 public assetCount;
    uint64 private _head = 1;
    uint64 private _tail = 1;
    /// @dev Deadline of the deposit queued last.
    uint40 private _lastTakeBy;
    /// @inheritdoc IVault
    uint256 public entryFee;
    uint256 private _collectedEntryFees;

    mapping(uint256 asset => Asset listed) private _assets;
    mapping(uint256 asset => Ledger ledger) private _ledgers;
    mapping(address token => bool isListed) private _isListed;
    mapping(uint256 id => Entry entry) private _entries;
    mapping(address account => mapping(uint256 asset => uint64 units)) private _claimable;
    mapping(uint256 asset => Outflows outflows) private _outflows;
    mapping(address account => mapping(uint256 asset => Share share)) private _shares;
    /// @dev Kept from SUPPLY_CAP, so that 0, what is there before the first, is no cap of governance's.
    mapping(uint256 asset => uint64 units) private _belowSupplyCap;

    modifier onlyRollup() {
        if (msg.sender != ROLLUP) revert CallerNotRollup(msg.sender);
        _;
    }

    /// @param dueDelay Not below the settle window: what a batch must take was queued before it was
    /// sealed, so that deposits cannot make a sealed batch unsettleable.
    /// @param depositsUntil Block time at which deposits end for good; 2^64 - 1 for never.
    constructor(
        address authority_,
        IClock clock,
        address rollup,
        IScreening screening,
        uint256 settleWindow,
        uint256 dueDelay,
        uint256 deadline,
        uint256 depositsUntil,
        uint256 entryFee_
    ) AccessManaged(authority_) {
        if (
            settleWindow == 0 ||
            settleWindow > MAX_SETTLE_WINDOW ||
            dueDelay <= settleWindow ||
            deadline < dueDelay
        ) {
            revert TimesInvalid(settleWindow, dueDelay, deadline);
        }
        CLOCK = clock;
        ROLLUP = rollup;
        SCREENING = screening;
        DEPOSITS_UNTIL = depositsUntil;
        SETTLE_WINDOW = settleWindow;
        DEPOSIT_DUE_DELAY = dueDelay;
        DEPOSIT_DEADLINE = deadline;
        _setEntryFee(entryFee_);
    }

    // User

    /// @inheritdoc IVault
    function deposit(
        uint16 asset,
        uint256 baseAmount,
        uint256 recipient,
        bytes calldata ciphertext
    ) external payable nonReentrant returns (uint64 id) {
        Asset storage listed = _asset(asset);
        if (!listed.isOpen) revert AssetClosed(asset);
        if (block.timestamp >= DEPOSITS_UNTIL) revert DepositsEnded(DEPOSITS_UNTIL);
        uint64 amount = _toUnits(baseAmount, listed.unit);
        if (recipient == 0 || recipient >= FIELD_ORDER) revert RecipientInvalid(recipient);
        if (ciphertext.length != DEPOSIT_CIPHERTEXT_BYTES) {
            revert CiphertextLengthWrong(DEPOSIT_CIPHERTEXT_BYTES, ciphertext.length);
        }
        address token = listed.token;
        uint256 value = entryFee + (token == ETH ? baseAmount : 0);
        if (msg.value != value) revert ValueWrong(value, msg.value);
        _screenDeposit(msg.sender);

        _enter(asset, amount);
        _collectedEntryFees += entryFee;
        id = _queue(asset, amount, recipient, ciphertext);
        if (token != ETH) _pull(IERC20(token), baseAmount);
    }

    /// @inheritdoc IVault
    function requestReclaim(uint64 id) external {
        Entry storage entry = _entries[id];
        if (entry.status != DepositStatus.Queued) revert DepositStatusWrong(id, entry.status);
        if (msg.sender != entry.depositor) revert CallerNotDepositor(msg.sender);
        uint256 now_ = CLOCK.time();
        uint256 deadline = entry.queuedAt + DEPOSIT_DEADLINE;
        if (now_ < deadline) revert DeadlineNotReached(deadline);
        entry.status = DepositStatus.Reclaiming;
        entry.reclaimRequestedAt = uint64(now_);
        emit DepositReclaimRequested(id, now_ + SETTLE_WINDOW + 1);
    }

    /// @inheritdoc IVault
    function refund(uint64 id) external {
        Entry storage entry = _entries[id];
        if (entry.status != DepositStatus.Reclaiming) revert DepositStatusWrong(id, entry.status);
        // One that a batch has skipped can be taken by none, but the rule stays one.
        uint256 refundableAt = entry.reclaimRequestedAt + SETTLE_WINDOW + 1;
        if (CLOCK.time() < refundableAt) revert RefundTooSoon(refundableAt);
        entry.status = DepositStatus.Refunded;
        _ledgers[entry.asset].queued -= entry.amount;
        _credit(entry.depositor, entry.asset, entry.amount);
        emit DepositRefunded(id);
    }

    /// @inheritdoc IVault
    function claim(uint16 asset) external nonReentrant returns (uint256 baseAmount) {
        return _pay(msg.sender, asset, msg.sender);
    }

    /// @inheritdoc IVault
    function claimTo(uint16 asset, address to) external nonReentrant returns (uint256 baseAmount) {
        return _pay(msg.sender, asset, to);
    }

    /// @inheritdoc IVault
    function claimFor(
        address account,
        uint16 asset
    ) external nonReentrant returns (uint256 baseAmount) {
        return _pay(account, asset, account);
    }

    // Rollup

    /// @inheritdoc IVault
    function takeDeposits(
        uint256[] calldata ids
    ) external onlyRollup returns (uint256[8] memory words) {
        uint256 now_ = CLOCK.time();
        uint256 head = _head;
        for (uint256 i = 0; i < ids.length; i++) {
            uint256 id = ids[i];
            if (id < head) revert DepositOutOfOrder(head, id);
            _checkSkipped(head, id);
            Entry storage entry = _entries[id];
            if (!_isTakeable(entry, now_)) revert DepositNotTakeable(id);
            (words[2 * i], words[2 * i + 1]) = _take(id, entry);
            head = id + 1;
        }
        if (ids.length < DEPOSITS_PER_SLOT) head = _checkNothingDue(head, now_);
        if (head != _head) _head = uint64(head);
    }

    /// @inheritdoc IVault
    function credit(uint256[] calldata words) external onlyRollup {
        for (uint256 i = 0; i < words.length; i++) {
            uint16 asset = uint16(words[i]);
            uint64 amount = uint64(words[i] >> OFFSET_WITHDRAWAL_AMOUNT);
            address account = address(uint160(words[i] >> OFFSET_WITHDRAWAL_RECIPIENT));
            _asset(asset);
            uint64 inRollup = _ledgers[asset].inRollup;
            // The last line against inflation: whatever the proofs say, no asset pays out more than
            // was paid in.
            if (amount > inRollup) revert RollupBalanceExceeded(asset, inRollup, amount);
            unchecked {
                // amount <= inRollup.
                _ledgers[asset].inRollup = inRollup - amount;
            }
            _credit(account, asset, amount);
            emit Credited(account, asset, amount);
        }
    }

    // Governance

    /// @inheritdoc IVault
    function listAsset(
        address token,
        uint256 unit,
        uint64 maxFee
    ) external restricted returns (uint16 asset) {
        if (unit == 0) revert UnitZero();
        if (_isListed[token]) revert AssetListedBefore(token);
        if (token != ETH && token.code.length == 0) revert TokenNotContract(token);
        _isListed[token] = true;
        // Id 0 means "no asset" in words that carry no amount.
        asset = ++assetCount;
        _assets[asset] = Asset({token: token, isOpen: true, maxFee: maxFee, unit: unit});
        emit AssetListed(asset, token, unit, maxFee);
    }

    /// @inheritdoc IVault
    function openAsset(uint16 asset, bool isOpen) external restricted {
        _asset(asset).isOpen = isOpen;
        emit AssetOpened(asset, isOpen);
    }

    /// @inheritdoc IVault
    function setSupplyCap(uint16 asset, uint64 cap) external restricted {
        _asset(asset);
        if (cap > SUPPLY_CAP) revert SupplyCapTooHigh(SUPPLY_CAP, cap);
        _belowSupplyCap[asset] = uint64(SUPPLY_CAP) - cap;
        emit SupplyCapChanged(asset, cap);
    }

    /// @inheritdoc IVault
    function setOutflowLimit(uint16 asset, uint64 limit) external restricted {
        _asset(asset);
        uint256 least = _floor(_total(asset));
        if (limit < least) revert OutflowLimitTooLow(least, limit);
        Outflows storage outflows = _outflows[asset];
        uint64 current = _limit(outflows);
        uint64 belowMax = NO_LIMIT - limit;
        // Nobody is surprised where nobody has anything.
        bool isAtOnce = limit >= current || _total(asset) == 0;
        outflows.belowMax = isAtOnce ? belowMax : NO_LIMIT - current;
        outflows.nextBelowMax = isAtOnce ? 0 : belowMax;
        outflows.nextFrom = isAtOnce ? 0 : uint40(block.timestamp + LIMIT_DELAY);
        emit OutflowLimitChanged(asset, limit, isAtOnce ? block.timestamp : outflows.nextFrom);
    }

    /// @inheritdoc IVault
    function setEntryFee(uint256 entryFee_) external restricted {
        _setEntryFee(entryFee_);
    }

    /// @inheritdoc IVault
    function payEntryFees(address to) external restricted nonReentrant {
        uint256 baseAmount = _collectedEntryFees;
        _collectedEntryFees = 0;
        emit EntryFeesPaid(to, baseAmount);
        _send(to, baseAmount);
    }

    // Views

    /// @inheritdoc IVault
    function assetOf(uint16 asset) external view returns (Asset memory) {
        return _asset(asset);
    }

    /// @inheritdoc IVault
    function maxFeeOf(uint256 asset) external view returns (uint64) {
        return _asset(asset).maxFee;
    }

    /// @inheritdoc IVault
    function depositOf(uint64 id) external view returns (Deposit memory) {
        Entry storage entry = _entries[id];
        return
            Deposit({
                depositor: entry.depositor,
                asset: entry.asset,
                amount: entry.amount,
                status: entry.status,
                recipient: entry.recipient,
                queuedAt: entry.queuedAt,
                reclaimRequestedAt: entry.reclaimRequestedAt
            });
    }

    /// @inheritdoc IVault
    function queue() external view returns (uint64 head, uint64 tail) {
        return (_head, _tail);
    }

    /// @inheritdoc IDeadlineQueue
    function headDeadline() external view returns (uint256) {
        uint256 head = _head;
        uint256 tail = _tail;
        // Behind more reclaimed ones a deposit is not seen; its depositor can take it back all the same.
        if (tail - head > MAX_LOOKAHEAD) tail = head + MAX_LOOKAHEAD;
        for (; head < tail; head++) {
            Entry storage entry = _entries[head];
            if (entry.status == DepositStatus.Queued) return entry.takeBy;
        }
        return 0;
    }

    /// @inheritdoc IVault
    function claimableOf(address account, uint16 asset) external view returns (uint64) {
        return _claimable[account][asset];
    }

    /// @inheritdoc IVault
    function outflowOf(uint16 asset) external view returns (Outflow memory) {
        _asset(asset);
        Outflows storage outflows = _outflows[asset];
        bool isPending = block.timestamp < outflows.nextFrom;
        return
            Outflow({
                limit: _limit(outflows),
                limitNow: _limitNow(asset, outflows),
                paidToday: outflows.day == _today() ? outflows.paid : 0,
                nextLimit: isPending ? NO_LIMIT - outflows.nextBelowMax : 0,
                nextFrom: isPending ? outflows.nextFrom : 0
            });
    }

    /// @inheritdoc IVault
    function payableOf(address account, uint16 asset) external view returns (uint64) {
        return _payable(account, asset, _claimable[account][asset]);
    }

    /// @inheritdoc IVault
    function supplyCapOf(uint16 asset) public view returns (uint64) {
        return uint64(SUPPLY_CAP) - _belowSupplyCap[asset];
    }

    /// @inheritdoc IVault
    function ledgerOf(uint16 asset) external view returns (Ledger memory) {
        return _ledgers[asset];
    }

    /// @inheritdoc IVault
    function escrowOf(uint16 asset) external view returns (uint256 owedBase, uint256 heldBase) {
        Asset storage listed = _asset(asset);
        Ledger storage ledger = _ledgers[asset];
        uint256 units = uint256(ledger.queued) + ledger.inRollup + ledger.claimable;
        owedBase = units * listed.unit;
        if (listed.token == ETH) {
            owedBase += _collectedEntryFees;
            heldBase = address(this).balance;
        } else {
            heldBase = IERC20(listed.token).balanceOf(address(this));
        }
    }

    // Internal

    function _asset(uint256 asset) private view returns (Asset storage listed) {
        listed = _assets[asset];
        if (listed.unit == 0) revert AssetUnknown(asset);
    }

    function _toUnits(uint256 baseAmount, uint256 unit) private pure returns (uint64) {
        if (baseAmount == 0) revert AmountZero();
        if (baseAmount % unit != 0) revert AmountNotWholeUnits(baseAmount, unit);
        uint256 units = baseAmount / unit;
        if (units > type(uint64).max) revert AmountTooLarge(units);
        return uint64(units);
    }

    /// @dev Adds to the queue's side of the ledger, below the cap.
    function _enter(uint16 asset, uint64 amount) private {
        Ledger storage ledger = _ledgers[asset];
        uint256 total = _total(asset) + amount;
        if (total > supplyCapOf(asset)) revert SupplyCapExceeded(total);
        ledger.queued += amount;
    }

    function _queue(
        uint16 asset,
        uint64 amount,
        uint256 recipient,
        bytes calldata ciphertext
    ) private returns (uint64 id) {
        uint256 now_ = CLOCK.time();
        id = _tail;
        _tail = id + 1;
        uint256 takeBy = now_ + DEPOSIT_DEADLINE;
        uint256 spaced = _lastTakeBy + DEPOSIT_SPACING;
        if (spaced > takeBy) takeBy = spaced;
        _lastTakeBy = uint40(takeBy);
        _entries[id] = Entry({
            asset: asset,
            amount: amount,
            queuedAt: uint64(now_),
            reclaimRequestedAt: 0,
            status: DepositStatus.Queued,
            takeBy: uint40(takeBy),
            recipient: recipient,
            depositor: msg.sender
        });
        emit DepositQueued(
            id,
            msg.sender,
            asset,
            amount,
            recipient,
            now_ + DEPOSIT_DUE_DELAY,
            now_ + DEPOSIT_DEADLINE,
            ciphertext
        );
    }

    /// @dev Takes exactly `baseAmount`: a token that delivers less would leave the vault short.
    function _pull(IERC20 token, uint256 baseAmount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), baseAmount);
        uint256 afterwards = token.balanceOf(address(this));
        uint256 received = afterwards > before ? afterwards - before : 0;
        if (received != baseAmount) revert TokenAmountWrong(address(token), baseAmount, received);
    }

    function _today() private view returns (uint24) {
        return uint24(block.timestamp / 1 days);
    }

    function _total(uint256 asset) private view returns (uint256) {
        Ledger storage ledger = _ledgers[asset];
        return uint256(ledger.queued) + ledger.inRollup + ledger.claimable;
    }

    function _limit(Outflows storage outflows) private view returns (uint64) {
        uint256 from = outflows.nextFrom;
        bool hasBegun = from != 0 && block.timestamp >= from;
        return NO_LIMIT - (hasBegun ? outflows.nextBelowMax : outflows.belowMax);
    }

    /// @dev Today's limit. What was paid today counts as held: the floor does not sink while it is used.
    function _limitNow(uint256 asset, Outflows storage outflows) private view returns (uint64) {
        uint256 limit = _limit(outflows);
        uint256 paid = outflows.day == _today() ? outflows.paid : 0;
        uint256 least = _floor(_total(asset) + paid);
        return uint64(limit > least ? limit : least);
    }

    function _floor(uint256 total) private pure returns (uint256) {
        return total == 0 ? 1 : (total + LIMIT_FLOOR_PARTS - 1) / LIMIT_FLOOR_PARTS;
    }

    /// @dev Of `amount`, what the day's limit and the account's share of it leave.
    function _payable(
        address account,
        uint256 asset,
        uint256 amount
    ) private view returns (uint64) {
        Outflows storage outflows = _outflows[asset];
        uint256 limit = _limitNow(asset, outflows);
        if (limit == NO_LIMIT) return uint64(amount);
        uint256 today = _today();
        uint256 left = outflows.day == today ? _minus(limit, outflows.paid) : limit;
        Share storage share = _shares[account][asset];
        uint256 part = (limit + ACCOUNT_PARTS - 1) / ACCOUNT_PARTS;
        if (share.day == today) part = _minus(part, share.paid);
        if (part < left) left = part;
        return uint64(amount < left ? amount : left);
    }

    function _minus(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    /// @dev Counts a payout against the day's limit.
    function _countOutflow(address account, uint256 asset, uint64 amount) private {
        Outflows storage outflows = _outflows[asset];
        if (_limit(outflows) == NO_LIMIT) return;
        uint24 today = _today();
        outflows.paid = outflows.day == today ? outflows.paid + amount : amount;
        outflows.day = today;
        Share storage share = _shares[account][asset];
        share.paid = share.day == today ? share.paid + amount : amount;
        share.day = today;
    }

    /// @dev Who is not known to be allowed does not get in.
    function _screenDeposit(address account) private view {
        (bool isAnswered, uint256 reason) = _askScreening(account, IScreening.Purpose.Deposit);
        if (!isAnswered) revert ScreeningSilent();
        if (reason != 0) revert AddressScreened(account, reason);
    }

    /// @dev Who is not known to be denied gets out: a screening that breaks holds nobody's money.
    function _screenPayout(address account) private view {
        (, uint256 reason) = _askScreening(account, IScreening.Purpose.Payout);
        if (reason != 0) revert AddressScreened(account, reason);
    }

    function _askScreening(
        address account,
        IScreening.Purpose purpose
    ) private view returns (bool isAnswered, uint256 reason) {
        // A caller could starve the call, which EIP-150 cuts short, and have its failure taken for silence.
        if (gasleft() < SCREENING_GAS + SCREENING_GAS / 32 + 10_000) revert ScreeningGasTooLow();
        (bool ok, bytes memory answer) = address(SCREENING).staticcall{gas: SCREENING_GAS}(
            abi.encodeCall(IScreening.reasonAgainst, (account, purpose))
        );
        if (!ok || answer.length != 0x20) return (false, 0);
        return (true, abi.decode(answer, (uint256)));
    }

    /// @dev Pays the credit of `account`, as far as the day's limit goes. Effects first, and `nonReentrant` on every entrance.
    function _pay(address account, uint16 asset, address to) private returns (uint256 baseAmount) {
        Asset storage listed = _asset(asset);
        uint64 credited = _claimable[account][asset];
        if (credited == 0) revert NothingToClaim(account, asset);
        // Both: a denied account could name a clean one, and a clean one a denied.
        _screenPayout(account);
        if (to != account) _screenPayout(to);
        uint64 amount = _payable(account, asset, credited);
        if (amount == 0) revert OutflowLimitReached(asset, (uint256(_today()) + 1) * 1 days);
        // Before the ledger: the floor of the limit is measured by what was held.
        _countOutflow(account, asset, amount);
        _claimable[account][asset] = credited - amount;
        _ledgers[asset].claimable -= amount;
        baseAmount = amount * listed.unit;
        emit Claimed(account, asset, amount, to);
        if (listed.token == ETH) _send(to, baseAmount);
        else _push(IERC20(listed.token), to, baseAmount);
    }

    /// @dev Parts with exactly `baseAmount`: a token that takes more would eat others' escrow.
    function _push(IERC20 token, address to, uint256 baseAmount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransfer(to, baseAmount);
        uint256 afterwards = token.balanceOf(address(this));
        uint256 sent = before > afterwards ? before - afterwards : 0;
        if (sent != baseAmount) revert TokenAmountWrong(address(token), baseAmount, sent);
    }

    function _send(address to, uint256 baseAmount) private {
        (bool ok, ) = to.call{value: baseAmount}('');
        if (!ok) revert PaymentRefused(to, baseAmount);
    }

    function _credit(address account, uint16 asset, uint64 amount) private {
        // No overflow: all units of an asset stay below SUPPLY_CAP.
        _claimable[account][asset] += amount;
        _ledgers[asset].claimable += amount;
    }

    function _setEntryFee(uint256 entryFee_) private {
        if (entryFee_ > MAX_ENTRY_FEE) revert EntryFeeTooHigh(MAX_ENTRY_FEE, entryFee_);
        entryFee = entryFee_;
        emit EntryFeeChanged(entryFee_);
    }

    /// @dev Moves a deposit into the rollup; its two words.
    function _take(
        uint256 id,
        Entry storage entry
    ) private returns (uint256 word, uint256 recipient) {
        uint16 asset = entry.asset;
        uint64 amount = entry.amount;
        entry.status = DepositStatus.Taken;
        Ledger storage ledger = _ledgers[asset];
        ledger.queued -= amount;
        ledger.inRollup += amount;
        emit DepositTaken(uint64(id));
        return (uint256(asset) | (uint256(amount) << OFFSET_NOTE_AMOUNT), entry.recipient);
    }

    /// @dev A reclaiming deposit may still be taken by a batch that was sealed before the request.
    function _isTakeable(Entry storage entry, uint256 now_) private view returns (bool) {
        DepositStatus status = entry.status;
        if (status == DepositStatus.Reclaiming) {
            return now_ <= entry.reclaimRequestedAt + SETTLE_WINDOW;
        }
        return status == DepositStatus.Queued;
    }

    /// @dev What a batch passes over must be on its way back to its depositor.
    function _checkSkipped(uint256 from, uint256 to) private view {
        if (to >= _tail) revert DepositNotTakeable(to);
        for (uint256 id = from; id < to; id++) {
            if (_entries[id].status == DepositStatus.Queued) revert DepositSkipped(id);
        }
    }

    /// @dev S4: with places left, the next deposit in the queue must not be due. Returns the head,
    /// moved past deposits that nobody can take any more.
    function _checkNothingDue(uint256 from, uint256 now_) private view returns (uint256 head) {
        head = from;
        uint256 tail = _tail;
        bool isPrefix = true;
        for (uint256 i = 0; i < MAX_LOOKAHEAD && from + i < tail; i++) {
            Entry storage entry = _entries[from + i];
            if (entry.status == DepositStatus.Queued) {
                if (now_ >= entry.queuedAt + DEPOSIT_DUE_DELAY) revert DepositOverdue(from + i);
                return head;
            }
            isPrefix = isPrefix && !_isTakeable(entry, now_);
            if (isPrefix) head = from + i + 1;
        }
    }
}
