// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Operator bond
 * @notice What an operator's receipts are worth: money that a receipt takes when its transfer was not settled in
 * the promised time. Clauses P1 to P8: docs/spec/operator-bond.md. All times are the settlement clock's (IClock),
 * but for a receipt's `admittedAt`.
 *
 *     ─register─▶ bonded ──announceWithdrawal──▶ leaving ──(NOTICE)──withdraw──▶ empty ─post─▶ bonded
 *                    ◀────cancelWithdrawal────────┘
 *
 * Claims are paid in any state, while there is money.
 */
interface IOperatorBond {
    /// @notice A bond: of whoever signs receipts as some address.
    struct Bond {
        /// Who may withdraw it.
        address owner;
        uint128 amount;
        /// From when it can be withdrawn; 0 where that was not announced.
        uint64 withdrawableAt;
    }

    /// @notice As the sequencer signed it: docs/spec/sequencer-api.md#receipt.
    struct Receipt {
        bytes32 statementId;
        /// Unix time in milliseconds.
        uint64 admittedAt;
        /// Clock time, PROMISE_TIME after it was admitted; 0 promises nothing.
        uint64 settleBy;
        address sequencer;
        /// r, s, v.
        bytes signature;
    }

    /// @notice That a nullifier is not in a nullifier tree: the interval around it, and the interval's path.
    struct Absence {
        uint256 from;
        uint256 to;
        uint64 leafIndex;
        /// Three a level, leaf level first, in order of their places.
        uint256[51] siblings;
    }

    /// @notice Knowledge of e in ephemeral = e·Base8 (Schnorr), for one payee.
    struct Possession {
        uint256[2] r;
        uint256 s;
    }

    struct Claim {
        Receipt receipt;
        /// What `statementId` is the hash of: circuit id, public inputs, memo.
        bytes statement;
        /// Of the forced queue, entered through `force`.
        uint64 entryId;
        /// Versions that were current when it was admitted, with the statement's roots.
        uint64 identityVersion;
        uint64 policyVersion;
        Absence absence;
        Possession possession;
        address payee;
    }

    /// @notice The receipts of `sequencer` have a bond from now on.
    event Registered(address indexed sequencer, address indexed owner);
    /// @notice A bond grew to `amount` wei.
    event Posted(address indexed sequencer, uint256 amount);
    /// @notice A bond can be withdrawn from a clock time on.
    event WithdrawalAnnounced(address indexed sequencer, uint256 withdrawableAt);
    /// @notice A bond stays.
    event WithdrawalCancelled(address indexed sequencer);
    /// @notice A bond was paid out to its owner.
    event Withdrawn(address indexed sequencer, address to, uint256 amount);
    /// @notice A transfer entered the forced queue, and what was spent by then is on record.
    event Forced(uint64 indexed entryId, uint256 nullifierRoot);
    /// @notice A broken promise was paid for. As much as was paid is lost for good.
    event Claimed(
        bytes32 indexed statementId,
        address indexed sequencer,
        address payee,
        uint256 paid
    );

