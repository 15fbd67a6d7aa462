import { computeStatementId } from '../api/index.ts'
import type { Address } from '../protocol/address.ts'
import { commitAccount } from '../protocol/account.ts'
import { buildTransfer } from '../protocol/buildTransfer.ts'
import type { TransferCircuit } from '../protocol/constants.ts'
import { formatField } from '../protocol/field.ts'
import { commitNote } from '../protocol/note.ts'
import { buildPolicyTree } from '../protocol/policy.ts'
import { publicInputsToArray } from '../protocol/publicInputs.ts'
import { type MerklePath, rootOf } from '../protocol/tree.ts'
import { proofToWords } from '../prover/proof.ts'
import type { Prover, ProvingPhase } from '../prover/prover.ts'
import {
  BehindBaseChainError,
  DestinationUnknownError,
  NoteTreeChangedError,
  NotRegisteredError,
  TransferPendingError,
  UnknownAssetError,
} from './errors.ts'
import { formatAddress, openOwnIdentity } from './identity.ts'
import {
  abandonUnsentOf,
  type JournalEntry,
  type JournalIntent,
  type JournalPurpose,
  openEntry,
  sentEntry,
  undecidedEntry,
} from './journal.ts'
import { emptyLedger, type EpochRecord, epochOn, type NoteRecord, ownerOf } from './ledger.ts'
import type { SealedView } from './readSealed.ts'
import type { WaitingNote } from './selectNotes.ts'
import { move, requireEntry } from './submitJournal.ts'
import { resetLedger, updateState, type Wallet } from './wallet.ts'

export type StatementPayment = {
  readonly address: Address
  /** The address as the user gave it. */
  readonly text: string
  readonly amount: bigint
  readonly memo: string
}

export type StatementRequest = {
  readonly purpose: JournalPurpose
  readonly asset: bigint
  readonly circuit: TransferCircuit
  /** Oldest first. */
  readonly inputs: readonly WaitingNote[]
  readonly payments: readonly StatementPayment[]
  readonly withdrawal?: { readonly amount: bigint; readonly recipient: bigint }
  readonly fee: bigint
  /** Make it in the place of a statement that was sent and may still settle (W4). */
  readonly replace: boolean
}

/** A statement in the journal and what its proof needs. The inputs hold secrets: they stay in memory. */
export type PreparedStatement = {
  readonly id: number
  readonly circuit: TransferCircuit
  readonly circuitInputs: ReturnType<typeof buildTransfer>['circuitInputs']
}

/**
 * Builds a statement against the newest signed anchor (W3) and writes it to the journal.
 *
 * @throws {TransferPendingError} when another one of this account may still settle (W4).
 * @throws {NoteTreeChangedError} when the wallet's files do not lead to the anchor.
 * @throws {BehindBaseChainError} when wallet and sequencer see different registries, epochs or days.
 * @throws what `buildTransfer` throws for limits, balances and identities that do not allow it.
 */
export function prepareStatement(
  { wallet, sealed }: { wallet: Wallet; sealed: SealedView },
  request: StatementRequest,
): PreparedStatement {
  const { asset, circuit, payments, withdrawal, fee, purpose } = request
  const { ledger, journal } = wallet.state
  const owner = ownerOf(ledger, wallet.keys)
  if (owner === undefined) throw new NotRegisteredError()
  const record = sealed.accounts.find((account) => account.asset === asset)
  if (record === undefined) throw new UnknownAssetError({ asset: String(asset), known: [] })
  const pending = undecidedEntry(journal, record.nullifier)
  if (pending !== undefined && !request.replace) {
    throw new TransferPendingError({ id: pending.id, stage: pending.stage })
  }
  const identity = openOwnIdentity(ledger, wallet.state.identities)
  const isExit = purpose === 'exit'
  if (isExit && identity.destination === undefined) throw new DestinationUnknownError()
  const { day, epoch } = checkViews(wallet, sealed)
  const policy = findPolicy(wallet, { asset, tier: identity.identity.tier })

  const built = buildTransfer({
    circuit,
    keys: wallet.keys,
    domain: wallet.domain,
    account: record.account,
    isGenesis: record.leafIndex === undefined,
    ...(record.leafIndex === undefined
      ? {}
      : {
          accountPath: pathTo(wallet, sealed, {
            leafIndex: record.leafIndex,
            leaf: commitAccount(record.account),
          }),
        }),
    inputs: request.inputs.map(({ leafIndex }) => {
      const { amount, blinding } = findNote(wallet, leafIndex)
      const note = { asset, amount, owner, blinding }
      const path = pathTo(wallet, sealed, { leafIndex, leaf: commitNote(note) })
      return { note, index: Number(leafIndex), path }
    }),
    payments: payments.map(({ address, amount, memo }) => ({ address, amount, userMemo: memo })),
    ...(withdrawal === undefined ? {} : { withdrawal }),
    fee,
    epoch: epoch.epoch,
    identity: identity.identity,
    identityPath: wallet.trees.identityTree.path(Number(identity.index)),
    ...(identity.destination === undefined ? {} : { destination: identity.destination }),
    isExit,
    ...policy,
    anchor: sealed.noteTree.root,
    identityRoot: ledger.identityRoot,
    policyRoot: ledger.policyRoot,
    day,
    auditKeyS: epoch.auditKeyS,
    auditKeyI: epoch.auditKeyI,
    auditKeyL: epoch.auditKeyL,
    randomBytes: wallet.randomBytes,
  })

  const replaced = sentEntry(journal, record.nullifier)
  const intent: JournalIntent = {
    purpose,
    payments: payments.map(({ text, amount, memo }) => ({ address: text, amount, memo })),
    ...(withdrawal === undefined
      ? {}
      : {
          withdrawal: {
            amount: withdrawal.amount,
            recipient: formatAddress(withdrawal.recipient),
          },
        }),
    fee,
    inputs: request.inputs.map(({ leafIndex }) => leafIndex),
  }
  const entries = openEntry(abandonUnsentOf(journal, record.nullifier), {
    statementId: computeStatementId({
      circuit,
      publicInputs: publicInputsToArray(circuit, built.publicInputs),
      memo: built.memo,
    }),
    ...{ circuit, asset, intent },
    publicInputs: built.publicInputs,
    memo: built.memo,
    anchorBatch: sealed.anchorBatch,
    nextAccount: built.nextAccount,
    createdAt: wallet.now(),
    ...(replaced === undefined ? {} : { replaces: replaced.id }),
  })
  updateState(wallet, { journal: entries })
  const made = entries.at(-1)
  if (made === undefined) throw new RangeError('unreachable: an entry was just appended')
  return { id: made.id, circuit, circuitInputs: built.circuitInputs }
}

