import { type Account, commitAccount } from './account.ts'
import { checkSubgroupPoint } from './babyjubjub.ts'
import { checkTransferStatement } from './checkTransferStatement.ts'
import {
  completeTransfer,
  computeNextState,
  computeNullifier,
  isSameOwner,
} from './completeTransfer.ts'
import {
  DESTINATION_KIND,
  NOTE_TREE_DEPTH,
  NOTES_OUT,
  POLICY_TREE_DEPTH,
  type TransferCircuit,
} from './constants.ts'
import { FieldElement, fitsBits, formatField } from './field.ts'
import {
  type Destination,
  destinationFields,
  hashIdentity,
  type Identity,
  isIdentityInForce,
} from './identity.ts'
import { type Keys } from './keys.ts'
import { encodeUserMemo, hashMemo, type MemoEntry, type RandomBytes, sealMemo } from './memo.ts'
import { commitNote, type Note } from './note.ts'
import { notePrf } from './notePrf.ts'
import { hashPolicy, type Policy } from './policy.ts'
import { hash } from './poseidon.ts'
import { type TransferPublicInputs } from './publicInputs.ts'
import {
  type CircuitSignals,
  countInputSlots,
  type InputWitness,
  type NoteWitness,
  pathOfLone,
  type Payment,
  type TransferContext,
  type TransferInput,
  transferToCircuitInputs,
  type TransferWitness,
  type WithdrawalIntent,
} from './transfer.ts'
import {
  AccountCapExceededError,
  AccountExhaustedError,
  DailyLimitExceededError,
  DayBeforeAccountError,
  ExitDestinationError,
  ExitIncreasesBalanceError,
  ForeignAccountError,
  ForeignInputError,
  InputBelowCursorError,
  InsufficientBalanceError,
  InvalidAmountError,
  InvalidWithdrawalRecipientError,
  MissingPolicyError,
  MustExitError,
  StaleWitnessError,
  TooManyInputsError,
  TooManyPaymentsError,
  TransferLimitExceededError,
} from './transferErrors.ts'
import { type MerklePath, rootOf } from './tree.ts'

const MAX_AMOUNT = (1n << 64n) - 1n

/** What a user wants, and all that is needed to prove it. */
export type TransferIntent = TransferContext & {
  readonly circuit: TransferCircuit
  readonly keys: Keys
  /** The account to spend: the last one, or `genesisAccount` where the asset was never used. */
  readonly account: Account
  readonly isGenesis: boolean
  /** Of the account note; not at genesis. */
  readonly accountPath?: MerklePath
  /** Received notes to take in, in any order. */
  readonly inputs: readonly TransferInput[]
  /** At most three. The first goes to slot 1. */
  readonly payments: readonly Payment[]
  readonly withdrawal?: WithdrawalIntent
  /** In the account's asset; 0 for none. */
  readonly fee: bigint
  /** The audit-key epoch of `day`. */
  readonly epoch: bigint
  readonly identity: Identity
  readonly identityPath: MerklePath
  /** The exit's destination; only with `isExit`. */
  readonly destination?: Destination
  /** To the destination only, without limits. An identity that is not active has no other way. */
  readonly isExit?: boolean
  /** The policy of (tier, asset); not in an exit. */
  readonly policy?: Policy
  readonly policyPath?: MerklePath
  readonly randomBytes: RandomBytes
}

export type BuiltTransfer = {
  readonly publicInputs: TransferPublicInputs
  readonly circuitInputs: CircuitSignals
  readonly witness: TransferWitness
  readonly nextAccount: Account
  readonly nextCommitment: bigint
  readonly memo: Uint8Array
  /** outputs[1..3]; unused ones have amount 0. */
  readonly notes: readonly [Note, Note, Note]
}

/**
 * Builds a transfer or collect from an intent: witness, public inputs, memo and the next account.
 * Pure but for `randomBytes`, which only the memo uses: the same intent always makes the same
 * outputs, so that proving again reveals nothing new.
 *
 * Spec: docs/spec/transfer.md.
 *
 * @throws an error of transferErrors.ts for each user mistake, before anything is proved.
 */
