// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "strict-bits.circom";

/**
 * The low n bits of a field element's one canonical decomposition, as bits and as a number.
 *
 * Twin: protocol/field.ts lowBits. Parameters: n, at most 253.
 */
template CutBits(n) {
    signal input in;                         // {field}
    signal output bits[n];                   // {bool}   low bit first
    signal output out;                       // {n bits}

    component strict = StrictBits();
    strict.in <== in;
    var sum = 0;
    for (var i = 0; i < n; i++) {
        bits[i] <== strict.bits[i];
        sum += strict.bits[i] * (1 << i);
    }
    out <== sum;
}
