// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "../src/batch.circom";

component main {public [rho]} = Batch(3, DEPOSITS_PER_SLOT());
