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
        /// The leaf's contents, encrypted to the user and the supervisors. Not interpreted.
        bytes sealedContents;
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

    /// @notice Thrown when the mode is none of REGISTRY_MODE.
    error ModeUnknown(uint8 mode);
    /// @notice Thrown when the index is not in the tree.
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
    /// @notice Thrown when a destination is changed by order: orders are filed in the disclosure
    /// log, which this deployment does not have.
    error OrderRequired();
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

    /// @notice The root of a version and the clock time at which it was superseded, 0 where current.
    function rootAt(uint64 version) external view returns (uint256 root, uint256 supersededAt);

    /// @notice The newest version and its root.
    function current() external view returns (uint64 version, uint256 root);

    /// @notice Whether a version is current or was superseded at most `settleWindow` seconds ago.
    function isAcceptable(uint64 version, uint256 settleWindow) external view returns (bool);

    /// @notice T of an index, zeros where the index has no owner. Subject orders accept no other point.
    function tracePointOf(uint32 index) external view returns (uint256[2] memory);
}
