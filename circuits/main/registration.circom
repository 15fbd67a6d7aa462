// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "../src/registration.circom";

component main {public [domain, index, leaf, tracePoint]} = Registration();
