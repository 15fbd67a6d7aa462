// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/gates.circom";

/**
 * The one decomposition of a field element into 254 bits as a number below r.
 *
 * Plain Num2Bits(254) would also accept the bits of in + r, which fit 254 bits for a third of all
 * values: a second nullifier of the same note, a second scalar of the same hash.
 *
 * Going down from the top bit, `tight` says that all bits so far where r - 1 has a one are ones. As
 * long as it holds, a bit where r - 1 has a zero must be 0 (else the number exceeds r - 1). That
 * joins the bit's own boolean constraint: bit * (1 - tight - bit) = 0. One conjunction for each of
 * r - 1's 53 runs of ones: 332 constraints in all.
 *
 * Source: the technique is bellman's into_bits_le_strict.
 */
template StrictBits() {
    signal input in;                         // {field}
    signal output bits[254];                 // {bool}   low bit first

    component pairs[127];
    component runs[127];
    var nPairs = 0;
    var nRuns = 0;
    var runSum = 0;                          // bits of the present run of ones, and tight before it
    var runLength = 0;
    var tight = 0;
    var isTight = 0;                         // there is a run above
    var sum = 0;
    for (var i = 253; i >= 0; i--) {
        bits[i] <-- (in >> i) & 1;
        sum += bits[i] * (1 << i);
        if ((-1 >> i) & 1 == 1) {
            bits[i] * (bits[i] - 1) === 0;
            runSum += bits[i];
            runLength++;
        } else {
            if (runLength > 0) {
                if (isTight == 1 && runLength == 1) {
                    pairs[nPairs] = AND();
                    pairs[nPairs].a <== tight;
                    pairs[nPairs].b <== runSum;
                    tight = pairs[nPairs].out;
                    nPairs++;
                } else {
                    // All of them are ones when their sum is their number.
                    runs[nRuns] = IsZero();
                    runs[nRuns].in <== runLength + isTight - runSum - tight;
                    tight = runs[nRuns].out;
                    nRuns++;
                }
                isTight = 1;
                runSum = 0;
                runLength = 0;
            }
            bits[i] * (1 - tight - bits[i]) === 0;
        }
    }
    in === sum;
}
