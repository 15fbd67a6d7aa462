// SPDX-License-Identifier: GPL-3.0-or-later
// Generated from protocol/constants.ts by `npm run generate`. Do not edit.
pragma circom 2.1.9;

function TAG_NODE() {
    return 2016311684618317984471292033582149;
}

function TAG_OWNER_KEY() {
    return 2216958142458455548373205813611789832772339033;
}

function TAG_NULLIFIER_KEY() {
    return 9521762718459975618932664892290191474978928765579248985;
}

function TAG_RECIPIENT() {
    return 2216958142458455548373205867651893525561560660;
}

function TAG_TRACE() {
    return 516175791262289404024650786416968517;
}

function TAG_TRACE_EPOCH() {
    return 145290568824157342818186422221639568692019075171144;
}

function TAG_TAG() {
    return 7876217518040304626840984895815;
}

function TAG_PSEUDONYM() {
    return 2216958142458455548373205831767787787328051533;
}

function TAG_ACCOUNT() {
    return 33828096656165398382159508574114009140820;
}

function TAG_NOTE() {
    return 2016311684618317984471292033586245;
}

function TAG_NULLIFIER() {
    return 2216958142458455548373205795020375278540637522;
}

function TAG_GENESIS() {
    return 33828096656165398382159510265209969396051;
}

function TAG_ACCOUNT_BLINDING() {
    return 159748669828350198313566990979961688121145464946336613899259463;
}

function TAG_EPHEMERAL() {
    return 2216958142458455548373205628638257065640477004;
}

function TAG_STATISTICS_MASK_0() {
    return 40895659476057650768273155838539388533389470814294275356537610032;
}

function TAG_STATISTICS_MASK_1() {
    return 40895659476057650768273155838539388533389470814294275356537610033;
}

function TAG_INVESTIGATION_MASK_0() {
    return 686115312492266035391884625282948533569331523026948420586035072876633904;
}

function TAG_INVESTIGATION_MASK_1() {
    return 686115312492266035391884625282948533569331523026948420586035072876633905;
}

function TAG_IDENTITY() {
    return 8659992743978341985832834771717608331367513;
}

function TAG_DESTINATION() {
    return 145290568824157342818186402817768958060263404818254;
}

function TAG_DESTINATION_CHANGE() {
    return 10469288825870758596677926582901485087852048661547771896065229211461;
}

function TAG_POLICY() {
    return 132141002563146087430310596911997469529;
}

function TAG_INTERVAL() {
    return 8659992743978341985832834774548812085477708;
}

function TAG_BATCH() {
    return 516175791262289404024650708823589704;
}

function PROTOCOL_VERSION() {
    return 2;
}

function SCALAR_BITS() {
    return 250;
}

function NULLIFIER_BITS() {
    return 248;
}

function NOTE_TREE_DEPTH() {
    return 18;
}

function NULLIFIER_TREE_DEPTH() {
    return 17;
}

function IDENTITY_TREE_DEPTH() {
    return 10;
}

function POLICY_TREE_DEPTH() {
    return 4;
}

function OUTPUTS_PER_SLOT() {
    return 4;
}

function NOTES_OUT() {
    return 3;
}

function DEPOSITS_PER_SLOT() {
    return 4;
}

function INITIAL_SLOT_COUNT() {
    return 1;
}

function SPONGE_RATE() {
    return 16;
}

function MAX_SUSPENSION_DAYS() {
    return 30;
}

function MEMO_BYTES() {
    return 282;
}

function DEPOSIT_CIPHERTEXT_BYTES() {
    return 92;
}

function DEFAULT_SETTLE_WINDOW_SECONDS() {
    return 7200;
}

function IDENTITY_STATUS_ACTIVE() {
    return 1;
}

function IDENTITY_STATUS_CLOSED() {
    return 3;
}

function DESTINATION_KIND_ADDRESS() {
    return 0;
}

function DESTINATION_KIND_OWNER() {
    return 1;
}

function SLOT_KIND_EMPTY() {
    return 0;
}

function SLOT_KIND_TRANSFER() {
    return 1;
}

function SLOT_KIND_COLLECT() {
    return 2;
}

function SLOT_KIND_VOID() {
    return 3;
}

function REGISTRY_MODE_FILL() {
    return 0;
}

