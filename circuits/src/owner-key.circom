// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "constants.circom";
include "mul-base8.circom";
include "tagged-hash.circom";

/**
 * ownerKey = H(OWNER_KEY, spendingPublicKey, H(NULLIFIER_KEY, nullifierKey)), and knowledge of both
 * keys in it.
 *
 * Twin: protocol/keys.ts deriveOwnerKey. Spec: docs/spec/keys.md.
 */
template OwnerKey() {
    signal input spendingKey;                // {250 bits} checked here: spendingKey + l does not fit
    signal input nullifierKey;               // {field}
    signal output ownerKey;                  // {field}
    signal output spendingPublicKey[2];      // {point}

    signal bits[SCALAR_BITS()] <== Num2Bits(SCALAR_BITS())(spendingKey);
    spendingPublicKey <== MulBase8()(bits);
    signal nullifierKeyHash <== TaggedHash(TAG_NULLIFIER_KEY(), 1)([nullifierKey]);
    ownerKey <== TaggedHash(TAG_OWNER_KEY(), 3)([
        spendingPublicKey[0],
        spendingPublicKey[1],
        nullifierKeyHash
    ]);
}
