// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "constants.circom";
include "deposit-leaf.circom";
include "empty-subtree-root.circom";
include "interval-step.circom";
include "merkle-update.circom";
include "slot-kind.circom";
include "subtree-root.circom";
include "word-polynomial.circom";
include "word-sponge.circom";

/**
 * Moves both trees and the slot count over one batch of 4^levels slots: transfers, and in the last
 * slot deposits.
 *
 *   B1  a live slot's nullifier was absent from the nullifier tree and is inserted; it differs from
 *       all others of the batch
 *   B2  a void slot's nullifier was a member already, before the batch or by an earlier slot; it
 *       appends zeros. An empty slot appends zeros and inserts nothing, and all its words are 0
 *   B3  outputs are appended in order at the batch's position
 *   B4  each deposit's commitment is computed from its asset, amount and recipient
 *   B5  both roots and the count move from old to new, and nothing else changes
 *   B6  c commits to all words, and y is their polynomial at rho
 *
 * Contract must: take the old roots and count from storage, and write the new ones; have checked
 * the proof of every live slot, with these words as its public inputs; have the queue's words for
 * void slots and deposits, and no others; refuse words >= r and nullifier 0; give rho as
 * keccak256(abi.encode(domain, circuit id, c, words)) mod r and compute y from the same words. The
 * words stand nowhere else: c, made before rho is known, is what holds the prover to them.
 *
 * Twin: protocol/checkBatchStatement.ts. Spec: docs/spec/batch.md.
 * Parameters: levels, 1 to 3; nDeposits, 4 (one slot).
 */
