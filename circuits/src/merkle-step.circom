// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";
include "tagged-hash.circom";

/**
 * One level of a path: shows that child (bits) of a node is `node`, and gives the node.
 *
 * All four children are given, so that the digit selects and nothing is moved about: three
 * constraints instead of the six of a permutation.
 *
 * Twin: protocol/tree.ts rootOf. Caller must: make both bits boolean.
 */
template MerkleStep() {
    signal input node;                       // {field}
    signal input bits[2];                    // {bool}   the digit 0..3, low bit first
    signal input children[4];                // {field}
    signal output parent;                    // {field}

    signal low <== children[0] + bits[0] * (children[1] - children[0]);
    signal high <== children[2] + bits[0] * (children[3] - children[2]);
    node === low + bits[1] * (high - low);

    parent <== TaggedHash(TAG_NODE(), 4)(children);
}
