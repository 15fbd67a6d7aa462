// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "merkle-step.circom";

/**
 * The root of the tree that holds `leaf` at the position `bits`.
 *
 * Nothing says which tree: the caller compares the root. For a leaf that is not to be checked, the
 * caller gates that comparison and nothing else, and any consistent path will do.
 *
 * Twin: protocol/tree.ts rootOf. Caller must: make every bit boolean (Num2Bits(2 * depth) of the
 * index does); compare the root.
 * Parameters: depth, levels of four.
 */
template MerklePath(depth) {
    signal input leaf;                       // {field}
    signal input bits[2 * depth];            // {bool}   the index, low bit first
    signal input children[depth][4];         // {field}  leaf level first
    signal output root;                      // {field}

    signal nodes[depth + 1];
    nodes[0] <== leaf;
    for (var level = 0; level < depth; level++) {
        nodes[level + 1] <== MerkleStep()(
            nodes[level],
            [bits[2 * level], bits[2 * level + 1]],
            children[level]
        );
    }
    root <== nodes[depth];
}
