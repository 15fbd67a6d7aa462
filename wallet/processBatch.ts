import type { ChainEventOf } from '../l1/chainEvents.ts'
import { AccountChainError } from './errors.ts'
import { followTransfer } from './followTransfer.ts'
import {
  type Ledger,
  type NoteRecord,
  ownerOf,
  type SettledAt,
  type SpendRecord,
} from './ledger.ts'
import { openDepositNote, openTransferNotes } from './openReceivedNotes.ts'
import { rebuildOwnNotes } from './rebuildOwnNotes.ts'
import type { ProcessContext } from './processChainEvent.ts'

type BatchSettled = ChainEventOf<'batchSettled'>

/**
 * A settled batch applied to the ledger: every memo and deposit is tried, and transfers of our own
 * accounts are followed, by whatever device they were made. That its leaves give the contract's root is
 * `extendSettled`'s business, before (W1).
 *
 * @throws {AccountChainError}
 */
export function processBatch(context: ProcessContext, ledger: Ledger, batch: BatchSettled): Ledger {
  const { batchNumber, newSlotCount, noteRoot } = batch
  const next = readBatch(context, ledger, batch)
  return { ...next, batchNumber, slotCount: newSlotCount, noteRoot }
}

function readBatch(context: ProcessContext, ledger: Ledger, batch: BatchSettled): Ledger {
  const owner = ownerOf(ledger, context.keys)
  if (owner === undefined) return { ...ledger, isScannedBlind: true }
  const { batchNumber, blockNumber, transactionHash, timestamp } = batch
  const settledAt: SettledAt = { batchNumber, blockNumber, transactionHash, timestamp }
  const { keys, trials } = context
  const reader = { keys, owner, ...(trials === undefined ? {} : { trials }) }

  let next = ledger
  const found: NoteRecord[] = []
  for (const transfer of batch.transfers) {
    const followed = followOwn(context, next, { transfer, settledAt })
    if (followed !== undefined) {
      next = followed.ledger
      found.push(...followed.ownNotes)
    }
    const source = followed === undefined ? 'transfer' : 'self'
    for (const note of openTransferNotes(reader, transfer)) {
      found.push({ ...note, source, settledAt })
    }
  }
  for (const deposit of batch.deposits) {
    const blinding = openDepositNote(reader, deposit, context.knownRecipients)
    if (blinding === undefined) continue
    const { id, asset, amount, leafIndex } = deposit
    found.push({
      ...{ leafIndex, asset, amount, blinding, userMemo: '' },
      source: 'deposit',
      depositId: id,
      settledAt,
    })
    next = {
      ...next,
      deposits: next.deposits.map((known) =>
        known.id === id ? { ...known, stage: 'settled' } : known,
      ),
    }
  }
  return found.length === 0 ? next : { ...next, notes: addNotes(next.notes, found) }
}

/** Advances the account whose nullifier the transfer reveals; undefined when it is none of ours. */
function followOwn(
  { keys }: ProcessContext,
  ledger: Ledger,
  { transfer, settledAt }: { transfer: BatchSettled['transfers'][number]; settledAt: SettledAt },
): { ledger: Ledger; ownNotes: NoteRecord[] } | undefined {
  const { nullifier } = transfer.publicInputs
  const record = ledger.accounts.find((account) => account.nullifier === nullifier)
  if (record === undefined) return undefined
  const followed = followTransfer(keys, record, transfer)
  if (followed === undefined) {
    const { batchNumber } = settledAt
    throw new AccountChainError({ batchNumber, slot: transfer.slot })
  }
  const { spend } = followed
  const nextAccount = followed.record.account
  const ownNotes = rebuildOwnNotes({ keys, nextAccount }, transfer, spend)
  const next: Ledger = {
    ...ledger,
    accounts: ledger.accounts.map((known) => (known === record ? followed.record : known)),
    spends: [...ledger.spends, { ...spend, settledAt }],
    notes: takeNotes(ledger.notes, spend),
  }
  return {
    ledger: next,
    ownNotes: ownNotes.map((note) => ({ ...note, source: 'self', settledAt })),
  }
}

/** Marks the notes that a transfer took in. */
function takeNotes(
  notes: readonly NoteRecord[],
  { asset, inputs, nonce }: Pick<SpendRecord, 'asset' | 'inputs' | 'nonce'>,
): readonly NoteRecord[] {
  const next = [...notes]
  for (const { leafIndex } of inputs) {
    const at = placeOf(next, leafIndex)
    const note = next[at]
    if (note?.leafIndex === leafIndex && note.asset === asset)
      next[at] = { ...note, takenBy: nonce }
  }
  return next
}

/** Once by leaf index: a note to oneself is found by our own records and by its ciphertext. */
function addNotes(
  notes: readonly NoteRecord[],
  found: readonly NoteRecord[],
): readonly NoteRecord[] {
  const next = [...notes]
  for (const note of found) {
    const at = placeOf(next, note.leafIndex)
    const known = next[at]
    if (known?.leafIndex !== note.leafIndex) next.splice(at, 0, note)
    else if (known.userMemo === '') next[at] = { ...known, userMemo: note.userMemo }
  }
  return next
}

/** Where the leaf index stands, or would, in the ascending list. */
function placeOf(notes: readonly NoteRecord[], leafIndex: bigint): number {
  let [low, high] = [0, notes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const note = notes[middle]
    if (note !== undefined && note.leafIndex < leafIndex) low = middle + 1
    else high = middle
  }
  return low
}