function REGISTRY_MODE_CHANGE() {
    return 1;
}

function REGISTRY_MODE_DESTINATION_BY_OWNER() {
    return 2;
}

function REGISTRY_MODE_DESTINATION_BY_ORDER() {
    return 3;
}

function CIRCUIT_TRANSFER() {
    return 1;
}

function CIRCUIT_COLLECT() {
    return 2;
}

function CIRCUIT_BATCH_4() {
    return 3;
}

function CIRCUIT_BATCH_16() {
    return 4;
}

function CIRCUIT_REGISTRY() {
    return 5;
}

function CIRCUIT_REGISTRATION() {
    return 6;
}

function BATCH_4_TRANSFER_SLOTS() {
    return 3;
}

function BATCH_4_DEPOSITS() {
    return 4;
}

function BATCH_16_TRANSFER_SLOTS() {
    return 15;
}

function BATCH_16_DEPOSITS() {
    return 4;
}

function N_TRANSFER_INPUTS() {
    return 25;
}

function N_COLLECT_INPUTS() {
    return 26;
}

function N_BATCH_4_INPUTS() {
    return 3;
}

function N_BATCH_16_INPUTS() {
    return 3;
}

function N_REGISTRY_INPUTS() {
    return 9;
}

function N_REGISTRATION_INPUTS() {
    return 5;
}

function BITS_ACCOUNT_ASSET() {
    return 16;
}

function BITS_ACCOUNT_BALANCE() {
    return 64;
}

function BITS_ACCOUNT_NONCE() {
    return 32;
}

function BITS_ACCOUNT_CURSOR() {
    return 37;
}

function BITS_ACCOUNT_DAY() {
    return 16;
}

function BITS_ACCOUNT_SPENT_TODAY() {
    return 64;
}

function BITS_ACCOUNT_IDENTITY_INDEX() {
    return 20;
}

function OFFSET_ACCOUNT_ASSET() {
    return 0;
}

function OFFSET_ACCOUNT_BALANCE() {
    return 16;
}

function OFFSET_ACCOUNT_NONCE() {
    return 80;
}

function OFFSET_ACCOUNT_CURSOR() {
    return 112;
}

function OFFSET_ACCOUNT_DAY() {
    return 149;
}

function OFFSET_ACCOUNT_SPENT_TODAY() {
    return 165;
}

function OFFSET_ACCOUNT_IDENTITY_INDEX() {
    return 229;
}

function BITS_NOTE_ASSET() {
    return 16;
}

function BITS_NOTE_AMOUNT() {
    return 64;
}

function OFFSET_NOTE_ASSET() {
    return 0;
}

function OFFSET_NOTE_AMOUNT() {
    return 16;
}

function BITS_WITHDRAWAL_ASSET() {
    return 16;
}

function BITS_WITHDRAWAL_AMOUNT() {
    return 64;
}

function BITS_WITHDRAWAL_RECIPIENT() {
    return 160;
}

function OFFSET_WITHDRAWAL_ASSET() {
    return 0;
}

function OFFSET_WITHDRAWAL_AMOUNT() {
    return 16;
}

function OFFSET_WITHDRAWAL_RECIPIENT() {
    return 80;
}

function BITS_FEE_AMOUNT() {
    return 64;
}

function BITS_FEE_ASSET() {
    return 16;
}

function BITS_FEE_EPOCH() {
    return 16;
}

function OFFSET_FEE_AMOUNT() {
    return 0;
}

function OFFSET_FEE_ASSET() {
    return 64;
}

function OFFSET_FEE_EPOCH() {
    return 80;
}

function BITS_IDENTITY_TIER() {
    return 8;
}

function BITS_IDENTITY_JURISDICTION() {
    return 16;
}

function BITS_IDENTITY_EXPIRY_DAY() {
    return 16;
}

function BITS_IDENTITY_STATUS() {
    return 8;
}

function BITS_IDENTITY_SUSPENDED_UNTIL() {
    return 16;
}

function OFFSET_IDENTITY_TIER() {
    return 0;
}

function OFFSET_IDENTITY_JURISDICTION() {
    return 8;
}

function OFFSET_IDENTITY_EXPIRY_DAY() {
    return 24;
}

function OFFSET_IDENTITY_STATUS() {
    return 40;
}

function OFFSET_IDENTITY_SUSPENDED_UNTIL() {
    return 48;
}

