// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "constants.circom";
include "cut-bits.circom";
include "tagged-hash.circom";

/**
 * The one nullifier of an account note, or of an account's opening.
 *
 *   cut248(H(NULLIFIER, nullifierKey, accountCommitment))
 *   cut248(H(GENESIS, nullifierKey, ownerKey, identityIndex, asset))
 *
 * Nothing that the prover is free in at genesis is in the second one, so that an account opens once.
 *
 * Twin: protocol/account.ts deriveNullifier, deriveGenesisNullifier. Spec: docs/spec/account.md.
 * Caller must: make isGenesis boolean.
 */
template SpentNullifier() {
    signal input isGenesis;                  // {bool}
    signal input nullifierKey;               // {field}
    signal input accountCommitment;          // {field}
    signal input ownerKey;                   // {field}
    signal input identityIndex;              // {u20}
    signal input asset;                      // {u16}
    signal output nullifier;                 // {u248}

    signal spent <== TaggedHash(TAG_NULLIFIER(), 2)([nullifierKey, accountCommitment]);
    signal opened <== TaggedHash(TAG_GENESIS(), 4)([nullifierKey, ownerKey, identityIndex, asset]);
    component cut = CutBits(NULLIFIER_BITS());
    cut.in <== spent + isGenesis * (opened - spent);
    nullifier <== cut.out;
}
