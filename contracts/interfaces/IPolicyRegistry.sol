// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Policy registry
 * @notice The root over the limits of each tier and asset, one version per publication. The policies
 * themselves are event data; that they hash to the root is for readers to check (Poseidon over 256
 * leaves costs too much here), and a root that nobody can open is of no use to anybody.
 */
interface IPolicyRegistry {
    /// @notice Limits of one tier in one asset, in protocol units.
    struct Policy {
        uint8 tier;
        uint16 asset;
        uint64 perTransfer;
        uint64 perDay;
        uint64 accountCap;
        /// Once more than this has left on one day, investigation records are for key L.
        uint64 reportAbove;
    }

    /// @notice A version of the policy root was published. `policies` are leaves 0, 1, 2, …
    event PolicyPublished(uint64 indexed version, uint256 root, Policy[] policies);

    /// @notice Thrown when there are more policies than leaves.
    error PoliciesTooMany(uint256 count);
    /// @notice Thrown when the root is not below the field order.
    error RootNotCanonical(uint256 root);
    /// @notice Thrown when a version does not exist.
    error VersionUnknown(uint64 version);

    /// @notice Publishes a set of policies. Policy role.
    function publish(uint256 root, Policy[] calldata policies) external returns (uint64 version);

    /// @notice The root of a version and the clock time at which it was superseded, 0 where current.
    function rootAt(uint64 version) external view returns (uint256 root, uint256 supersededAt);

    /// @notice The newest version and its root.
    function current() external view returns (uint64 version, uint256 root);

    /// @notice Whether a version is current or was superseded at most `settleWindow` seconds ago.
    function isAcceptable(uint64 version, uint256 settleWindow) external view returns (bool);
}
