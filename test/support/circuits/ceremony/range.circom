// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";

/** Knows a value of 64 bits whose square is `square`. A second circuit of the same ceremony. */
template Range() {
    signal input value;
    signal output square;

    _ <== Num2Bits(64)(value);
    square <== value * value;
}

component main = Range();
