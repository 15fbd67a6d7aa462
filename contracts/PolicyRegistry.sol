// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IClock} from './interfaces/IClock.sol';
import {IPolicyRegistry} from './interfaces/IPolicyRegistry.sol';
import {FIELD_ORDER, POLICY_TREE_DEPTH} from './libraries/Constants.sol';
import {VersionedRoots} from './libraries/VersionedRoots.sol';

/// @notice See IPolicyRegistry.
contract PolicyRegistry is IPolicyRegistry, AccessManaged {
    using VersionedRoots for VersionedRoots.Roots;

    IClock public immutable CLOCK;

    VersionedRoots.Roots private _roots;

    /// @param initialRoot Root of the policy tree with no policy.
    constructor(address authority_, IClock clock, uint256 initialRoot) AccessManaged(authority_) {
        if (initialRoot >= FIELD_ORDER) revert RootNotCanonical(initialRoot);
        CLOCK = clock;
        _roots.initialize(initialRoot, clock.time());
    }

    /// @inheritdoc IPolicyRegistry
    function publish(
        uint256 root,
        Policy[] calldata policies
    ) external restricted returns (uint64 version) {
        if (root >= FIELD_ORDER) revert RootNotCanonical(root);
        if (policies.length > 4 ** POLICY_TREE_DEPTH) revert PoliciesTooMany(policies.length);
        version = _roots.publish(root, CLOCK.time());
        emit PolicyPublished(version, root, policies);
    }

    /// @inheritdoc IPolicyRegistry
    function rootAt(uint64 version) external view returns (uint256 root, uint256 supersededAt) {
        if (!_roots.exists(version)) revert VersionUnknown(version);
        return _roots.get(version);
    }

    /// @inheritdoc IPolicyRegistry
    function current() external view returns (uint64 version, uint256 root) {
        version = _roots.latest;
        (root, ) = _roots.get(version);
    }

    /// @inheritdoc IPolicyRegistry
    function isAcceptable(uint64 version, uint256 settleWindow) external view returns (bool) {
        if (!_roots.exists(version)) return false;
        (, uint256 supersededAt) = _roots.get(version);
        return supersededAt == 0 || CLOCK.time() <= supersededAt + settleWindow;
    }
}