export function buildTransfer(intent: TransferIntent): BuiltTransfer {
  checkContext(intent)
  checkAmounts(intent)
  const inputs = arrangeInputs(intent)
  const isExit = intent.isExit ?? false
  checkIdentity(intent, isExit)

  const { account, keys, circuit } = intent
  const notes = intent.payments.map(({ address, amount }) => ({ owner: address.owner, amount }))
  const draft = {
    account,
    inputs,
    notes: padNotes(notes, () => ({
      owner: { ownerKey: 0n, identityIndex: 0n },
      amount: 0n,
      blinding: 0n,
    })),
    withdrawal: intent.withdrawal ?? { amount: 0n, recipient: 0n },
    fee: { amount: intent.fee, epoch: intent.epoch },
    isExit,
  }
  checkBalance(intent, draft.inputs)
  const nextState = { ...computeNextState(draft, intent.day), blinding: 0n }
  const limits = checkLimits(intent, nextState, isExit)

  const withoutNotes = {
    ...draft,
    spendingKey: keys.spendingKey,
    nullifierKey: keys.nullifierKey,
    isGenesis: intent.isGenesis,
    accountPath: intent.isGenesis
      ? pathOfLone(commitAccount(account), NOTE_TREE_DEPTH)
      : requirePath(intent.accountPath),
    identity: intent.identity,
    identityPath: intent.identityPath,
    destination:
      intent.destination !== undefined && isExit
        ? destinationFields(intent.destination)
        : ([0n, 0n, 0n] as const),
    limits,
    policyPath: isExit
      ? pathOfLone(
          hash('POLICY', [
            intent.identity.tier,
            account.asset,
            limits.perTransfer,
            limits.perDay,
            limits.accountCap,
            limits.reportAbove,
          ]),
          POLICY_TREE_DEPTH,
        )
      : requirePath(intent.policyPath),
    boundByOldBalance: isExit || nextState.balance > limits.accountCap,
  }
  const prf = notePrf({
    blindingKey: keys.blindingKey,
    nullifier: computeNullifier(withoutNotes),
    nextState,
    inputs: inputs.map(({ isUsed, index }) => (isUsed ? index + 1n : 0n)),
    notes: draft.notes,
    withdrawal: draft.withdrawal,
    fee: draft.fee,
    identityRoot: intent.identityRoot,
  })
  const witness: TransferWitness = {
    ...withoutNotes,
    notes: padNotes(
      notes.map((note, i) => ({ ...note, blinding: prf('blinding', i + 1) })),
      // An unused output looks like any other: nobody owns it and nobody can tell.
      (slot) => ({
        owner: { ownerKey: prf('owner', slot), identityIndex: 0n },
        amount: 0n,
        blinding: prf('blinding', slot),
      }),
    ),
  }

  const completed = completeTransfer(circuit, witness, intent)
  const memo = sealMemo({
    ephemeralSecret: completed.ephemeralSecret,
    ephemeral: completed.ephemeral,
    entries: memoEntries(intent, witness),
    randomBytes: intent.randomBytes,
  })
  const publicInputs = { ...completed.publicInputs, memoHash: hashMemo(memo) }
  // Whatever the checks above missed ends here and not in a proof that nobody accepts.
  checkTransferStatement(circuit, publicInputs, witness)
  const [note1, note2, note3] = witness.notes
  return {
    publicInputs,
    circuitInputs: transferToCircuitInputs(publicInputs, witness),
    witness,
    nextAccount: completed.nextAccount,
    nextCommitment: publicInputs.outputs[0],
    memo,
    notes: [
      { ...note1, asset: account.asset },
      { ...note2, asset: account.asset },
      { ...note3, asset: account.asset },
    ],
  }
}

