// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";
include "cut-bits.circom";
include "tagged-hash.circom";

/**
 * t = low 250 bits of H(TRACE, nullifierKey, ownerKey, identityIndex), as bits.
 *
 * Twin: protocol/keys.ts deriveTraceSecret. Spec: docs/spec/keys.md.
 */
template TraceSecret() {
    signal input nullifierKey;               // {field}
    signal input ownerKey;                   // {field}
    signal input identityIndex;              // {u20}
    signal output bits[SCALAR_BITS()];       // {bool}   low bit first

    signal digest <== TaggedHash(TAG_TRACE(), 3)([nullifierKey, ownerKey, identityIndex]);
    component cut = CutBits(SCALAR_BITS());
    cut.in <== digest;
    bits <== cut.bits;
}
