// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

/**
 * Σ wordᵢ · ρⁱ, by Horner's rule.
 *
 * Twin: protocol/batch.ts evaluateWords. Spec: docs/spec/batch.md#b6.
 * Parameters: n, the number of words, at least 2.
 */
template WordPolynomial(n) {
    signal input words[n];                   // {field}
    signal input rho;                        // {field}
    signal output value;                     // {field}

    signal sums[n];
    sums[n - 1] <== words[n - 1];
    for (var i = n - 2; i >= 0; i--) {
        sums[i] <== words[i] + rho * sums[i + 1];
    }
    value <== sums[0];
}
