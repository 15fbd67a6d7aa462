// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {CodeBlob} from './CodeBlob.sol';
import {FIELD_ORDER} from './Constants.sol';

/**
 * @title Poseidon over BN254's scalar field, for two and for four inputs
 * @notice circomlib's parameters, with a domain's tag as the initial state: what every tree here is made of
 * (protocol/poseidon.ts). For rare calls.
 * @dev Grassi et al., "Poseidon", USENIX Security 2021. Constants are 18 kB, too much to stand in a
 * contract beside anything else: they are a blob, whose hash says that it is the right one.
 */
library Poseidon {
    /// @notice Thrown when the constants are not circomlib's.
    error PoseidonConstantsWrong(bytes32 hash);
    /// @notice Thrown for an input that is no field element: reduced in silence, it would have the hash of another.
    error PoseidonInputNotCanonical(uint256 word);

    /// @dev keccak256 of the words: for four inputs 68·5 of rounds and 5·5 of the matrix, row by row; for two
    /// 65·3 and 3·3. deploy/contracts/poseidonConstants.ts writes them.
    bytes32 private constant CONSTANTS_HASH =
        0x1b581575a95ccb736067adc84bacbf3603ffe7e3ba063557e07b28313127d2af;
    // Offsets in bytes.
    uint256 private constant MATRIX_5 = 10880;
    uint256 private constant ROUNDS_3 = 11680;
    uint256 private constant MATRIX_3 = 17920;

    /// @dev Checks the constants and stores them.
    function store(uint256[] memory constants) internal returns (address blob) {
        bytes32 hash = keccak256(abi.encodePacked(constants));
        if (hash != CONSTANTS_HASH) revert PoseidonConstantsWrong(hash);
        blob = CodeBlob.write(constants);
    }

    /// @dev Pointer to the constants in memory, for the hashes of one call.
    function load(address blob) internal view returns (uint256 constants) {
        uint256[] memory words = CodeBlob.read(blob);
        assembly ('memory-safe') {
            constants := add(words, 0x20)
        }
    }

    /// @dev H(tag, a, b). The tag is the caller's own constant.
    function hash2(
        uint256 constants,
        uint256 tag,
        uint256 a,
        uint256 b
    ) internal pure returns (uint256 result) {
        _checkCanonical(a);
        _checkCanonical(b);
        assembly ('memory-safe') {
            let p := FIELD_ORDER
            let m := add(constants, MATRIX_3)
            let k := add(constants, ROUNDS_3)
            let s0 := tag
            for {
                let round := 0
            } lt(round, 65) {
                round := add(round, 1)
            } {
                s0 := addmod(s0, mload(k), p)
                a := addmod(a, mload(add(k, 0x20)), p)
                b := addmod(b, mload(add(k, 0x40)), p)
                k := add(k, 0x60)
                let square := mulmod(s0, s0, p)
                s0 := mulmod(s0, mulmod(square, square, p), p)
                if or(lt(round, 4), gt(round, 60)) {
                    square := mulmod(a, a, p)
                    a := mulmod(a, mulmod(square, square, p), p)
                    square := mulmod(b, b, p)
                    b := mulmod(b, mulmod(square, square, p), p)
                }
                // Sums of five products at most stay below 2^256, and are reduced with the next constant.
                let n0 := add(
                    add(mulmod(mload(m), s0, p), mulmod(mload(add(m, 0x20)), a, p)),
                    mulmod(mload(add(m, 0x40)), b, p)
                )
                let n1 := add(
                    add(mulmod(mload(add(m, 0x60)), s0, p), mulmod(mload(add(m, 0x80)), a, p)),
                    mulmod(mload(add(m, 0xa0)), b, p)
                )
                b := add(
                    add(mulmod(mload(add(m, 0xc0)), s0, p), mulmod(mload(add(m, 0xe0)), a, p)),
                    mulmod(mload(add(m, 0x100)), b, p)
                )
                s0 := n0
                a := n1
            }
            result := mod(s0, p)
        }
    }

    /// @dev H(tag, children[0..3]).
    function hash4(
        uint256 constants,
        uint256 tag,
        uint256[4] memory children
    ) internal pure returns (uint256 result) {
        for (uint256 i = 0; i < 4; i++) _checkCanonical(children[i]);
        assembly ('memory-safe') {
            let p := FIELD_ORDER
            let m := add(constants, MATRIX_5)
            let k := constants
            let s0 := tag
            let s1 := mload(children)
            let s2 := mload(add(children, 0x20))
            let s3 := mload(add(children, 0x40))
            let s4 := mload(add(children, 0x60))
            for {
                let round := 0
            } lt(round, 68) {
                round := add(round, 1)
            } {
                s0 := addmod(s0, mload(k), p)
                s1 := addmod(s1, mload(add(k, 0x20)), p)
                s2 := addmod(s2, mload(add(k, 0x40)), p)
                s3 := addmod(s3, mload(add(k, 0x60)), p)
                s4 := addmod(s4, mload(add(k, 0x80)), p)
                k := add(k, 0xa0)
                let square := mulmod(s0, s0, p)
                s0 := mulmod(s0, mulmod(square, square, p), p)
                if or(lt(round, 4), gt(round, 63)) {
                    square := mulmod(s1, s1, p)
                    s1 := mulmod(s1, mulmod(square, square, p), p)
                    square := mulmod(s2, s2, p)
                    s2 := mulmod(s2, mulmod(square, square, p), p)
                    square := mulmod(s3, s3, p)
                    s3 := mulmod(s3, mulmod(square, square, p), p)
                    square := mulmod(s4, s4, p)
                    s4 := mulmod(s4, mulmod(square, square, p), p)
                }
                let n0 := mulmod(mload(m), s0, p)
                n0 := add(n0, mulmod(mload(add(m, 0x20)), s1, p))
                n0 := add(n0, mulmod(mload(add(m, 0x40)), s2, p))
                n0 := add(n0, mulmod(mload(add(m, 0x60)), s3, p))
                n0 := add(n0, mulmod(mload(add(m, 0x80)), s4, p))
                let n1 := mulmod(mload(add(m, 0xa0)), s0, p)
                n1 := add(n1, mulmod(mload(add(m, 0xc0)), s1, p))
                n1 := add(n1, mulmod(mload(add(m, 0xe0)), s2, p))
                n1 := add(n1, mulmod(mload(add(m, 0x100)), s3, p))
                n1 := add(n1, mulmod(mload(add(m, 0x120)), s4, p))
                let n2 := mulmod(mload(add(m, 0x140)), s0, p)
                n2 := add(n2, mulmod(mload(add(m, 0x160)), s1, p))
                n2 := add(n2, mulmod(mload(add(m, 0x180)), s2, p))
                n2 := add(n2, mulmod(mload(add(m, 0x1a0)), s3, p))
                n2 := add(n2, mulmod(mload(add(m, 0x1c0)), s4, p))
                let n3 := mulmod(mload(add(m, 0x1e0)), s0, p)
                n3 := add(n3, mulmod(mload(add(m, 0x200)), s1, p))
                n3 := add(n3, mulmod(mload(add(m, 0x220)), s2, p))
                n3 := add(n3, mulmod(mload(add(m, 0x240)), s3, p))
                n3 := add(n3, mulmod(mload(add(m, 0x260)), s4, p))
                s4 := mulmod(mload(add(m, 0x300)), s4, p)
                s4 := add(s4, mulmod(mload(add(m, 0x280)), s0, p))
                s4 := add(s4, mulmod(mload(add(m, 0x2a0)), s1, p))
                s4 := add(s4, mulmod(mload(add(m, 0x2c0)), s2, p))
                s4 := add(s4, mulmod(mload(add(m, 0x2e0)), s3, p))
                s0 := n0
                s1 := n1
                s2 := n2
                s3 := n3
            }
            result := mod(s0, p)
        }
    }

    function _checkCanonical(uint256 word) private pure {
        if (word >= FIELD_ORDER) revert PoseidonInputNotCanonical(word);
    }
}
