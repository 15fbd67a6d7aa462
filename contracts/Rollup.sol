// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {IClock} from './interfaces/IClock.sol';
import {IForcedQueue} from './interfaces/IForcedQueue.sol';
import {IIdentityRegistry} from './interfaces/IIdentityRegistry.sol';
import {IPolicyRegistry} from './interfaces/IPolicyRegistry.sol';
import {IProposers} from './interfaces/IProposers.sol';
import {IRollup} from './interfaces/IRollup.sol';
import {ISupervisionRegistry} from './interfaces/ISupervisionRegistry.sol';
import {IVault} from './interfaces/IVault.sol';
import {IVerifierRegistry} from './interfaces/IVerifierRegistry.sol';
import {
    BATCH_16_TRANSFER_SLOTS,
    BATCH_4_DEPOSITS,
    BATCH_4_TRANSFER_SLOTS,
    BATCH_64_DEPOSITS,
    BATCH_64_TRANSFER_SLOTS,
    CIRCUIT_BATCH_16,
    CIRCUIT_BATCH_4,
    CIRCUIT_BATCH_64,
    CIRCUIT_COLLECT,
    CIRCUIT_TRANSFER,
    FIELD_ORDER,
    INITIAL_SLOT_COUNT,
    MEMO_BYTES,
    NULLIFIER_TREE_DEPTH,
    OFFSET_BATCH_HEADER_BATCH_NUMBER,
    OFFSET_BATCH_HEADER_NEW_SLOT_COUNT,
    OFFSET_FEE_ASSET,
    OFFSET_SLOT_KIND,
    OFFSET_WITHDRAWAL_AMOUNT,
    OFFSET_WITHDRAWAL_RECIPIENT,
    SLOT_KIND_COLLECT,
    SLOT_KIND_EMPTY,
    SLOT_KIND_TRANSFER,
    SLOT_KIND_VOID
} from './libraries/Constants.sol';
import {ProofFold} from './libraries/ProofFold.sol';
import {TransferSlot} from './libraries/TransferSlot.sol';

