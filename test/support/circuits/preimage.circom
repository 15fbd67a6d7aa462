// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";

/** Knows two values, the first of 64 bits, with hash `digest`; `context` is bound by a square. For tests. */
template Preimage() {
    signal input values[2];
    signal input context;
    signal output digest;

    _ <== Num2Bits(64)(values[0]);
    digest <== Poseidon(2)(values);
    signal square <== context * context;
}

component main { public [context] } = Preimage();
