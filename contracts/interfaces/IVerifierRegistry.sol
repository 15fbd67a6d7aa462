// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/**
 * @title Verification keys
 * @notice Groth16 verification keys by circuit id and version. alpha, beta and gamma are one for all
 * keys, fixed at construction (folded verification relies on it); each key has its own delta.
 *
 *   announced ──activateKey──▶ active ──(next activateKey)──▶ sunset ──(time)──▶ retired
 *       └───────────────────────────── retireKey ──────────────────────────────────▲
 *
 * One version of a circuit is active and at most one is in sunset, so that proofs made and sealed
 * before a change stay settleable. A guardian may only stop one; a stop lapses by itself.
 */
interface IVerifierRegistry {
    /// @notice What a key may be used for now. Retired covers keys whose sunset has passed.
    enum KeyStatus {
        Unknown,
        Announced,
        Active,
        Sunset,
        Retired
    }

    /// @notice A verification key without the parts that all keys share. Points are in the order of
    /// the precompiles: G2 coordinates imaginary part first.
    struct VerificationKey {
        uint256[4] delta;
        /// IC[0] and one point per public input.
        uint256[2][] ic;
    }

    /// @notice A key was announced; it can be activated from `activatableAt`.
    event KeyAnnounced(
        uint8 indexed circuitId,
        uint32 indexed version,
        bytes32 keyHash,
        uint256 activatableAt
    );
    /// @notice A key is the active one of its circuit. The one before it is in sunset.
    event KeyActivated(
        uint8 indexed circuitId,
        uint32 indexed version,
        uint256 previousUsableUntil
    );
    /// @notice A key was taken out of use.
    event KeyRetired(uint8 indexed circuitId, uint32 indexed version);
    /// @notice A guardian stopped a key.
    event KeyStopped(uint8 indexed circuitId, uint32 indexed version, uint256 until);

    /// @notice Thrown when no circuit has this id.
    error CircuitUnknown(uint256 circuitId);
    /// @notice Thrown when a key has another number of IC points than the circuit's inputs need.
    error KeyInputCountWrong(uint256 expected, uint256 actual);
    /// @notice Thrown when a point is not on the curve or, in G2, not in the subgroup.
    error KeyPointInvalid(uint256 position);
    /// @notice Thrown when a point is the point at infinity, which would bind nothing.
    error KeyPointAtInfinity(uint256 position);
    /// @notice Thrown when delta equals plus or minus gamma: anybody could prove anything.
    error KeyDeltaIsGamma();
    /// @notice Thrown when another key has the same delta.
    error KeyDeltaReused();
    /// @notice Thrown when a key is activated that is not announced.
    error KeyNotAnnounced(uint8 circuitId, uint32 version);
    /// @notice Thrown when a key is activated before its timelock has passed.
    error KeyNotActivatable(uint256 activatableAt);
    /// @notice Thrown when a key is activated while the one before the present one is in sunset.
    error KeySunsetPending(uint256 sunsetUntil);
    /// @notice Thrown when a key is in no state to be retired or stopped.
    error KeyNotInUse(uint8 circuitId, uint32 version);
    /// @notice Thrown when a key was stopped before; a guardian may stop each key once.
    error KeyStoppedBefore(uint8 circuitId, uint32 version);
    /// @notice Thrown when a proof asks for a key that is not usable now.
    error KeyNotUsable(uint256 circuitId, bool isSunset);
    /// @notice Thrown when a public input is not below the field order.
    error PublicInputNotCanonical(uint256 position);

    /// @notice Announces the next version of a circuit's key. Governance.
    function announceKey(
        uint8 circuitId,
        VerificationKey calldata key
    ) external returns (uint32 version);

    /// @notice Makes an announced key the active one, after the timelock. The first of a circuit
    /// needs no wait: there is nobody yet whom it could surprise. Governance.
    function activateKey(uint8 circuitId, uint32 version) external;

    /// @notice Ends the use of an announced or sunset key at once. Governance.
    function retireKey(uint8 circuitId, uint32 version) external;

    /// @notice Stops a key for a limited time, once. Guardian. One that settlement needs stops the
    /// settlement clock with it, and is stopped as long as that: what was sealed under it loses no time.
    function stopKey(uint8 circuitId, uint32 version) external;

    /// @notice The code blob of a circuit's active or sunset key.
    /// @dev Reverts with KeyNotUsable when there is none or it is stopped. Layout after one zero byte:
    /// delta (4 words), IC[0] with the domain folded in (2 words), then 2 words for each
    /// public input but `domain`.
    function keyBlob(uint256 circuitId, bool isSunset) external view returns (address blob);

    /// @notice alpha (2 words), beta (4), gamma (4).
    function commonKey() external view returns (uint256[10] memory);

    /// @notice Checks one proof under the circuit's active key. `inputs` are all public inputs but
    /// `domain`, which is the deployment's.
    /// @param proof A.x, A.y, B.x (imaginary, real), B.y (imaginary, real), C.x, C.y.
    function verifyProof(
        uint256 circuitId,
        uint256[] calldata inputs,
        uint256[8] calldata proof
    ) external view returns (bool);

    /// @notice A key's status now.
    function keyStatus(uint8 circuitId, uint32 version) external view returns (KeyStatus);

    /// @notice Versions announced so far; versions count from 1.
    function latestVersion(uint8 circuitId) external view returns (uint32);

    /// @notice The active version, 0 where there is none.
    function activeVersion(uint8 circuitId) external view returns (uint32);

    /// @notice The deployment's domain (protocol/domain.ts).
    function DOMAIN() external view returns (uint256);
}
