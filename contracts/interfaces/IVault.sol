// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {IDeadlineQueue} from './IDeadlineQueue.sol';
import {IScreening} from './IScreening.sol';

/**
 * @title Vault
 * @notice Holds ETH and listed ERC-20 tokens, queues deposits and pays out by pull.
 * Spec: docs/spec/vault.md. All amounts are protocol units unless a name says `base`.
 *
 *   queued ──Rollup.settle──▶ taken
 *     └──requestReclaim──▶ reclaiming ──refund──▶ refunded
 *                              └──Rollup.settle (within the settle window)──▶ taken
 */
interface IVault is IDeadlineQueue {
    enum DepositStatus {
        None,
        Queued,
        Reclaiming,
        Taken,
        Refunded
    }

    struct Asset {
        /// Zero for ETH.
        address token;
        bool isOpen;
        uint64 maxFee;
        /// Base-chain amount of one protocol unit. Never changes.
        uint256 unit;
    }

    struct Deposit {
        address depositor;
        uint16 asset;
        uint64 amount;
        DepositStatus status;
        uint256 recipient;
        /// Clock times, see IClock.
        uint64 queuedAt;
        uint64 reclaimRequestedAt;
    }

    /// @notice Where the units of an asset are. Their sum times `unit` is what the vault owes.
    struct Ledger {
        /// Deposits not taken yet.
        uint64 queued;
        /// Value of all notes and accounts.
        uint64 inRollup;
        /// Withdrawals, fees and refunds credited and not claimed.
        uint64 claimable;
    }

    /// @notice What an asset pays out a day. All amounts are units.
    struct Outflow {
        /// What governance has set; 2^64 - 1 for no limit.
        uint64 limit;
        /// What counts today: never below a 30th of all that the vault holds.
        uint64 limitNow;
        uint64 paidToday;
        /// A lower limit that was announced, and the block time from which it counts; 0 and 0 for none.
        uint64 nextLimit;
        uint40 nextFrom;
    }

    /// @notice An asset was listed. Its id, unit and maxFee are fixed for good.
    event AssetListed(uint16 indexed asset, address indexed token, uint256 unit, uint64 maxFee);
    /// @notice An asset takes deposits, or no longer does.
    event AssetOpened(uint16 indexed asset, bool isOpen);
    /// @notice A deposit was queued. Clock times: due to be taken from `dueAt`, reclaimable from `deadline`.
    event DepositQueued(
        uint64 indexed id,
        address indexed depositor,
        uint16 indexed asset,
        uint64 amount,
        uint256 recipient,
        uint256 dueAt,
        uint256 deadline,
        bytes ciphertext
    );
    /// @notice A batch has made the deposit a note.
    event DepositTaken(uint64 indexed id);
    /// @notice A deposit is no longer due; unless a batch sealed before takes it, it can be refunded.
    event DepositReclaimRequested(uint64 indexed id, uint256 refundableAt);
    /// @notice A deposit was credited back to its depositor.
    event DepositRefunded(uint64 indexed id);
    /// @notice A settled batch credited a withdrawal or fees.
    event Credited(address indexed account, uint16 indexed asset, uint64 amount);
    /// @notice Credited units were paid out.
    event Claimed(address indexed account, uint16 indexed asset, uint64 amount, address to);
    /// @notice A daily limit of payouts was set; it counts from the given block time.
    event OutflowLimitChanged(uint16 indexed asset, uint64 limit, uint256 from);
    /// @notice The units of an asset that the vault may hold changed.
    event SupplyCapChanged(uint16 indexed asset, uint64 cap);
    /// @notice The fee for queueing a deposit changed, in wei.
    event EntryFeeChanged(uint256 entryFee);
    /// @notice Entry fees were paid out, in wei.
    event EntryFeesPaid(address indexed to, uint256 baseAmount);

