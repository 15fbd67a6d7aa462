// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Rollup
 * @notice The settled state and the one way to move it: `settle`. Spec: docs/spec/settlement.md.
 */
interface IRollup {
    /// @notice A batch was settled. Its data is the input of the settling transaction.
    event BatchSettled(
        uint64 indexed batchNumber,
        uint256 noteRoot,
        uint256 nullifierRoot,
        uint64 oldSlotCount,
        uint64 newSlotCount,
        uint8 circuitId,
        address feeRecipient
    );

    /// @notice Thrown when `settle` is not called by a plain account directly. The data must be the
    /// input of the transaction itself, where every follower finds it.
    error CallerNotPlainAccount(address caller);
    /// @notice Thrown when the data has another format version.
    error DataVersionUnknown(uint256 version);
    /// @notice Thrown when the data is shorter or longer than its contents.
    error DataLengthWrong(uint256 expected, uint256 actual);
    /// @notice Thrown when the data holds no batch.
    error DataEmpty();
    /// @notice Thrown when the first batch is not the next one.
    error BatchOutOfOrder(uint256 expected, uint256 actual);
    /// @notice Thrown when a batch names no batch circuit.
    error BatchCircuitUnknown(uint256 circuit);
    /// @notice Thrown when a batch has more slots or deposits than its circuit.
    error BatchTooLarge(uint256 count, uint256 limit);
    /// @notice Thrown when the trees have no room for the batch.
    error TreesFull(uint256 newSlotCount);
    /// @notice Thrown when a slot's kind or flags mean nothing.
    error SlotKindUnknown(uint256 kind);
    /// @notice Thrown when a slot is void that names no entry of the forced queue: no other may be.
    error SlotVoidRefused();
    /// @notice S4. Thrown when a batch takes less of the forced queue than is due; names the oldest entry
    /// left out.
    error ForcedOverdue(uint256 id);
    /// @notice S4. Thrown when a batch takes entries of the forced queue and leaves an older one out; names
    /// the oldest that it could take.
    error ForcedSkipped(uint256 head);
    /// @notice S4. Thrown when a slot names an entry that was taken before, or does not wait, or is too far
    /// from the queue's head.
    error ForcedOutOfOrder(uint256 head, uint256 id);
    /// @notice Thrown when a slot names a context that the call does not have.
    error ContextUnknown(uint256 context);
    /// @notice S1. Thrown when a transfer's anchor is the root of its own or a later batch.
    error AnchorUnknown(uint256 batchNumber, uint256 anchorBatch);
    /// @notice Thrown when another than the forced queue says that an entry waits.
    error CallerNotForcedQueue(address caller);
    /// @notice S2. Thrown when an identity root was superseded more than the settle window ago.
    error IdentityVersionOutdated(uint256 version, uint256 supersededAt);
    /// @notice S2. Thrown when a policy root was superseded more than the settle window ago.
    error PolicyVersionOutdated(uint256 version, uint256 supersededAt);
    /// @notice S2. Thrown when a transfer's day has not come.
    error DayInFuture(uint256 day, uint256 today);
    /// @notice S2. Thrown when a transfer's day was over before the settle window.
    error DayOutdated(uint256 day, uint256 earliest);
    /// @notice S3. Thrown when a word is not below the field order.
    error WordNotCanonical(uint256 word);
    /// @notice S3. Thrown when a nullifier is zero.
    error NullifierZero();
    /// @notice S3. Thrown when a fee or withdrawal is encoded and its amount is zero.
    error AmountZero();
    /// @notice S3. Thrown when a fee is above its asset's limit.
    error FeeTooHigh(uint256 asset, uint256 amount, uint256 maxFee);
    /// @notice S3. Thrown when the fees of one batch in one asset need more than 64 bits.
    error FeesTooHigh(uint256 asset, uint256 total);
    /// @notice Thrown when the proofs of the call do not hold together. Says nothing about which.
    error ProofsInvalid();
    /// @notice Thrown when the constructor's contracts do not belong together.
    error DeploymentInconsistent(address subject);
    /// @notice Thrown when a batch settled under a lease takes no transfer and no deposit: it would only stand in
    /// the way of others.
    error BatchEmpty(uint256 batchNumber);

    /// @notice Settles one or several batches: all or none. By whom, IProposers says.
    /// @param data docs/spec/settlement.md, byte for byte; l1/codec.ts encodes and decodes it.
    function settle(bytes calldata data) external;

    /// @notice Forced queue only: one entry more waits.
    function noteForcedEntry() external;

    /// @notice The note root after a batch; of the initial state for batch 0. Kept for good.
    function noteRootOf(uint64 batchNumber) external view returns (uint256);

    /// @notice The settled state: last batch, its roots and the slot count.
    function state()
        external
        view
        returns (uint64 batchNumber, uint64 slotCount, uint256 noteRoot, uint256 nullifierRoot);

    /// @notice Clock time of the last `settle`; 0 before the first.
    function settledAt() external view returns (uint64);

    /// @notice The deployment's domain (protocol/domain.ts).
    function DOMAIN() external view returns (uint256);

    /// @notice S2's window in seconds of the clock.
    function SETTLE_WINDOW() external view returns (uint256);
}
