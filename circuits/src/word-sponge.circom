// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";
include "constants.circom";

/**
 * Commits to n words: Poseidon as a sponge in overwrite mode, 16 words at a time, zeros after the
 * last. n is fixed by the circuit, so the padding is unambiguous.
 *
 * The capacity is one element: a collision costs some 2^127.
 *
 * Twin: protocol/batch.ts spongeWords. Spec: docs/spec/batch.md#b6.
 * Parameters: n, the number of words.
 */
template WordSponge(n) {
    signal input words[n];                   // {field}
    signal output out;                       // {field}

    var rate = SPONGE_RATE();
    var nBlocks = (n + rate - 1) \ rate;
    component blocks[nBlocks];
    for (var block = 0; block < nBlocks; block++) {
        blocks[block] = PoseidonEx(rate, 1);
        if (block == 0) {
            blocks[block].initialState <== TAG_BATCH();
        } else {
            blocks[block].initialState <== blocks[block - 1].out[0];
        }
        for (var i = 0; i < rate; i++) {
            var at = rate * block + i;
            if (at < n) {
                blocks[block].inputs[i] <== words[at];
            } else {
                blocks[block].inputs[i] <== 0;
            }
        }
    }
    out <== blocks[nBlocks - 1].out[0];
}