    /// @notice Thrown when an asset id is not listed.
    error AssetUnknown(uint256 asset);
    /// @notice Thrown when an asset takes no deposits.
    error AssetClosed(uint256 asset);
    /// @notice Thrown when a token is listed twice: one balance must not back two assets.
    error AssetListedBefore(address token);
    /// @notice Thrown when a token has no code.
    error TokenNotContract(address token);
    /// @notice Thrown when a unit is zero.
    error UnitZero();
    /// @notice Thrown when the ETH sent is not what the deposit needs.
    error ValueWrong(uint256 expected, uint256 actual);
    /// @notice Thrown when an amount is zero.
    error AmountZero();
    /// @notice Thrown when an amount is not a whole number of units.
    error AmountNotWholeUnits(uint256 baseAmount, uint256 unit);
    /// @notice Thrown when an amount needs more than 64 bits.
    error AmountTooLarge(uint256 units);
    /// @notice Thrown when the vault would hold more units of an asset than its cap.
    error SupplyCapExceeded(uint256 units);
    /// @notice Thrown when a cap above the contract's own is set.
    error SupplyCapTooHigh(uint256 limit, uint256 cap);
    /// @notice Thrown when deposits have ended. What is inside stays movable, and leaves as before.
    error DepositsEnded(uint256 until);
    /// @notice Thrown when the screening refuses a depositor, or an address that would be paid. A credit stays.
    error AddressScreened(address account, uint256 reason);
    /// @notice Thrown when a deposit finds a screening that does not answer. Payouts go on.
    error ScreeningSilent();
    /// @notice Thrown when too little gas is left to ask the screening in full.
    error ScreeningGasTooLow();
    /// @notice Thrown when a recipient is zero or not below the field order.
    error RecipientInvalid(uint256 recipient);
    /// @notice Thrown when a ciphertext does not have its one length.
    error CiphertextLengthWrong(uint256 expected, uint256 actual);
    /// @notice Thrown when a token moved another amount than asked: it takes a fee, or rebases.
    error TokenAmountWrong(address token, uint256 expected, uint256 actual);
    /// @notice Thrown when the caller is not the Rollup.
    error CallerNotRollup(address caller);
    /// @notice Thrown when a deposit is reclaimed by another than its depositor.
    error CallerNotDepositor(address caller);
    /// @notice Thrown when a deposit is in no state for what is asked.
    error DepositStatusWrong(uint256 id, DepositStatus status);
    /// @notice Thrown when a deposit is reclaimed before its deadline.
    error DeadlineNotReached(uint256 deadline);
    /// @notice Thrown when a deposit is refunded while a sealed batch may still take it.
    error RefundTooSoon(uint256 refundableAt);
    /// @notice Thrown when deposits are not named in ascending order from the queue's head.
    error DepositOutOfOrder(uint256 expectedFrom, uint256 id);
    /// @notice Thrown when a batch names a deposit that cannot be taken any more, or does not exist.
    error DepositNotTakeable(uint256 id);
    /// @notice Thrown when a batch leaves out a deposit whose turn it is (S4).
    error DepositSkipped(uint256 id);
    /// @notice Thrown when a batch has room and leaves a due deposit in the queue (S4).
    error DepositOverdue(uint256 id);
    /// @notice Thrown when more would leave the rollup than ever entered it.
    error RollupBalanceExceeded(uint256 asset, uint256 inRollup, uint256 amount);
    /// @notice Thrown when there is nothing to claim.
    error NothingToClaim(address account, uint256 asset);
    /// @notice Thrown when the day's limit of an asset, or the account's share of it, is used up.
    error OutflowLimitReached(uint256 asset, uint256 nextDay);
    /// @notice Thrown when payouts would be limited to less than a 30th of what the vault holds, or to nothing.
    error OutflowLimitTooLow(uint256 least, uint256 limit);
    /// @notice Thrown when ETH could not be paid out.
    error PaymentRefused(address to, uint256 baseAmount);
    /// @notice Thrown when an entry fee above the limit is set.
    error EntryFeeTooHigh(uint256 limit, uint256 entryFee);
    /// @notice Thrown when the constructor's times do not fit together.
    error TimesInvalid(uint256 settleWindow, uint256 dueDelay, uint256 deadline);

    /// @notice Queues a deposit.
    /// @param baseAmount Base-chain amount, a whole number of units. For ETH, sent along.
    /// @param recipient What the note is locked to: H(RECIPIENT, ownerKey, identityIndex, blinding).
    /// @param ciphertext The blinding, sealed to the recipient's viewing key (92 bytes).
    /// @return id Position in the queue, from 1.
    function deposit(
        uint16 asset,
        uint256 baseAmount,
        uint256 recipient,
        bytes calldata ciphertext
    ) external payable returns (uint64 id);

    /// @notice Starts to take an overdue deposit back. Depositor only.
    function requestReclaim(uint64 id) external;

    /// @notice Credits a reclaimed deposit back to its depositor. Anybody.
    function refund(uint64 id) external;

