// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "constants.circom";
include "merkle-update.circom";
include "tagged-hash.circom";

/**
 * One slot's turn in the nullifier tree: opens an interval leaf (from, to) and writes it back.
 *
 *   B1  live: from < nullifier < to; the leaf becomes (from, nullifier), and (nullifier, to) is
 *       pending: it is hung in at the end of the batch
 *   B2  void: the nullifier is `from`, or the last one inserted in this batch; the leaf stays
 *   B5  empty: the leaf stays
 *
 * Every kind opens some leaf, so nothing here is gated but the three conditions themselves.
 *
 * Sound because the leaves partition [0, 2^248), by induction: 0 ≤ from < to ≤ 2^248 as integers.
 * Both distances in [0, 2^248) put nullifier = from + 1 + below and to = nullifier + 1 + above over
 * the integers, since nothing reaches 2^250. So the nullifier lies strictly inside, was no member,
 * and is in range itself: no other check of it is needed. Once inserted it is an end point of both
 * halves, so it cannot be inserted again. The order of slots is needed for completeness only: with
 * descending nullifiers the interval around the next one is never a pending one.
 *
 * Twin: protocol/checkBatchStatement.ts. Spec: docs/spec/batch.md#insertion.
 * Caller must: make isLive and isVoid boolean and not both 1; chain oldRoot, newRoot, last and
 * newLast from slot to slot, `last` being 0 at first; insert all pending leaves.
 */
template IntervalStep() {
    var depth = NULLIFIER_TREE_DEPTH();

    signal input isLive;                     // {bool}
    signal input isVoid;                     // {bool}
    signal input nullifier;                  // {u248} by B1 where live, by B2 where void
    signal input last;                       // {u248} last nullifier inserted in this batch
    signal input from;                       // {u248}
    signal input to;                         // {u249} at most 2^248
    signal input bits[2 * depth];            // index of the opened leaf, low bit first
    signal input children[depth][4];         // {field}

    signal output oldRoot;                   // {field}
    signal output newRoot;                   // {field}
    signal output pending;                   // {field} leaf to hang in; 0: none
    signal output newLast;                   // {u248}

    for (var i = 0; i < 2 * depth; i++) {
        bits[i] * (bits[i] - 1) === 0;
    }

    // B1
    signal below <== isLive * (nullifier - from - 1);
    signal above <== isLive * (to - nullifier - 1);
    _ <== Num2Bits(NULLIFIER_BITS())(below);
    _ <== Num2Bits(NULLIFIER_BITS())(above);
    // Live: to - (to - nullifier - 1) - 1 = nullifier. Else `above` is 0 and `to` stays.
    var newTo = to - above - isLive;

    // B2
    signal isMember <== (nullifier - from) * (nullifier - last);
    isVoid * isMember === 0;

    // B5
    signal leaf <== TaggedHash(TAG_INTERVAL(), 2)([from, to]);
    signal newLeaf <== TaggedHash(TAG_INTERVAL(), 2)([from, newTo]);
    signal upper <== TaggedHash(TAG_INTERVAL(), 2)([nullifier, to]);
    component update = MerkleUpdate(depth);
    update.oldLeaf <== leaf;
    update.newLeaf <== newLeaf;
    update.bits <== bits;
    update.children <== children;
    oldRoot <== update.oldRoot;
    newRoot <== update.newRoot;

    pending <== isLive * upper;
    newLast <== last + isLive * (nullifier - last);
}