/// @notice See IRollup. Clauses S1 to S5: docs/spec/settlement.md.
contract Rollup is IRollup {
    using ProofFold for ProofFold.Fold;

    uint256 private constant DATA_VERSION = 1;
    uint256 private constant CALL_HEADER_BYTES = 8;
    /// @dev circuit 1, fee recipient 20, counts 2, new roots 64, c 32, proof 256.
    uint256 private constant BATCH_HEADER_BYTES = 375;
    uint256 private constant DEPOSIT_ID_BYTES = 5;
    /// @dev Of a slot that names an entry of the forced queue: head 1, id 5, nullifier 31, outputs 128.
    uint256 private constant FORCED_BYTES = 165;
    uint256 private constant FORCED_OUTPUTS = 37;
    /// @dev Bit of a forced slot's head byte.
    uint256 private constant HEAD_FORCED = 0x20;
    /// @dev S4's K: due entries of the forced queue that each batch must take, as many as fit the
    /// smallest.
    uint256 private constant FORCED_PER_BATCH = BATCH_4_TRANSFER_SLOTS;
    /// @dev Bit of a batch's circuit byte.
    uint256 private constant CIRCUIT_SUNSET_KEY = 0x80;

    /// @dev Words before the slots: four roots, header, fee recipient.
    uint256 private constant BATCH_FIXED_WORDS = 6;
    uint256 private constant SLOT_WORDS = 5;
    /// @dev domain, circuit id and c stand before the words: what ρ is a hash of.
    uint256 private constant CHALLENGE_PREFIX_WORDS = 3;

    /// @inheritdoc IRollup
    uint256 public immutable DOMAIN;
    /// @inheritdoc IRollup
    uint256 public immutable SETTLE_WINDOW;
    IClock public immutable CLOCK;
    IVault public immutable VAULT;
    IForcedQueue public immutable FORCED;
    IIdentityRegistry public immutable IDENTITIES;
    IPolicyRegistry public immutable POLICIES;
    ISupervisionRegistry public immutable SUPERVISION;
    IVerifierRegistry public immutable VERIFIERS;
    IProposers public immutable PROPOSERS;
    // alpha, beta, gamma of all keys. Immutable there, so a copy here saves ten storage reads.
    uint256 private immutable ALPHA_X;
    uint256 private immutable ALPHA_Y;
    uint256 private immutable BETA_X1;
    uint256 private immutable BETA_X0;
    uint256 private immutable BETA_Y1;
    uint256 private immutable BETA_Y0;
    uint256 private immutable GAMMA_X1;
    uint256 private immutable GAMMA_X0;
    uint256 private immutable GAMMA_Y1;
    uint256 private immutable GAMMA_Y0;

    uint64 private _batchNumber;
    uint64 private _slotCount;
    /// @inheritdoc IRollup
    uint64 public settledAt;
    /// @dev Entries of the forced queue that wait, next to what every call reads anyway: a call without
    /// any does not look at the queue.
    uint64 private _forcedWaiting;
    uint256 private _nullifierRoot;
    /// @dev Note root after each batch, kept for good: any of them can be an anchor (S1). An array
    /// and not a mapping: its slots need no hash. Batch numbers have 40 bits in the data, and 4^17
    /// slots end before them.
    uint256[2 ** 40] private _noteRoots;

    /// @dev A call of `settle` in progress. `next` and `end` are offsets in the transaction's
    /// calldata, the other pointers are to memory.
    struct Call {
        uint256 next;
        uint256 end;
        /// The settlement clock's.
        uint256 time;
        /// Settled under a lease: no batch may be empty.
        bool isLeased;
        uint256 batchNumber;
        uint256 slotCount;
        uint256 noteRoot;
        uint256 nullifierRoot;
        /// domain, circuit id, c and the words of the present batch.
        uint256 words;
        /// Where the words of the present batch's transfers end.
        uint256 wordsEnd;
        ProofFold.Fold fold;
        uint256 maxProofs;
        /// The asset of the last fee, its limit, and the present batch's fees in it that are not
        /// among the credits yet. Mostly all fees of a batch are in one asset.
        uint256 feeAsset;
        uint256 maxFee;
        uint256 feeTotal;
        address feeRecipient;
        /// Withdrawal words, and how many there is room for; reserved with the first.
        uint256[] credits;
        uint256 creditLimit;
        /// The last anchor that was looked up: a batch's transfers mostly share the newest.
        uint256 anchorBatch;
        uint256 anchor;
        /// The forced queue's first entry that no batch before the present one has taken, its end, and
        /// how many entries from that first one on are due.
        uint256 forcedNext;
        uint256 forcedTail;
        uint256 forcedDue;
        /// Entries that the present batch has taken: how many, and one bit each, from the first on.
        uint256 forcedCount;
        uint256 forcedMask;
        /// What the call's batches take of the forced queue, from its head on: complete batches count in
        /// its length. Reserved with the first.
        uint256[] forced;
        /// A record of one forced slot, for its words to be hashed.
        uint256 forcedRecord;
    }

    /// @param initialNoteRoot Root of the empty note tree.
    /// @param initialNullifierRoot Root of the nullifier tree with its sentinel (0, 2^248).
    constructor(
        IProposers proposers,
        IClock clock,
        IVault vault,
        IForcedQueue forced,
        IIdentityRegistry identities,
        IPolicyRegistry policies,
        ISupervisionRegistry supervision,
        IVerifierRegistry verifiers,
        uint256 initialNoteRoot,
        uint256 initialNullifierRoot
    ) {
        // Top 248 bits: below the field order.
        bytes memory place = abi.encode(bytes32('cinnabar.domain'), block.chainid, address(this));
        DOMAIN = uint256(keccak256(place)) >> 8;
        if (vault.ROLLUP() != address(this)) revert DeploymentInconsistent(address(vault));
        if (forced.ROLLUP() != address(this)) revert DeploymentInconsistent(address(forced));
        if (verifiers.DOMAIN() != DOMAIN) revert DeploymentInconsistent(address(verifiers));
        if (proposers.ROLLUP() != address(this)) revert DeploymentInconsistent(address(proposers));
        PROPOSERS = proposers;
        CLOCK = clock;
        VAULT = vault;
        FORCED = forced;
        IDENTITIES = identities;
        POLICIES = policies;
        SUPERVISION = supervision;
        VERIFIERS = verifiers;
        SETTLE_WINDOW = vault.SETTLE_WINDOW();
        uint256[10] memory common = verifiers.commonKey();
        (ALPHA_X, ALPHA_Y) = (common[0], common[1]);
        (BETA_X1, BETA_X0, BETA_Y1, BETA_Y0) = (common[2], common[3], common[4], common[5]);
        (GAMMA_X1, GAMMA_X0, GAMMA_Y1, GAMMA_Y0) = (common[6], common[7], common[8], common[9]);

        // What _readSlot relies on.
        assert(SLOT_KIND_TRANSFER == CIRCUIT_TRANSFER && SLOT_KIND_COLLECT == CIRCUIT_COLLECT);
        _checkWord(initialNoteRoot);
        _checkWord(initialNullifierRoot);
        _slotCount = uint64(INITIAL_SLOT_COUNT);
        _noteRoots[0] = initialNoteRoot;
        _nullifierRoot = initialNullifierRoot;
    }

    /// @inheritdoc IRollup
    function settle(bytes calldata data) external {
        // The transaction's input is then these data and nothing else decides over it: all state can
        // be rebuilt from inputs of transactions to this contract. (Also refuses an account that has
        // delegated to code, EIP-7702.)
        if (msg.sender != tx.origin || msg.sender.code.length != 0) {
            revert CallerNotPlainAccount(msg.sender);
        }
        Call memory call;
        call.isLeased = PROPOSERS.authorize(msg.sender);
        uint256 batchCount = _openCall(call, data);
        for (uint256 i = 0; i < batchCount; i++) _settleBatch(call);
        if (call.next != call.end) {
            revert DataLengthWrong(data.length - (call.end - call.next), data.length);
        }
        if (!call.fold.check(_commonKey())) revert ProofsInvalid();

        _batchNumber = uint64(call.batchNumber);
        _slotCount = uint64(call.slotCount);
        settledAt = uint64(call.time);
        _nullifierRoot = call.nullifierRoot;
        if (call.forced.length != 0) {
            _forcedWaiting -= uint64(call.forced.length);
            FORCED.consume(call.forced);
        }
        if (call.credits.length != 0) VAULT.credit(call.credits);
    }

    /// @inheritdoc IRollup
    function noteForcedEntry() external {
        if (msg.sender != address(FORCED)) revert CallerNotForcedQueue(msg.sender);
        _forcedWaiting++;
    }

    /// @inheritdoc IRollup
    function noteRootOf(uint64 batchNumber) external view returns (uint256) {
        return _noteRoots[batchNumber];
    }

    /// @inheritdoc IRollup
    function state()
        external
        view
        returns (uint64 batchNumber, uint64 slotCount, uint256 noteRoot, uint256 nullifierRoot)
    {
        return (_batchNumber, _slotCount, _noteRoots[_batchNumber], _nullifierRoot);
    }

    // Call

    /// @dev Reads header and contexts and reserves memory.
    function _openCall(Call memory call, bytes calldata data) private view returns (uint256) {
        uint256 next;
        uint256 header;
        assembly ('memory-safe') {
            next := data.offset
            header := calldataload(next)
        }
        call.end = next + data.length;
        if (data.length < CALL_HEADER_BYTES) {
            revert DataLengthWrong(CALL_HEADER_BYTES, data.length);
        }
        if (header >> 248 != DATA_VERSION) revert DataVersionUnknown(header >> 248);
        uint256 firstBatch = uint40(header >> 208);
        uint256 contextCount = uint8(header >> 200);
        uint256 batchCount = uint8(header >> 192);
        if (batchCount == 0) revert DataEmpty();
        call.next = next + CALL_HEADER_BYTES;

        call.batchNumber = _batchNumber;
        if (firstBatch != call.batchNumber + 1) {
            revert BatchOutOfOrder(call.batchNumber + 1, firstBatch);
        }
        call.slotCount = _slotCount;
        call.noteRoot = _noteRoots[call.batchNumber];
        call.nullifierRoot = _nullifierRoot;

        // Each proof of a transfer has at least so many bytes of data.
        uint256 maxProofs = batchCount + data.length / TransferSlot.TRANSFER_BYTES;
        call.fold.open(contextCount, maxProofs);
        call.words = _reserve(
            CHALLENGE_PREFIX_WORDS +
                BATCH_FIXED_WORDS +
                SLOT_WORDS * BATCH_64_TRANSFER_SLOTS +
                2 * BATCH_64_DEPOSITS
        );
        call.maxProofs = maxProofs;
        // No batch: the first transfer looks its anchor up.
        call.anchorBatch = type(uint256).max;
        // No asset: the first fee looks its limit up.
        call.feeAsset = type(uint256).max;
        _readContexts(call);
        return batchCount;
    }

    /// @dev S2, once for all transfers of a context; S4's look at the forced queue.
    function _readContexts(Call memory call) private view {
        uint256 contextCount = call.fold.contextCount;
        _need(call, contextCount * TransferSlot.CONTEXT_BYTES);
        (uint256 now_, uint256 windowStart) = CLOCK.timeAndWindowStart(SETTLE_WINDOW);
        call.time = now_;
        if (_forcedWaiting != 0) {
            (call.forcedNext, call.forcedTail, call.forcedDue) = FORCED.pendingAt(now_);
        }
        if (contextCount == 0) return;
        TransferSlot.Sources memory sources = TransferSlot.Sources({
            identities: IDENTITIES,
            policies: POLICIES,
            supervision: SUPERVISION,
            settleWindow: SETTLE_WINDOW,
            now_: now_,
            windowStart: windowStart
        });
        uint256 target = call.fold.contexts;
        for (uint256 i = 0; i < contextCount; i++) {
            TransferSlot.readContext(sources, _load(call.next), target);
            call.next += TransferSlot.CONTEXT_BYTES;
            target += ProofFold.CONTEXT_WORDS * 0x20;
        }
    }

    // Batch

    function _settleBatch(Call memory call) private {
        uint256 number = call.batchNumber + 1;
        uint256 start = call.next;
        _need(call, BATCH_HEADER_BYTES);
        uint256 packed = _load(start);
        uint256 circuit = (packed >> 248) & ~CIRCUIT_SUNSET_KEY;
        (uint256 size, uint256 wordCount) = _layout(circuit);
        uint256 slotCount = uint8(packed >> 80);
        uint256 depositCount = uint8(packed >> 72);
        if (slotCount >= size) revert BatchTooLarge(slotCount, size - 1);
        if (depositCount > BATCH_4_DEPOSITS) revert BatchTooLarge(depositCount, BATCH_4_DEPOSITS);

        uint256 oldSlotCount = call.slotCount;
        uint256 newSlotCount = ((oldSlotCount + size - 1) / size) * size + size;
        if (newSlotCount > 4 ** NULLIFIER_TREE_DEPTH) revert TreesFull(newSlotCount);
        address feeRecipient = address(uint160(packed >> 88));
        (uint256 noteRoot, uint256 nullifierRoot) = (_load(start + 23), _load(start + 55));
        _startWords(
            call,
            wordCount,
            oldSlotCount |
                (newSlotCount << OFFSET_BATCH_HEADER_NEW_SLOT_COUNT) |
                (number << OFFSET_BATCH_HEADER_BATCH_NUMBER),
            feeRecipient
        );

        call.feeRecipient = feeRecipient;
        call.next = start + BATCH_HEADER_BYTES;
        _takeDeposits(call, depositCount, call.words + (CHALLENGE_PREFIX_WORDS + wordCount) * 0x20);
        uint256 slotWords = call.words + (CHALLENGE_PREFIX_WORDS + BATCH_FIXED_WORDS) * 0x20;
        _readSlots(call, number, slotWords, slotCount);
        if (call.isLeased && depositCount == 0 && _isEmpty(slotWords, slotCount)) {
            revert BatchEmpty(number);
        }
        _closeForced(call);
        _addBatchProof(call, start, packed >> 248, circuit, wordCount);
        _creditFees(call);

        // S1: only now, when this batch's anchors have been read.
        _noteRoots[number] = noteRoot;
        call.batchNumber = number;
        call.slotCount = newSlotCount;
        call.noteRoot = noteRoot;
        call.nullifierRoot = nullifierRoot;
        emit BatchSettled(
            uint64(number),
            noteRoot,
            nullifierRoot,
            uint64(oldSlotCount),
            uint64(newSlotCount),
            uint8(circuit),
            feeRecipient
        );
    }

    /// @dev Slots, the deposits' among them, and words of a batch circuit.
    function _layout(uint256 circuit) private pure returns (uint256 size, uint256 wordCount) {
        uint256 transferSlots;
        if (circuit == CIRCUIT_BATCH_4) transferSlots = BATCH_4_TRANSFER_SLOTS;
        else if (circuit == CIRCUIT_BATCH_16) transferSlots = BATCH_16_TRANSFER_SLOTS;
        else if (circuit == CIRCUIT_BATCH_64) transferSlots = BATCH_64_TRANSFER_SLOTS;
        else revert BatchCircuitUnknown(circuit);
        size = transferSlots + 1;
        wordCount = BATCH_FIXED_WORDS + SLOT_WORDS * transferSlots + 2 * BATCH_4_DEPOSITS;
    }

    /// @dev Writes the fixed words and zeros for the rest: empty slots and unused deposits.
    function _startWords(
        Call memory call,
        uint256 wordCount,
        uint256 header,
        address feeRecipient
    ) private view {
        uint256 start = call.next;
        uint256 words = call.words;
        uint256 oldNoteRoot = call.noteRoot;
        uint256 oldNullifierRoot = call.nullifierRoot;
        uint256 domain = DOMAIN;
        bool isCanonical;
        assembly ('memory-safe') {
            let r := FIELD_ORDER
            let newNoteRoot := calldataload(add(start, 23))
            let newNullifierRoot := calldataload(add(start, 55))
            let c := calldataload(add(start, 87))
            isCanonical := and(and(lt(newNoteRoot, r), lt(newNullifierRoot, r)), lt(c, r))
            mstore(words, domain)
            mstore(add(words, 0x20), and(byte(0, calldataload(start)), 0x7f))
            mstore(add(words, 0x40), c)
            mstore(add(words, 0x60), oldNoteRoot)
            mstore(add(words, 0x80), newNoteRoot)
            mstore(add(words, 0xa0), oldNullifierRoot)
            mstore(add(words, 0xc0), newNullifierRoot)
            mstore(add(words, 0xe0), header)
            mstore(add(words, 0x100), feeRecipient)
            calldatacopy(
                add(words, 0x120),
                calldatasize(),
                shl(5, sub(wordCount, BATCH_FIXED_WORDS))
            )
        }
        if (!isCanonical) TransferSlot.refuseWords(start + 23, 3);
    }

    /// @dev S4: the vault says which deposits a batch must and may take. `wordsEnd` is where the
    /// batch's words end; the deposits' are the last eight.
    function _takeDeposits(Call memory call, uint256 count, uint256 wordsEnd) private {
        _need(call, count * DEPOSIT_ID_BYTES);
        uint256[] memory ids = new uint256[](count);
        for (uint256 i = 0; i < count; i++) {
            ids[i] = _load(call.next) >> 216;
            call.next += DEPOSIT_ID_BYTES;
        }
        uint256[8] memory words = VAULT.takeDeposits(ids);
        assembly ('memory-safe') {
            mcopy(sub(wordsEnd, 0x100), words, 0x100)
        }
    }

    /// @dev B6: ρ and y from the words that calldata and storage give.
    function _addBatchProof(
        Call memory call,
        uint256 start,
        uint256 circuitByte,
        uint256 circuit,
        uint256 wordCount
    ) private view {
        uint256 keyId = circuit;
        if (circuitByte & CIRCUIT_SUNSET_KEY != 0) keyId += ProofFold.SUNSET_KEY;
        uint256 sum = call.fold.sumOf(keyId);
        if (sum == 0) sum = _addKey(call.fold, keyId, circuit);
        uint256 record = call.fold.addProof(
            keyId,
            sum,
            0,
            ProofFold.OWN_INPUTS_BATCH,
            start + BATCH_HEADER_BYTES - TransferSlot.PROOF_BYTES
        );
        uint256 words = call.words;
        assembly ('memory-safe') {
            let r := FIELD_ORDER
            let first := add(words, 0x60)
            let word := add(first, shl(5, wordCount))
            let rho := mod(keccak256(words, sub(word, words)), r)
            // Horner's rule from the last word, four at a time: there are 29, 89 or 329 words.
            word := sub(word, 0x20)
            let y := mload(word)
            for {} gt(word, first) {} {
                y := addmod(mulmod(y, rho, r), mload(sub(word, 0x20)), r)
                y := addmod(mulmod(y, rho, r), mload(sub(word, 0x40)), r)
                y := addmod(mulmod(y, rho, r), mload(sub(word, 0x60)), r)
                word := sub(word, 0x80)
                y := addmod(mulmod(y, rho, r), mload(word), r)
            }
            mstore(add(record, 0x20), mload(add(words, 0x40)))
            mstore(add(record, 0x40), y)
            mstore(add(record, 0x60), rho)
        }
    }

    // Slot

    /// @dev All slots of a batch; `words` is where the first one's words go.
    function _readSlots(
        Call memory call,
        uint256 batchNumber,
        uint256 words,
        uint256 slotCount
    ) private view {
        uint256 next = call.next;
        unchecked {
            // At most 63 slots of five words; a slot is some hundred bytes of calldata.
            // Kept in memory: the optimizer would read the count from calldata again for each slot.
            call.wordsEnd = words + slotCount * SLOT_WORDS * 0x20;
            for (; words < call.wordsEnd; words += SLOT_WORDS * 0x20) {
                uint256 packed = _load(next);
                if (packed >> 248 == SLOT_KIND_EMPTY) next++;
                else next = _readSlot(call, batchNumber, words, next, packed);
                if (next > call.end) revert DataLengthWrong(next, call.end);
            }
        }
        call.next = next;
    }

    /// @dev Whether slots whose words were read are all empty.
    function _isEmpty(uint256 words, uint256 slotCount) private pure returns (bool) {
        uint256 kinds;
        for (uint256 i = 0; i < slotCount; i++) {
            uint256 at_ = words + i * SLOT_WORDS * 0x20;
            assembly ('memory-safe') {
                kinds := or(kinds, mload(at_))
            }
        }
        return kinds == 0;
    }

    /// @dev S5: one copy of the slot feeds its proof's record and the batch's words. The one hot
    /// path: what can be refused is gathered in one flag and told apart only then. Returns where the slot ends.
    function _readSlot(
        Call memory call,
        uint256 batchNumber,
        uint256 words,
        uint256 start,
        uint256 packed
    ) private view returns (uint256 next) {
        uint256 head = packed >> 248;
        uint256 kind = head & TransferSlot.HEAD_KIND;
        uint256 context = uint8(packed >> 240);
        uint256 anchorBatch = uint40(packed >> 200);
        ProofFold.Fold memory fold = call.fold;
        uint256 contextCount = fold.contextCount;
        bool isRefused;
        assembly ('memory-safe') {
            // kind - 1 wraps for 0. S1: the anchor is an earlier batch's root.
            isRefused := or(
                or(gt(sub(kind, 1), 1), iszero(lt(head, HEAD_FORCED))),
                or(iszero(lt(context, contextCount)), iszero(lt(anchorBatch, batchNumber)))
            )
        }
        if (isRefused) {
            if (head & HEAD_FORCED != 0) return _readForcedSlot(call, words, start, packed);
            _refuseSlot(head, context, contextCount, anchorBatch, batchNumber);
        }
        if (anchorBatch != call.anchorBatch) {
            // Of this call's batches only earlier ones have written their root.
            call.anchorBatch = anchorBatch;
            call.anchor = _noteRoots[anchorBatch];
        }

        unchecked {
            // Records are six words, a collect's seven; kind is 1 or 2.
            uint256 proofOffset = start + TransferSlot.RECORDS + 0xa0 + kind * 0x20;
            next = proofOffset + TransferSlot.PROOF_BYTES + MEMO_BYTES;
            // A transfer's kind is its circuit id (the constructor asserts it).
            uint256 keyId = kind + ((head & TransferSlot.HEAD_SUNSET_KEY) >> 1);
            uint256 sum = fold.sumOf(keyId);
            if (sum == 0) sum = _addKey(fold, keyId, kind);
            uint256 record = fold.addProof(
                keyId,
                sum,
                context,
                ProofFold.OWN_INPUTS_TRANSFER - SLOT_KIND_TRANSFER + kind,
                proofOffset
            );
            TransferSlot.copySlot(kind, start, call.anchor, record, words);
            uint256 epoch =
                fold.contexts +
                    context * (ProofFold.CONTEXT_WORDS * 0x20) +
                    ProofFold.CONTEXT_EPOCH;
            assembly ('memory-safe') {
                // The fee word of a transfer that pays none is its epoch.
                epoch := mload(epoch)
                mstore(add(record, 0x100), epoch)
                mstore(add(record, 0xe0), 0)
            }
            if (head & (TransferSlot.HEAD_FEE | TransferSlot.HEAD_WITHDRAWAL) != 0) {
                next = _readPayments(call, head, epoch, next, record);
            }
        }
    }

    /// @dev Says why a slot is refused.
    function _refuseSlot(
        uint256 head,
        uint256 context,
        uint256 contextCount,
        uint256 anchorBatch,
        uint256 batchNumber
    ) private pure {
        uint256 kind = head & TransferSlot.HEAD_KIND;
        if (kind == SLOT_KIND_EMPTY || head >= HEAD_FORCED) revert SlotKindUnknown(head);
        // Only what was queued may turn out to be spent already (B2).
        if (kind == SLOT_KIND_VOID) revert SlotVoidRefused();
        if (context >= contextCount) revert ContextUnknown(context);
        revert AnchorUnknown(batchNumber, anchorBatch);
    }

    // Forced slot

    /// @dev A slot that names an entry of the forced queue, live or void. Everything about it was checked
    /// on entry, so that its words have only to be those of the entry (S5); the queue compares them.
    function _readForcedSlot(
        Call memory call,
        uint256 words,
        uint256 start,
        uint256 packed
    ) private view returns (uint256 next) {
        uint256 head = packed >> 248;
        uint256 kind = head & TransferSlot.HEAD_KIND;
        if (
            kind == SLOT_KIND_EMPTY ||
            head & TransferSlot.HEAD_SUNSET_KEY != 0 ||
            head >= 2 * HEAD_FORCED
        ) revert SlotKindUnknown(head);
        next = start + FORCED_BYTES;
        if (next > call.end) revert DataLengthWrong(next, call.end);
        if (call.forcedRecord == 0) _reserveForced(call);
        uint256 record = call.forcedRecord;
        assembly ('memory-safe') {
            let nullifier := shr(8, calldataload(add(start, 6)))
            mstore(words, or(nullifier, shl(OFFSET_SLOT_KIND, kind)))
            calldatacopy(add(words, 0x20), add(start, FORCED_OUTPUTS), 0x80)
            mstore(add(record, 0x40), nullifier)
            mcopy(add(record, 0x60), add(words, 0x20), 0x80)
            // Withdrawal and fee of a transfer that has none.
            mstore(add(record, 0xe0), 0)
            mstore(add(record, 0x100), 0)
        }
        if (head & (TransferSlot.HEAD_FEE | TransferSlot.HEAD_WITHDRAWAL) != 0) {
            next = _readPayments(call, head, 0, next, record);
        }
        _takeForced(
            call,
            uint40(packed >> 208),
            (TransferSlot.hashForcedWords(record) << 8) | kind
        );
    }

    /// @dev S4: notes one entry of the forced queue. Slots stand in descending order of nullifier, so
    /// entries come in any order; `_closeForced` sees that none is left out.
    function _takeForced(Call memory call, uint256 id, uint256 word) private pure {
        uint256 next = call.forcedNext;
        // Not one that a batch has taken already, nor one further on than slots are in a batch.
        if (id < next || id >= call.forcedTail || id >= next + BATCH_64_TRANSFER_SLOTS) {
            revert ForcedOutOfOrder(next, id);
        }
        uint256 bit = 1 << (id - next);
        if (call.forcedMask & bit != 0) revert ForcedOutOfOrder(next, id);
        call.forcedMask |= bit;
        call.forcedCount++;

        uint256[] memory forced = call.forced;
        assembly ('memory-safe') {
            let place := add(mload(forced), sub(id, next))
            mstore(add(forced, shl(5, add(place, 1))), word)
        }
    }

    /// @dev S4: a batch has taken the oldest entries without a gap, and as many as it must.
    function _closeForced(Call memory call) private pure {
        uint256 count = call.forcedCount;
        uint256 due = call.forcedDue;
        if (count < due && count < FORCED_PER_BATCH) revert ForcedOverdue(call.forcedNext + count);
        if (count == 0) return;
        if (call.forcedMask != (1 << count) - 1) revert ForcedSkipped(call.forcedNext);
        call.forcedNext += count;
        call.forcedDue = due > count ? due - count : 0;
        (call.forcedCount, call.forcedMask) = (0, 0);
        uint256[] memory forced = call.forced;
        assembly ('memory-safe') {
            mstore(forced, add(mload(forced), count))
        }
    }

    /// @dev Memory for what a call takes of the forced queue: never more than waits there, nor than
    /// slots find room in the data, with those of one batch in any order.
    function _reserveForced(Call memory call) private pure {
        uint256 count = (call.end - call.next) / FORCED_BYTES + BATCH_64_TRANSFER_SLOTS;
        uint256 waiting = call.forcedTail - call.forcedNext;
        if (waiting < count) count = waiting;
        call.forcedRecord = _reserve(ProofFold.MAX_RECORD_WORDS);
        uint256 reserved = _reserve(1 + count);
        uint256[] memory forced;
        assembly ('memory-safe') {
            forced := reserved
            mstore(forced, 0)
        }
        call.forced = forced;
    }

    /// @dev S3: what a transfer pays in public, as words of its record and as credits. A void slot's are
    /// words only, to be hashed.
    function _readPayments(
        Call memory call,
        uint256 head,
        uint256 epoch,
        uint256 next,
        uint256 record
    ) private view returns (uint256) {
        bool isLive = head & TransferSlot.HEAD_KIND != SLOT_KIND_VOID;
        if (head & TransferSlot.HEAD_FEE != 0) {
            uint256 packed = _load(next);
            unchecked {
                // A few bytes on from an offset in calldata.
                next += TransferSlot.FEE_BYTES;
            }
            uint256 amount = packed >> 192;
            uint256 asset = uint16(packed >> 176);
            if (amount == 0) _refuseAmount(call, next);
            if (isLive) {
                if (asset != call.feeAsset) _openFees(call, asset, next);
                if (amount > call.maxFee) revert FeeTooHigh(asset, amount, call.maxFee);
                unchecked {
                    // Sums of u64: no call has 2^192 of them.
                    call.feeTotal += amount;
                }
            }
            assembly ('memory-safe') {
                mstore(add(record, 0x100), or(or(epoch, amount), shl(OFFSET_FEE_ASSET, asset)))
            }
        }
        if (head & TransferSlot.HEAD_WITHDRAWAL != 0) {
            uint256 packed = _load(next);
            unchecked {
                next += TransferSlot.WITHDRAWAL_BYTES;
            }
            uint256 amount = uint64(packed >> 176);
            if (amount == 0) _refuseAmount(call, next);
            uint256 withdrawalWord =
                (packed >> 240) |
                    (amount << OFFSET_WITHDRAWAL_AMOUNT) |
                    (uint256(uint160(packed >> 16)) << OFFSET_WITHDRAWAL_RECIPIENT);
            assembly ('memory-safe') {
                mstore(add(record, 0xe0), withdrawalWord)
            }
            if (isLive) _addCredit(call, withdrawalWord);
        }
        return next;
    }

    /// @dev An amount of zero, unless it was read from behind the end of the data.
    function _refuseAmount(Call memory call, uint256 next) private pure {
        if (next > call.end) revert DataLengthWrong(next, call.end);
        revert AmountZero();
    }

    /// @dev Goes over to fees in another asset.
    function _openFees(Call memory call, uint256 asset, uint256 next) private view {
        if (next > call.end) revert DataLengthWrong(next, call.end);
        _creditFees(call);
        call.feeAsset = asset;
        call.maxFee = VAULT.maxFeeOf(asset);
    }

    /// @dev Credits the fees gathered since the last time.
    function _creditFees(Call memory call) private pure {
        uint256 total = call.feeTotal;
        if (total == 0) return;
        if (total > type(uint64).max) revert FeesTooHigh(call.feeAsset, total);
        call.feeTotal = 0;
        _addCredit(
            call,
            call.feeAsset |
                (total << OFFSET_WITHDRAWAL_AMOUNT) |
                (uint256(uint160(call.feeRecipient)) << OFFSET_WITHDRAWAL_RECIPIENT)
        );
    }

    // Helpers

    function _addCredit(Call memory call, uint256 word) private pure {
        uint256[] memory credits = call.credits;
        if (credits.length == call.creditLimit) credits = _growCredits(call, credits);
        assembly ('memory-safe') {
            let length := add(mload(credits), 1)
            mstore(credits, length)
            mstore(add(credits, shl(5, length)), word)
        }
    }

    /// @dev Room for one withdrawal and one sum of fees a proof; forced slots may need more.
    function _growCredits(
        Call memory call,
        uint256[] memory credits
    ) private pure returns (uint256[] memory grown) {
        call.creditLimit = 2 * (call.creditLimit == 0 ? call.maxProofs : call.creditLimit);
        uint256 reserved = _reserve(1 + call.creditLimit);
        assembly ('memory-safe') {
            grown := reserved
            mcopy(grown, credits, shl(5, add(mload(credits), 1)))
        }
        call.credits = grown;
    }

    function _addKey(
        ProofFold.Fold memory fold,
        uint256 keyId,
        uint256 circuit
    ) private view returns (uint256) {
        return fold.addKey(keyId, VERIFIERS.keyBlob(circuit, keyId != circuit));
    }

    /// @dev Reverts unless `count` more bytes of data are there.
    function _need(Call memory call, uint256 count) private pure {
        if (call.next + count > call.end) {
            revert DataLengthWrong(call.next + count, call.end);
        }
    }

    function _load(uint256 offset) private pure returns (uint256 word) {
        assembly ('memory-safe') {
            word := calldataload(offset)
        }
    }

    function _checkWord(uint256 word) private pure {
        if (word >= FIELD_ORDER) revert WordNotCanonical(word);
    }

    /// @dev Memory of that many words, not cleared.
    function _reserve(uint256 words) private pure returns (uint256 pointer) {
        assembly ('memory-safe') {
            pointer := mload(0x40)
            mstore(0x40, add(pointer, shl(5, words)))
        }
    }

    function _commonKey() private view returns (uint256[10] memory) {
        return
            [
                ALPHA_X,
                ALPHA_Y,
                BETA_X1,
                BETA_X0,
                BETA_Y1,
                BETA_Y0,
                GAMMA_X1,
                GAMMA_X0,
                GAMMA_Y1,
                GAMMA_Y0
            ];
    }
}