    /// @notice Pays out what the caller was credited in an asset, to the caller: all, or as much as the day's limit
    /// leaves. The rest can be claimed on later days. While the screening denies the account, or the address that would
    /// be paid, nothing is paid and the credit stays the account's.
    function claim(uint16 asset) external returns (uint256 baseAmount);

    /// @notice As `claim`, to another address. Helps a credited contract that cannot receive.
    function claimTo(uint16 asset, address to) external returns (uint256 baseAmount);

    /// @notice Pays `account`'s credit to `account`. Anybody may press the button.
    function claimFor(address account, uint16 asset) external returns (uint256 baseAmount);

    /// @notice Takes a batch's deposits from the queue. Rollup only.
    /// @return words Two a place: asset | amount, recipient; zeros where unused.
    function takeDeposits(uint256[] calldata ids) external returns (uint256[8] memory words);

    /// @notice Credits what a settled call pays out: withdrawals and fees. Rollup only.
    /// @param words Withdrawal words: asset | amount | recipient (Constants.sol, OFFSET_WITHDRAWAL_*).
    function credit(uint256[] calldata words) external;

    /// @notice Lists an asset. Governance.
    function listAsset(address token, uint256 unit, uint64 maxFee) external returns (uint16 asset);

    /// @notice Opens or closes an asset for deposits. What is inside stays movable. Governance.
    function openAsset(uint16 asset, bool isOpen) external;

    /// @notice Caps the units of an asset that the vault holds. Governance. It stops deposits and nothing else, also
    /// where more is held already.
    function setSupplyCap(uint16 asset, uint64 cap) external;

    /// @notice Limits what an asset pays out a day; 2^64 - 1 is no limit. Governance. A higher limit counts at
    /// once, a lower one after LIMIT_DELAY, but for an asset of which the vault holds nothing yet.
    function setOutflowLimit(uint16 asset, uint64 limit) external;

    /// @notice Sets the fee for queueing a deposit, in wei. Governance.
    function setEntryFee(uint256 entryFee) external;

    /// @notice Pays out collected entry fees. Governance.
    function payEntryFees(address to) external;

    /// @notice A listed asset.
    function assetOf(uint16 asset) external view returns (Asset memory);

    /// @notice Assets listed so far; ids count from 1.
    function assetCount() external view returns (uint16);

    /// @notice The highest fee that a transfer may pay in an asset. Reverts for an unknown one.
    function maxFeeOf(uint256 asset) external view returns (uint64);

    /// @notice A deposit.
    function depositOf(uint64 id) external view returns (Deposit memory);

    /// @notice The next deposit that a batch can take, and the next id that a deposit will get.
    function queue() external view returns (uint64 head, uint64 tail);

    /// @notice Units that an account can claim.
    function claimableOf(address account, uint16 asset) external view returns (uint64);

    /// @notice What an asset may pay out, and has.
    function outflowOf(uint16 asset) external view returns (Outflow memory);

    /// @notice Units that `claim` would pay an account now.
    function payableOf(address account, uint16 asset) external view returns (uint64);

    /// @notice Units of an asset that the vault may hold.
    function supplyCapOf(uint16 asset) external view returns (uint64);

    /// @notice Where an asset's units are.
    function ledgerOf(uint16 asset) external view returns (Ledger memory);

    /// @notice Escrow: base-chain amount that the vault owes and that it holds. held ≥ owed always.
    function escrowOf(uint16 asset) external view returns (uint256 owedBase, uint256 heldBase);

    /// @notice The fee for queueing a deposit, in wei.
    function entryFee() external view returns (uint256);

    /// @notice S2's window in seconds of the clock, shared with the Rollup.
    function SETTLE_WINDOW() external view returns (uint256);

    /// @notice Seconds of the clock after which a batch with room must take a deposit.
    function DEPOSIT_DUE_DELAY() external view returns (uint256);

    /// @notice Seconds of the clock after which a depositor may reclaim.
    function DEPOSIT_DEADLINE() external view returns (uint256);

    /// @notice Block time at which deposits end for good; 2^64 - 1 for never.
    function DEPOSITS_UNTIL() external view returns (uint256);

    /// @notice Asked on deposits and payouts. Fixed at deployment.
    function SCREENING() external view returns (IScreening);

    /// @notice Gas that the screening gets. With less left, deposits and claims are refused.
    function SCREENING_GAS() external view returns (uint256);

    /// @notice The only caller of `takeDeposits` and `credit`.
    function ROLLUP() external view returns (address);

    /// @notice Seconds until a lower limit of payouts counts.
    function LIMIT_DELAY() external view returns (uint256);
}
