// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Proposers
 * @notice Decides who may settle. Spec: docs/spec/takeover.md.
 *
 *     closed ──open (after a breach, anybody)──▶ open ──close (announced, no breach, anybody)──▶ closed
 *
 * Closed: accounts with the role SEQUENCER. Open: whoever holds the lease, one at a time.
 *
 *     ─▶ idle ──join──▶ waiting ──(turn)──▶ lease ──(time)──▶ idle             bond kept
 *                        └─quit─▶ idle        └──(time, nothing settled)──▶ cooling down, bond forfeited
 *
 * All times are the settlement clock's: a guardian's stop pauses deadlines and leases alike.
 */
interface IProposers {
    /// @notice Why settlement may be opened.
    enum Breach {
        None,
        /// A forced transfer was not taken by its deadline.
        ForcedTransfer,
        /// A deposit was not taken by its deadline.
        Deposit,
        /// No batch was settled for LIVENESS_GAP.
        Liveness
    }

    struct Lease {
        /// Zero when there is none.
        address holder;
        uint40 endsAt;
        /// Whether a batch was settled under it.
        bool hasProgress;
    }

    struct Proposer {
        uint128 bond;
        /// Until then it cannot join.
        uint40 availableAt;
        bool isWaiting;
    }

    /// @notice Settlement was opened to bonded proposers.
    event Opened(Breach breach, address by);
    /// @notice Governance announced the return to the sequencer.
    event ClosingAnnounced(uint256 closableAt);
    /// @notice The announcement was withdrawn.
    event ClosingCancelled();
    /// @notice Settlement is the sequencer's again.
    event Closed();
    /// @notice A proposer waits for its turn.
    event Joined(address indexed proposer, uint256 place, uint256 bond);
    /// @notice A proposer's bond grew while it waits.
    event Posted(address indexed proposer, uint256 bond);
    /// @notice A proposer no longer waits.
    event Left(address indexed proposer);
    /// @notice A proposer's turn came and its bond was below what had become the price.
    event Skipped(address indexed proposer, uint256 required, uint256 bond);
    /// @notice A lease began.
    event LeaseStarted(address indexed proposer, uint256 endsAt);
    /// @notice A lease ended. `forfeited` wei of its holder's bond are lost for good.
    event LeaseEnded(address indexed proposer, bool hasProgress, uint256 forfeited);
    /// @notice A proposer took its bond out.
    event Withdrawn(address indexed proposer, address to, uint256 amount);

    /// @notice Thrown when settlement is opened without a breach.
    error NoBreach();
    /// @notice Thrown when something needs open settlement.
    error NotOpen();
    /// @notice Thrown when something needs closed settlement.
    error AlreadyOpen();
    /// @notice Thrown when settlement is open and the caller does not hold the lease, or it has ended.
    error LeaseNotHeld(address caller, address holder, uint256 endsAt);
    /// @notice Thrown when a lease runs that must have ended first.
    error LeaseRunning(address holder, uint256 endsAt);
    /// @notice Thrown when nobody can be given the lease.
    error NobodyWaits();
    /// @notice Thrown when a proposer waits already.
    error AlreadyWaiting(address proposer);
    /// @notice Thrown when a proposer does not wait.
    error NotWaiting(address proposer);
    /// @notice Thrown when a proposer let a lease pass unused too recently.
    error CoolingDown(uint256 availableAt);
    /// @notice Thrown when a bond is below the present price of a lease.
    error BondTooLow(uint256 required, uint256 bond);
    /// @notice Thrown when there is no bond to take out.
    error NoBond(address proposer);
    /// @notice Thrown when a bond could not be paid out.
    error PaymentRefused(address to, uint256 amount);
    /// @notice Thrown when closing was not announced, or so long ago that it no longer counts.
    error ClosingNotAnnounced();
    /// @notice Thrown when settlement is closed before the notice is over.
    error ClosingTooSoon(uint256 closableAt);
    /// @notice Thrown when settlement would be closed while something is past its deadline.
    error BreachOngoing(Breach breach);
    /// @notice Thrown when no lease may begin because settlement can be closed now.
    error ClosingDue();
    /// @notice Thrown when the caller is not the Rollup.
    error CallerNotRollup(address caller);
    /// @notice Thrown when the constructor's times or bond do not fit together.
    error ParametersInvalid();

    /// @notice Opens settlement after a breach. Anybody; no vote, no delay.
    function open() external;

    /// @notice Waits in line for a lease. What is sent adds to the bond, which must reach `requiredBond`.
    /// Begins the lease at once where nobody else has it.
    function join() external payable;

    /// @notice Adds to a bond: whoever waits keeps up with a rising price. Anybody.
    function post(address proposer) external payable;

    /// @notice Gives up one's place. The bond stays and can be withdrawn.
    function quit() external;

    /// @notice Ends a lease whose time is over and gives the next in line its turn. Anybody.
    function advance() external;

    /// @notice Pays out the whole bond of one that neither waits nor holds the lease.
    function withdraw(address to) external;

    /// @notice Announces that settlement returns to the sequencer after CLOSE_NOTICE. Governance.
    function announceClosing() external;

    /// @notice Withdraws the announcement. Governance.
    function cancelClosing() external;

    /// @notice Closes settlement after the notice, between two leases and while nothing is overdue. Anybody.
    function close() external;

    /// @notice Reverts unless `caller` may settle now; marks its lease as used. Rollup only.
    /// @return isLeased Whether it is by lease: then every batch must take something.
    function authorize(address caller) external returns (bool isLeased);

    /// @notice Why settlement may be opened now, or would be a breach if it were closed.
    function breach() external view returns (Breach);

    /// @notice Whether settlement is open to bonded proposers.
    function isOpen() external view returns (bool);

    /// @notice Whether an account may settle in this block, the clock's stop aside.
    function maySettle(address account) external view returns (bool);

    /// @notice The lease as it stands; it may be over.
    function lease() external view returns (Lease memory);

    function proposerOf(address account) external view returns (Proposer memory);

    /// @notice Wei that a bond must have for the next lease. Doubles with each lease in a row that ended unused.
    function requiredBond() external view returns (uint256);

    /// @notice The next place to get its turn, and the next to be given out. Some between may have left.
    function line() external view returns (uint64 head, uint64 tail);

    /// @notice From when it may be closed; 0 when that is not announced.
    function closableAt() external view returns (uint256);

    /// @notice Clock time of the last sign of life: the last settled batch, or a later closing.
    function aliveAt() external view returns (uint256);

    /// @notice Wei forfeited so far. They stay in the contract: paid to anybody, they could come back to who
    /// blocked.
    function forfeitedTotal() external view returns (uint256);

    function ROLLUP() external view returns (address);

    function LIVENESS_GAP() external view returns (uint256);

    function LEASE_TIME() external view returns (uint256);

    function COOL_DOWN() external view returns (uint256);

    function CLOSE_NOTICE() external view returns (uint256);

    function BOND() external view returns (uint256);
}
