// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "constants.circom";
include "tagged-hash.circom";

/**
 * B4: a deposit's note commitment, from its asset, amount and recipient. An unused place has
 * amount 0, then asset and recipient 0 as well, and leaf 0: no leaf exists for nothing.
 *
 * Twin: protocol/note.ts commitToRecipient. Spec: docs/spec/deposit.md.
 */
template DepositLeaf() {
    signal input asset;                      // {u16}
    signal input amount;                     // {u64}
    signal input recipient;                  // {field}

    signal output word;                      // {u80}   asset | amount
    signal output leaf;                      // {field}

    _ <== Num2Bits(BITS_NOTE_ASSET())(asset);
    _ <== Num2Bits(BITS_NOTE_AMOUNT())(amount);
    word <== asset * (1 << OFFSET_NOTE_ASSET()) + amount * (1 << OFFSET_NOTE_AMOUNT());

    signal isUnused <== IsZero()(amount);
    isUnused * asset === 0;
    isUnused * recipient === 0;

    signal commitment <== TaggedHash(TAG_NOTE(), 2)([recipient, word]);
    leaf <== (1 - isUnused) * commitment;
}