/** Proves a prepared statement and writes the proof to the journal before anything is sent. */
export async function proveStatement(
  { wallet, prover }: { wallet: Wallet; prover: Pick<Prover, 'prove'> },
  { id, circuit, circuitInputs }: PreparedStatement,
  { onPhase, signal }: { onPhase?: (phase: ProvingPhase) => void; signal?: AbortSignal } = {},
): Promise<JournalEntry> {
  try {
    const { proof } = await prover.prove(circuit, circuitInputs, {
      ...(onPhase === undefined ? {} : { onPhase }),
      ...(signal === undefined ? {} : { signal }),
    })
    move(wallet, id, 'proved', { proof: proofToWords(proof) })
    return requireEntry(wallet, id)
  } catch (error) {
    // Nobody has seen it, so the account is free for another statement.
    move(wallet, id, 'abandoned')
    throw error
  }
}

/**
 * Roots and audit keys come from the base chain alone; the sequencer only says which day it admits.
 * A sequencer that could choose the keys could read everything.
 */
function checkViews(wallet: Wallet, { status }: SealedView): { day: bigint; epoch: EpochRecord } {
  const { ledger } = wallet.state
  const differ = (what: string, mine: string, theirs: string) =>
    new BehindBaseChainError({ what, wallet: mine, sequencer: theirs })
  const identityRoot = formatField(ledger.identityRoot)
  if (status.identity.root !== identityRoot) {
    throw differ('identity root', identityRoot, status.identity.root)
  }
  const policyRoot = formatField(ledger.policyRoot)
  if (status.policy.root !== policyRoot) throw differ('policy root', policyRoot, status.policy.root)
  const day = BigInt(status.day)
  const epoch = epochOn(ledger, day)
  if (epoch === undefined || epoch.epoch !== BigInt(status.epoch)) {
    throw differ('audit-key epoch', String(epoch?.epoch ?? 'none'), String(status.epoch))
  }
  return { day, epoch }
}

/**
 * The leaf's path to the anchor. The files that it comes from are not trusted: one that does not lead
 * there shows that they were changed, and they are dropped.
 *
 * @throws {NoteTreeChangedError}
 */
function pathTo(
  wallet: Wallet,
  { noteTree }: SealedView,
  { leafIndex, leaf }: { leafIndex: bigint; leaf: bigint },
): MerklePath {
  const path = noteTree.path(Number(leafIndex))
  if (rootOf(leaf, path) === noteTree.root) return path
  const { identityIndex } = wallet.state.ledger
  resetLedger(wallet, emptyLedger(identityIndex === undefined ? {} : { identityIndex }))
  throw new NoteTreeChangedError()
}

function findPolicy(wallet: Wallet, { asset, tier }: { asset: bigint; tier: bigint }) {
  const { policies } = wallet.state.ledger
  const index = policies.findIndex((policy) => policy.asset === asset && policy.tier === tier)
  const policy = policies[index]
  // Without one the builder refuses all but an exit.
  if (policy === undefined) return {}
  return { policy, policyPath: buildPolicyTree(policies).path(index) }
}

function findNote(wallet: Wallet, leafIndex: bigint): NoteRecord {
  const note = wallet.state.ledger.notes.find((known) => known.leafIndex === leafIndex)
  if (note === undefined) throw new RangeError('a planned note must be one of the ledger')
  return note
}
