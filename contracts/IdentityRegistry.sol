// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IClock} from './interfaces/IClock.sol';
import {IIdentityRegistry} from './interfaces/IIdentityRegistry.sol';
import {IVerifierRegistry} from './interfaces/IVerifierRegistry.sol';
import {
    CIRCUIT_REGISTRATION,
    CIRCUIT_REGISTRY,
    IDENTITY_TREE_DEPTH,
    REGISTRY_MODE_CHANGE,
    REGISTRY_MODE_DESTINATION_BY_ORDER,
    REGISTRY_MODE_DESTINATION_BY_OWNER,
    REGISTRY_MODE_FILL
} from './libraries/Constants.sol';
import {VersionedRoots} from './libraries/VersionedRoots.sol';

/// @notice See IIdentityRegistry. What a mode may change inside a leaf is proved by the `registry`
/// circuit; this contract chains the roots and enforces what the circuit cannot see.
contract IdentityRegistry is IIdentityRegistry, AccessManaged {
    using VersionedRoots for VersionedRoots.Roots;

    IClock public immutable CLOCK;
    IVerifierRegistry public immutable VERIFIERS;
    /// @notice Seconds between the announcement and the change of a destination. Longer than an
    /// exit, so that nobody's exit is redirected by surprise.
    uint256 public immutable DESTINATION_DELAY;

    VersionedRoots.Roots private _roots;
    mapping(uint32 index => uint256[2] tracePoint) private _tracePoints;
    /// @dev Clock time from which an announced change can be made; 0 where not announced.
    mapping(bytes32 change => uint256 allowedFrom) private _destinationChanges;

    /// @param initialRoot Root of the identity tree with no identity.
    constructor(
        address authority_,
        IClock clock,
        IVerifierRegistry verifiers,
        uint256 initialRoot,
        uint256 destinationDelay
    ) AccessManaged(authority_) {
        CLOCK = clock;
        VERIFIERS = verifiers;
        DESTINATION_DELAY = destinationDelay;
        _roots.initialize(initialRoot, clock.time());
    }

    /// @inheritdoc IIdentityRegistry
    function update(Update calldata change) external restricted returns (uint64 version) {
        _checkLeaves(change);
        if (change.mode == REGISTRY_MODE_FILL) _register(change);
        else _checkChange(change);
        (uint256 oldRoot, ) = _roots.get(_roots.latest);
        _checkTransition(oldRoot, change);

        version = _roots.publish(change.newRoot, CLOCK.time());
        emit IdentityUpdated(
            version,
            change.index,
            change.oldLeaf,
            change.newLeaf,
            change.mode,
            change.newRoot,
            _tracePoints[change.index],
            change.sealedContents
        );
    }

    /// @inheritdoc IIdentityRegistry
    function announceDestination(
        uint32 index,
        uint256 oldLeaf,
        uint256 newLeaf
    ) external restricted {
        if (!_isTaken(index)) revert IndexEmpty(index);
        uint256 allowedFrom = CLOCK.time() + DESTINATION_DELAY;
        _destinationChanges[_changeKey(index, oldLeaf, newLeaf)] = allowedFrom;
        emit DestinationAnnounced(index, oldLeaf, newLeaf, allowedFrom);
    }

    /// @inheritdoc IIdentityRegistry
    function rootAt(uint64 version) external view returns (uint256 root, uint256 supersededAt) {
        if (!_roots.exists(version)) revert VersionUnknown(version);
        return _roots.get(version);
    }

    /// @inheritdoc IIdentityRegistry
    function current() external view returns (uint64 version, uint256 root) {
        version = _roots.latest;
        (root, ) = _roots.get(version);
    }

    /// @inheritdoc IIdentityRegistry
    function isAcceptable(uint64 version, uint256 settleWindow) external view returns (bool) {
        if (!_roots.exists(version)) return false;
        (, uint256 supersededAt) = _roots.get(version);
        return supersededAt == 0 || CLOCK.time() <= supersededAt + settleWindow;
    }

    /// @inheritdoc IIdentityRegistry
    function tracePointOf(uint32 index) external view returns (uint256[2] memory) {
        return _tracePoints[index];
    }

    /// @dev An index is never empty again: no proof gives back the leaf 0, and T stays recorded.
    function _checkLeaves(Update calldata change) private pure {
        if (change.mode > REGISTRY_MODE_DESTINATION_BY_ORDER) revert ModeUnknown(change.mode);
        if (change.index >= 4 ** IDENTITY_TREE_DEPTH) revert IndexOutOfRange(change.index);
        bool isFill = change.mode == REGISTRY_MODE_FILL;
        if ((change.oldLeaf == 0) != isFill || change.newLeaf == 0) {
            revert LeafInvalid(change.oldLeaf, change.newLeaf);
        }
    }

    /// @dev A new identity: its keys and T are shown by the `registration` proof of the same leaf.
    function _register(Update calldata change) private {
        if (_isTaken(change.index)) revert IndexTaken(change.index);
        uint256[] memory inputs = new uint256[](4);
        inputs[0] = change.index;
        inputs[1] = change.newLeaf;
        inputs[2] = change.tracePoint[0];
        inputs[3] = change.tracePoint[1];
        if (!VERIFIERS.verifyProof(CIRCUIT_REGISTRATION, inputs, change.registrationProof)) {
            revert RegistrationProofInvalid();
        }
        _tracePoints[change.index] = change.tracePoint;
    }

    function _checkChange(Update calldata change) private {
        if (!_isTaken(change.index)) revert IndexEmpty(change.index);
        if (change.tracePoint[0] | change.tracePoint[1] != 0) revert RegistrationUnexpected();
        // Later: an order in the disclosure log allows this mode.
        if (change.mode == REGISTRY_MODE_DESTINATION_BY_ORDER) revert OrderRequired();
        if (change.mode == REGISTRY_MODE_DESTINATION_BY_OWNER) _takeAnnouncement(change);
        else assert(change.mode == REGISTRY_MODE_CHANGE);
    }

    function _takeAnnouncement(Update calldata change) private {
        bytes32 key = _changeKey(change.index, change.oldLeaf, change.newLeaf);
        uint256 allowedFrom = _destinationChanges[key];
        if (allowedFrom == 0) {
            revert DestinationNotAnnounced(change.index, change.oldLeaf, change.newLeaf);
        }
        if (CLOCK.time() < allowedFrom) revert DestinationTooSoon(allowedFrom);
        delete _destinationChanges[key];
    }

    function _checkTransition(uint256 oldRoot, Update calldata change) private view {
        uint256[] memory inputs = new uint256[](6);
        inputs[0] = oldRoot;
        inputs[1] = change.newRoot;
        inputs[2] = change.index;
        inputs[3] = change.oldLeaf;
        inputs[4] = change.newLeaf;
        inputs[5] = change.mode;
        if (!VERIFIERS.verifyProof(CIRCUIT_REGISTRY, inputs, change.proof)) {
            revert RegistryProofInvalid();
        }
    }

    /// @dev T is a subgroup point and never (0, 0): the registration circuit makes it.
    function _isTaken(uint32 index) private view returns (bool) {
        uint256[2] storage point = _tracePoints[index];
        return point[0] | point[1] != 0;
    }

    function _changeKey(
        uint32 index,
        uint256 oldLeaf,
        uint256 newLeaf
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(index, oldLeaf, newLeaf));
    }
}
