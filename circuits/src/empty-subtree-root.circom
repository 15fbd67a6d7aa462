// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";
include "tagged-hash.circom";

/**
 * The root of 4^levels leaves that are 0: a constant, which the compiler computes.
 *
 * Twin: protocol/tree.ts emptyRoot. Parameters: levels.
 */
template EmptySubtreeRoot(levels) {
    signal output root;                      // {field}

    signal nodes[levels + 1];
    nodes[0] <== 0;
    for (var i = 0; i < levels; i++) {
        nodes[i + 1] <== TaggedHash(TAG_NODE(), 4)([nodes[i], nodes[i], nodes[i], nodes[i]]);
    }
    root <== nodes[levels];
}
