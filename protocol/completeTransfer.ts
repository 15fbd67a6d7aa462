import { type Account, deriveAccountBlinding } from './account.ts'
import {
  deriveEphemeralSecret,
  derivePseudonym,
  deriveTraceTag,
  maskInvestigation,
  maskStatistics,
  sharedPoint,
} from './auditRecord.ts'
import { type CurvePoint, mulBase8 } from './babyjubjub.ts'
import { monthOf } from './calendar.ts'
import { NULLIFIER_BITS, TRANSFER_CIRCUITS, type TransferCircuit, WORDS } from './constants.ts'
import { fitsBits, lowBits, reduce } from './field.ts'
import { deriveTraceKey, deriveTraceSecret, type Owner } from './keys.ts'
import { deriveRecipient } from './note.ts'
import { hash } from './poseidon.ts'
import { type TransferPublicInputs } from './publicInputs.ts'
import { type NoteWitness, type TransferContext, type TransferWitness } from './transfer.ts'
import { type WordFields } from './words.ts'

export type CompletedTransfer = {
  /** All but the memo's hash: the memo is sealed with `ephemeralSecret`, so it comes after. */
  readonly publicInputs: Omit<TransferPublicInputs, 'memoHash'>
  readonly nextAccount: Account
  readonly ephemeralSecret: bigint
  readonly ephemeral: CurvePoint
  /** The key that the investigation record is for: L in an exit and above the day's threshold, else I. */
  readonly recordKey: CurvePoint
}

/**
 * Computes every public value that follows from a witness. It computes and judges nothing: amounts
 * out of range give the words that they would give in the circuit, so that tests can play a prover
 * who breaks one rule and keeps all others. `checkTransferStatement` judges.
 */
export function completeTransfer(
  circuit: TransferCircuit,
  witness: TransferWitness,
  context: TransferContext,
): CompletedTransfer {
  const { nullifierKey, account, inputs, notes, withdrawal, fee, identity } = witness
  const { owner, asset } = account
  const { day, auditKeyS, auditKeyI, auditKeyL } = context

  const nullifier = computeNullifier(witness)
  const commit = (note: NoteWitness): bigint =>
    hash('NOTE', [
      deriveRecipient(note.owner, note.blinding),
      combineWord('note', { asset, amount: note.amount }),
    ])
  const noteOutputs = [commit(notes[0]), commit(notes[1]), commit(notes[2])] as const
  const nextAccount = {
    ...computeNextState(witness, day),
    blinding: deriveAccountBlinding(nullifierKey, nullifier, noteOutputs),
  }
  const outputs = [commitLoosely(nextAccount), ...noteOutputs] as const

  const ephemeralSecret = deriveEphemeralSecret(nullifierKey, nullifier, outputs)
  const ephemeral = mulBase8(ephemeralSecret)
  const traceKey = deriveTraceKey(deriveTraceSecret(nullifierKey, owner), auditKeyI)

  const month = fitsBits(day, 16) ? monthOf(day) : 0n
  const statistics = [
    combineWord('statistics0', {
      pseudonym: derivePseudonym(traceKey, month),
      amountIn: inputs.reduce((sum, { amount }) => sum + amount, 0n),
      notesIn: BigInt(inputs.filter(({ isUsed }) => isUsed).length),
    }),
    combineWord('statistics1', {
      asset,
      amount1: notes[0].amount,
      amount2: notes[1].amount,
      amount3: notes[2].amount,
      tier: identity.tier,
      jurisdiction: identity.jurisdiction,
    }),
  ]
  const recipient = ({ amount, owner }: NoteWitness): bigint =>
    amount === 0n ? 0n : owner.identityIndex
  const records = inputs.map(({ isUsed, index }) => (isUsed ? index + 1n : 0n))
  const investigation = [
    combineWord('investigation0', {
      sender: owner.identityIndex,
      recipient1: recipient(notes[0]),
      recipient2: recipient(notes[1]),
      recipient3: recipient(notes[2]),
      input1: records[0] ?? 0n,
      nonce: account.nonce,
    }),
    combineWord('investigation1', {
      input2: records[1] ?? 0n,
      input3: records[2] ?? 0n,
      input4: records[3] ?? 0n,
      input5: records[4] ?? 0n,
      input6: records[5] ?? 0n,
    }),
  ].slice(0, TRANSFER_CIRCUITS[circuit].investigationWords)

  const [statistics0 = 0n, statistics1 = 0n] = maskStatistics(
    sharedPoint(auditKeyS, ephemeralSecret),
    statistics,
  )
  const isReported = witness.isExit || nextAccount.spentToday > witness.limits.reportAbove
  const recordKey = isReported ? auditKeyL : auditKeyI
  return {
    publicInputs: {
      anchor: context.anchor,
      identityRoot: context.identityRoot,
      policyRoot: context.policyRoot,
      day,
      domain: context.domain,
      nullifier,
      outputs,
      withdrawal: combineWord(
        'withdrawal',
        withdrawal.amount === 0n
          ? { asset: 0n, amount: 0n, recipient: 0n }
          : { asset, amount: withdrawal.amount, recipient: withdrawal.recipient },
      ),
      fee: combineWord('fee', {
        amount: fee.amount,
        asset: fee.amount === 0n ? 0n : asset,
        epoch: fee.epoch,
      }),
      traceTag: deriveTraceTag(traceKey, asset, account.nonce),
      ephemeral: [ephemeral.x, ephemeral.y],
      statisticsCiphertext: [statistics0, statistics1],
      investigationCiphertext: maskInvestigation(
        sharedPoint(recordKey, ephemeralSecret),
        investigation,
      ),
      auditKeyS: [auditKeyS.x, auditKeyS.y],
      auditKeyI: [auditKeyI.x, auditKeyI.y],
      auditKeyL: [auditKeyL.x, auditKeyL.y],
    },
    nextAccount,
    ephemeralSecret,
    ephemeral,
    recordKey,
  }
}

