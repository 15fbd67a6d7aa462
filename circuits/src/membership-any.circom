// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";
include "tagged-hash.circom";

/**
 * The root of a tree that holds `leaf` anywhere: for uses that say nothing about the position.
 *
 * Twin: protocol/tree.ts rootOf. Caller must: compare the root.
 * Parameters: depth, levels of four.
 */
template MembershipAny(depth) {
    signal input leaf;                       // {field}
    signal input children[depth][4];         // {field}  leaf level first
    signal output root;                      // {field}

    signal nodes[depth + 1];
    signal first[depth];
    signal second[depth];
    nodes[0] <== leaf;
    for (var level = 0; level < depth; level++) {
        // The node is one of the four children.
        first[level] <== (children[level][0] - nodes[level]) * (children[level][1] - nodes[level]);
        second[level] <== (children[level][2] - nodes[level]) * (children[level][3] - nodes[level]);
        first[level] * second[level] === 0;
        nodes[level + 1] <== TaggedHash(TAG_NODE(), 4)(children[level]);
    }
    root <== nodes[depth];
}
