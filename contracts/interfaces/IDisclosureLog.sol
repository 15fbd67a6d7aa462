// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Disclosure log
 * @notice Every order to open records stands here before anything is opened, approved by two people of two roles who are
 * not its filer. It holds hashes, codes, counts and times; no private data. Spec: docs/spec/disclosure-log.md.
 *
 *     file ──▶ Filed ──2 approvals──▶ Authorised ──announceOpenings──▶ Executing ──disclose──▶ Disclosed ──unseal──▶ Unsealed
 *                │                        │
 *                └─reject, lapse──▶ Rejected   └─close, lapse──▶ Closed
 *
 * An emergency opens records on one approval and needs the second, its ratification, in time: else, and where it is refused
 * after something was opened, it shows as a violation, and what was opened is still to be disclosed and unsealed. A
 * destination needs both approvals, always.
 */
interface IDisclosureLog {
    /// @notice What an order opens. Destination opens nothing: it lets a registrar set one identity's exit.
    enum Kind {
        Transfers,
        Subject,
        Destination
    }

    enum State {
        None,
        Filed,
        Authorised,
        Executing,
        Disclosed,
        Unsealed,
        Rejected,
        Closed
    }

    /// @notice What is filed.
    struct Filing {
        Kind kind;
        /// One approval begins. Never for a destination.
        bool isEmergency;
        /// Code of a published table of legal bases. Not 0.
        uint16 legalBasis;
        /// Records that may be opened at most. For a subject: trace keys (one an epoch) and records together.
        uint32 limit;
        /// keccak256 of salt and case file.
        bytes32 caseHash;
        /// keccak256 of salt and scope: transfers, or subject and epochs. Members check an order's scope against it.
        bytes32 scopeHash;
    }

    struct Order {
        State state;
        Kind kind;
        bool isEmergency;
        /// Disclosed or unsealed late, or marked so; stays.
        bool isOverdue;
        /// An emergency that was not ratified in time, or refused after something was opened; stays.
        bool isViolation;
        /// An emergency that was refused after something was opened: no more is. It keeps its way to unsealing.
        bool isRefused;
        uint16 legalBasis;
        uint32 limit;
        /// Announced so far: nothing is opened that was not announced.
        uint32 opened;
        /// When the present state must be left.
        uint64 deadline;
        /// By when an emergency's second approval is due; 0 where there is none or it was given.
        uint64 ratifyBy;
        address filer;
        address reviewer;
        address judge;
        bytes32 caseHash;
        bytes32 scopeHash;
        bytes32 bundleHash;
    }

    struct Counters {
        uint64 filed;
        uint64 emergencies;
        uint64 authorised;
        uint64 rejected;
        uint64 disclosed;
        uint64 overdue;
        uint64 violations;
        uint64 recordsOpened;
    }

    event OrderFiled(
        uint256 indexed order,
        Kind kind,
        bool isEmergency,
        uint16 legalBasis,
        uint32 limit,
        bytes32 caseHash,
        bytes32 scopeHash,
        address filer
    );
    event OrderApproved(uint256 indexed order, address approver, bool asJudge);
    event OrderAuthorised(uint256 indexed order, uint64 executeBy);
    event OrderRatified(uint256 indexed order);
    event OrderRejected(uint256 indexed order, bytes32 reasonHash);
    /// @param recordsHash Of the list of records about to be opened; members open no others.
    event OpeningsAnnounced(uint256 indexed order, bytes32 recordsHash, uint32 count);
    event OrderDisclosed(uint256 indexed order, bytes32 bundleHash, uint64 unsealBy);
    /// @param noticeHash Of the notice to the subject, or of the reasons why there is none.
    event OrderUnsealed(uint256 indexed order, bytes32 noticeHash);
    event OrderClosed(uint256 indexed order);
    event OrderOverdue(uint256 indexed order, State state);
    event OrderViolated(uint256 indexed order);
    event DestinationOrderUsed(uint256 indexed order);
    /// @notice The head of the supervisors' own hash-chained log, and its length.
    event LogAnchored(bytes32 head, uint64 length);

    error FilingInvalid();
    error DestinationNotEmergency();
    error OrderRefused(uint256 order);
    error OrderUnknown(uint256 order);
    error OrderInState(uint256 order, State state);
    error FourEyes(uint256 order, address account);
    error AlreadyApproved(uint256 order);
    error DeadlinePassed(uint256 order, uint64 deadline);
    error DeadlineAhead(uint256 order, uint64 deadline);
    error NotRatified(uint256 order, uint64 ratifyBy);
    error LimitExceeded(uint256 order, uint32 limit, uint256 opened);
    error AlreadyMarked(uint256 order);
    error AlreadyAnnounced(uint256 order, bytes32 recordsHash);
    error HashMissing();
    error CallerNotRegistry(address caller);
    error DestinationOther(uint256 order);
    error LogShrinks(uint64 length, uint64 newLength);
    error WindowInvalid();

    /// @notice Files an order. Officer.
    function file(Filing calldata filing) external returns (uint256 order);

    /// @notice Approves as reviewer, who is neither filer nor judge of the order. Reviewer.
    function approveAsReviewer(uint256 order) external;

    /// @notice Approves as judge, who is neither filer nor reviewer of the order. Judge.
    function approveAsJudge(uint256 order) external;

    /// @notice Rejects a filed order, or refuses an emergency its ratification. Reviewer.
    function rejectAsReviewer(uint256 order, bytes32 reasonHash) external;

    /// @notice Rejects a filed order, or refuses an emergency its ratification. Judge.
    function rejectAsJudge(uint256 order, bytes32 reasonHash) external;

    /// @notice Says which records are about to be opened: members answer for no others. Officer.
    function announceOpenings(uint256 order, bytes32 recordsHash, uint32 count) external;

    /// @notice Closes the execution with the hash of the disclosure bundle. Officer.
    function disclose(uint256 order, bytes32 bundleHash) external;

    /// @notice From here on the order's contents may be shown. Officer.
    function unseal(uint256 order, bytes32 noticeHash) external;

    /// @notice Ends an order under which nothing was opened. Officer.
    function close(uint256 order) external;

    /// @notice Ends an order that nobody approved, or began to execute, in time. Anybody.
    function lapse(uint256 order) external;

    /// @notice Marks an order that was not disclosed, or not unsealed, in time. Anybody.
    function markOverdue(uint256 order) external;

    /// @notice Marks an emergency that was not ratified in time. Anybody.
    function markViolation(uint256 order) external;

    /// @notice Uses up a destination order for exactly this change. Identity registry.
    function useDestinationOrder(
        uint256 order,
        uint32 index,
        uint256 oldLeaf,
        uint256 newLeaf
    ) external;

    /// @notice Anchors the supervisors' own log. Officer.
    function anchorLog(bytes32 head, uint64 length) external;

    function orderAt(uint256 order) external view returns (Order memory);

    /// @notice Whether members may answer under the order in this block.
    function isExecutable(uint256 order) external view returns (bool);

    /// @notice Whether these records were announced under the order.
    function isAnnounced(uint256 order, bytes32 recordsHash) external view returns (bool);

    function counters() external view returns (Counters memory);

    /// @notice Orders filed so far; they are numbered from 1.
    function orderCount() external view returns (uint256);

    /// @notice Scope hash of a destination order.
    /// @dev Without a salt: the new leaf holds one, and is not known before the change.
    function destinationScope(
        uint32 index,
        uint256 oldLeaf,
        uint256 newLeaf
    ) external view returns (bytes32);
}