template Batch(levels, nDeposits) {
    var size = 4 ** levels;
    var nTransfers = size - 1;
    var nOutputs = OUTPUTS_PER_SLOT();
    var lowDepth = NULLIFIER_TREE_DEPTH();
    // Levels above the batch's subtree, in both trees: a slot is one leaf here and four there.
    var pathDepth = NULLIFIER_TREE_DEPTH() - levels;
    assert(NOTE_TREE_DEPTH() == NULLIFIER_TREE_DEPTH() + 1 && nOutputs == 4 && nDeposits == nOutputs);

    // Public
    signal input rho;                                        // {field} B6's challenge

    // Private
    signal input oldSlotCount;                               // {u40}
    signal input batchNumber;                                // {u64}
    signal input feeRecipient;                               // {u160}  only bound, by B6
    signal input slotKindBits[nTransfers][2];                // {bool}  SLOT_KIND, low bit first
    signal input nullifiers[nTransfers];                     // {u248}
    signal input outputs[nTransfers][nOutputs];              // {field}
    signal input lowFroms[nTransfers];                       // {u248}  the interval that is opened
    signal input lowTos[nTransfers];                         // {u249}
    signal input lowBits[nTransfers][2 * lowDepth];          // {bool}
    signal input lowChildren[nTransfers][lowDepth][4];       // {field}
    signal input depositAssets[nDeposits];                   // {u16}
    signal input depositAmounts[nDeposits];                  // {u64}   0: unused
    signal input depositRecipients[nDeposits];               // {field}
    signal input positionBits[2 * pathDepth];                // {bool}  position / size
    signal input noteChildren[pathDepth][4];                 // {field}
    signal input nullifierChildren[pathDepth][4];            // {field}

    // Output
    signal output c;                                         // {field} commitment to all words
    signal output y;                                         // {field} their polynomial at rho

    // B1, B2: slot by slot on the running root. Its first value is the old root.
    component kinds[nTransfers];
    component steps[nTransfers];
    signal noteLeaves[size * nOutputs];
    signal nullifierLeaves[size];
    signal slotWords[nTransfers];
    for (var i = 0; i < nTransfers; i++) {
        kinds[i] = SlotKind();
        kinds[i].bits <== slotKindBits[i];
        var isLive = kinds[i].isLive;

        steps[i] = IntervalStep();
        steps[i].isLive <== isLive;
        steps[i].isVoid <== kinds[i].isVoid;
        steps[i].nullifier <== nullifiers[i];
        steps[i].from <== lowFroms[i];
        steps[i].to <== lowTos[i];
        steps[i].bits <== lowBits[i];
        steps[i].children <== lowChildren[i];
        if (i == 0) {
            steps[i].last <== 0;
        } else {
            steps[i].last <== steps[i - 1].newLast;
            steps[i].oldRoot === steps[i - 1].newRoot;
        }
        nullifierLeaves[i] <== steps[i].pending;

        // An empty slot's words are 0. With any nullifier, its word could be read as a live slot's:
        // n + 2^248 is the word of kind transfer.
        kinds[i].isEmpty * nullifiers[i] === 0;
        slotWords[i] <== nullifiers[i] * (1 << OFFSET_SLOT_NULLIFIER())
            + (slotKindBits[i][0] + 2 * slotKindBits[i][1]) * (1 << OFFSET_SLOT_KIND());

        // B3. A void slot's outputs are words, for the contract to compare, and no leaves.
        for (var j = 0; j < nOutputs; j++) {
            kinds[i].isEmpty * outputs[i][j] === 0;
            noteLeaves[nOutputs * i + j] <== isLive * outputs[i][j];
        }
    }

    // B4
    component depositLeaves[nDeposits];
    for (var i = 0; i < nDeposits; i++) {
        depositLeaves[i] = DepositLeaf();
        depositLeaves[i].asset <== depositAssets[i];
        depositLeaves[i].amount <== depositAmounts[i];
        depositLeaves[i].recipient <== depositRecipients[i];
        noteLeaves[nOutputs * nTransfers + i] <== depositLeaves[i].leaf;
    }
    nullifierLeaves[nTransfers] <== 0;

    // B5: the position is the first multiple of the size that is not below the count. The remainder
    // below the size makes it unique, the range of the old count keeps it from wrapping around 0.
    var index = 0;
    for (var i = 0; i < 2 * pathDepth; i++) {
        positionBits[i] * (positionBits[i] - 1) === 0;
        index += positionBits[i] * (1 << i);
    }
    _ <== Num2Bits(BITS_BATCH_HEADER_OLD_SLOT_COUNT())(oldSlotCount);
    _ <== Num2Bits(2 * levels)(size * index - oldSlotCount);
    // Below 2^35, so it fits its 40 bits.
    var newSlotCount = size * index + size;
    _ <== Num2Bits(BITS_BATCH_HEADER_BATCH_NUMBER())(batchNumber);

    // B5: at that position both subtrees were zero, and the batch's leaves replace them. Without
    // that, a batch could overwrite what is there, or fill a hole that an earlier one left.
    component noteUpdate = MerkleUpdate(pathDepth);
    noteUpdate.oldLeaf <== EmptySubtreeRoot(levels + 1)();
    noteUpdate.newLeaf <== SubtreeRoot(levels + 1)(noteLeaves);
    noteUpdate.bits <== positionBits;
    noteUpdate.children <== noteChildren;

    component nullifierUpdate = MerkleUpdate(pathDepth);
    nullifierUpdate.oldLeaf <== EmptySubtreeRoot(levels)();
    nullifierUpdate.newLeaf <== SubtreeRoot(levels)(nullifierLeaves);
    nullifierUpdate.bits <== positionBits;
    nullifierUpdate.children <== nullifierChildren;
    nullifierUpdate.oldRoot === steps[nTransfers - 1].newRoot;

    // B6, in the order of docs/spec/batch.md#words.
    var nWords = 6 + nTransfers * (1 + nOutputs) + 2 * nDeposits;
    signal words[nWords];
    words[0] <== noteUpdate.oldRoot;
    words[1] <== noteUpdate.newRoot;
    words[2] <== steps[0].oldRoot;
    words[3] <== nullifierUpdate.newRoot;
    words[4] <== oldSlotCount * (1 << OFFSET_BATCH_HEADER_OLD_SLOT_COUNT())
        + newSlotCount * (1 << OFFSET_BATCH_HEADER_NEW_SLOT_COUNT())
        + batchNumber * (1 << OFFSET_BATCH_HEADER_BATCH_NUMBER());
    words[5] <== feeRecipient;
    var at = 6;
    for (var i = 0; i < nTransfers; i++) {
        words[at] <== slotWords[i];
        for (var j = 0; j < nOutputs; j++) {
            words[at + 1 + j] <== outputs[i][j];
        }
        at += 1 + nOutputs;
    }
    for (var i = 0; i < nDeposits; i++) {
        words[at] <== depositLeaves[i].word;
        words[at + 1] <== depositRecipients[i];
        at += 2;
    }
    c <== WordSponge(nWords)(words);
    y <== WordPolynomial(nWords)(words, rho);
}
