// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";
include "tagged-hash.circom";

/**
 * H(ACCOUNT, ownerKey, word, blinding), word = asset | balance | nonce | cursor | day | spentToday |
 * identityIndex.
 *
 * Twin: protocol/account.ts commitAccount. Spec: docs/spec/account.md.
 * Caller must: keep every field of the word in its bits, also when the note is an old one.
 */
template AccountCommitment() {
    signal input ownerKey;                   // {field}
    signal input asset;                      // {u16}
    signal input balance;                    // {u64}
    signal input nonce;                      // {u32}
    signal input cursor;                     // {u37}
    signal input day;                        // {u16}
    signal input spentToday;                 // {u64}
    signal input identityIndex;              // {u20}
    signal input blinding;                   // {field}
    signal output commitment;                // {field}

    var word = asset * (1 << OFFSET_ACCOUNT_ASSET())
        + balance * (1 << OFFSET_ACCOUNT_BALANCE())
        + nonce * (1 << OFFSET_ACCOUNT_NONCE())
        + cursor * (1 << OFFSET_ACCOUNT_CURSOR())
        + day * (1 << OFFSET_ACCOUNT_DAY())
        + spentToday * (1 << OFFSET_ACCOUNT_SPENT_TODAY())
        + identityIndex * (1 << OFFSET_ACCOUNT_IDENTITY_INDEX());
    commitment <== TaggedHash(TAG_ACCOUNT(), 3)([ownerKey, word, blinding]);
}
