// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

/// @dev Order q of BN254's base field (EIP-196).
uint256 constant BASE_FIELD_ORDER =
    21888242871839275222246405745257275088696311157297823662689037894645226208583;

/**
 * @title BN254 by precompiles (EIP-196, EIP-197)
 * @notice Each function says whether the precompile accepted its input: it refuses coordinates that
 * are not below q and points off the curve or, in G2, outside the subgroup.
 */
library Bn254 {
    /// @dev a + b in G1.
    function add(
        uint256[2] memory a,
        uint256[2] memory b
    ) internal view returns (bool ok, uint256[2] memory sum) {
        uint256[4] memory input = [a[0], a[1], b[0], b[1]];
        assembly ('memory-safe') {
            ok := staticcall(gas(), 0x06, input, 0x80, sum, 0x40)
        }
    }

    /// @dev scalar·a in G1.
    function mul(
        uint256[2] memory a,
        uint256 scalar
    ) internal view returns (bool ok, uint256[2] memory product) {
        uint256[3] memory input = [a[0], a[1], scalar];
        assembly ('memory-safe') {
            ok := staticcall(gas(), 0x07, input, 0x60, product, 0x40)
        }
    }

    /// @dev −a in G1. The point at infinity (0, 0) is its own negative.
    function negate(uint256[2] memory a) internal pure returns (uint256[2] memory) {
        return [a[0], a[1] == 0 ? 0 : BASE_FIELD_ORDER - a[1]];
    }

    /// @dev Whether the product of the pairings is 1. `input` has six words a pair.
    function pairing(uint256[] memory input) internal view returns (bool ok, bool isOne) {
        uint256 result;
        assembly ('memory-safe') {
            // Scratch space takes the result.
            ok := staticcall(gas(), 0x08, add(input, 0x20), mul(mload(input), 0x20), 0, 0x20)
            result := mload(0)
        }
        isOne = ok && result == 1;
    }
}