function BITS_STATISTICS_0_PSEUDONYM() {
    return 128;
}

function BITS_STATISTICS_0_AMOUNT_IN() {
    return 64;
}

function BITS_STATISTICS_0_NOTES_IN() {
    return 8;
}

function OFFSET_STATISTICS_0_PSEUDONYM() {
    return 0;
}

function OFFSET_STATISTICS_0_AMOUNT_IN() {
    return 128;
}

function OFFSET_STATISTICS_0_NOTES_IN() {
    return 192;
}

function BITS_STATISTICS_1_ASSET() {
    return 16;
}

function BITS_STATISTICS_1_AMOUNT_1() {
    return 64;
}

function BITS_STATISTICS_1_AMOUNT_2() {
    return 64;
}

function BITS_STATISTICS_1_AMOUNT_3() {
    return 64;
}

function BITS_STATISTICS_1_TIER() {
    return 8;
}

function BITS_STATISTICS_1_JURISDICTION() {
    return 16;
}

function OFFSET_STATISTICS_1_ASSET() {
    return 0;
}

function OFFSET_STATISTICS_1_AMOUNT_1() {
    return 16;
}

function OFFSET_STATISTICS_1_AMOUNT_2() {
    return 80;
}

function OFFSET_STATISTICS_1_AMOUNT_3() {
    return 144;
}

function OFFSET_STATISTICS_1_TIER() {
    return 208;
}

function OFFSET_STATISTICS_1_JURISDICTION() {
    return 216;
}

function BITS_INVESTIGATION_0_SENDER() {
    return 20;
}

function BITS_INVESTIGATION_0_RECIPIENT_1() {
    return 20;
}

function BITS_INVESTIGATION_0_RECIPIENT_2() {
    return 20;
}

function BITS_INVESTIGATION_0_RECIPIENT_3() {
    return 20;
}

function BITS_INVESTIGATION_0_INPUT_1() {
    return 37;
}

function BITS_INVESTIGATION_0_NONCE() {
    return 32;
}

function OFFSET_INVESTIGATION_0_SENDER() {
    return 0;
}

function OFFSET_INVESTIGATION_0_RECIPIENT_1() {
    return 20;
}

function OFFSET_INVESTIGATION_0_RECIPIENT_2() {
    return 40;
}

function OFFSET_INVESTIGATION_0_RECIPIENT_3() {
    return 60;
}

function OFFSET_INVESTIGATION_0_INPUT_1() {
    return 80;
}

function OFFSET_INVESTIGATION_0_NONCE() {
    return 117;
}

function BITS_INVESTIGATION_1_INPUT_2() {
    return 37;
}

function BITS_INVESTIGATION_1_INPUT_3() {
    return 37;
}

function BITS_INVESTIGATION_1_INPUT_4() {
    return 37;
}

function BITS_INVESTIGATION_1_INPUT_5() {
    return 37;
}

function BITS_INVESTIGATION_1_INPUT_6() {
    return 37;
}

function OFFSET_INVESTIGATION_1_INPUT_2() {
    return 0;
}

function OFFSET_INVESTIGATION_1_INPUT_3() {
    return 37;
}

function OFFSET_INVESTIGATION_1_INPUT_4() {
    return 74;
}

function OFFSET_INVESTIGATION_1_INPUT_5() {
    return 111;
}

function OFFSET_INVESTIGATION_1_INPUT_6() {
    return 148;
}

function BITS_SLOT_NULLIFIER() {
    return 248;
}

function BITS_SLOT_KIND() {
    return 2;
}

function OFFSET_SLOT_NULLIFIER() {
    return 0;
}

function OFFSET_SLOT_KIND() {
    return 248;
}

function BITS_BATCH_HEADER_OLD_SLOT_COUNT() {
    return 40;
}

function BITS_BATCH_HEADER_NEW_SLOT_COUNT() {
    return 40;
}

function BITS_BATCH_HEADER_BATCH_NUMBER() {
    return 64;
}

function OFFSET_BATCH_HEADER_OLD_SLOT_COUNT() {
    return 0;
}

function OFFSET_BATCH_HEADER_NEW_SLOT_COUNT() {
    return 40;
}

function OFFSET_BATCH_HEADER_BATCH_NUMBER() {
    return 80;
}
