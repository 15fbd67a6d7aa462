// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "constants.circom";
include "identity-leaf.circom";
include "owner-key.circom";
include "trace-point.circom";

/**
 * The person who holds the keys accepts an identity leaf at an index.
 *
 *   G1  the witness knows spendingKey (not 0) and nullifierKey, and they make ownerKey
 *   G2  T = t·Base8 for these keys at this index
 *   G3  the leaf opens, in range, and holds this ownerKey and this T
 *
 * Twin: protocol/checkRegistrationStatement.ts. Spec: docs/spec/registration.md.
 *
 * Contract must: set `domain` itself; fill an empty leaf only with the same (index, leaf); record T as
 * the index's, the only point that a subject order accepts; refuse values that are not below r.
 */
template Registration() {
    // Public
    signal input domain;          // {u248}  of the deployment
    signal input index;           // {u20}
    signal input leaf;            // {field}
    signal input tracePoint[2];   // {point} T

    // Private
    signal input spendingKey;     // {u250}
    signal input nullifierKey;    // {field}
    signal input tier;            // {u8}
    signal input jurisdiction;    // {u16}
    signal input expiryDay;       // {u16}
    signal input status;          // {u8}
    signal input suspendedUntil;  // {u16}
    signal input destination;     // {field}
    signal input salt;            // {field}

    // G1  A key of 0 would make the identity point, under which no signature can verify.
    component owner = OwnerKey();
    owner.spendingKey <== spendingKey;
    owner.nullifierKey <== nullifierKey;
    signal inverse <-- spendingKey != 0 ? 1 / spendingKey : 0;
    inverse * spendingKey === 1;   // binds the hint: only a value that is not 0 has an inverse

    // G2  Were T free, a subject order would trace somebody else, or nobody.
    _ <== Num2Bits(2 * IDENTITY_TREE_DEPTH())(index);
    signal expectedPoint[2] <== TracePoint()(nullifierKey, owner.ownerKey, index);
    expectedPoint === tracePoint;

    // G3
    signal opened <== IdentityLeaf()(
        owner.ownerKey, tier, jurisdiction, expiryDay, status, suspendedUntil, destination, tracePoint, salt
    );
    opened === leaf;

    // Nothing else holds the domain: a proof of one deployment must not be another's.
    signal domainSquared <== domain * domain;
}
