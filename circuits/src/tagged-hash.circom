// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";

/**
 * H(TAG, inputs): Poseidon with the domain's tag as its initial state.
 *
 * The tag is a template parameter, so it cannot be chosen by the prover. It costs nothing, and two
 * uses with different tags never collide.
 *
 * Twin: protocol/poseidon.ts hash. Spec: docs/spec/notation.md.
 * Parameters: tag, one of TAG_… in constants.circom; n, 1 to 16.
 */
template TaggedHash(tag, n) {
    signal input inputs[n];                  // {field}
    signal output out;                       // {field}

    signal state[1] <== PoseidonEx(n, 1)(inputs, tag);
    out <== state[0];
}
