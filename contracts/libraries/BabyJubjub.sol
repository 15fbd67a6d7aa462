// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {FIELD_ORDER} from './Constants.sol';

/**
 * @title Baby Jubjub (EIP-2494)
 * @notice a·x² + y² = 1 + d·x²·y² over BN254's scalar field, a = 168700, d = 168696. a is a square
 * and d is not, so the addition law has no exceptional case.
 * @dev Formulas: Bernstein et al., "Twisted Edwards Curves" (2008), projective. Written for rare
 * calls: audit keys and their proofs of possession.
 */
library BabyJubjub {
    uint256 internal constant A = 168700;
    uint256 internal constant D = 168696;
    /// @dev Base8, generator of the prime-order subgroup.
    uint256 internal constant BASE_X =
        5299619240641551281634865583518297030282874472190772894086521144482721001553;
    uint256 internal constant BASE_Y =
        16950150798460657717958625567821834550301663161624707787222815936182638968203;

    /// @dev X/Z, Y/Z.
    struct Projective {
        uint256 x;
        uint256 y;
        uint256 z;
    }

    /// @dev Whether both coordinates are canonical and satisfy the curve's equation.
    function isOnCurve(uint256 x, uint256 y) internal pure returns (bool) {
        if (x >= FIELD_ORDER || y >= FIELD_ORDER) return false;
        uint256 xx = mulmod(x, x, FIELD_ORDER);
        uint256 yy = mulmod(y, y, FIELD_ORDER);
        uint256 left = addmod(mulmod(A, xx, FIELD_ORDER), yy, FIELD_ORDER);
        uint256 right = addmod(1, mulmod(D, mulmod(xx, yy, FIELD_ORDER), FIELD_ORDER), FIELD_ORDER);
        return left == right;
    }

    /// @dev 8·(x, y), affine. In the prime-order subgroup whatever the point's torsion.
    function clearCofactor(uint256 x, uint256 y) internal view returns (uint256, uint256) {
        Projective memory p = Projective(x, y, 1);
        double(p, p);
        double(p, p);
        double(p, p);
        uint256 inverse = invert(p.z);
        return (mulmod(p.x, inverse, FIELD_ORDER), mulmod(p.y, inverse, FIELD_ORDER));
    }

    /// @dev Whether s·Base8 = R + c·A, for points on the curve.
    function isSchnorrEquation(
        uint256 s,
        uint256[2] memory r,
        uint256 c,
        uint256[2] memory a
    ) internal pure returns (bool) {
        // s·Base8 + c·(−A) in one ladder (Shamir's trick): 251 doublings.
        Projective memory base = Projective(BASE_X, BASE_Y, 1);
        Projective memory minusA = Projective(a[0] == 0 ? 0 : FIELD_ORDER - a[0], a[1], 1);
        Projective memory both = Projective(0, 1, 1);
        addTo(both, base);
        addTo(both, minusA);
        Projective memory sum = Projective(0, 1, 1);
        // Scalars are below l < 2^251.
        for (uint256 bit = 1 << 250; bit != 0; bit >>= 1) {
            double(sum, sum);
            bool inS = s & bit != 0;
            bool inC = c & bit != 0;
            if (inS && inC) addTo(sum, both);
            else if (inS) addTo(sum, base);
            else if (inC) addTo(sum, minusA);
        }
        return
            mulmod(r[0], sum.z, FIELD_ORDER) == sum.x && mulmod(r[1], sum.z, FIELD_ORDER) == sum.y;
    }

    /// @dev p := p + q.
    function addTo(Projective memory p, Projective memory q) internal pure {
        assembly ('memory-safe') {
            let m := FIELD_ORDER
            let x1 := mload(p)
            let y1 := mload(add(p, 0x20))
            let x2 := mload(q)
            let y2 := mload(add(q, 0x20))
            let zz := mulmod(mload(add(p, 0x40)), mload(add(q, 0x40)), m)
            let b := mulmod(zz, zz, m)
            let c := mulmod(x1, x2, m)
            let d := mulmod(y1, y2, m)
            let e := mulmod(168696, mulmod(c, d, m), m)
            let f := addmod(b, sub(m, e), m)
            let g := addmod(b, e, m)
            let cross := mulmod(addmod(x1, y1, m), addmod(x2, y2, m), m)
            cross := addmod(cross, sub(m, addmod(c, d, m)), m)
            mstore(p, mulmod(zz, mulmod(f, cross, m), m))
            let difference := addmod(d, sub(m, mulmod(168700, c, m)), m)
            mstore(add(p, 0x20), mulmod(zz, mulmod(g, difference, m), m))
            mstore(add(p, 0x40), mulmod(f, g, m))
        }
    }

    /// @dev result := 2·p. They may be one.
    function double(Projective memory result, Projective memory p) internal pure {
        assembly ('memory-safe') {
            let m := FIELD_ORDER
            let x := mload(p)
            let y := mload(add(p, 0x20))
            let z := mload(add(p, 0x40))
            let b := addmod(x, y, m)
            b := mulmod(b, b, m)
            let c := mulmod(x, x, m)
            let d := mulmod(y, y, m)
            let e := mulmod(168700, c, m)
            let f := addmod(e, d, m)
            let h := mulmod(z, z, m)
            let j := addmod(f, sub(m, addmod(h, h, m)), m)
            mstore(result, mulmod(addmod(b, sub(m, addmod(c, d, m)), m), j, m))
            mstore(add(result, 0x20), mulmod(f, addmod(e, sub(m, d), m), m))
            mstore(add(result, 0x40), mulmod(f, j, m))
        }
    }

    /// @dev value^(r − 2) by the modexp precompile (EIP-198).
    function invert(uint256 value) internal view returns (uint256 inverse) {
        assembly ('memory-safe') {
            let input := mload(0x40)
            mstore(input, 0x20)
            mstore(add(input, 0x20), 0x20)
            mstore(add(input, 0x40), 0x20)
            mstore(add(input, 0x60), value)
            mstore(add(input, 0x80), sub(FIELD_ORDER, 2))
            mstore(add(input, 0xa0), FIELD_ORDER)
            if iszero(staticcall(gas(), 0x05, input, 0xc0, 0, 0x20)) {
                revert(0, 0)
            }
            inverse := mload(0)
        }
    }
}
