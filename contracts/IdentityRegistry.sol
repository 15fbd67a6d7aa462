// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IClock} from './interfaces/IClock.sol';
import {IDisclosureLog} from './interfaces/IDisclosureLog.sol';
import {IIdentityRegistry} from './interfaces/IIdentityRegistry.sol';
import {IVerifierRegistry} from './interfaces/IVerifierRegistry.sol';
import {
    CIRCUIT_REGISTRATION,
    CIRCUIT_REGISTRY,
    IDENTITY_TREE_DEPTH,
    MAX_SUSPENSION_DAYS,
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
    IDisclosureLog public immutable DISCLOSURES;
    /// @notice Seconds between the announcement and the change of a destination. Longer than an
    /// exit, so that nobody's exit is redirected by surprise.
    uint256 public immutable DESTINATION_DELAY;
    /// @inheritdoc IIdentityRegistry
    uint256 public immutable IDENTITY_LIMIT;

    VersionedRoots.Roots private _roots;
    mapping(uint32 index => uint256[2] tracePoint) private _tracePoints;
    /// @dev Clock time from which an announced change can be made; 0 where not announced.
    mapping(bytes32 change => uint256 allowedFrom) private _destinationChanges;
    address[] private _registrars;
    mapping(address registrar => Limits) private _limits;
    /// @dev Updates of a registrar on a Unix day, against its quota.
    mapping(address registrar => mapping(uint256 day => uint256 count)) private _updates;
    mapping(bytes32 appeal => AppealState) private _appeals;

    /// @param initialRoot Root of the identity tree with no identity.
    constructor(
        address authority_,
        IClock clock,
        IVerifierRegistry verifiers,
        IDisclosureLog disclosures,
        uint256 initialRoot,
        uint256 destinationDelay,
        uint256 identityLimit
    ) AccessManaged(authority_) {
        if (identityLimit == 0 || identityLimit > 4 ** IDENTITY_TREE_DEPTH) {
            revert IdentityLimitInvalid(identityLimit);
        }
        IDENTITY_LIMIT = identityLimit;
        CLOCK = clock;
        VERIFIERS = verifiers;
        DISCLOSURES = disclosures;
        DESTINATION_DELAY = destinationDelay;
        _roots.initialize(initialRoot, clock.time());
    }

    /// @inheritdoc IIdentityRegistry
    function update(Update calldata change) external restricted returns (uint64 version) {
        _checkLeaves(change);
        uint8 tierCap = _takeQuota(change.index);
        _checkLatestSuspension(change.latestSuspension);
        if (change.mode == REGISTRY_MODE_FILL) _register(change);
        else _checkChange(change);
        (uint256 oldRoot, ) = _roots.get(_roots.latest);
        _checkTransition(oldRoot, change, tierCap);

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
        _takeQuota(index);
        uint256 allowedFrom = CLOCK.time() + DESTINATION_DELAY;
        _destinationChanges[_changeKey(index, oldLeaf, newLeaf)] = allowedFrom;
        emit DestinationAnnounced(index, oldLeaf, newLeaf, allowedFrom);
    }

    /// @inheritdoc IIdentityRegistry
    function setRegistrar(address registrar, Limits calldata limits) external restricted {
        bool isRemoval = limits.firstIndex == limits.endIndex;
        if (limits.firstIndex > limits.endIndex || limits.endIndex > IDENTITY_LIMIT)
            revert RangeInvalid(limits.firstIndex, limits.endIndex);
        bool isKnown = false;
        for (uint256 i = 0; i < _registrars.length; i++) {
            address other = _registrars[i];
            if (other == registrar) {
                isKnown = true;
                continue;
            }
            Limits storage held = _limits[other];
            if (
                !isRemoval && limits.firstIndex < held.endIndex && held.firstIndex < limits.endIndex
            ) revert RangeTaken(other);
        }
        if (!isKnown) _registrars.push(registrar);
        _limits[registrar] = limits;
        emit RegistrarSet(registrar, limits);
    }

    /// @inheritdoc IIdentityRegistry
    function appeal(uint32 index, bytes32 appealHash) external {
        if (!_isTaken(index)) revert IndexEmpty(index);
        bytes32 key = _appealKey(index, appealHash);
        if (_appeals[key] != AppealState.None) revert AppealKnown(index, appealHash);
        _appeals[key] = AppealState.Filed;
        emit AppealFiled(index, appealHash, msg.sender);
    }

    /// @inheritdoc IIdentityRegistry
    function answerAppeal(
        uint32 index,
        bytes32 appealHash,
        bytes32 answerHash
    ) external restricted {
        _checkRange(index);
        bytes32 key = _appealKey(index, appealHash);
        if (_appeals[key] != AppealState.Filed) revert AppealNotOpen(index, appealHash);
        _appeals[key] = AppealState.Answered;
        emit AppealAnswered(index, appealHash, answerHash);
    }

    /// @inheritdoc IIdentityRegistry
    function registrars() external view returns (address[] memory) {
        return _registrars;
    }

    /// @inheritdoc IIdentityRegistry
    function limitsOf(
        address registrar
    ) external view returns (Limits memory limits, uint256 updatesToday) {
        return (_limits[registrar], _updates[registrar][block.timestamp / 1 days]);
    }

    /// @inheritdoc IIdentityRegistry
    function appealState(uint32 index, bytes32 appealHash) external view returns (AppealState) {
        return _appeals[_appealKey(index, appealHash)];
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
    function _checkLeaves(Update calldata change) private view {
        if (change.mode > REGISTRY_MODE_DESTINATION_BY_ORDER) revert ModeUnknown(change.mode);
        // In a transfer's record 0 says that nobody was paid.
        if (change.index == 0 || change.index >= IDENTITY_LIMIT) {
            revert IndexOutOfRange(change.index);
        }
        bool isByOrder = change.mode == REGISTRY_MODE_DESTINATION_BY_ORDER;
        if ((change.order != 0) != isByOrder) revert OrderMismatch(change.mode, change.order);
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
        if (change.mode == REGISTRY_MODE_DESTINATION_BY_ORDER) {
            // D5: executable, for exactly this change, and used up by it.
            DISCLOSURES.useDestinationOrder(
                change.order,
                change.index,
                change.oldLeaf,
                change.newLeaf
            );
        } else if (change.mode == REGISTRY_MODE_DESTINATION_BY_OWNER) {
            _takeAnnouncement(change);
        } else {
            assert(change.mode == REGISTRY_MODE_CHANGE);
        }
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

    /// @dev A registrar writes in its own range only, so many times a day. Returns its tier cap.
    function _takeQuota(uint32 index) private returns (uint8) {
        _checkRange(index);
        Limits storage limits = _limits[msg.sender];
        mapping(uint256 day => uint256 count) storage updates = _updates[msg.sender];
        uint256 today = block.timestamp / 1 days;
        if (updates[today] >= limits.dailyQuota) {
            revert QuotaExhausted(msg.sender, limits.dailyQuota);
        }
        updates[today]++;
        return limits.tierCap;
    }

    function _checkRange(uint32 index) private view {
        Limits storage limits = _limits[msg.sender];
        if (index < limits.firstIndex || index >= limits.endIndex) {
            revert IndexOfAnother(msg.sender, index);
        }
    }

    /// @dev R9: exactly so many days from today; or from yesterday, for a proof made before midnight. Block time: a
    /// guardian's stop makes no suspension longer.
    function _checkLatestSuspension(uint16 day) private view {
        uint256 latest = block.timestamp / 1 days + MAX_SUSPENSION_DAYS;
        if (day != latest && uint256(day) + 1 != latest) revert SuspensionDayWrong(day, latest);
    }

    function _checkTransition(uint256 oldRoot, Update calldata change, uint8 tierCap) private view {
        uint256[] memory inputs = new uint256[](8);
        inputs[0] = oldRoot;
        inputs[1] = change.newRoot;
        inputs[2] = change.index;
        inputs[3] = change.oldLeaf;
        inputs[4] = change.newLeaf;
        inputs[5] = change.mode;
        inputs[6] = tierCap;
        inputs[7] = change.latestSuspension;
        if (!VERIFIERS.verifyProof(CIRCUIT_REGISTRY, inputs, change.proof)) {
            revert RegistryProofInvalid();
        }
    }

    /// @dev T is a subgroup point and never (0, 0): the registration circuit makes it.
    function _isTaken(uint32 index) private view returns (bool) {
        uint256[2] storage point = _tracePoints[index];
        return point[0] | point[1] != 0;
    }

    function _appealKey(uint32 index, bytes32 appealHash) private pure returns (bytes32) {
        return keccak256(abi.encode(index, appealHash));
    }

    function _changeKey(
        uint32 index,
        uint256 oldLeaf,
        uint256 newLeaf
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(index, oldLeaf, newLeaf));
    }
}
