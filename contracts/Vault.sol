// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IERC20} from '@openzeppelin/contracts/token/ERC20/IERC20.sol';
import {SafeERC20} from '@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol';
import {ReentrancyGuard} from '@openzeppelin/contracts/utils/ReentrancyGuard.sol';
import {IClock} from './interfaces/IClock.sol';
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

    /// @notice Units of one asset that the vault holds at most. With it no sum of amounts in the
    /// rollup can reach 2^64.
    uint256 public constant SUPPLY_CAP = 2 ** 63;
    /// @notice Highest entry fee in wei. Entry must cost something and must not shut anybody out.
    uint256 public constant MAX_ENTRY_FEE = 0.01 ether;
    /// @dev Clock.MIN_RUN: at most one stop of the clock touches a window.
    uint256 private constant MAX_SETTLE_WINDOW = 7 days;
    /// @dev Reclaimed deposits that one batch looks past in search of a due one. Bounds the gas of
    /// `settle`; there are so many only after a day's outage, and they are gone a window later.
    uint256 private constant MAX_LOOKAHEAD = 32;
    address private constant ETH = address(0);

    /// @inheritdoc IVault
    address public immutable ROLLUP;
    IClock public immutable CLOCK;
    /// @inheritdoc IVault
    uint256 public immutable SETTLE_WINDOW;
    /// @inheritdoc IVault
    uint256 public immutable DEPOSIT_DUE_DELAY;
    /// @inheritdoc IVault
    uint256 public immutable DEPOSIT_DEADLINE;

    /// @dev Three slots. What a batch reads is in the first two.
    struct Entry {
        uint16 asset;
        uint64 amount;
        uint64 queuedAt;
        uint64 reclaimRequestedAt;
        DepositStatus status;
        uint256 recipient;
        address depositor;
    }

    uint16 public assetCount;
    uint64 private _head = 1;
    uint64 private _tail = 1;
    /// @inheritdoc IVault
    uint256 public entryFee;
    uint256 private _collectedEntryFees;

    mapping(uint256 asset => Asset listed) private _assets;
    mapping(uint256 asset => Ledger ledger) private _ledgers;
    mapping(address token => bool isListed) private _isListed;
    mapping(uint256 id => Entry entry) private _entries;
    mapping(address account => mapping(uint256 asset => uint64 units)) private _claimable;

    modifier onlyRollup() {
        if (msg.sender != ROLLUP) revert CallerNotRollup(msg.sender);
        _;
    }

    /// @param dueDelay Not below the settle window: what a batch must take was queued before it was
    /// sealed, so that deposits cannot make a sealed batch unsettleable.
    constructor(
        address authority_,
        IClock clock,
        address rollup,
        uint256 settleWindow,
        uint256 dueDelay,
        uint256 deadline,
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
        uint64 amount = _toUnits(baseAmount, listed.unit);
        if (recipient == 0 || recipient >= FIELD_ORDER) revert RecipientInvalid(recipient);
        if (ciphertext.length != DEPOSIT_CIPHERTEXT_BYTES) {
            revert CiphertextLengthWrong(DEPOSIT_CIPHERTEXT_BYTES, ciphertext.length);
        }
        address token = listed.token;
        uint256 value = entryFee + (token == ETH ? baseAmount : 0);
        if (msg.value != value) revert ValueWrong(value, msg.value);

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

    /// @inheritdoc IVault
    function claimableOf(address account, uint16 asset) external view returns (uint64) {
        return _claimable[account][asset];
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
        uint256 total = uint256(ledger.queued) + ledger.inRollup + ledger.claimable + amount;
        if (total > SUPPLY_CAP) revert SupplyCapExceeded(total);
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
        _entries[id] = Entry({
            asset: asset,
            amount: amount,
            queuedAt: uint64(now_),
            reclaimRequestedAt: 0,
            status: DepositStatus.Queued,
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

    /// @dev Pays the whole credit of `account`. Effects first, and `nonReentrant` on every entrance.
    function _pay(address account, uint16 asset, address to) private returns (uint256 baseAmount) {
        Asset storage listed = _asset(asset);
        uint64 amount = _claimable[account][asset];
        if (amount == 0) revert NothingToClaim(account, asset);
        _claimable[account][asset] = 0;
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
