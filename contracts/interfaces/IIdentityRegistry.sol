// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Identity registry
 * @notice The root of the identity tree, one version per proved update. The chain sees leaf hashes
 * only. Spec: docs/spec/identity-registry.md.
 */
interface IIdentityRegistry {
    /// @notice One proved transition of the tree.
    struct Update {
        /// REGISTRY_MODE: 0 fill, 1 change, 2 destination by owner, 3 destination by order.
        uint8 mode;
        uint32 index;
        /// 0 where the leaf is filled.
        uint256 oldLeaf;
        uint256 newLeaf;
        uint256 newRoot;
        /// Of the `registry` circuit: A, B, C in the order of the precompiles.
        uint256[8] proof;
        /// Fill only, else zeros: T of the new leaf, and the `registration` proof for it.
        uint256[2] tracePoint;
        uint256[8] registrationProof;
        /// Number of the order in the disclosure log that allows mode 3; 0 in every other mode.
        uint256 order;
        /// Unix day of R9: today + MAX_SUSPENSION_DAYS, or one less.
        uint16 latestSuspension;
        /// The leaf's contents, encrypted to the user and the supervisors. Not interpreted.
        bytes sealedContents;
    }

    /// @notice What a registrar may do: indexes from `firstIndex` to before `endIndex`, tiers to
    /// `tierCap`, `dailyQuota` updates and announcements on a Unix day.
    struct Limits {
        uint32 firstIndex;
        uint32 endIndex;
        uint8 tierCap;
        uint32 dailyQuota;
    }

    enum AppealState {
        None,
        Filed,
        Answered
    }

    /// @notice A version of the identity root was published.
    /// @param tracePoint The index's registered T, whatever the mode.
    event IdentityUpdated(
        uint64 indexed version,
        uint32 indexed index,
        uint256 oldLeaf,
        uint256 newLeaf,
        uint8 mode,
        uint256 root,
        uint256[2] tracePoint,
        bytes sealedContents
    );
    /// @notice A change of destination was announced; it can be made from `allowedFrom`.
    event DestinationAnnounced(
        uint32 indexed index,
        uint256 oldLeaf,
        uint256 newLeaf,
        uint256 allowedFrom
    );

    /// @notice A registrar's limits were set; an empty range takes its work away.
    event RegistrarSet(address indexed registrar, Limits limits);
    /// @notice An appeal against what a registrar did to an index was put on record.
    event AppealFiled(uint32 indexed index, bytes32 appealHash, address sender);
    /// @notice A registrar answered an appeal.
    event AppealAnswered(uint32 indexed index, bytes32 appealHash, bytes32 answerHash);

    /// @notice Thrown when the constructor's limit is 0 or larger than the tree.
    error IdentityLimitInvalid(uint256 limit);
    /// @notice Thrown when a range ends before it starts or beyond IDENTITY_LIMIT.
    error RangeInvalid(uint32 firstIndex, uint32 endIndex);
    /// @notice Thrown when a range would meet another registrar's.
    error RangeTaken(address registrar);
    /// @notice Thrown when a registrar writes outside its range.
    error IndexOfAnother(address registrar, uint32 index);
    /// @notice Thrown when a registrar has made its updates of the day.
    error QuotaExhausted(address registrar, uint32 dailyQuota);
    /// @notice Thrown when the day that a suspension is bounded by is not the chain's.
    error SuspensionDayWrong(uint16 day, uint256 latest);
    /// @notice Thrown when the same appeal is filed again.
    error AppealKnown(uint32 index, bytes32 appealHash);
    /// @notice Thrown when an appeal is answered that was not filed, or was answered.
    error AppealNotOpen(uint32 index, bytes32 appealHash);
    /// @notice Thrown when the mode is none of REGISTRY_MODE.
    error ModeUnknown(uint8 mode);
    /// @notice Thrown when the index is 0 or not below IDENTITY_LIMIT.
    error IndexOutOfRange(uint32 index);
    /// @notice Thrown when a fill is proved over an index that has an owner.
    error IndexTaken(uint32 index);
    /// @notice Thrown when an index without an owner is changed.
    error IndexEmpty(uint32 index);
    /// @notice Thrown when old and new leaf of a mode cannot belong together: a fill of a leaf that
    /// is not empty, or a leaf that would become empty.
    error LeafInvalid(uint256 oldLeaf, uint256 newLeaf);
    /// @notice Thrown when a change of destination was not announced.
    error DestinationNotAnnounced(uint32 index, uint256 oldLeaf, uint256 newLeaf);
    /// @notice Thrown when a change of destination is made before its timelock has passed.
    error DestinationTooSoon(uint256 allowedFrom);
    /// @notice Thrown when a destination is changed by order and none is named, or an order is named
    /// and the mode needs none. Whether the order allows the change, the disclosure log says.
    error OrderMismatch(uint8 mode, uint256 order);
    /// @notice Thrown when the registration proof is refused.
    error RegistrationProofInvalid();
    /// @notice Thrown when the registry proof is refused.
    error RegistryProofInvalid();
    /// @notice Thrown when a trace point or registration proof comes with another mode than fill.
    error RegistrationUnexpected();
    /// @notice Thrown when a version does not exist.
    error VersionUnknown(uint64 version);

    /// @notice Publishes a proved transition. Registrar.
    function update(Update calldata change) external returns (uint64 version);

    /// @notice Starts the timelock of a change of destination that its owner has signed. Registrar.
    function announceDestination(uint32 index, uint256 oldLeaf, uint256 newLeaf) external;

    /// @notice Sets what a registrar may do. Ranges of two registrars never meet. Governance.
    function setRegistrar(address registrar, Limits calldata limits) external;

    /// @notice Puts an appeal on record: the hash of a text that its author sends to the registrar and
    /// the supervisors. Anybody; an index's owner signs the text, and others' are not worth an answer.
    function appeal(uint32 index, bytes32 appealHash) external;

    /// @notice Answers an appeal in the registrar's range. Registrar.
    function answerAppeal(uint32 index, bytes32 appealHash, bytes32 answerHash) external;

    /// @notice Indexes below this can have an owner. As no index is ever given twice, so many people at most.
    function IDENTITY_LIMIT() external view returns (uint256);

    /// @notice Every registrar that ever had limits.
    function registrars() external view returns (address[] memory);

    /// @notice A registrar's limits, and its updates on the present Unix day.
    function limitsOf(
        address registrar
    ) external view returns (Limits memory limits, uint256 updatesToday);

    /// @notice Whether an appeal is filed or answered.
    function appealState(uint32 index, bytes32 appealHash) external view returns (AppealState);

    /// @notice The root of a version and the clock time at which it was superseded, 0 where current.
    function rootAt(uint64 version) external view returns (uint256 root, uint256 supersededAt);

    /// @notice The newest version and its root.
    function current() external view returns (uint64 version, uint256 root);

    /// @notice Whether a version is current or was superseded at most `settleWindow` seconds ago.
    function isAcceptable(uint64 version, uint256 settleWindow) external view returns (bool);

    /// @notice T of an index, zeros where the index has no owner. Subject orders accept no other point.
    function tracePointOf(uint32 index) external view returns (uint256[2] memory);
}
