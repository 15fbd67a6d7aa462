// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/eddsaposeidon.circom";
include "constants.circom";
include "identity-leaf.circom";
include "merkle-update.circom";
include "tagged-hash.circom";

/**
 * One update of the identity tree: opens both leaves and shows that nothing else changed.
 *
 *   R1  mode is one of REGISTRY_MODE, index one of the tree's
 *   R2  the new leaf opens to fields in range and a known status (so it is never 0); closed stays closed
 *   R3  in FILL the old leaf is 0, and its opening is not used
 *   R4  else the old leaf opens, in range, with the new leaf's ownerKey and T
 *   R5  in CHANGE the destination stays
 *   R6  in DESTINATION_BY_OWNER the owner signed (domain, index, old leaf, new destination)
 *   R7  both roots are of one tree but for the leaf at `index`
 *   R8  no tier above the registrar's cap, but one that the leaf had already or a lower one
 *   R9  a suspension ends by `latestSuspension`, and no validity is cut to end before it
 *
 * Twin: protocol/checkRegistryStatement.ts. Spec: docs/spec/registry.md.
 *
 * Contract must: hold `oldRoot` as the current root and set `domain` itself; in FILL see a
 * registration proof of (index, newLeaf, T); in DESTINATION_BY_OWNER see a past announcement; in
 * DESTINATION_BY_ORDER see a filed order; set `tierCap` (below 2^8) and `latestSuspension` (below 2^16)
 * itself; refuse values that are not below r.
 */