    /// @notice Thrown when the constructor's times or amounts do not fit together.
    error ParametersInvalid();
    /// @notice Thrown when an address that signs receipts has a bond's owner already.
    error AlreadyRegistered(address sequencer);
    /// @notice Thrown when there is no bond of that address.
    error NotRegistered(address sequencer);
    /// @notice Thrown when the address that signs receipts did not agree to the owner.
    error ConsentInvalid(address sequencer, address owner);
    /// @notice Thrown when somebody else than its owner disposes of a bond.
    error CallerNotOwner(address caller, address owner);
    /// @notice Thrown when a withdrawal was announced already.
    error AlreadyLeaving(uint256 withdrawableAt);
    /// @notice Thrown when a withdrawal was not announced.
    error NotLeaving(address sequencer);
    /// @notice Thrown before the notice of a withdrawal is over.
    error WithdrawalTooSoon(uint256 withdrawableAt);
    /// @notice Thrown when ETH could not be paid.
    error PaymentRefused(address to, uint256 amount);
    /// @notice Thrown when less ETH is sent than entering the forced queue costs.
    error EntryFeeTooLow(uint256 expected, uint256 actual);
    /// @notice P1. Thrown when a receipt promises nothing, or a time before there was this bond.
    error PromiseMissing();
    /// @notice P1. Thrown when it is not signed by the one it names, for this rollup on this chain.
    error ReceiptInvalid(address sequencer);
    /// @notice P2. Thrown when the statement is another than the receipt's.
    error StatementWrong(bytes32 expected, bytes32 actual);
    /// @notice P3. Thrown when the entry was not made through this contract.
    error EntryUnknown(uint256 entryId);
    /// @notice P3. Thrown when the entry holds another statement.
    error EntryOfAnother(bytes32 expected, bytes32 actual);
    /// @notice P3. Thrown when the entry was made before the promised time had passed.
    error EntryTooSoon(uint256 settleBy, uint256 queuedAt);
    /// @notice P4. Thrown when a version has another root than the statement.
    error VersionWrong(uint64 version, uint256 expected, uint256 actual);
    /// @notice P4. Thrown when a version was not current from the admission on for HOLD_TIME: the operator had reason to
    /// refuse what it had admitted.
    error VersionNotHeld(uint64 version, uint256 publishedAt, uint256 supersededAt);
    /// @notice P4. Thrown when the statement's day ended within HOLD_TIME.
    error DayNotHeld(uint256 day);
    /// @notice P5. Thrown when it is not shown that the nullifier was unspent: the transfer may have been settled in time.
    error AbsenceInvalid(uint256 nullifier, uint256 nullifierRoot);
    /// @notice P6. Thrown when the payee is not named by who made the transfer.
    error PossessionNotProved();
    /// @notice P7. Thrown when the transfer was paid for.
    error AlreadyClaimed(bytes32 statementId);
    /// @notice P8. Thrown when there is not enough left.
    error BondExhausted(uint256 required, uint256 amount);

    /// @notice Makes the caller owner of the bond of `sequencer`, which agrees by signature; what is sent is posted.
    /// @param consent EIP-712, the domain of receipts: BondOwner(address owner,address bond).
    function register(address sequencer, bytes calldata consent) external payable;

    /// @notice Adds to a bond. Anybody.
    function post(address sequencer) external payable;

    /// @notice Starts the notice after which the bond can be withdrawn. Owner.
    function announceWithdrawal(address sequencer) external;

    /// @notice Ends the notice: the bond stays. Owner.
    function cancelWithdrawal(address sequencer) external;

    /// @notice Pays the whole bond out, after the notice. Owner.
    function withdraw(address sequencer, address to) external;

    /// @notice As ForcedQueue.enter, and keeps the nullifier root of this moment, so that it can be shown later what
    /// was not settled by now. Anybody; costs the queue's fee, the rest goes back.
    function force(bytes calldata data) external payable returns (uint64 entryId);

    /// @notice Pays for a broken promise. Anybody may send it.
    function claim(Claim calldata claim_) external;

    /// @notice c of the Schnorr proof that names a payee.
    function possessionChallenge(
        bytes32 statementId,
        address payee,
        uint256[2] calldata ephemeral,
        uint256[2] calldata r
    ) external view returns (uint256);

    function bondOf(address sequencer) external view returns (Bond memory);

    /// @notice Whether receipts of `sequencer` may promise: MIN_BOND is there, and not about to leave.
    function isBonded(address sequencer) external view returns (bool);

    /// @notice The nullifier root when an entry was made through `force`; 0 for others.
    function nullifierRootOf(uint64 entryId) external view returns (uint256);

    function isClaimed(bytes32 statementId) external view returns (bool);

    /// @notice Wei that claims took and nobody gets: else an operator could get back by its own claims what others' would
    /// take.
    function forfeitedTotal() external view returns (uint256);

    /// @notice Seconds from admission within which a receipt promises settlement.
    function PROMISE_TIME() external view returns (uint256);

    /// @notice Seconds from admission for which all that the transfer was proved against must have stayed current: in
    /// them it had to be sealed.
    function HOLD_TIME() external view returns (uint256);

    /// @notice Seconds from the announcement of a withdrawal to the withdrawal.
    function NOTICE() external view returns (uint256);

    /// @notice Wei that a broken promise pays. The bond loses twice as much.
    function PAYOUT() external view returns (uint256);

    /// @notice Wei below which receipts promise nothing.
    function MIN_BOND() external view returns (uint256);
}
