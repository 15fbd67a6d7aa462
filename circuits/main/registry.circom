// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "../src/registry.circom";

component main {public [domain, oldRoot, newRoot, index, oldLeaf, newLeaf, mode, tierCap, latestSuspension]} = Registry();