template Registry() {
    // Public
    signal input domain;                // {u248}  of the deployment
    signal input oldRoot;               // {field}
    signal input newRoot;               // {field}
    signal input index;                 // {u20}
    signal input oldLeaf;               // {field} 0 when empty
    signal input newLeaf;               // {field}
    signal input mode;                  // {u2}    REGISTRY_MODE
    signal input tierCap;               // {u8}    of the registrar
    signal input latestSuspension;      // {u16}   Unix day

    // Private. ownerKey and T stand once: they are the same signals in both leaves (R4).
    signal input ownerKey;              // {field}
    signal input tracePoint[2];         // {point}
    signal input oldTier;               // {u8}
    signal input oldJurisdiction;       // {u16}
    signal input oldExpiryDay;          // {u16}
    signal input oldStatus;             // {u8}
    signal input oldSuspendedUntil;     // {u16}
    signal input oldDestination;        // {field}
    signal input oldSalt;               // {field}
    signal input newTier;               // {u8}
    signal input newJurisdiction;       // {u16}
    signal input newExpiryDay;          // {u16}
    signal input newStatus;             // {u8}
    signal input newSuspendedUntil;     // {u16}
    signal input newDestination;        // {field}
    signal input newSalt;               // {field}
    signal input children[IDENTITY_TREE_DEPTH()][4];   // {field} path of the old leaf
    signal input spendingPublicKey[2];  // {point} R6; any curve point where it is not used
    signal input nullifierKeyHash;      // {field} R6; H(NULLIFIER_KEY, nullifierKey)
    signal input signatureR8[2];        // {point} R6
    signal input signatureS;            // {u253}  R6; below l where it is used

    // R1  The bits of the two public numbers; each product below is one mode.
    signal modeBits[2] <== Num2Bits(2)(mode);
    signal indexBits[2 * IDENTITY_TREE_DEPTH()] <== Num2Bits(2 * IDENTITY_TREE_DEPTH())(index);
    signal isByOrder <== modeBits[0] * modeBits[1];
    signal isChange <== modeBits[0] - isByOrder;
    signal isByOwner <== modeBits[1] - isByOrder;
    signal isFill <== 1 - modeBits[0] - modeBits[1] + isByOrder;

    // R2  Anything but the two statuses would have no meaning to T6. A closure that could be taken back
    // would be a suspension without an end.
    signal leafAfter <== IdentityLeaf()(
        ownerKey, newTier, newJurisdiction, newExpiryDay, newStatus, newSuspendedUntil, newDestination,
        tracePoint, newSalt
    );
    leafAfter === newLeaf;
    (newStatus - IDENTITY_STATUS_ACTIVE()) * (newStatus - IDENTITY_STATUS_CLOSED()) === 0;
    signal isClosing <== (1 - isFill) * (newStatus - IDENTITY_STATUS_CLOSED());
    isClosing * (oldStatus - IDENTITY_STATUS_ACTIVE()) === 0;

    // R3, R4  An old leaf that is not shown empty is opened; a registrar who could choose freely would
    // replace a filled leaf by another person's.
    signal leafBefore <== IdentityLeaf()(
        ownerKey, oldTier, oldJurisdiction, oldExpiryDay, oldStatus, oldSuspendedUntil, oldDestination,
        tracePoint, oldSalt
    );
    oldLeaf === (1 - isFill) * leafBefore;

    // R5
    isChange * (newDestination - oldDestination) === 0;

    // R6  In this mode ownerKey is a filled leaf's (R4), so by its registration proof the key that opens
    // it is a subgroup point. The verifier of circomlib itself checks S < l, so that S + l is refused,
    // but neither point; points off the curve would take its addition formulas where they prove nothing.
    BabyCheck()(spendingPublicKey[0], spendingPublicKey[1]);
    BabyCheck()(signatureR8[0], signatureR8[1]);
    signal signer <== TaggedHash(TAG_OWNER_KEY(), 3)([
        spendingPublicKey[0], spendingPublicKey[1], nullifierKeyHash
    ]);
    isByOwner * (signer - ownerKey) === 0;
    signal message <== TaggedHash(TAG_DESTINATION_CHANGE(), 4)([
        domain, index, oldLeaf, newDestination
    ]);
    component signature = EdDSAPoseidonVerifier();
    signature.enabled <== isByOwner;
    signature.Ax <== spendingPublicKey[0];
    signature.Ay <== spendingPublicKey[1];
    signature.R8x <== signatureR8[0];
    signature.R8y <== signatureR8[1];
    signature.S <== signatureS;
    signature.M <== message;

    // R7  The siblings and the index are the same signals for both roots.
    component update = MerkleUpdate(IDENTITY_TREE_DEPTH());
    update.oldLeaf <== oldLeaf;
    update.newLeaf <== newLeaf;
    update.bits <== indexBits;
    update.children <== children;
    update.oldRoot === oldRoot;
    update.newRoot === newRoot;

    // R8  Who lost a tier's cap can still suspend, or lower, what it admitted before.
    _ <== Num2Bits(BITS_IDENTITY_TIER())(tierCap);
    signal isWithinCap <== LessEqThan(BITS_IDENTITY_TIER())([newTier, tierCap]);
    signal isNotRaised <== LessEqThan(BITS_IDENTITY_TIER())([newTier, oldTier]);
    signal isAllowed <== (1 - isFill) * isNotRaised;
    (1 - isWithinCap) * (1 - isAllowed) === 0;

    // R9  The contract sets the day some weeks ahead: to suspend for longer is another update, for all to
    // see. A validity that could be cut at once would be a suspension by another name.
    _ <== Num2Bits(BITS_IDENTITY_EXPIRY_DAY())(latestSuspension);
    _ <== Num2Bits(BITS_IDENTITY_SUSPENDED_UNTIL())(latestSuspension - newSuspendedUntil);
    signal isNoticed <== LessEqThan(BITS_IDENTITY_EXPIRY_DAY())([latestSuspension, newExpiryDay]);
    signal isNotShorter <== LessEqThan(BITS_IDENTITY_EXPIRY_DAY())([oldExpiryDay, newExpiryDay]);
    signal isCut <== (1 - isNoticed) * (1 - isNotShorter);
    (1 - isFill) * isCut === 0;
}