function checkContext(intent: TransferIntent): void {
  const { anchor, identityRoot, policyRoot, domain, auditKeyS, auditKeyI, auditKeyL } = intent
  for (const value of [anchor, identityRoot, policyRoot, domain]) FieldElement(value)
  checkSubgroupPoint(auditKeyS, 'audit key S')
  checkSubgroupPoint(auditKeyI, 'audit key I')
  checkSubgroupPoint(auditKeyL, 'audit key L')
  const { account, keys, isGenesis, identity, identityPath, accountPath, day } = intent
  const { owner } = account
  if (owner.ownerKey !== keys.ownerKey || identity.ownerKey !== keys.ownerKey) {
    throw new ForeignAccountError()
  }
  if (positionOf(identityPath) !== owner.identityIndex) throw new ForeignAccountError()
  if (rootOf(hashIdentity(identity), identityPath) !== identityRoot) {
    throw new StaleWitnessError({
      what: 'identity',
      root: `identityRoot ${formatField(identityRoot)}`,
    })
  }
  if (!isGenesis && rootOf(commitAccount(account), requirePath(accountPath)) !== anchor) {
    throw new StaleWitnessError({ what: 'account note', root: `anchor ${formatField(anchor)}` })
  }
  if (day < account.day) throw new DayBeforeAccountError()
  if (account.nonce === (1n << 32n) - 1n) throw new AccountExhaustedError()
}

function checkAmounts({ payments, withdrawal, fee }: TransferIntent): void {
  if (payments.length > NOTES_OUT) throw new TooManyPaymentsError({ given: payments.length })
  for (const { amount, userMemo } of payments) {
    if (!isAmount(amount)) throw new InvalidAmountError({ what: 'payment' })
    encodeUserMemo(userMemo ?? '')
  }
  if (withdrawal !== undefined) {
    if (!isAmount(withdrawal.amount)) throw new InvalidAmountError({ what: 'withdrawal' })
    if (withdrawal.recipient === 0n || !fitsBits(withdrawal.recipient, 160)) {
      throw new InvalidWithdrawalRecipientError()
    }
  }
  if (fee !== 0n && !isAmount(fee)) throw new InvalidAmountError({ what: 'fee' })
}

function isAmount(amount: bigint): boolean {
  return amount > 0n && amount <= MAX_AMOUNT
}

/** The input slots: the notes in the order of the tree, then unused slots. */
function arrangeInputs({ circuit, account, inputs, anchor }: TransferIntent): InputWitness[] {
  const slots = countInputSlots(circuit)
  if (inputs.length > slots) throw new TooManyInputsError({ given: inputs.length, slots })
  let cursor = account.cursor
  const used = [...inputs]
    .sort((a, b) => a.index - b.index)
    .map(({ note, index, path }) => {
      if (!isSameOwner(note.owner, account.owner) || note.asset !== account.asset) {
        throw new ForeignInputError()
      }
      if (BigInt(index) < cursor) throw new InputBelowCursorError()
      cursor = BigInt(index) + 1n
      if (rootOf(commitNote(note), path) !== anchor || positionOf(path) !== BigInt(index)) {
        throw new StaleWitnessError({
          what: 'note to take in',
          root: `anchor ${formatField(anchor)}`,
        })
      }
      return {
        isUsed: true,
        amount: note.amount,
        blinding: note.blinding,
        index: BigInt(index),
        path,
      }
    })
  const empty: Note = { owner: account.owner, asset: account.asset, amount: 0n, blinding: 0n }
  const unused: InputWitness = {
    isUsed: false,
    amount: 0n,
    blinding: 0n,
    index: 0n,
    path: pathOfLone(commitNote(empty), NOTE_TREE_DEPTH),
  }
  return [...used, ...Array.from({ length: slots - used.length }, () => unused)]
}

