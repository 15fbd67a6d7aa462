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
    /// @notice Thrown when a slot is void: only entries of the forced queue may be, and this
    /// deployment has none.
    error SlotVoidRefused();
    /// @notice Thrown when a slot names a context that the call does not have.
    error ContextUnknown(uint256 context);
    /// @notice S1. Thrown when a transfer's anchor is the root of its own or a later batch.
    error AnchorUnknown(uint256 batchNumber, uint256 anchorBatch);
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

    /// @notice Settles one or several batches: all or none. Sequencer.
    /// @param data docs/spec/settlement.md, byte for byte; l1/codec.ts encodes and decodes it.
    function settle(bytes calldata data) external;

    /// @notice The note root after a batch; of the initial state for batch 0. Kept for good.
    function noteRootOf(uint64 batchNumber) external view returns (uint256);

    /// @notice The settled state: last batch, its roots and the slot count.
    function state()
        external
        view
        returns (uint64 batchNumber, uint64 slotCount, uint256 noteRoot, uint256 nullifierRoot);

    /// @notice The deployment's domain (protocol/domain.ts).
    function DOMAIN() external view returns (uint256);

    /// @notice S2's window in seconds of the clock.
    function SETTLE_WINDOW() external view returns (uint256);
}
