import { assuranceOfSealed, assuranceOfSettled, type WalletAssurance } from './assurance.ts'
import type { JournalEntry, JournalStage } from './journal.ts'
import { isStatement, openStages } from './journal.ts'
import type { ClaimRecord, Ledger, NoteRecord, SpendRecord } from './ledger.ts'

export const historyKinds = [
  'deposit',
  'received',
  'sent',
  'toSelf',
  'collected',
  'withdrawal',
  'fee',
] as const
export type HistoryKind = (typeof historyKinds)[number]

/** One line of what happened. Amounts in protocol units. */
export type HistoryEntry = {
  readonly kind: HistoryKind
  readonly asset: bigint
  readonly amount: bigint
  /** `queued`, `reclaimRequested` and `refunded` are a deposit's, `claimed` a withdrawal's. */
  readonly stage: JournalStage | 'queued' | 'reclaimRequested' | 'refunded' | 'claimed'
  /** Unix seconds: block time, or, before settlement, when it was made here. */
  readonly at: bigint
  readonly memo?: string
  /** Address text, `identity <index>`, or a base-chain address. */
  readonly counterparty?: string
  /** Of its note; where there is none (a withdrawal, a fee, notes taken in), of the account's next note. Receipts and grants name it. */
  readonly leafIndex?: bigint
  readonly depositId?: bigint
  readonly batchNumber?: bigint
  /** From `sealed` on. */
  readonly assurance?: WalletAssurance
  readonly transactionHash?: `0x${string}`
  /** Id in the journal, of what this device made. */
  readonly transfer?: number
  /** W4: the sent transfer in whose place this one was made. */
  readonly replaces?: number
  readonly rejection?: string
}

/**
 * Everything that happened, oldest first; what is not settled yet comes last.
 *
 * @param unread blocks on top of the newest one that the ledger has.
 */
export function buildHistory(
  ledger: Ledger,
  journal: readonly JournalEntry[],
  { unread = 0n }: { unread?: bigint } = {},
): HistoryEntry[] {
  const settled = [
    ...ledger.notes.flatMap((note) => noteEntry(ledger, note, unread)),
    ...ledger.deposits.flatMap((deposit): HistoryEntry[] => {
      // A settled deposit shows as the note it became.
      if (deposit.stage === 'settled') return []
      const { id: depositId, asset, amount, stage, queuedAt, depositor } = deposit
      const { timestamp, transactionHash } = queuedAt
      const counterparty = depositor
      return [
        {
          kind: 'deposit',
          asset,
          amount,
          stage,
          depositId,
          at: timestamp,
          counterparty,
          transactionHash,
        },
      ]
    }),
    ...ledger.spends.flatMap((spend) => spendEntries(ledger, journal, spend, unread)),
  ]
  const waiting = journal.filter(({ stage }) => stage !== 'settled').flatMap(journalEntries)
  return [...settled.sort(byTime), ...waiting.sort(byTime)]
}

function noteEntry(ledger: Ledger, note: NoteRecord, unread: bigint): HistoryEntry[] {
  // A note to oneself is told by the transfer that made it.
  if (note.source === 'self') return []
  const { asset, amount, userMemo, leafIndex, settledAt } = note
  const { batchNumber, transactionHash, timestamp } = settledAt
  return [
    {
      kind: note.source === 'deposit' ? 'deposit' : 'received',
      ...{ asset, amount, stage: 'settled', at: timestamp },
      ...(userMemo === '' ? {} : { memo: userMemo }),
      ...{ leafIndex, batchNumber, transactionHash },
      assurance: assuranceOfSettled(ledger, settledAt, unread),
    },
  ]
}