function checkIdentity(intent: TransferIntent, isExit: boolean): void {
  const { identity, day, destination, withdrawal, payments } = intent
  if (!isExit) {
    if (!isIdentityInForce(identity, day)) throw new MustExitError()
    return
  }
  if (destination === undefined) throw new ExitDestinationError()
  const fields = destinationFields(destination)
  if (hash('DESTINATION', fields) !== identity.destination) throw new ExitDestinationError()
  const [kind, value] = fields
  if (
    withdrawal !== undefined &&
    (kind !== BigInt(DESTINATION_KIND.ADDRESS) || withdrawal.recipient !== value)
  ) {
    throw new ExitDestinationError()
  }
  for (const { address } of payments) {
    if (destination.kind !== 'owner' || !isSameOwner(address.owner, destination.owner)) {
      throw new ExitDestinationError()
    }
  }
}

function checkBalance(
  { account, payments, withdrawal, fee }: TransferIntent,
  inputs: readonly InputWitness[],
): void {
  const amountIn = inputs.reduce((sum, { amount }) => sum + amount, 0n)
  const amountOut = payments.reduce((sum, { amount }) => sum + amount, 0n)
  const balance = account.balance + amountIn - amountOut - (withdrawal?.amount ?? 0n) - fee
  if (balance < 0n) throw new InsufficientBalanceError()
  // The sum taken in is a word's field too, so it must fit even where the balance would.
  if (balance > MAX_AMOUNT || amountIn > MAX_AMOUNT) throw new AccountCapExceededError()
}

/** The policy's limits after checking them, or limits that bind nothing in an exit. */
function checkLimits(
  intent: TransferIntent,
  next: Account,
  isExit: boolean,
): TransferWitness['limits'] {
  const { account, policy, identity, day, policyPath, policyRoot } = intent
  if (isExit) {
    if (next.balance > account.balance) throw new ExitIncreasesBalanceError()
    return { perTransfer: 0n, perDay: MAX_AMOUNT, accountCap: 0n, reportAbove: 0n }
  }
  if (policy === undefined || policy.tier !== identity.tier || policy.asset !== account.asset) {
    throw new MissingPolicyError({ asset: account.asset })
  }
  if (rootOf(hashPolicy(policy), requirePath(policyPath)) !== policyRoot) {
    throw new StaleWitnessError({ what: 'policy', root: `policyRoot ${formatField(policyRoot)}` })
  }
  const spentBefore = day === account.day ? account.spentToday : 0n
  if (next.spentToday - spentBefore > policy.perTransfer) throw new TransferLimitExceededError()
  if (next.spentToday > policy.perDay) throw new DailyLimitExceededError()
  if (next.balance > policy.accountCap && next.balance > account.balance) {
    throw new AccountCapExceededError()
  }
  const { perTransfer, perDay, accountCap, reportAbove } = policy
  return { perTransfer, perDay, accountCap, reportAbove }
}

function padNotes(
  notes: readonly (Omit<NoteWitness, 'blinding'> & { readonly blinding?: bigint })[],
  unused: (slot: number) => NoteWitness,
): [NoteWitness, NoteWitness, NoteWitness] {
  const at = (slot: number): NoteWitness => {
    const note = notes[slot - 1]
    return note === undefined ? unused(slot) : { ...note, blinding: note.blinding ?? 0n }
  }
  return [at(1), at(2), at(3)]
}

function memoEntries({ account, payments }: TransferIntent, witness: TransferWitness): MemoEntry[] {
  return payments.map(({ address, amount, userMemo }, i) => ({
    slot: (i + 1) as MemoEntry['slot'],
    viewingPublicKey: address.viewingPublicKey,
    note: {
      asset: account.asset,
      amount,
      blinding: witness.notes[i]?.blinding ?? 0n,
      userMemo: userMemo ?? '',
    },
  }))
}

function positionOf({ digits }: MerklePath): bigint {
  return digits.reduceRight((index, digit) => index * 4n + BigInt(digit), 0n)
}

function requirePath(path: MerklePath | undefined): MerklePath {
  if (path === undefined) throw new TypeError('a path is missing')
  return path
}
