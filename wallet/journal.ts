import type { Assurance, Receipt } from '../api/index.ts'
import type { Account } from '../protocol/account.ts'
import type { TransferCircuit } from '../protocol/constants.ts'
import type { TransferPublicInputs } from '../protocol/publicInputs.ts'
import { JournalTransitionError } from './errors.ts'
import type { Ledger } from './ledger.ts'

/**
 * Life of a statement that this wallet made. `sent` is written before the first byte leaves: from
 * then on it may settle, whatever anybody says.
 *
 *   prepared ─recordProof─▶ proved ─markSent─▶ sent ─▶ admitted ─▶ sealed ─▶ settled
 *      │                      │                  └─────────┴─────────┴──▶ rejected │ superseded
 *      └──────────────────────┴──abandon──▶ abandoned
 *
 * The base chain has the last word: reconcileJournal believes a settlement in any stage but
 * `abandoned`, and takes it back after a reorg.
 */
export const journalStages = [
  'prepared',
  'proved',
  'sent',
  'admitted',
  'sealed',
  'settled',
  'rejected',
  'superseded',
  'abandoned',
] as const
export type JournalStage = (typeof journalStages)[number]

export type JournalPayment = {
  /** Address text, as given. */
  readonly address: string
  readonly amount: bigint
  readonly memo: string
}

export type JournalPurpose = 'send' | 'collect' | 'withdraw' | 'exit'

/** What the user asked for. */
export type JournalIntent = {
  readonly purpose: JournalPurpose
  readonly payments: readonly JournalPayment[]
  readonly withdrawal?: { readonly amount: bigint; readonly recipient: `0x${string}` }
  readonly fee: bigint
  /** Leaf indexes of the notes taken in. */
  readonly inputs: readonly bigint[]
}

export type JournalEntry = {
  readonly id: number
  /** computeStatementId: never names the proof, which is malleable. */
  readonly statementId: `0x${string}`
  readonly circuit: TransferCircuit
  readonly asset: bigint
  readonly intent: JournalIntent
  readonly publicInputs: TransferPublicInputs
  readonly memo: Uint8Array
  readonly anchorBatch: bigint
  /** The account once it is sealed. */
  readonly nextAccount: Account
  /** Unix seconds. */
  readonly createdAt: number
  readonly stage: JournalStage
  /** From `proved` on: eight coordinates. The same bytes are sent again after a crash. */
  readonly proof?: readonly bigint[]
  readonly sentAt?: number
  readonly receipt?: Receipt
  readonly batchNumber?: bigint
  /** While it is sealed: how sure the sequencer says it is. */
  readonly assurance?: Assurance
  readonly rejection?: { readonly code: string; readonly message: string }
  /** W4: the sent statement in whose place this one was made. */
  readonly replaces?: number
  /** Set once it stands in the base chain's forced queue: from then on no refusal decides anything. */
  readonly forced?: { readonly transactionHash: `0x${string}` }
  /** Of a claim against the operator's bond: the forced entry that shows it, and the payment. */
  readonly bondClaim?: { readonly entryId: bigint; readonly transactionHash?: `0x${string}` }
}

/** Stages in which a statement may still settle though nobody has said so. */
export const openStages: readonly JournalStage[] = ['sent', 'admitted', 'sealed']
const unsentStages: readonly JournalStage[] = ['prepared', 'proved']

const allowed: Readonly<Record<JournalStage, readonly JournalStage[]>> = {
  prepared: ['proved', 'abandoned'],
  proved: ['sent', 'abandoned'],
  sent: ['admitted', 'sealed', 'settled', 'rejected', 'superseded'],
  admitted: ['sealed', 'settled', 'rejected', 'superseded'],
  // A batch that misses the settle window is void with its transfers; they may be sealed again.
  sealed: ['admitted', 'settled', 'rejected', 'superseded'],
  // `sent`: the same statement may be submitted again. The rest: the chain's word.
  rejected: ['sent', 'admitted', 'sealed', 'settled', 'superseded'],
  // Only the base chain undoes these, by a reorg: see reconcileJournal.
  superseded: [],
  settled: [],
  abandoned: [],
}

/** Appends a statement in stage `prepared`. */
export function openEntry(
  journal: readonly JournalEntry[],
  entry: Omit<JournalEntry, 'id' | 'stage'>,
): JournalEntry[] {
  const id = journal.reduce((highest, known) => Math.max(highest, known.id), 0) + 1
  return [...journal, { ...entry, id, stage: 'prepared' }]
}

