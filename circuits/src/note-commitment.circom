// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";
include "tagged-hash.circom";

/**
 * H(NOTE, recipient, asset | amount), recipient = H(RECIPIENT, ownerKey, identityIndex, blinding).
 *
 * Twin: protocol/note.ts commitNote. Spec: docs/spec/note.md.
 * Caller must: keep asset, amount and identityIndex in their bits; this template does not.
 */
template NoteCommitment() {
    signal input ownerKey;                   // {field}
    signal input identityIndex;              // {u20}
    signal input asset;                      // {u16}
    signal input amount;                     // {u64}
    signal input blinding;                   // {field}
    signal output commitment;                // {field}

    signal recipient <== TaggedHash(TAG_RECIPIENT(), 3)([ownerKey, identityIndex, blinding]);
    var word = asset * (1 << OFFSET_NOTE_ASSET()) + amount * (1 << OFFSET_NOTE_AMOUNT());
    commitment <== TaggedHash(TAG_NOTE(), 2)([recipient, word]);
}
