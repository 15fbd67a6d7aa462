// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.28;

import {BASE_FIELD_ORDER} from './Bn254.sol';
import {CIRCUIT_COLLECT, CIRCUIT_TRANSFER, FIELD_ORDER} from './Constants.sol';

/**
 * @title One pairing check for all proofs of a call
 * @notice For proofs (A_i, B_i, C_i) under keys with common alpha, beta, gamma and the key's own
 * delta and IC, with weights r_i:
 *
 *   Π e(r_i·A_i, B_i) · e(−Σ r_i·alpha, beta) · e(−Σ_keys Σ_j (Σ r_i·x_ij)·IC_j, gamma)
 *     · Π_keys e(−Σ r_i·C_i, delta) = 1
 *
 * Weights are powers of a challenge: r_i = s^i, s a hash over the chain id, this contract, every
 * proof, every public input and the key that each proof is for. If a proof does not verify, the
 * product is 1 for at most n − 1 values of s (a polynomial of degree n − 1 in the exponent), and s is known only when all
 * is fixed. Equal weights would accept two invalid proofs whose errors cancel.
 *
 * @dev Assembly throughout: the inputs of a call stand in one piece of memory that is hashed,
 * weighted and folded in place, and a loop over Solidity arrays would cost more than the
 * multiplications. Memory:
 *
 *   pairs       six words a proof, then one pair a key, alpha and gamma: the precompile's input
 *   transcript  chain id, contract, contexts (CONTEXT_WORDS each), then one record a proof:
 *               key (code blob's address << 96 | context << 16 | key id), own inputs, C
 *
 * A context holds the inputs that transfers share; they are folded once a call, with the sum of
 * their transfers' weights.
 */
