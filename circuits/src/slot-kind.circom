// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";

/**
 * A slot's kind, from its two bits: live (transfer or collect), void or empty.
 *
 * Twin: protocol/batch.ts slotKindId. Spec: docs/spec/batch.md#words.
 */
template SlotKind() {
    assert(SLOT_KIND_EMPTY() == 0 && SLOT_KIND_TRANSFER() == 1);
    assert(SLOT_KIND_COLLECT() == 2 && SLOT_KIND_VOID() == 3);

    signal input bits[2];                    // SLOT_KIND, low bit first
    signal output isLive;                    // {bool}
    signal output isVoid;                    // {bool}
    signal output isEmpty;                   // {bool}

    bits[0] * (bits[0] - 1) === 0;
    bits[1] * (bits[1] - 1) === 0;
    isVoid <== bits[0] * bits[1];
    isLive <== bits[0] + bits[1] - 2 * isVoid;
    isEmpty <== 1 - isLive - isVoid;
}