/** The nullifier that a witness must publish. */
export function computeNullifier({ nullifierKey, isGenesis, account }: TransferWitness): bigint {
  const { owner, asset } = account
  const digest = isGenesis
    ? hash('GENESIS', [nullifierKey, owner.ownerKey, owner.identityIndex, asset])
    : hash('NULLIFIER', [nullifierKey, commitLoosely(account)])
  return lowBits(digest, NULLIFIER_BITS)
}

/** The next account state, but for its blinding, which depends on the outputs. */
export function computeNextState(
  witness: Pick<TransferWitness, 'account' | 'inputs' | 'notes' | 'withdrawal' | 'fee' | 'isExit'>,
  day: bigint,
): Omit<Account, 'blinding'> {
  const { account, inputs, notes, withdrawal, fee, isExit } = witness
  const amountIn = inputs.reduce((sum, { amount }) => sum + amount, 0n)
  const amountOut = notes.reduce((sum, { amount }) => sum + amount, 0n)
  const leaving = notes
    .filter(({ owner }) => !isSameOwner(owner, account.owner))
    .reduce((sum, { amount }) => sum + amount, withdrawal.amount)
  return {
    owner: account.owner,
    asset: account.asset,
    balance: reduce(account.balance + amountIn - amountOut - withdrawal.amount - fee.amount),
    nonce: account.nonce + 1n,
    cursor: inputs.reduce(
      (cursor, { isUsed, index }) => (isUsed ? index + 1n : cursor),
      account.cursor,
    ),
    day,
    spentToday: (day === account.day ? account.spentToday : 0n) + (isExit ? 0n : leaving),
  }
}

/** The same person: equal key and equal index. */
export function isSameOwner(a: Owner, b: Owner): boolean {
  return a.ownerKey === b.ownerKey && a.identityIndex === b.identityIndex
}

/** H(ACCOUNT, …) of any numbers, also those that no account can have. */
function commitLoosely({ owner, blinding, ...state }: Account): bigint {
  const word = combineWord('account', { ...state, identityIndex: owner.identityIndex })
  return hash('ACCOUNT', [owner.ownerKey, word, blinding])
}

/** The sum that a circuit makes of a word's fields, whether or not they fit. */
export function combineWord<W extends keyof typeof WORDS>(word: W, fields: WordFields<W>): bigint {
  let sum = 0n
  let offset = 0n
  for (const [name, bits] of WORDS[word]) {
    sum += ((fields as Record<string, bigint>)[name] ?? 0n) << offset
    offset += BigInt(bits)
  }
  return reduce(sum)
}
