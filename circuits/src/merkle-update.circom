// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";
include "tagged-hash.circom";

/**
 * The roots before and after the leaf at the position `bits` is replaced, with all else the same:
 * both share the bits and the siblings.
 *
 * Twin: protocol/tree.ts rootOf and rootAfter. Caller must: make every bit boolean; compare the
 * old root (else nothing is said about the tree at all). 603 constraints a level without the bits'.
 * Parameters: depth, levels of four.
 */
template MerkleUpdate(depth) {
    signal input oldLeaf;                    // {field}
    signal input newLeaf;                    // {field}
    signal input bits[2 * depth];            // {bool}   the index, low bit first
    signal input children[depth][4];         // {field}  of the old tree, leaf level first
    signal output oldRoot;                   // {field}
    signal output newRoot;                   // {field}

    signal old[depth + 1];
    signal new[depth + 1];
    signal low[depth];
    signal high[depth];
    signal both[depth];
    signal moved[depth][3];
    old[0] <== oldLeaf;
    new[0] <== newLeaf;
    for (var level = 0; level < depth; level++) {
        var b0 = bits[2 * level];
        var b1 = bits[2 * level + 1];
        low[level] <== children[level][0] + b0 * (children[level][1] - children[level][0]);
        high[level] <== children[level][2] + b0 * (children[level][3] - children[level][2]);
        old[level] === low[level] + b1 * (high[level] - low[level]);

        // The difference goes to the child that the bits name; the four shares add up to it.
        both[level] <== b0 * b1;
        var difference = new[level] - old[level];
        moved[level][0] <== (b0 - both[level]) * difference;
        moved[level][1] <== (b1 - both[level]) * difference;
        moved[level][2] <== both[level] * difference;

        old[level + 1] <== TaggedHash(TAG_NODE(), 4)(children[level]);
        new[level + 1] <== TaggedHash(TAG_NODE(), 4)([
            children[level][0] + difference - moved[level][0] - moved[level][1] - moved[level][2],
            children[level][1] + moved[level][0],
            children[level][2] + moved[level][1],
            children[level][3] + moved[level][2]
        ]);
    }
    oldRoot <== old[depth];
    newRoot <== new[depth];
}
