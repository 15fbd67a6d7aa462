// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Forced queue
 * @notice Takes transfers with their proofs from anyone. Everything about a transfer is checked once,
 * on entry, against settled state; from then on it is consumed in turn, whatever registrar, policy,
 * committee, clock and keys do. Spec: docs/spec/forced-queue.md. All times are the settlement clock's
 * (IClock), so a guardian's stop moves them all.
 *
 *   queued ──Rollup.settle, nullifier new──▶ live
 *     └──────Rollup.settle, nullifier spent before──▶ void
 */
interface IForcedQueue {
    enum ForcedStatus {
        None,
        Queued,
        /// Settled as any other transfer.
        Live,
        /// Its nullifier was spent before: consumed without effect.
        Void
    }

    struct ForcedTransfer {
        /// What a batch's words must hash to (S5), 248 bits: docs/spec/forced-queue.md#words.
        uint256 wordsHash;
        /// keccak256 of circuit id, public inputs and memo: names the statement, as receipts do
        /// (api/statementId.ts).
        bytes32 statementId;
        /// 1 transfer, 2 collect.
        uint8 kind;
        uint64 queuedAt;
        /// From here on a batch must take it, if it is among the oldest.
        uint64 dueAt;
        /// By then it must have been consumed: failing that is a breach.
        uint64 deadline;
        /// 0 while it waits.
        uint64 consumedAt;
        /// Whether on entry identity root, policy root, day and verification key all were the
        /// current ones, and not merely superseded inside the settle window.
        bool wasCurrent;
        ForcedStatus status;
    }

    /// @notice A transfer was queued. `data` is the whole entry, in the form of `enter`.
    event ForcedTransferQueued(
        uint64 indexed id,
        bytes32 indexed statementId,
        uint256 indexed nullifier,
        uint64 queuedAt,
        uint64 dueAt,
        uint64 deadline,
        bool wasCurrent,
        bytes data
    );
    /// @notice A batch has consumed a queued transfer: live, or void.
    event ForcedTransferConsumed(uint64 indexed id, bool isLive);
    /// @notice The fee for entering an empty queue changed, in wei.
    event BaseEntryFeeChanged(uint256 baseEntryFee);
    /// @notice Entry fees were paid out, in wei.
    event EntryFeesPaid(address indexed to, uint256 amount);

    /// @notice Thrown when the times of the constructor contradict each other.
    error TimesInvalid(uint256 settleWindow, uint256 dueDelay, uint256 deadline);
    /// @notice Thrown when the constructor's contracts do not belong together.
    error DeploymentInconsistent(address subject);
    /// @notice Thrown when the caller is not the Rollup.
    error CallerNotRollup(address caller);
    /// @notice Thrown when less ETH is sent than entering costs now.
    error EntryFeeTooLow(uint256 expected, uint256 actual);
    /// @notice Thrown when governance asks for a base fee above the limit.
    error EntryFeeTooHigh(uint256 limit, uint256 baseEntryFee);
    /// @notice Thrown when what was paid too much cannot be given back, or fees cannot be paid out.
    error PaymentRefused(address to, uint256 amount);
    /// @notice S1. Thrown when a transfer's anchor is not the root of a settled batch.
    error AnchorNotSettled(uint256 anchorBatch);
    /// @notice Thrown when the proof does not verify for the entry's public inputs.
    error ProofInvalid();
    /// @notice S5. Thrown when a batch names an entry with other words than it was queued with.
    error ForcedWordsWrong(uint256 id);
    /// @notice S5. Thrown when a batch takes an entry as another kind than it was queued as.
    error ForcedKindWrong(uint256 id, uint256 kind);

    /// @notice Queues a transfer or collect. Anyone, contracts too. Costs at least `entryFee()`; what
    /// is paid above it goes back to the caller.
    /// @param data A context and a slot as in `settle`: docs/spec/forced-queue.md, byte for byte.
    function enter(bytes calldata data) external payable returns (uint64 id);

    /// @notice Rollup only. Marks entries as consumed, from the head on.
    /// @param words One an entry: hash of its words, 248 bits, then 8 bits of the kind that it is
    /// taken as: its own for a live one, 3 for a void one.
    function consume(uint256[] calldata words) external;

    /// @notice Governance. The fee for entering an empty queue, in wei.
    function setBaseEntryFee(uint256 baseEntryFee) external;

    /// @notice Governance. Pays collected entry fees out.
    function payEntryFees(address to) external;

    /// @notice An entry; status None for an id that was never given.
    function entryOf(uint64 id) external view returns (ForcedTransfer memory);

    /// @notice The oldest waiting entry's id, and the next id to be given. Ids count from 1.
    function queue() external view returns (uint64 head, uint64 tail);

    /// @notice Clock time by which the oldest waiting entry must be consumed; 0 when none waits.
    function headDeadline() external view returns (uint64);

    /// @notice What entering costs now, in wei: doubles with the queue's length.
    function entryFee() external view returns (uint256);

    /// @notice The queue, and how many of its oldest entries are due at a clock time.
    function pendingAt(
        uint256 time
    ) external view returns (uint256 head, uint256 tail, uint256 dueCount);

    /// @notice The Rollup, which alone may consume.
    function ROLLUP() external view returns (address);

    /// @notice Seconds after which a batch must take an entry. Longer than the settle window.
    function DUE_DELAY() external view returns (uint256);

    /// @notice Seconds after which an entry's being unconsumed is a breach.
    function DEADLINE() external view returns (uint256);

    /// @notice Seconds between the deadlines of two entries, at least.
    function DEADLINE_SPACING() external view returns (uint256);
}
