// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/montgomery.circom";
include "constants.circom";

/**
 * scalar·point for several scalars of 250 bits and one point, with the doublings shared.
 *
 * Montgomery form, from the low bit up, with digits +1 and -1: an odd scalar with bits b is
 * 2^249 + Σ_{i<249} (2·b_{i+1} - 1)·2^i, and an even one is the odd one above it less one. A sign
 * is one constraint where a choice between two points is two.
 *
 * No addition is exceptional (equal or opposite points leave the slope free): the sum before digit i
 * is an odd multiple s of the point with |s| < 2^i, so 0 < |2^i ± s| < 2^250 < l.
 *
 * The point must be on the curve and outside the small subgroup. The identity and the point of order 2
 * have x = 0 and no Montgomery form. A point of order 4 or 8 doubles to the point of order 2, whose own
 * doubling has no solution. Any other point on the curve has a component of order l, so the argument
 * above holds for it; that it is in the subgroup is the caller's affair (the contract registers 8·Q).
 *
 * Twin: protocol/babyjubjub.ts mulPoint. Caller must: make every bit boolean.
 * Parameters: nScalars.
 */
template MulPoint(nScalars) {
    var n = SCALAR_BITS();
    // The curve in Montgomery form is y² = x³ + A·x² + x, with B = 4 / (a - d) = 1.
    var A = 168698;

    signal input point[2];                   // {point}  checked: on the curve, not of small order
    signal input bits[nScalars][n];          // {bool}   low bit first
    signal output out[nScalars][2];          // {point}

    BabyCheck()(point[0], point[1]);
    // Bound by the next line: only x = 0 has no inverse.
    signal inverse <-- point[0] != 0 ? 1 / point[0] : 0;
    point[0] * inverse === 1;

    signal doubles[n][2];                    // 2^i·point
    signal squares[n - 1];
    signal slopes[n - 1];
    doubles[0] <== Edwards2Montgomery()(point);
    for (var i = 0; i < n - 1; i++) {
        var x = doubles[i][0];
        var y = doubles[i][1];
        squares[i] <== x * x;
        // Bound by the next line: y = 0 only for the point of order 2, for which it has no solution.
        slopes[i] <-- (3 * squares[i] + 2 * A * x + 1) / (2 * y);
        slopes[i] * (2 * y) === 3 * squares[i] + 2 * A * x + 1;
        doubles[i + 1][0] <== slopes[i] * slopes[i] - A - 2 * x;
        doubles[i + 1][1] <== slopes[i] * (x - doubles[i + 1][0]) - y;
    }

    component adders[nScalars][n - 1];
    signal signedY[nScalars][n - 1];
    signal odd[nScalars][2];
    signal less[nScalars][2];
    for (var k = 0; k < nScalars; k++) {
        signedY[k][0] <== (2 * bits[k][1] - 1) * doubles[0][1];
        for (var i = 1; i < n; i++) {
            adders[k][i - 1] = MontgomeryAdd();
            if (i == 1) {
                adders[k][0].in1 <== [doubles[0][0], signedY[k][0]];
            } else {
                adders[k][i - 1].in1 <== adders[k][i - 2].out;
            }
            // The top digit is +1.
            if (i < n - 1) {
                signedY[k][i] <== (2 * bits[k][i + 1] - 1) * doubles[i][1];
                adders[k][i - 1].in2 <== [doubles[i][0], signedY[k][i]];
            } else {
                adders[k][i - 1].in2 <== doubles[i];
            }
        }
        odd[k] <== Montgomery2Edwards()(adders[k][n - 2].out);
        // Twisted Edwards addition is complete on this curve: no exceptional case here either.
        (less[k][0], less[k][1]) <== BabyAdd()(odd[k][0], odd[k][1], -point[0], point[1]);
        out[k][0] <== less[k][0] + bits[k][0] * (odd[k][0] - less[k][0]);
        out[k][1] <== less[k][1] + bits[k][0] * (odd[k][1] - less[k][1]);
    }
}
