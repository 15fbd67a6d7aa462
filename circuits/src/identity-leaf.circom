// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "constants.circom";
include "tagged-hash.circom";

/**
 * H(IDENTITY, ownerKey, word, destination, T.x, T.y, salt), with every field of the word in range:
 * it is opened here.
 *
 * Twin: protocol/identity.ts hashIdentity. Spec: docs/spec/identity.md.
 */
template IdentityLeaf() {
    signal input ownerKey;                   // {field}
    signal input tier;                       // {u8}
    signal input jurisdiction;               // {u16}
    signal input expiryDay;                  // {u16}
    signal input status;                     // {u8}
    signal input suspendedUntil;             // {u16}
    signal input destination;                // {field}
    signal input tracePoint[2];              // {point}
    signal input salt;                       // {field}
    signal output leaf;                      // {field}

    _ <== Num2Bits(BITS_IDENTITY_TIER())(tier);
    _ <== Num2Bits(BITS_IDENTITY_JURISDICTION())(jurisdiction);
    _ <== Num2Bits(BITS_IDENTITY_EXPIRY_DAY())(expiryDay);
    _ <== Num2Bits(BITS_IDENTITY_STATUS())(status);
    _ <== Num2Bits(BITS_IDENTITY_SUSPENDED_UNTIL())(suspendedUntil);
    var word = tier * (1 << OFFSET_IDENTITY_TIER())
        + jurisdiction * (1 << OFFSET_IDENTITY_JURISDICTION())
        + expiryDay * (1 << OFFSET_IDENTITY_EXPIRY_DAY())
        + status * (1 << OFFSET_IDENTITY_STATUS())
        + suspendedUntil * (1 << OFFSET_IDENTITY_SUSPENDED_UNTIL());
    leaf <== TaggedHash(TAG_IDENTITY(), 6)([
        ownerKey,
        word,
        destination,
        tracePoint[0],
        tracePoint[1],
        salt
    ]);
}
