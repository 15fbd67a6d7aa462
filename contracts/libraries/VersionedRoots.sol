// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title A root and all its versions
 * @notice Version v is superseded at the clock time at which v + 1 is published (S2). Versions are
 * kept for good and count from 0.
 */
library VersionedRoots {
    struct Version {
        uint256 root;
        uint256 publishedAt;
    }

    struct Roots {
        uint64 latest;
        mapping(uint64 version => Version published) versions;
    }

    /// @dev Version 0.
    function initialize(Roots storage self, uint256 root, uint256 now_) internal {
        self.versions[0] = Version(root, now_);
    }

    function publish(
        Roots storage self,
        uint256 root,
        uint256 now_
    ) internal returns (uint64 version) {
        version = self.latest + 1;
        self.latest = version;
        self.versions[version] = Version(root, now_);
    }

    function exists(Roots storage self, uint64 version) internal view returns (bool) {
        return version <= self.latest;
    }

    /// @dev The root of a version that exists, and when it was superseded: 0 where current.
    function get(
        Roots storage self,
        uint64 version
    ) internal view returns (uint256 root, uint256 supersededAt) {
        root = self.versions[version].root;
        if (version < self.latest) supersededAt = self.versions[version + 1].publishedAt;
    }
}
