// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/escalarmulfix.circom";
include "constants.circom";

/**
 * scalar·Base8 for a scalar of 250 bits, which is below the subgroup order: one scalar, one point.
 *
 * circomlib adds a multiple of the base to every window and subtracts the sum of them at the end,
 * so that no addition of its ladder is exceptional for any 250 bits.
 *
 * Twin: protocol/babyjubjub.ts mulBase8. Caller must: make every bit boolean.
 */
template MulBase8() {
    signal input bits[SCALAR_BITS()];        // {bool}   low bit first
    signal output out[2];                    // {point}

    // EIP-2494's base point, circomlib's Base8.
    var BASE8[2] = [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];
    out <== EscalarMulFix(SCALAR_BITS(), BASE8)(bits);
}
