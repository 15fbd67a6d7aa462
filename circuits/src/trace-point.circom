// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "mul-base8.circom";
include "trace-secret.circom";

/**
 * T = t·Base8, the point by which a subject order traces its subject.
 *
 * Twin: protocol/keys.ts deriveTracePoint. Spec: docs/spec/keys.md.
 */
template TracePoint() {
    signal input nullifierKey;               // {field}
    signal input ownerKey;                   // {field}
    signal input identityIndex;              // {u20}
    signal output out[2];                    // {point}

    signal bits[SCALAR_BITS()] <== TraceSecret()(nullifierKey, ownerKey, identityIndex);
    out <== MulBase8()(bits);
}
