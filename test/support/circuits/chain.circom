// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";

/** Hashes n times, which takes long enough to be interrupted. Other public signals than preimage. For tests. */
template Chain(n) {
    signal input start;
    signal input salts[2];
    signal output digest;
    signal steps[n + 1];

    steps[0] <== start;
    for (var i = 0; i < n; i++) {
        steps[i + 1] <== Poseidon(3)([steps[i], salts[0], salts[1]]);
    }
    digest <== steps[n];
}

component main { public [salts] } = Chain(24);
