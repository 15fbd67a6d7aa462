// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "../src/transfer.circom";

component main {public [
    anchor, identityRoot, policyRoot, day, domain, nullifier, outputs, withdrawal, fee, memoHash, traceTag,
    ephemeral, statisticsCiphertext, investigationCiphertext, auditKeyS, auditKeyI, auditKeyL
]} = Transfer(6, 2);
