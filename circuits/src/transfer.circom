// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "account-commitment.circom";
include "constants.circom";
include "cut-bits.circom";
include "identity-leaf.circom";
include "membership-any.circom";
include "merkle-path.circom";
include "month-of-day.circom";
include "mul-base8.circom";
include "mul-point.circom";
include "note-commitment.circom";
include "owner-key.circom";
include "spent-nullifier.circom";
include "tagged-hash.circom";
include "trace-secret.circom";

/**
 * The transfer statement: one account note is spent, notes are taken in, the next account note and three
 * notes come out, and both supervisors' records of it are right.
 *
 * Clauses T0 to T12. Twin: protocol/checkTransferStatement.ts. Spec: docs/spec/transfer.md.
 *
 * Contract must: accept `anchor` as the note root of an earlier batch, and both other roots, `day` and the
 * fee's epoch as current when sealed; take the audit keys of that epoch from storage; keep words below r,
 * `nullifier` above 0 and new; recompute `memoHash`; know the assets; refuse a fee above the asset's maxFee.
 *
 * Parameters: notesIn, 1 to 6; investigationWords, 1 when notesIn is 1, else 2.
 */
template Transfer(notesIn, investigationWords) {
    var noteDepth = NOTE_TREE_DEPTH();
    var notesOut = NOTES_OUT();

    // Public, in the order of protocol/constants.ts PUBLIC_INPUTS.
    signal input anchor;                     // {field}
    signal input identityRoot;               // {field}
    signal input policyRoot;                 // {field}
    signal input day;                        // {u16}
    signal input domain;                     // {u248}
    signal input nullifier;                  // {u248}
    signal input outputs[notesOut + 1];      // {field}  account note, then notes
    signal input withdrawal;                 // {word}   asset | amount | recipient
    signal input fee;                        // {word}   amount | asset | epoch
    signal input memoHash;                   // {u248}
    signal input traceTag;                   // {field}
    signal input ephemeral[2];               // {point}
    signal input statisticsCiphertext[2];    // {field}
    signal input investigationCiphertext[investigationWords]; // {field}
    signal input auditKeyS[2];               // {point}
    signal input auditKeyI[2];               // {point}
    signal input auditKeyL[2];               // {point}

    // The owner.
    signal input spendingKey;                // {250 bits}
    signal input nullifierKey;               // {field}
    signal input identityIndex;              // {u20}

    // The account note spent, or at genesis an account of zeros.
    signal input isGenesis;                  // {bool}
    signal input asset;                      // {u16}    of everything in this transfer
    signal input balance;                    // {u64}
    signal input nonce;                      // {u32}
    signal input cursor;                     // {u37}
    signal input accountDay;                 // {u16}
    signal input spentToday;                 // {u64}
    signal input accountBlinding;            // {field}
    signal input accountChildren[noteDepth][4]; // {field}

    // The notes taken in.
    signal input isInputUsed[notesIn];       // {bool}
    signal input inputAmount[notesIn];       // {u64}
    signal input inputBlinding[notesIn];     // {field}
    signal input inputIndex[notesIn];        // {u36}
    signal input inputChildren[notesIn][noteDepth][4]; // {field}

    // The notes made.
    signal input noteAmount[notesOut];       // {u64}
    signal input noteOwnerKey[notesOut];     // {field}
    signal input noteIdentityIndex[notesOut]; // {u20}
    signal input noteBlinding[notesOut];     // {field}

    // What leaves in public.
    signal input withdrawalAmount;           // {u64}
    signal input withdrawalRecipient;        // {u160}
    signal input feeAmount;                  // {u64}
    signal input epoch;                      // {u16}

    // The owner's identity leaf.
    signal input tier;                       // {u8}
    signal input jurisdiction;               // {u16}
    signal input expiryDay;                  // {u16}
    signal input status;                     // {u8}
    signal input suspendedUntil;             // {u16}
    signal input destination;                // {field}
    signal input tracePoint[2];              // {point}
    signal input salt;                       // {field}
    signal input identityChildren[IDENTITY_TREE_DEPTH()][4]; // {field}

    // The exit, and the destination's preimage.
    signal input isExit;                     // {bool}
    signal input destinationKind;            // {field}  DESTINATION_KIND
    signal input destinationValues[2];       // {field}  (address, 0) or (ownerKey, identityIndex)

    // The policy of (tier, asset).
    signal input perTransfer;                // {u64}
    signal input perDay;                     // {u64}
    signal input accountCap;                 // {u64}
    signal input reportAbove;                // {u64}
    signal input policyChildren[POLICY_TREE_DEPTH()][4]; // {field}
    signal input boundByOldBalance;          // {bool}

    isGenesis * (isGenesis - 1) === 0;
    isExit * (isExit - 1) === 0;
    boundByOldBalance * (boundByOldBalance - 1) === 0;
    _ <== Num2Bits(BITS_NOTE_ASSET())(asset);
    _ <== Num2Bits(16)(day);
    signal identityBits[2 * IDENTITY_TREE_DEPTH()] <== Num2Bits(2 * IDENTITY_TREE_DEPTH())(identityIndex);

    // T2  The witness knows spendingKey; keys and index make the owner. One set of signals serves every
    //     clause: a second ownerKey or index anywhere would be another person's.
    component owner = OwnerKey();
    owner.spendingKey <== spendingKey;
    owner.nullifierKey <== nullifierKey;
    var ownerKey = owner.ownerKey;

    // T1  The old account note is in the note tree at the anchor, or this is the genesis. Only the
    //     comparison of the root is gated. The note's word is opened, so each field is in its bits.
    _ <== Num2Bits(BITS_ACCOUNT_BALANCE())(balance);
    _ <== Num2Bits(BITS_ACCOUNT_NONCE())(nonce);
    _ <== Num2Bits(BITS_ACCOUNT_CURSOR())(cursor);
    _ <== Num2Bits(BITS_ACCOUNT_DAY())(accountDay);
    _ <== Num2Bits(BITS_ACCOUNT_SPENT_TODAY())(spentToday);
    signal oldAccount <== AccountCommitment()(
        ownerKey, asset, balance, nonce, cursor, accountDay, spentToday, identityIndex, accountBlinding
    );
    signal accountRoot <== MembershipAny(noteDepth)(oldAccount, accountChildren);
    (accountRoot - anchor) * (1 - isGenesis) === 0;
    // T0  At genesis the old state is zero: nothing of an account that is in no tree may carry over.
    //     The sum is zero only when all of these are, for they are in their bits (at most 2^67 in all).
    isGenesis * (balance + nonce + cursor + accountDay + spentToday) === 0;

    // T3  The account's, or the genesis', one canonical nullifier.
    signal spent <== SpentNullifier()(
        isGenesis, nullifierKey, oldAccount, ownerKey, identityIndex, asset
    );
    nullifier === spent;

    // T4  Notes taken in, each at or above the running cursor, which then passes it: no note is taken
    //     twice, here or later. An unused slot has amount 0 and leaves the cursor as it was.
    signal inputBits[notesIn][2 * noteDepth];
    signal inputNote[notesIn];
    signal inputRoot[notesIn];
    signal inputStep[notesIn];
    signal inputRecord[notesIn];             // leaf index + 1, 0 where unused
    var runningCursor = cursor;
    var amountIn = 0;
    var notesTaken = 0;
    for (var i = 0; i < notesIn; i++) {
        isInputUsed[i] * (isInputUsed[i] - 1) === 0;
        _ <== Num2Bits(BITS_NOTE_AMOUNT())(inputAmount[i]);
        (1 - isInputUsed[i]) * inputAmount[i] === 0;
        inputBits[i] <== Num2Bits(2 * noteDepth)(inputIndex[i]);
        inputNote[i] <== NoteCommitment()(
            ownerKey, identityIndex, asset, inputAmount[i], inputBlinding[i]
        );
        inputRoot[i] <== MerklePath(noteDepth)(inputNote[i], inputBits[i], inputChildren[i]);
        (inputRoot[i] - anchor) * isInputUsed[i] === 0;
        // used: index - cursor, which is not below 0; unused: 0.
        inputStep[i] <== isInputUsed[i] * (inputIndex[i] - runningCursor);
        _ <== Num2Bits(BITS_ACCOUNT_CURSOR())(inputStep[i]);
        inputRecord[i] <== isInputUsed[i] * (inputIndex[i] + 1);
        runningCursor += inputStep[i] + isInputUsed[i];
        amountIn += inputAmount[i];
        notesTaken += isInputUsed[i];
    }
    if (notesIn > 1) _ <== Num2Bits(BITS_STATISTICS_0_AMOUNT_IN())(amountIn);

    // T5  Value. Every amount is in u64 and none is gated, so the sum over the integers is the sum here.
    signal isNoteEmpty[notesOut];
    signal hasAmount[notesOut];
    signal noteCommitment[notesOut];
    var amountOut = 0;
    for (var i = 0; i < notesOut; i++) {
        _ <== Num2Bits(BITS_NOTE_AMOUNT())(noteAmount[i]);
        _ <== Num2Bits(BITS_ACCOUNT_IDENTITY_INDEX())(noteIdentityIndex[i]);
        isNoteEmpty[i] <== IsZero()(noteAmount[i]);
        hasAmount[i] <== 1 - isNoteEmpty[i];
        noteCommitment[i] <== NoteCommitment()(
            noteOwnerKey[i], noteIdentityIndex[i], asset, noteAmount[i], noteBlinding[i]
        );
        outputs[i + 1] === noteCommitment[i];
        amountOut += noteAmount[i];
    }
    _ <== Num2Bits(BITS_WITHDRAWAL_AMOUNT())(withdrawalAmount);
    _ <== Num2Bits(BITS_WITHDRAWAL_RECIPIENT())(withdrawalRecipient);
    _ <== Num2Bits(BITS_FEE_AMOUNT())(feeAmount);
    _ <== Num2Bits(BITS_FEE_EPOCH())(epoch);
    // A public amount that is not 0 is in the account's asset; with an amount of 0 the asset is 0, and the
    // withdrawal's recipient too, so that the word says nothing.
    signal isWithdrawalEmpty <== IsZero()(withdrawalAmount);
    signal hasWithdrawal <== 1 - isWithdrawalEmpty;
    signal isFeeEmpty <== IsZero()(feeAmount);
    signal hasFee <== 1 - isFeeEmpty;
    signal withdrawalParties <== hasWithdrawal * (asset * (1 << OFFSET_WITHDRAWAL_ASSET())
        + withdrawalRecipient * (1 << OFFSET_WITHDRAWAL_RECIPIENT()));
    withdrawal === withdrawalAmount * (1 << OFFSET_WITHDRAWAL_AMOUNT()) + withdrawalParties;
    signal feeAsset <== hasFee * asset;
    fee === feeAmount * (1 << OFFSET_FEE_AMOUNT())
        + feeAsset * (1 << OFFSET_FEE_ASSET())
        + epoch * (1 << OFFSET_FEE_EPOCH());
    signal newBalance <== balance + amountIn - amountOut - withdrawalAmount - feeAmount;
    _ <== Num2Bits(BITS_ACCOUNT_BALANCE())(newBalance);

    // T6  The leaf at the owner's own index is in identityRoot and names the owner's key. Without the
    //     position, a suspended owner could show another leaf of the same key.
    signal identityLeaf <== IdentityLeaf()(
        ownerKey, tier, jurisdiction, expiryDay, status, suspendedUntil, destination, tracePoint, salt
    );
    signal computedIdentityRoot <== MerklePath(IDENTITY_TREE_DEPTH())(
        identityLeaf, identityBits, identityChildren
    );
    identityRoot === computedIdentityRoot;
    // An identity that is not active, is suspended or has expired can only exit.
    signal isActive <== IsEqual()([status, IDENTITY_STATUS_ACTIVE()]);
    signal isExpired <== LessThan(BITS_IDENTITY_EXPIRY_DAY())([expiryDay, day]);
    signal isSuspended <== LessThan(BITS_IDENTITY_SUSPENDED_UNTIL())([day, suspendedUntil]);
    (1 - isExit) * (1 - isActive + isExpired + isSuspended) === 0;
    // In an exit all that leaves goes to the destination fixed at registration.
    signal openedDestination <== TaggedHash(TAG_DESTINATION(), 3)([
        destinationKind, destinationValues[0], destinationValues[1]
    ]);
    (openedDestination - destination) * isExit === 0;
    signal isExitWithdrawal <== isExit * hasWithdrawal;
    isExitWithdrawal * (destinationKind - DESTINATION_KIND_ADDRESS()) === 0;
    isExitWithdrawal * (destinationValues[0] - withdrawalRecipient) === 0;
    signal isExitNote[notesOut];
    for (var i = 0; i < notesOut; i++) {
        isExitNote[i] <== isExit * hasAmount[i];
        isExitNote[i] * (destinationKind - DESTINATION_KIND_OWNER()) === 0;
        isExitNote[i] * (destinationValues[0] - noteOwnerKey[i]) === 0;
        isExitNote[i] * (destinationValues[1] - noteIdentityIndex[i]) === 0;
    }

    // T7  Time and limits. An exit counts nothing and opens no policy: its limits are the prover's own.
    signal daysPassed <== day - accountDay;
    _ <== Num2Bits(BITS_ACCOUNT_DAY())(daysPassed);
    signal isSameDay <== IsZero()(daysPassed);
    signal spentBefore <== isSameDay * spentToday;
    signal isOwnKey[notesOut];
    signal isOwnIndex[notesOut];
    signal isToSelf[notesOut];
    signal sent[notesOut];                   // amounts that leave the owner
    var leaving = withdrawalAmount;
    for (var i = 0; i < notesOut; i++) {
        isOwnKey[i] <== IsEqual()([noteOwnerKey[i], ownerKey]);
        isOwnIndex[i] <== IsEqual()([noteIdentityIndex[i], identityIndex]);
        isToSelf[i] <== isOwnKey[i] * isOwnIndex[i];
        sent[i] <== noteAmount[i] * (1 - isToSelf[i]);
        leaving += sent[i];
    }
    signal counted <== leaving * (1 - isExit);
    signal newSpentToday <== spentBefore + counted;
    _ <== Num2Bits(64)(perTransfer);
    _ <== Num2Bits(64)(perDay);
    _ <== Num2Bits(64)(accountCap);
    _ <== Num2Bits(64)(reportAbove);
    _ <== Num2Bits(64)(perTransfer - counted);
    // perDay is in u64, so newSpentToday is too, and fits its word.
    _ <== Num2Bits(64)(perDay - newSpentToday);
    // balance' ≤ max(accountCap, balance), and in an exit balance' ≤ balance.
    isExit * (1 - boundByOldBalance) === 0;
    signal bound <== accountCap + boundByOldBalance * (balance - accountCap);
    _ <== Num2Bits(64)(bound - newBalance);
    signal policyLeaf <== TaggedHash(TAG_POLICY(), 6)([
        tier, asset, perTransfer, perDay, accountCap, reportAbove
    ]);
    signal computedPolicyRoot <== MembershipAny(POLICY_TREE_DEPTH())(policyLeaf, policyChildren);
    (computedPolicyRoot - policyRoot) * (1 - isExit) === 0;

    // T0  outputs[0] is the next account note of the same owner and asset.
    signal newBlinding <== TaggedHash(TAG_ACCOUNT_BLINDING(), 5)([
        nullifierKey, nullifier, outputs[1], outputs[2], outputs[3]
    ]);
    // nonce is in u32; the nonce above it must be too. Bound by the next line: only 2^32 - 1 has none.
    var lastNonce = (1 << BITS_ACCOUNT_NONCE()) - 1;
    signal belowLastNonce <-- nonce != lastNonce ? 1 / (nonce - lastNonce) : 0;
    (nonce - lastNonce) * belowLastNonce === 1;
    signal newAccount <== AccountCommitment()(
        ownerKey, asset, newBalance, nonce + 1, runningCursor, day, newSpentToday, identityIndex, newBlinding
    );
    outputs[0] === newAccount;

    // T9  The ephemeral binds nullifier and outputs: two versions of one transfer share no mask.
    signal ephemeralDigest <== TaggedHash(TAG_EPHEMERAL(), 6)([
        nullifierKey, nullifier, outputs[0], outputs[1], outputs[2], outputs[3]
    ]);
    component ephemeralSecret = CutBits(SCALAR_BITS());
    ephemeralSecret.in <== ephemeralDigest;
    signal computedEphemeral[2] <== MulBase8()(ephemeralSecret.bits);
    ephemeral === computedEphemeral;

    // T8  The trace tag of (account, nonce) under the epoch's key I.
    signal traceSecret[SCALAR_BITS()] <== TraceSecret()(nullifierKey, ownerKey, identityIndex);
    signal sharedI[1][2] <== MulPoint(1)(auditKeyI, [traceSecret]);
    signal traceKey <== TaggedHash(TAG_TRACE_EPOCH(), 2)(sharedI[0]);
    signal computedTag <== TaggedHash(TAG_TAG(), 3)([traceKey, asset, nonce]);
    traceTag === computedTag;

    // T10  The statistics record under key S.
    signal sharedS[1][2] <== MulPoint(1)(auditKeyS, [ephemeralSecret.bits]);
    signal month <== MonthOfDay()(day);
    component pseudonym = CutBits(BITS_STATISTICS_0_PSEUDONYM());
    pseudonym.in <== TaggedHash(TAG_PSEUDONYM(), 2)([traceKey, month]);
    signal statisticsMask[2];
    statisticsMask[0] <== TaggedHash(TAG_STATISTICS_MASK_0(), 2)(sharedS[0]);
    statisticsMask[1] <== TaggedHash(TAG_STATISTICS_MASK_1(), 2)(sharedS[0]);
    statisticsCiphertext[0] === statisticsMask[0]
        + pseudonym.out * (1 << OFFSET_STATISTICS_0_PSEUDONYM())
        + amountIn * (1 << OFFSET_STATISTICS_0_AMOUNT_IN())
        + notesTaken * (1 << OFFSET_STATISTICS_0_NOTES_IN());
    statisticsCiphertext[1] === statisticsMask[1]
        + asset * (1 << OFFSET_STATISTICS_1_ASSET())
        + noteAmount[0] * (1 << OFFSET_STATISTICS_1_AMOUNT_1())
        + noteAmount[1] * (1 << OFFSET_STATISTICS_1_AMOUNT_2())
        + noteAmount[2] * (1 << OFFSET_STATISTICS_1_AMOUNT_3())
        + tier * (1 << OFFSET_STATISTICS_1_TIER())
        + jurisdiction * (1 << OFFSET_STATISTICS_1_JURISDICTION());

    // T11  The investigation record, under key L when the day's sum is above the policy's threshold or this
    //      is an exit (whose limits are the prover's own, so that it could be split at will), else under I.
    //      Both sides of the comparison are in u64 and both bits are constrained: the base is I or L,
    //      nothing between. It is chosen before the ladder, which checks it as it would either.
    signal isAbove <== LessThan(64)([reportAbove, newSpentToday]);
    signal isReported <== isAbove + isExit - isAbove * isExit;
    signal recordKey[2];
    for (var i = 0; i < 2; i++) {
        recordKey[i] <== auditKeyI[i] + isReported * (auditKeyL[i] - auditKeyI[i]);
    }
    signal sharedRecord[1][2] <== MulPoint(1)(recordKey, [ephemeralSecret.bits]);
    signal recipientIndex[notesOut];         // 0 where the amount is 0
    for (var i = 0; i < notesOut; i++) recipientIndex[i] <== hasAmount[i] * noteIdentityIndex[i];
    signal investigationMask[investigationWords];
    investigationMask[0] <== TaggedHash(TAG_INVESTIGATION_MASK_0(), 2)(sharedRecord[0]);
    investigationCiphertext[0] === investigationMask[0]
        + identityIndex * (1 << OFFSET_INVESTIGATION_0_SENDER())
        + recipientIndex[0] * (1 << OFFSET_INVESTIGATION_0_RECIPIENT_1())
        + recipientIndex[1] * (1 << OFFSET_INVESTIGATION_0_RECIPIENT_2())
        + recipientIndex[2] * (1 << OFFSET_INVESTIGATION_0_RECIPIENT_3())
        + inputRecord[0] * (1 << OFFSET_INVESTIGATION_0_INPUT_1())
        + nonce * (1 << OFFSET_INVESTIGATION_0_NONCE());
    if (investigationWords == 2) {
        var restOfInputs = 0;
        for (var i = 1; i < notesIn; i++) {
            restOfInputs += inputRecord[i]
                * (1 << (OFFSET_INVESTIGATION_1_INPUT_2() + (i - 1) * BITS_INVESTIGATION_1_INPUT_2()));
        }
        investigationMask[1] <== TaggedHash(TAG_INVESTIGATION_MASK_1(), 2)(sharedRecord[0]);
        investigationCiphertext[1] === investigationMask[1] + restOfInputs;
    }

    // T12  Bound by the proof alone; squared so that no tool drops them as unused.
    signal domainSquare <== domain * domain;
    signal memoHashSquare <== memoHash * memoHash;
}