function spendEntries(
  ledger: Ledger,
  journal: readonly JournalEntry[],
  spend: SpendRecord,
  unread: bigint,
): HistoryEntry[] {
  const made = journal.findLast((entry) => isStatement(entry, spend))
  const { batchNumber, transactionHash, timestamp } = spend.settledAt
  const common = {
    ...{ asset: spend.asset, stage: 'settled' as const, at: timestamp },
    ...{ batchNumber, transactionHash, leafIndex: spend.firstLeafIndex },
    assurance: assuranceOfSettled(ledger, spend.settledAt, unread),
    ...(made === undefined ? {} : { transfer: made.id }),
    ...(made?.replaces === undefined ? {} : { replaces: made.replaces }),
  }
  const entries: HistoryEntry[] = []
  if (spend.amountIn > 0n) entries.push({ kind: 'collected', ...common, amount: spend.amountIn })
  for (const { slot, amount, recipientIndex } of spend.payments) {
    const payment = made?.intent.payments[slot - 1]
    const isToSelf = recipientIndex === ledger.identityIndex
    const leafIndex = spend.firstLeafIndex + BigInt(slot)
    // What one wrote to oneself comes back with the seed; what one wrote to others does not.
    const note = ledger.notes.find((known) => isToSelf && known.leafIndex === leafIndex)
    const memo = payment?.memo ?? note?.userMemo ?? ''
    entries.push({
      kind: isToSelf ? 'toSelf' : 'sent',
      ...common,
      ...{ amount, leafIndex },
      counterparty: payment?.address ?? `identity ${String(recipientIndex)}`,
      ...(memo === '' ? {} : { memo }),
    })
  }
  if (spend.withdrawal !== undefined) {
    const { amount, recipient } = spend.withdrawal
    const claim = findClaim(ledger.claims, spend)
    entries.push({
      kind: 'withdrawal',
      ...common,
      amount,
      counterparty: `0x${recipient.toString(16).padStart(40, '0')}`,
      ...(claim === undefined
        ? {}
        : { stage: 'claimed' as const, transactionHash: claim.transactionHash }),
    })
  }
  if (spend.fee > 0n) entries.push({ kind: 'fee', ...common, amount: spend.fee })
  return entries
}

/** A claim pays all that was credited before it. */
function findClaim(claims: readonly ClaimRecord[], spend: SpendRecord): ClaimRecord | undefined {
  return claims.find(
    ({ asset, account, blockNumber }) =>
      asset === spend.asset &&
      BigInt(account) === spend.withdrawal?.recipient &&
      blockNumber >= spend.settledAt.blockNumber,
  )
}

/** What this device made and the base chain does not show: on its way, refused, or replaced. */
function journalEntries(entry: JournalEntry): HistoryEntry[] {
  // Never left the wallet: nothing happened.
  if (entry.sentAt === undefined && entry.stage !== 'proved') return []
  const { asset, intent, stage, createdAt, id } = entry
  const common = {
    ...{ asset, stage, at: BigInt(createdAt), transfer: id },
    ...(entry.replaces === undefined ? {} : { replaces: entry.replaces }),
    ...(entry.rejection === undefined ? {} : { rejection: entry.rejection.code }),
    ...(entry.batchNumber === undefined || !openStages.includes(stage)
      ? {}
      : { batchNumber: entry.batchNumber }),
    ...(stage === 'sealed' ? { assurance: assuranceOfSealed(entry.assurance) } : {}),
  }
  const entries: HistoryEntry[] = intent.payments.map(({ address, amount, memo }) => ({
    kind: 'sent',
    ...common,
    amount,
    counterparty: address,
    ...(memo === '' ? {} : { memo }),
  }))
  if (intent.withdrawal !== undefined) {
    const { amount, recipient } = intent.withdrawal
    entries.push({ kind: 'withdrawal', ...common, amount, counterparty: recipient })
  }
  if (intent.purpose === 'collect') entries.push({ kind: 'collected', ...common, amount: 0n })
  return entries
}

function byTime(one: HistoryEntry, other: HistoryEntry): number {
  if (one.at !== other.at) return one.at < other.at ? -1 : 1
  return 0
}
