// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {ReentrancyGuard} from '@openzeppelin/contracts/utils/ReentrancyGuard.sol';
import {IClock} from './interfaces/IClock.sol';
import {IForcedQueue} from './interfaces/IForcedQueue.sol';
import {IIdentityRegistry} from './interfaces/IIdentityRegistry.sol';
import {IPolicyRegistry} from './interfaces/IPolicyRegistry.sol';
import {IRollup} from './interfaces/IRollup.sol';
import {ISupervisionRegistry} from './interfaces/ISupervisionRegistry.sol';
import {IVault} from './interfaces/IVault.sol';
import {IVerifierRegistry} from './interfaces/IVerifierRegistry.sol';
import {
    MEMO_BYTES,
    OFFSET_FEE_ASSET,
    OFFSET_FEE_EPOCH,
    OFFSET_WITHDRAWAL_AMOUNT,
    OFFSET_WITHDRAWAL_RECIPIENT,
    SLOT_KIND_COLLECT,
    SLOT_KIND_TRANSFER,
    SLOT_KIND_VOID
} from './libraries/Constants.sol';
import {ProofFold} from './libraries/ProofFold.sol';
import {TransferSlot} from './libraries/TransferSlot.sol';

/// @notice See IForcedQueue. Clauses S1 to S5: docs/spec/forced-queue.md.
contract ForcedQueue is IForcedQueue, AccessManaged, ReentrancyGuard {
    using ProofFold for ProofFold.Fold;

    /// @notice Waiting entries with which the fee doubles.
    uint256 public constant FEE_STEP = 64;
    /// @notice Highest base fee in wei. Entry must cost something and must not shut anybody out.
    uint256 public constant MAX_BASE_ENTRY_FEE = 0.01 ether;
    /// @dev Amount and asset of a fee word.
    uint256 private constant FEE_WITHOUT_EPOCH = (1 << OFFSET_FEE_EPOCH) - 1;
    /// @dev More than anybody could pay for, and no shift overflows with it: 2^54 · 2^128.
    uint256 private constant MAX_DOUBLINGS = 128;

    /// @inheritdoc IForcedQueue
    address public immutable ROLLUP;
    IClock public immutable CLOCK;
    IVault public immutable VAULT;
    IIdentityRegistry public immutable IDENTITIES;
    IPolicyRegistry public immutable POLICIES;
    ISupervisionRegistry public immutable SUPERVISION;
    IVerifierRegistry public immutable VERIFIERS;
    uint256 public immutable SETTLE_WINDOW;
    /// @inheritdoc IForcedQueue
    uint256 public immutable DUE_DELAY;
    /// @inheritdoc IForcedQueue
    uint256 public immutable DEADLINE;
    /// @inheritdoc IForcedQueue
    uint256 public immutable DEADLINE_SPACING;
    uint256 private immutable DOMAIN;

    /// @dev Three slots. What a batch must match is the first, what it changes the last.
    struct Entry {
        uint248 wordsHash;
        uint8 kind;
        bytes32 statementId;
        uint64 queuedAt;
        uint64 deadline;
        uint64 consumedAt;
        bool wasCurrent;
        ForcedStatus status;
    }

    uint256 private _baseEntryFee;
    uint256 private _collectedEntryFees;
    uint64 private _head = 1;
    uint64 private _tail = 1;
    mapping(uint256 id => Entry entry) private _entries;

    /// @param dueDelay Above the settle window: what a batch must take was queued before it was sealed,
    /// so that entries cannot make a sealed batch unsettleable.
    /// @param deadlineSpacing Seconds in which an operator can surely settle one entry more.
    constructor(
        address authority_,
        address rollup,
        IClock clock,
        IVault vault,
        IIdentityRegistry identities,
        IPolicyRegistry policies,
        ISupervisionRegistry supervision,
        IVerifierRegistry verifiers,
        uint256 dueDelay,
        uint256 deadline,
        uint256 deadlineSpacing,
        uint256 baseEntryFee
    ) AccessManaged(authority_) {
        if (vault.ROLLUP() != rollup) revert DeploymentInconsistent(address(vault));
        uint256 settleWindow = vault.SETTLE_WINDOW();
        if (dueDelay <= settleWindow || deadline <= dueDelay) {
            revert TimesInvalid(settleWindow, dueDelay, deadline);
        }
        ROLLUP = rollup;
        CLOCK = clock;
        VAULT = vault;
        IDENTITIES = identities;
        POLICIES = policies;
        SUPERVISION = supervision;
        VERIFIERS = verifiers;
        // The Rollup refuses a registry with another domain than its own.
        DOMAIN = verifiers.DOMAIN();
        SETTLE_WINDOW = settleWindow;
        DUE_DELAY = dueDelay;
        DEADLINE = deadline;
        DEADLINE_SPACING = deadlineSpacing;
        _setBaseEntryFee(baseEntryFee);
    }

    // User

    /// @inheritdoc IForcedQueue
    function enter(bytes calldata data) external payable nonReentrant returns (uint64 id) {
        uint256 fee = entryFee();
        if (msg.value < fee) revert EntryFeeTooLow(fee, msg.value);
        _collectedEntryFees += fee;
        id = _check(data);
        // Last: the caller may be a contract.
        if (msg.value != fee) _send(msg.sender, msg.value - fee);
    }

    // Rollup

    /// @inheritdoc IForcedQueue
    function consume(uint256[] calldata words) external {
        if (msg.sender != ROLLUP) revert CallerNotRollup(msg.sender);
        uint64 now_ = uint64(CLOCK.time());
        uint256 head = _head;
        for (uint256 i = 0; i < words.length; i++) {
            Entry storage entry = _entries[head + i];
            uint256 kind = uint8(words[i]);
            if (entry.wordsHash != words[i] >> 8) revert ForcedWordsWrong(head + i);
            bool isLive = kind != SLOT_KIND_VOID;
            if (isLive && kind != entry.kind) revert ForcedKindWrong(head + i, kind);
            entry.consumedAt = now_;
            entry.status = isLive ? ForcedStatus.Live : ForcedStatus.Void;
            emit ForcedTransferConsumed(uint64(head + i), isLive);
        }
        _head = uint64(head + words.length);
    }

    // Governance

    /// @inheritdoc IForcedQueue
    function setBaseEntryFee(uint256 baseEntryFee) external restricted {
        _setBaseEntryFee(baseEntryFee);
    }

    /// @inheritdoc IForcedQueue
    function payEntryFees(address to) external restricted nonReentrant {
        uint256 amount = _collectedEntryFees;
        _collectedEntryFees = 0;
        emit EntryFeesPaid(to, amount);
        _send(to, amount);
    }

    // Views

    /// @inheritdoc IForcedQueue
    function entryOf(uint64 id) external view returns (ForcedTransfer memory) {
        Entry storage entry = _entries[id];
        uint64 queuedAt = entry.queuedAt;
        return
            ForcedTransfer({
                wordsHash: entry.wordsHash,
                statementId: entry.statementId,
                kind: entry.kind,
                queuedAt: queuedAt,
                dueAt: entry.status == ForcedStatus.None ? 0 : queuedAt + uint64(DUE_DELAY),
                deadline: entry.deadline,
                consumedAt: entry.consumedAt,
                wasCurrent: entry.wasCurrent,
                status: entry.status
            });
    }

    /// @inheritdoc IForcedQueue
    function queue() external view returns (uint64 head, uint64 tail) {
        return (_head, _tail);
    }

    /// @inheritdoc IForcedQueue
    function headDeadline() external view returns (uint64) {
        return _head == _tail ? 0 : _entries[_head].deadline;
    }

    /// @inheritdoc IForcedQueue
    function entryFee() public view returns (uint256) {
        uint256 doublings = (_tail - _head) / FEE_STEP;
        return _baseEntryFee << (doublings < MAX_DOUBLINGS ? doublings : MAX_DOUBLINGS);
    }

    /// @inheritdoc IForcedQueue
    function pendingAt(
        uint256 time
    ) external view returns (uint256 head, uint256 tail, uint256 dueCount) {
        (head, tail) = (_head, _tail);
        if (head == tail || !_isDue(head, time)) return (head, tail, 0);
        // The clock never goes back, so entries become due in order. In steps that double, then by
        // halves: the queue may be long.
        uint256 due = head;
        uint256 step = 1;
        while (due + step < tail && _isDue(due + step, time)) {
            due += step;
            step *= 2;
        }
        uint256 waiting = due + step < tail ? due + step : tail;
        while (waiting - due > 1) {
            uint256 middle = (due + waiting) / 2;
            if (_isDue(middle, time)) due = middle;
            else waiting = middle;
        }
        dueCount = waiting - head;
    }

    // Internal

    /// @dev S1 to S3 and the proof, once and for all; then the place in the queue.
    function _check(bytes calldata data) private returns (uint64) {
        uint256 start;
        assembly ('memory-safe') {
            start := data.offset
        }
        (uint256 slot, uint256 kind, uint256 head) = _checkForm(start, data.length);
        ProofFold.Fold memory fold;
        fold.open(1, 1);
        bool wasCurrent = TransferSlot.readContext(
            _sources(),
            TransferSlot.load(start),
            fold.contexts
        );
        uint256 record = _readRecord(fold, slot, kind, head);
        _readPayments(fold, slot, kind, head, record);
        bytes32 statementId = _hashStatement(fold, slot, kind, record);
        uint256 wordsHash = _hashWords(record);
        if (!fold.check(VERIFIERS.commonKey())) revert ProofInvalid();
        return
            _queue(
                Entry({
                    wordsHash: uint248(wordsHash),
                    kind: uint8(kind),
                    statementId: statementId,
                    queuedAt: uint64(CLOCK.time()),
                    deadline: 0,
                    consumedAt: 0,
                    wasCurrent: wasCurrent && head & TransferSlot.HEAD_SUNSET_KEY == 0,
                    status: ForcedStatus.Queued
                }),
                TransferSlot.load(slot + 7) >> 8,
                data
            );
    }

    /// @dev Context and slot have exactly the length that the head says.
    function _checkForm(
        uint256 start,
        uint256 length
    ) private pure returns (uint256 slot, uint256 kind, uint256 head) {
        slot = start + TransferSlot.CONTEXT_BYTES;
        uint256 expected = TransferSlot.CONTEXT_BYTES + TransferSlot.TRANSFER_BYTES;
        if (length < expected) revert IRollup.DataLengthWrong(expected, length);
        uint256 packed = TransferSlot.load(slot);
        head = packed >> 248;
        kind = head & TransferSlot.HEAD_KIND;
        bool isTransfer = kind == SLOT_KIND_TRANSFER || kind == SLOT_KIND_COLLECT;
        if (!isTransfer || head >= TransferSlot.HEAD_LIMIT) revert IRollup.SlotKindUnknown(head);
        uint256 context = uint8(packed >> 240);
        if (context != 0) revert IRollup.ContextUnknown(context);
        if (kind == SLOT_KIND_COLLECT) expected += 0x20;
        if (head & TransferSlot.HEAD_FEE != 0) expected += TransferSlot.FEE_BYTES;
        if (head & TransferSlot.HEAD_WITHDRAWAL != 0) expected += TransferSlot.WITHDRAWAL_BYTES;
        if (length != expected) revert IRollup.DataLengthWrong(expected, length);
    }

    function _sources() private view returns (TransferSlot.Sources memory sources) {
        sources.identities = IDENTITIES;
        sources.policies = POLICIES;
        sources.supervision = SUPERVISION;
        sources.settleWindow = SETTLE_WINDOW;
        // While the clock stands still nothing could be consumed either: it refuses.
        (sources.now_, sources.windowStart) = CLOCK.timeAndWindowStart(SETTLE_WINDOW);
    }

    /// @dev S1, S3: the record of the one proof, but for fee and withdrawal.
    function _readRecord(
        ProofFold.Fold memory fold,
        uint256 slot,
        uint256 kind,
        uint256 head
    ) private view returns (uint256 record) {
        uint256 anchorBatch = uint40(TransferSlot.load(slot) >> 200);
        // Roots are kept for good; a batch that is not settled has none.
        uint256 anchor = IRollup(ROLLUP).noteRootOf(uint64(anchorBatch));
        if (anchor == 0) revert AnchorNotSettled(anchorBatch);
        bool isSunset = head & TransferSlot.HEAD_SUNSET_KEY != 0;
        uint256 keyId = isSunset ? kind + ProofFold.SUNSET_KEY : kind;
        record = fold.addProof(
            keyId,
            fold.addKey(keyId, VERIFIERS.keyBlob(kind, isSunset)),
            0,
            ProofFold.OWN_INPUTS_TRANSFER - SLOT_KIND_TRANSFER + kind,
            slot + TransferSlot.RECORDS + 0xa0 + kind * 0x20
        );
        uint256 words;
        assembly ('memory-safe') {
            words := mload(0x40)
            mstore(0x40, add(words, 0xa0))
        }
        TransferSlot.copySlot(kind, slot, anchor, record, words);
    }

    /// @dev S3: fee and withdrawal, of assets that are known for good and in amounts that a batch takes.
    function _readPayments(
        ProofFold.Fold memory fold,
        uint256 slot,
        uint256 kind,
        uint256 head,
        uint256 record
    ) private view {
        uint256 next = slot + TransferSlot.TRANSFER_BYTES + (kind - SLOT_KIND_TRANSFER) * 0x20;
        uint256 epoch = fold.contexts + ProofFold.CONTEXT_EPOCH;
        uint256 fee;
        assembly ('memory-safe') {
            fee := mload(epoch)
        }
        uint256 withdrawal = 0;
        if (head & TransferSlot.HEAD_FEE != 0) {
            uint256 packed = TransferSlot.load(next);
            next += TransferSlot.FEE_BYTES;
            uint256 amount = packed >> 192;
            uint256 asset = uint16(packed >> 176);
            if (amount == 0) revert IRollup.AmountZero();
            uint256 maxFee = VAULT.maxFeeOf(asset);
            if (amount > maxFee) revert IRollup.FeeTooHigh(asset, amount, maxFee);
            fee |= amount | (asset << OFFSET_FEE_ASSET);
        }
        if (head & TransferSlot.HEAD_WITHDRAWAL != 0) {
            uint256 packed = TransferSlot.load(next);
            uint256 amount = uint64(packed >> 176);
            if (amount == 0) revert IRollup.AmountZero();
            // Reverts for an asset that is not listed.
            VAULT.maxFeeOf(packed >> 240);
            withdrawal =
                (packed >> 240) |
                (amount << OFFSET_WITHDRAWAL_AMOUNT) |
                (uint256(uint160(packed >> 16)) << OFFSET_WITHDRAWAL_RECIPIENT);
        }
        assembly ('memory-safe') {
            mstore(add(record, 0xe0), withdrawal)
            mstore(add(record, 0x100), fee)
        }
    }

    /// @dev As api/statementId.ts: circuit id, public inputs in the verifier's order, memo.
    function _hashStatement(
        ProofFold.Fold memory fold,
        uint256 slot,
        uint256 kind,
        uint256 record
    ) private view returns (bytes32 statementId) {
        uint256 contexts = fold.contexts;
        uint256 domain = DOMAIN;
        // nullifier to the last investigation word.
        uint256 ownBytes = (ProofFold.OWN_INPUTS_TRANSFER - 2 + kind) * 0x20;
        uint256 memo = slot + TransferSlot.RECORDS + 0xa0 + kind * 0x20 + TransferSlot.PROOF_BYTES;
        assembly ('memory-safe') {
            let preimage := mload(0x40)
            mstore(preimage, kind)
            mstore(add(preimage, 0x20), mload(add(record, 0x20)))
            mcopy(add(preimage, 0x40), contexts, 0x60)
            mstore(add(preimage, 0xa0), domain)
            let next := add(preimage, 0xc0)
            mcopy(next, add(record, 0x40), ownBytes)
            next := add(next, ownBytes)
            mcopy(next, add(contexts, 0x60), 0xc0)
            next := add(next, 0xc0)
            calldatacopy(next, memo, MEMO_BYTES)
            statementId := keccak256(preimage, sub(add(next, MEMO_BYTES), preimage))
        }
    }

    /// @dev S5's hash. In a batch the fee word has no epoch: it would have to be looked up.
    function _hashWords(uint256 record) private pure returns (uint256 wordsHash) {
        uint256 fee;
        assembly ('memory-safe') {
            fee := mload(add(record, 0x100))
        }
        uint256 feeWithoutEpoch = fee & FEE_WITHOUT_EPOCH;
        assembly ('memory-safe') {
            mstore(add(record, 0x100), feeWithoutEpoch)
        }
        wordsHash = TransferSlot.hashForcedWords(record);
        assembly ('memory-safe') {
            mstore(add(record, 0x100), fee)
        }
    }

    function _queue(
        Entry memory entry,
        uint256 nullifier,
        bytes calldata data
    ) private returns (uint64 id) {
        id = _tail;
        uint256 deadline = entry.queuedAt + DEADLINE;
        if (id != _head) {
            // However many enter at once, there is time for each.
            uint256 earliest = _entries[id - 1].deadline + DEADLINE_SPACING;
            if (earliest > deadline) deadline = earliest;
        }
        entry.deadline = uint64(deadline);
        _entries[id] = entry;
        _tail = id + 1;
        IRollup(ROLLUP).noteForcedEntry();
        emit ForcedTransferQueued(
            id,
            entry.statementId,
            nullifier,
            entry.queuedAt,
            entry.queuedAt + uint64(DUE_DELAY),
            entry.deadline,
            entry.wasCurrent,
            data
        );
    }

    function _isDue(uint256 id, uint256 time) private view returns (bool) {
        return time >= _entries[id].queuedAt + DUE_DELAY;
    }

    function _setBaseEntryFee(uint256 baseEntryFee) private {
        if (baseEntryFee > MAX_BASE_ENTRY_FEE) {
            revert EntryFeeTooHigh(MAX_BASE_ENTRY_FEE, baseEntryFee);
        }
        _baseEntryFee = baseEntryFee;
        emit BaseEntryFeeChanged(baseEntryFee);
    }

    function _send(address to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}('');
        if (!ok) revert PaymentRefused(to, amount);
    }
}
