// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {AccessManaged} from '@openzeppelin/contracts/access/manager/AccessManaged.sol';
import {IClock} from './interfaces/IClock.sol';
import {IVerifierRegistry} from './interfaces/IVerifierRegistry.sol';
import {BASE_FIELD_ORDER, Bn254} from './libraries/Bn254.sol';
import {CodeBlob} from './libraries/CodeBlob.sol';
import {
    CIRCUIT_BATCH_16,
    CIRCUIT_BATCH_4,
    CIRCUIT_BATCH_64,
    CIRCUIT_COLLECT,
    CIRCUIT_REGISTRATION,
    CIRCUIT_REGISTRY,
    CIRCUIT_TRANSFER,
    FIELD_ORDER,
    INPUT_COLLECT_DOMAIN,
    INPUT_REGISTRATION_DOMAIN,
    INPUT_REGISTRY_DOMAIN,
    INPUT_TRANSFER_DOMAIN,
    N_BATCH_16_INPUTS,
    N_BATCH_4_INPUTS,
    N_BATCH_64_INPUTS,
    N_COLLECT_INPUTS,
    N_REGISTRATION_INPUTS,
    N_REGISTRY_INPUTS,
    N_TRANSFER_INPUTS
} from './libraries/Constants.sol';

/// @notice See IVerifierRegistry.
contract VerifierRegistry is IVerifierRegistry, AccessManaged {
    /// @dev Position of `domain` for circuits without one: no input has it.
    uint256 private constant NO_DOMAIN = type(uint256).max;

    /// @notice Seconds after which a guardian's stop lapses.
    uint256 public constant MAX_STOP = 3 days;

    IClock public immutable CLOCK;
    /// @inheritdoc IVerifierRegistry
    uint256 public immutable DOMAIN;
    /// @notice Seconds between announcement and activation: longer than an exit.
    uint256 public immutable ACTIVATION_DELAY;
    /// @notice Seconds of the clock that a replaced key stays usable: at least the settle window.
    uint256 public immutable SUNSET;

    struct Key {
        // One slot.
        address blob;
        uint40 activatableAt;
        uint40 stoppedUntil;
        bool isAnnounced;
        bool isRetired;
    }

    struct Circuit {
        uint32 latest;
        uint32 active;
        uint32 sunset;
        /// Clock time until which the sunset version is usable.
        uint64 sunsetUntil;
    }

    /// @dev alpha, beta, gamma as in the precompiles' order.
    uint256[10] private _common;
    mapping(uint256 circuitId => Circuit circuit) private _circuits;
    mapping(uint256 circuitId => mapping(uint32 version => Key key)) private _keys;
    mapping(bytes32 delta => bool isUsed) private _deltas;

    /// @param domain The deployment's domain; folded into IC[0] of every key with such an input.
    /// @param alpha In G1. @param beta In G2. @param gamma In G2; imaginary parts first.
    constructor(
        address authority_,
        IClock clock,
        uint256 domain,
        uint256 activationDelay,
        uint256 sunset,
        uint256[2] memory alpha,
        uint256[4] memory beta,
        uint256[4] memory gamma
    ) AccessManaged(authority_) {
        CLOCK = clock;
        DOMAIN = domain;
        ACTIVATION_DELAY = activationDelay;
        SUNSET = sunset;
        _checkG1(alpha, 0);
        _checkG2(beta, 1);
        _checkG2(gamma, 2);
        _common = [
            alpha[0],
            alpha[1],
            beta[0],
            beta[1],
            beta[2],
            beta[3],
            gamma[0],
            gamma[1],
            gamma[2],
            gamma[3]
        ];
    }

    /// @inheritdoc IVerifierRegistry
    function announceKey(
        uint8 circuitId,
        VerificationKey calldata key
    ) external restricted returns (uint32 version) {
        uint256[] memory blob = _checkKey(circuitId, key);
        bytes32 delta = keccak256(abi.encode(key.delta));
        if (_deltas[delta]) revert KeyDeltaReused();
        _deltas[delta] = true;

        version = ++_circuits[circuitId].latest;
        uint256 activatableAt = block.timestamp;
        // The first key of a circuit can surprise nobody.
        if (version != 1) activatableAt += ACTIVATION_DELAY;
        Key storage added = _keys[circuitId][version];
        added.blob = CodeBlob.write(blob);
        added.activatableAt = uint40(activatableAt);
        added.isAnnounced = true;
        emit KeyAnnounced(circuitId, version, keccak256(abi.encodePacked(blob)), activatableAt);
    }

    /// @inheritdoc IVerifierRegistry
    function activateKey(uint8 circuitId, uint32 version) external restricted {
        Key storage key = _keys[circuitId][version];
        if (!key.isAnnounced) revert KeyNotAnnounced(circuitId, version);
        if (block.timestamp < key.activatableAt) revert KeyNotActivatable(key.activatableAt);
        key.isAnnounced = false;
        Circuit storage circuit = _circuits[circuitId];
        uint256 now_ = CLOCK.time();
        // Keys that were sealed under stay usable for their whole sunset.
        if (circuit.sunset != 0 && now_ <= circuit.sunsetUntil) {
            revert KeySunsetPending(circuit.sunsetUntil);
        }
        uint256 usableUntil = now_ + SUNSET;
        circuit.sunset = circuit.active;
        circuit.sunsetUntil = uint64(usableUntil);
        circuit.active = version;
        emit KeyActivated(circuitId, version, usableUntil);
    }

    /// @inheritdoc IVerifierRegistry
    function retireKey(uint8 circuitId, uint32 version) external restricted {
        KeyStatus status = keyStatus(circuitId, version);
        if (status != KeyStatus.Announced && status != KeyStatus.Sunset) {
            revert KeyNotInUse(circuitId, version);
        }
        Key storage key = _keys[circuitId][version];
        key.isAnnounced = false;
        key.isRetired = true;
        emit KeyRetired(circuitId, version);
    }

    /// @inheritdoc IVerifierRegistry
    function stopKey(uint8 circuitId, uint32 version) external restricted {
        KeyStatus status = keyStatus(circuitId, version);
        if (status != KeyStatus.Active && status != KeyStatus.Sunset) {
            revert KeyNotInUse(circuitId, version);
        }
        Key storage key = _keys[circuitId][version];
        if (key.stoppedUntil != 0) revert KeyStoppedBefore(circuitId, version);
        // S2: else windows and deadlines would run out while nothing could be settled under it.
        key.stoppedUntil = uint40(
            _isOfSettlement(circuitId) ? CLOCK.stopWithKey() : block.timestamp + MAX_STOP
        );
        emit KeyStopped(circuitId, version, key.stoppedUntil);
    }

    /// @inheritdoc IVerifierRegistry
    function keyBlob(uint256 circuitId, bool isSunset) public view returns (address) {
        Circuit storage circuit = _circuits[circuitId];
        uint32 version = isSunset ? circuit.sunset : circuit.active;
        Key storage key = _keys[circuitId][version];
        bool isUsable = version != 0 && !key.isRetired;
        if (block.timestamp < key.stoppedUntil) {
            // A clock that a guardian has let run again ends the stop.
            isUsable = isUsable && _isOfSettlement(circuitId) && !CLOCK.isStopped();
        }
        if (isSunset) isUsable = isUsable && CLOCK.time() <= circuit.sunsetUntil;
        if (!isUsable) revert KeyNotUsable(circuitId, isSunset);
        return key.blob;
    }

    /// @inheritdoc IVerifierRegistry
    function commonKey() external view returns (uint256[10] memory) {
        return _common;
    }

    /// @inheritdoc IVerifierRegistry
    function verifyProof(
        uint256 circuitId,
        uint256[] calldata inputs,
        uint256[8] calldata proof
    ) external view returns (bool) {
        uint256[] memory blob = CodeBlob.read(keyBlob(circuitId, false));
        if (blob.length != 6 + 2 * inputs.length) {
            revert KeyInputCountWrong(blob.length / 2 - 3, inputs.length);
        }
        uint256[2] memory sum = [blob[4], blob[5]];
        for (uint256 i = 0; i < inputs.length; i++) {
            if (inputs[i] >= FIELD_ORDER) revert PublicInputNotCanonical(i);
            (, uint256[2] memory term) = Bn254.mul([blob[6 + 2 * i], blob[7 + 2 * i]], inputs[i]);
            (, sum) = Bn254.add(sum, term);
        }
        // e(A, B)·e(−alpha, beta)·e(−inputs, gamma)·e(−C, delta) = 1. A malformed proof makes the
        // precompile fail, which is an answer too.
        (, bool isOne) = Bn254.pairing(_pairs(proof, sum, blob));
        return isOne;
    }

    /// @inheritdoc IVerifierRegistry
    function keyStatus(uint8 circuitId, uint32 version) public view returns (KeyStatus) {
        Circuit storage circuit = _circuits[circuitId];
        if (version == 0 || version > circuit.latest) return KeyStatus.Unknown;
        Key storage key = _keys[circuitId][version];
        if (key.isAnnounced) return KeyStatus.Announced;
        if (version == circuit.active) return KeyStatus.Active;
        bool isInSunset =
            version == circuit.sunset && !key.isRetired && CLOCK.time() <= circuit.sunsetUntil;
        return isInSunset ? KeyStatus.Sunset : KeyStatus.Retired;
    }

    /// @inheritdoc IVerifierRegistry
    function latestVersion(uint8 circuitId) external view returns (uint32) {
        return _circuits[circuitId].latest;
    }

    /// @inheritdoc IVerifierRegistry
    function activeVersion(uint8 circuitId) external view returns (uint32) {
        return _circuits[circuitId].active;
    }

    function _pairs(
        uint256[8] calldata proof,
        uint256[2] memory sum,
        uint256[] memory blob
    ) private view returns (uint256[] memory pairs) {
        uint256[2] memory minusAlpha = Bn254.negate([_common[0], _common[1]]);
        uint256[2] memory minusSum = Bn254.negate(sum);
        // A y that is not below q stays as it is, for the precompile to refuse.
        uint256[2] memory minusC = [
            proof[6],
            proof[7] == 0 || proof[7] >= BASE_FIELD_ORDER ? proof[7] : BASE_FIELD_ORDER - proof[7]
        ];
        pairs = new uint256[](24);
        for (uint256 i = 0; i < 6; i++) pairs[i] = proof[i];
        for (uint256 i = 0; i < 2; i++) {
            pairs[6 + i] = minusAlpha[i];
            pairs[12 + i] = minusSum[i];
            pairs[18 + i] = minusC[i];
        }
        for (uint256 i = 0; i < 4; i++) {
            pairs[8 + i] = _common[2 + i];
            pairs[14 + i] = _common[6 + i];
            pairs[20 + i] = blob[i];
        }
    }

    /// @dev The blob of a key that has passed all checks: delta, IC[0] + domain·IC[domain], the rest.
    function _checkKey(
        uint256 circuitId,
        VerificationKey calldata key
    ) private view returns (uint256[] memory blob) {
        (uint256 inputCount, uint256 domainAt) = _layout(circuitId);
        if (key.ic.length != inputCount + 1) {
            revert KeyInputCountWrong(inputCount, key.ic.length - 1);
        }
        // Equal x covers minus gamma, which is as bad.
        if (key.delta[0] == _common[6] && key.delta[1] == _common[7]) revert KeyDeltaIsGamma();
        _checkG2(key.delta, 3);
        blob = new uint256[](6 + 2 * (domainAt == NO_DOMAIN ? inputCount : inputCount - 1));
        for (uint256 i = 0; i < 4; i++) blob[i] = key.delta[i];
        uint256[2] memory constantTerm = key.ic[0];
        _checkG1(constantTerm, 4);
        uint256 next = 6;
        for (uint256 i = 0; i < inputCount; i++) {
            uint256[2] memory point = key.ic[i + 1];
            _checkG1(point, 5 + i);
            if (i == domainAt) {
                (, uint256[2] memory term) = Bn254.mul(point, DOMAIN);
                (, constantTerm) = Bn254.add(constantTerm, term);
                continue;
            }
            blob[next++] = point[0];
            blob[next++] = point[1];
        }
        blob[4] = constantTerm[0];
        blob[5] = constantTerm[1];
    }

    function _isOfSettlement(uint256 circuitId) private pure returns (bool) {
        return circuitId != CIRCUIT_REGISTRY && circuitId != CIRCUIT_REGISTRATION;
    }

    /// @dev Number of public inputs, and which of them is `domain`.
    function _layout(uint256 circuitId) private pure returns (uint256, uint256) {
        if (circuitId == CIRCUIT_TRANSFER) return (N_TRANSFER_INPUTS, INPUT_TRANSFER_DOMAIN);
        if (circuitId == CIRCUIT_COLLECT) return (N_COLLECT_INPUTS, INPUT_COLLECT_DOMAIN);
        if (circuitId == CIRCUIT_BATCH_4) return (N_BATCH_4_INPUTS, NO_DOMAIN);
        if (circuitId == CIRCUIT_BATCH_16) return (N_BATCH_16_INPUTS, NO_DOMAIN);
        if (circuitId == CIRCUIT_BATCH_64) return (N_BATCH_64_INPUTS, NO_DOMAIN);
        if (circuitId == CIRCUIT_REGISTRY) return (N_REGISTRY_INPUTS, INPUT_REGISTRY_DOMAIN);
        if (circuitId == CIRCUIT_REGISTRATION) {
            return (N_REGISTRATION_INPUTS, INPUT_REGISTRATION_DOMAIN);
        }
        revert CircuitUnknown(circuitId);
    }

    function _checkG1(uint256[2] memory point, uint256 position) private view {
        if (point[0] | point[1] == 0) revert KeyPointAtInfinity(position);
        (bool ok, ) = Bn254.add(point, [uint256(0), 0]);
        if (!ok) revert KeyPointInvalid(position);
    }

    /// @dev The pairing precompile checks curve and subgroup of each G2 point.
    function _checkG2(uint256[4] memory point, uint256 position) private view {
        if (point[0] | point[1] | point[2] | point[3] == 0) revert KeyPointAtInfinity(position);
        uint256[] memory pair = new uint256[](6);
        pair[0] = 1;
        pair[1] = 2;
        for (uint256 i = 0; i < 4; i++) pair[2 + i] = point[i];
        (bool ok, ) = Bn254.pairing(pair);
        if (!ok) revert KeyPointInvalid(position);
    }
}
