// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";
include "tagged-hash.circom";

/**
 * The root of 4^levels leaves.
 *
 * Twin: protocol/tree.ts hashNode. Parameters: levels, at least 1.
 */
template SubtreeRoot(levels) {
    signal input leaves[4 ** levels];        // {field}
    signal output root;                      // {field}

    // All inner nodes, lowest level first, the root last.
    var nNodes = (4 ** levels - 1) \ 3;
    signal nodes[nNodes];
    for (var i = 0; i < nNodes; i++) {
        var children[4];
        for (var j = 0; j < 4; j++) {
            var at = 4 * i + j;
            if (at < 4 ** levels) {
                children[j] = leaves[at];
            } else {
                children[j] = nodes[at - 4 ** levels];
            }
        }
        nodes[i] <== TaggedHash(TAG_NODE(), 4)(children);
    }
    root <== nodes[nNodes - 1];
}