library ProofFold {
    /// @dev identityRoot, policyRoot, day, S.x, S.y, I.x, I.y, L.x, L.y, fee word with the epoch only.
    uint256 internal constant CONTEXT_WORDS = 10;
    /// @dev Of the fee word in a context.
    uint256 internal constant CONTEXT_EPOCH = 0x120;
    /// @dev Added to the circuit id for the key in sunset.
    uint256 internal constant SUNSET_KEY = 8;
    uint256 internal constant KEY_IDS = 16;
    /// @dev Of the ids, those that exist: two for each of five circuits.
    uint256 internal constant MAX_KEYS = 10;
    /// @dev anchor, then nullifier to investigationCiphertext.
    uint256 internal constant OWN_INPUTS_TRANSFER = 15;
    uint256 internal constant OWN_INPUTS_COLLECT = 16;
    uint256 internal constant OWN_INPUTS_BATCH = 3;
    /// @dev Of a collect's record: key, own inputs, C (2). (Assembly takes literals only.)
    uint256 internal constant MAX_RECORD_WORDS = 19;
    uint256 private constant PAIR_BYTES = 0xc0;

    /// @dev What is summed for a key: blob, C (2), scratch behind C (3), weight, columns (25 at
    /// most: a collect's inputs but domain), and then the weight of each context.
    uint256 private constant SUM_WORDS = 32;

    // Offsets in Fold, for assembly.
    uint256 private constant FOLD_NEXT_PAIR = 0x20;
    uint256 private constant FOLD_CURSOR = 0xa0;

    struct Fold {
        uint256 pairs;
        /// Where the next proof's pair goes.
        uint256 nextPair;
        uint256 transcript;
        uint256 contexts;
        uint256 contextCount;
        /// Where the next record goes.
        uint256 cursor;
        /// Table of KEY_IDS pointers to sums; 0 for a key that no proof has named.
        uint256 sums;
    }

    /// @dev Reserves memory for a call with at most `maxProofs` proofs. The caller fills the
    /// contexts before the first record.
    function open(Fold memory fold, uint256 contextCount, uint256 maxProofs) internal view {
        uint256 pairs;
        uint256 transcript;
        uint256 sums;
        uint256 contexts;
        assembly ('memory-safe') {
            pairs := mload(0x40)
            // Behind the proofs' pairs: one a key at most, alpha, gamma.
            sums := add(pairs, mul(add(maxProofs, add(MAX_KEYS, 2)), PAIR_BYTES))
            transcript := add(sums, mul(KEY_IDS, 0x20))
            contexts := add(transcript, 0x40)
            let records := add(contexts, mul(contextCount, mul(CONTEXT_WORDS, 0x20)))
            mstore(0x40, add(records, mul(maxProofs, mul(MAX_RECORD_WORDS, 0x20))))
            calldatacopy(sums, calldatasize(), mul(KEY_IDS, 0x20))
            mstore(transcript, chainid())
            mstore(add(transcript, 0x20), address())
        }
        fold.pairs = pairs;
        fold.nextPair = pairs;
        fold.transcript = transcript;
        fold.sums = sums;
        fold.contexts = contexts;
        fold.contextCount = contextCount;
        fold.cursor = contexts + contextCount * CONTEXT_WORDS * 0x20;
    }

    /// @dev Where a key's sums stand; 0 for one that is not known yet.
    function sumOf(Fold memory fold, uint256 keyId) internal pure returns (uint256 sum) {
        uint256 sums = fold.sums;
        assembly ('memory-safe') {
            sum := mload(add(sums, shl(5, keyId)))
        }
    }

    /// @dev Makes a key known by its code blob.
    function addKey(
        Fold memory fold,
        uint256 keyId,
        address blob
    ) internal pure returns (uint256 sum) {
        uint256 sums = fold.sums;
        uint256 contextCount = fold.contextCount;
        assembly ('memory-safe') {
            sum := mload(0x40)
            let size := mul(add(SUM_WORDS, contextCount), 0x20)
            mstore(0x40, add(sum, size))
            calldatacopy(sum, calldatasize(), size)
            mstore(sum, blob)
            mstore(add(sums, mul(keyId, 0x20)), sum)
        }
    }

    /// @dev Starts the record of a proof for a known key: copies A and B to the pairs and C behind
    /// the record's inputs. The caller fills the inputs, from the word behind `record`.
    function addProof(
        Fold memory fold,
        uint256 keyId,
        uint256 sum,
        uint256 context,
        uint256 ownInputs,
        uint256 proofOffset
    ) internal pure returns (uint256 record) {
        assembly ('memory-safe') {
            record := mload(add(fold, FOLD_CURSOR))
            let pair := mload(add(fold, FOLD_NEXT_PAIR))
            mstore(record, or(or(shl(96, mload(sum)), shl(16, context)), keyId))
            calldatacopy(pair, proofOffset, PAIR_BYTES)
            let c := add(record, shl(5, add(ownInputs, 1)))
            calldatacopy(c, add(proofOffset, PAIR_BYTES), 0x40)
            mstore(add(fold, FOLD_CURSOR), add(c, 0x40))
            mstore(add(fold, FOLD_NEXT_PAIR), add(pair, PAIR_BYTES))
        }
    }

    /// @dev Whether all proofs verify. Uses `fold` up.
    /// @param common alpha, beta, gamma.
    function check(Fold memory fold, uint256[10] memory common) internal view returns (bool ok) {
        uint256 challenge = _challenge(fold);
        ok = _foldProofs(fold, challenge);
        (bool keysOk, uint256 pairCount) = _foldKeys(fold, common);
        uint256 pairs = fold.pairs;
        assembly ('memory-safe') {
            ok := and(ok, keysOk)
            ok := and(ok, staticcall(gas(), 0x08, pairs, mul(pairCount, PAIR_BYTES), 0, 0x20))
            ok := and(ok, eq(mload(0), 1))
        }
    }

    /// @dev Hash of everything that the check depends on.
    function _challenge(Fold memory fold) private pure returns (uint256 challenge) {
        uint256 pairs = fold.pairs;
        uint256 pairsEnd = fold.nextPair;
        uint256 transcript = fold.transcript;
        uint256 end = fold.cursor;
        assembly ('memory-safe') {
            mstore(0, keccak256(transcript, sub(end, transcript)))
            mstore(0x20, keccak256(pairs, sub(pairsEnd, pairs)))
            challenge := mod(keccak256(0, 0x40), FIELD_ORDER)
        }
    }

    /// @dev Weights each proof's A in place and adds its C and inputs to its key's sums.
    function _foldProofs(Fold memory fold, uint256 challenge) private view returns (bool ok) {
        uint256 pair = fold.pairs;
        uint256 record = fold.transcript + 0x40 + fold.contextCount * CONTEXT_WORDS * 0x20;
        uint256 end = fold.cursor;
        uint256 sums = fold.sums;
        assembly ('memory-safe') {
            // The column `distance` behind an input += weight·input.
            function fold1(x, distance, weight) {
                let column := add(x, distance)
                mstore(
                    column,
                    addmod(mload(column), mulmod(weight, mload(x), FIELD_ORDER), FIELD_ORDER)
                )
            }
            ok := 1
            let weight := 1
            let scratch := mload(0x40)
            for {} lt(record, end) {} {
                let key := mload(record)
                let circuit := and(key, 7)
                let sum := mload(add(sums, shl(5, and(key, 15))))
                let x := add(record, 0x20)
                let distance := sub(add(sum, 0xe0), x)
                // Unrolled: a loop would cost as much again as the arithmetic.
                switch gt(circuit, CIRCUIT_COLLECT)
                case 0 {
                    // anchor is column 0; columns 1 to 3 and the last six are the context's.
                    fold1(x, distance, weight)
                    distance := add(distance, 0x60)
                    // nullifier, outputs, withdrawal, fee. Mostly nothing is withdrawn.
                    fold1(add(x, 0x20), distance, weight)
                    fold1(add(x, 0x40), distance, weight)
                    fold1(add(x, 0x60), distance, weight)
                    fold1(add(x, 0x80), distance, weight)
                    fold1(add(x, 0xa0), distance, weight)
                    if mload(add(x, 0xc0)) {
                        fold1(add(x, 0xc0), distance, weight)
                    }
                    fold1(add(x, 0xe0), distance, weight)
                    // memoHash to the first investigation word.
                    fold1(add(x, 0x100), distance, weight)
                    fold1(add(x, 0x120), distance, weight)
                    fold1(add(x, 0x140), distance, weight)
                    fold1(add(x, 0x160), distance, weight)
                    fold1(add(x, 0x180), distance, weight)
                    fold1(add(x, 0x1a0), distance, weight)
                    fold1(add(x, 0x1c0), distance, weight)
                    x := add(x, 0x1e0)
                    if eq(circuit, CIRCUIT_COLLECT) {
                        fold1(x, distance, weight)
                        x := add(x, 0x20)
                    }
                    let ofContext := add(
                        add(sum, mul(SUM_WORDS, 0x20)),
                        shl(5, and(shr(16, key), 0xff))
                    )
                    mstore(ofContext, addmod(mload(ofContext), weight, FIELD_ORDER))
                }
                default {
                    fold1(x, distance, weight)
                    fold1(add(x, 0x20), distance, weight)
                    fold1(add(x, 0x40), distance, weight)
                    x := add(x, 0x60)
                }
                let sumOfWeights := add(sum, mul(6, 0x20))
                mstore(sumOfWeights, addmod(mload(sumOfWeights), weight, FIELD_ORDER))

                // A precompile that fails takes all gas that it is given; an eighth is far more than these
                // need, and leaves enough to say that the proofs are invalid.
                // C goes to the scratch words behind the sum of C, so that both stand as the
                // addition's input. The first weight is 1.
                let c := add(sum, 0x60)
                mcopy(c, x, 0x40)
                if gt(weight, 1) {
                    mstore(add(sum, 0xa0), weight)
                    ok := and(ok, staticcall(shr(3, gas()), 0x07, c, 0x60, c, 0x40))
                    mcopy(scratch, pair, 0x40)
                    mstore(add(scratch, 0x40), weight)
                    ok := and(ok, staticcall(shr(3, gas()), 0x07, scratch, 0x60, pair, 0x40))
                }
                ok := and(
                    ok,
                    staticcall(shr(3, gas()), 0x06, add(sum, 0x20), 0x80, add(sum, 0x20), 0x40)
                )

                weight := mulmod(weight, challenge, FIELD_ORDER)
                pair := add(pair, PAIR_BYTES)
                record := add(x, 0x40)
            }
        }
    }

    /// @dev Appends the keys' pairs, alpha's and gamma's.
    function _foldKeys(
        Fold memory fold,
        uint256[10] memory common
    ) private view returns (bool ok, uint256 pairCount) {
        uint256 pair = fold.nextPair;
        pairCount = (pair - fold.pairs) / PAIR_BYTES;
        uint256 sums = fold.sums;
        uint256 contexts = fold.contexts;
        uint256 contextCount = fold.contextCount;
        assembly ('memory-safe') {
            function addProduct(total, point, scalar) -> isOk {
                // total (2 words), then three scratch words.
                let term := add(total, 0x40)
                mcopy(term, point, 0x40)
                mstore(add(total, 0x80), scalar)
                isOk := staticcall(gas(), 0x07, term, 0x60, term, 0x40)
                isOk := and(isOk, staticcall(gas(), 0x06, total, 0x80, total, 0x40))
            }
            // Multiplies the context's value into a column.
            function addToColumn(column, weight, value) {
                mstore(
                    column,
                    addmod(mload(column), mulmod(weight, value, FIELD_ORDER), FIELD_ORDER)
                )
            }

            ok := 1
            let r := FIELD_ORDER
            let q := BASE_FIELD_ORDER
            let total := mload(0x40)
            let blob := add(total, 0xa0)
            mstore(total, 0)
            mstore(add(total, 0x20), 0)
            let weights := 0

            for {
                let keyId := 1
            } lt(keyId, KEY_IDS) {
                keyId := add(keyId, 1)
            } {
                let sum := mload(add(sums, shl(5, keyId)))
                if iszero(sum) {
                    continue
                }
                let circuit := and(keyId, 7)
                let columns := add(sum, mul(7, 0x20))
                let columnCount := OWN_INPUTS_BATCH
                if iszero(gt(circuit, CIRCUIT_COLLECT)) {
                    // anchor, three of the context, the rest, six of the context.
                    columnCount := add(OWN_INPUTS_TRANSFER, 9)
                    if eq(circuit, CIRCUIT_COLLECT) {
                        columnCount := add(OWN_INPUTS_COLLECT, 9)
                    }
                    let keysAt := add(columns, shl(5, sub(columnCount, 6)))
                    for {
                        let i := 0
                    } lt(i, contextCount) {
                        i := add(i, 1)
                    } {
                        let weight := mload(add(add(sum, mul(SUM_WORDS, 0x20)), shl(5, i)))
                        if iszero(weight) {
                            continue
                        }
                        let value := add(contexts, mul(i, mul(CONTEXT_WORDS, 0x20)))
                        for {
                            let j := 0
                        } lt(j, 0x60) {
                            j := add(j, 0x20)
                        } {
                            addToColumn(add(add(columns, 0x20), j), weight, mload(add(value, j)))
                        }
                        for {
                            let j := 0
                        } lt(j, 0xc0) {
                            j := add(j, 0x20)
                        } {
                            addToColumn(add(keysAt, j), weight, mload(add(add(value, 0x60), j)))
                        }
                    }
                }

                extcodecopy(mload(sum), blob, 1, shl(5, add(6, mul(2, columnCount))))
                // IC[0] has the sum of weights, which stands before the columns.
                let point := add(blob, 0x80)
                let columnsEnd := add(columns, shl(5, columnCount))
                for {
                    let column := sub(columns, 0x20)
                } lt(column, columnsEnd) {
                    column := add(column, 0x20)
                    point := add(point, 0x40)
                } {
                    // Mostly withdrawals: a column of zeros costs nothing.
                    if mload(column) {
                        ok := and(ok, addProduct(total, point, mload(column)))
                    }
                }

                // −Σ r·C with delta.
                mstore(pair, mload(add(sum, 0x20)))
                mstore(add(pair, 0x20), mod(sub(q, mload(add(sum, 0x40))), q))
                mcopy(add(pair, 0x40), blob, 0x80)
                pair := add(pair, PAIR_BYTES)
                pairCount := add(pairCount, 1)
                weights := addmod(weights, mload(add(sum, 0xc0)), r)
            }

            // −Σ inputs with gamma.
            mstore(pair, mload(total))
            mstore(add(pair, 0x20), mod(sub(q, mload(add(total, 0x20))), q))
            mcopy(add(pair, 0x40), add(common, 0xc0), 0x80)
            // −Σ r·alpha with beta.
            pair := add(pair, PAIR_BYTES)
            mcopy(total, common, 0x40)
            mstore(add(total, 0x40), sub(r, weights))
            ok := and(ok, staticcall(gas(), 0x07, total, 0x60, pair, 0x40))
            mcopy(add(pair, 0x40), add(common, 0x40), 0x80)
            pairCount := add(pairCount, 2)
        }
    }
}
