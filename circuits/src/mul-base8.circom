// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/escalarmulfix.circom";
include "constants.circom";

/**
 * scalar·Base8 for a scalar of 250 bits, which is below the subgroup order: one scalar, one point.
 *
 * circomlib adds a multiple of the base to every window of three bits and subtracts the sum of them
 * at the end, so that no addition of its ladder is exceptional, but for two scalars: in the last of
 * the 83 windows of the low 249 bits the points are opposite for
 *
 *   l - 2·8^83 - (8^83 - 1)/7 = 797546722194482024037982888770643071568945925300745316575367714387401675944
 *
 * and for 2^249 more. There no slope fits (0 · slope = -2y), so nothing can be forged; but the twin
 * takes these two scalars and no witness exists for them. A random one is one of them with chance 2^-249.
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