/** @throws {JournalTransitionError} when the stage does not lead there. */
export function moveEntry(
  journal: readonly JournalEntry[],
  id: number,
  stage: JournalStage,
  facts: Partial<
    Pick<
      JournalEntry,
      | 'proof'
      | 'sentAt'
      | 'receipt'
      | 'batchNumber'
      | 'assurance'
      | 'rejection'
      | 'forced'
      | 'bondClaim'
    >
  > = {},
): JournalEntry[] {
  return journal.map((entry) => {
    if (entry.id !== id) return entry
    if (entry.stage !== stage && !allowed[entry.stage].includes(stage)) {
      throw new JournalTransitionError({ id, from: entry.stage, to: stage })
    }
    return { ...entry, ...facts, stage }
  })
}

export function findEntry(journal: readonly JournalEntry[], id: number): JournalEntry | undefined {
  return journal.find((entry) => entry.id === id)
}

/**
 * Whether this entry is the statement with these public words. The memo's hash too: the same payment
 * made again against another anchor has the same outputs.
 */
export function isStatement(
  { publicInputs }: JournalEntry,
  other: Pick<TransferPublicInputs, 'nullifier' | 'outputs' | 'memoHash'>,
): boolean {
  return (
    publicInputs.nullifier === other.nullifier &&
    publicInputs.memoHash === other.memoHash &&
    publicInputs.outputs.every((output, i) => output === other.outputs[i])
  )
}

/** What was never sent is given up when the wallet starts: nobody has seen it. */
export function abandonUnsent(journal: readonly JournalEntry[]): JournalEntry[] {
  return journal.map((entry) =>
    entry.stage === 'prepared' ? { ...entry, stage: 'abandoned' } : entry,
  )
}

/** A statement that is made in the place of unsent ones leaves nothing of them. */
export function abandonUnsentOf(
  journal: readonly JournalEntry[],
  nullifier: bigint,
): JournalEntry[] {
  return journal.map((entry) =>
    entry.publicInputs.nullifier === nullifier && unsentStages.includes(entry.stage)
      ? { ...entry, stage: 'abandoned' }
      : entry,
  )
}

/** Statements that must be sent, or sent again, byte for byte. */
export function entriesToSend(journal: readonly JournalEntry[]): JournalEntry[] {
  return journal.filter(
    ({ stage, forced }) => stage === 'proved' || (stage === 'sent' && forced === undefined),
  )
}

/** The undecided statement that spends this nullifier, the newest first. */
export function undecidedEntry(
  journal: readonly JournalEntry[],
  nullifier: bigint,
): JournalEntry | undefined {
  return journal.findLast(
    ({ publicInputs, stage }) =>
      publicInputs.nullifier === nullifier &&
      (openStages.includes(stage) || unsentStages.includes(stage)),
  )
}

export type Promised = { readonly id: number; readonly settleBy: number }

/** Statements on their way whose receipt promises a time (seconds of the settlement clock) that the bond answers for. */
export function promisedEntries(journal: readonly JournalEntry[]): Promised[] {
  return journal
    .filter(({ stage, bondClaim }) => openStages.includes(stage) && bondClaim === undefined)
    .map(({ id, receipt }) => ({ id, settleBy: receipt?.settleBy ?? 0 }))
    .filter(({ settleBy }) => settleBy > 0)
}

/** W4: the newest statement with this nullifier that ever left the wallet. */
export function sentEntry(
  journal: readonly JournalEntry[],
  nullifier: bigint,
): JournalEntry | undefined {
  return journal.findLast(
    ({ publicInputs, sentAt }) => publicInputs.nullifier === nullifier && sentAt !== undefined,
  )
}

/** Brings the journal in line with the settled transfers of the base chain. */
export function reconcileJournal(
  journal: readonly JournalEntry[],
  ledger: Pick<Ledger, 'spends'>,
): JournalEntry[] {
  const settled = new Map(ledger.spends.map((spend) => [spend.nullifier, spend]))
  return journal.map((entry) => {
    if (entry.stage === 'abandoned') return entry
    const spend = settled.get(entry.publicInputs.nullifier)
    if (spend === undefined) {
      // A reorg took it back. What was settled is sent again; what lost to it is not, unless asked.
      if (entry.stage === 'settled') return { ...entry, stage: 'sent' }
      return entry.stage === 'superseded' ? { ...entry, stage: 'rejected' } : entry
    }
    const { batchNumber } = spend.settledAt
    if (isStatement(entry, spend)) return { ...entry, stage: 'settled', batchNumber }
    return { ...entry, stage: unsentStages.includes(entry.stage) ? 'abandoned' : 'superseded' }
  })
}
