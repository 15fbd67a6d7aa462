import type { ChainEventOf } from '../l1/chainEvents.ts'
import { AccountChainError, SettledDataError } from './errors.ts'
import { followTransfer } from './followTransfer.ts'
import { type Ledger, type NoteRecord, ownerOf, type SettledAt } from './ledger.ts'
import { batchLeaves, extendTree } from './noteTree.ts'
import { openDepositNote, openTransferNotes } from './openReceivedNotes.ts'
import { rebuildOwnNotes } from './rebuildOwnNotes.ts'
import type { ProcessContext } from './processChainEvent.ts'

type BatchSettled = ChainEventOf<'batchSettled'>

/**
 * A settled batch applied to the ledger (W1): the note tree is rebuilt to the contract's root, every
 * memo and deposit is tried, and transfers of our own accounts are followed, by whatever device they
 * were made.
 *
 * @throws {SettledDataError | AccountChainError}
 */
export function processBatch(context: ProcessContext, ledger: Ledger, batch: BatchSettled): Ledger {
  const { batchNumber } = batch
  const refuse = (reason: string) => new SettledDataError({ batchNumber, reason })
  if (batchNumber !== ledger.batchNumber + 1n) throw refuse('it is not the next one')
  if (batch.oldSlotCount !== ledger.slotCount)
    throw refuse('it does not start where the last ended')
  const leaves = batchLeaves(batch)
  if ('wrong' in leaves) throw refuse(leaves.wrong)
  const fork = extendTree(context.trees.noteTree, leaves, batch.noteRoot)
  if (fork === undefined) throw refuse('its leaves do not give the root of the contract')

  const next = readBatch(context, ledger, batch)
  // Nothing can fail from here on.
  context.trees.noteTree.merge(fork)
  context.onLeaves(leaves)
  return { ...next, batchNumber, slotCount: batch.newSlotCount, noteRoot: batch.noteRoot }
}

function readBatch(context: ProcessContext, ledger: Ledger, batch: BatchSettled): Ledger {
  const owner = ownerOf(ledger, context.keys)
  if (owner === undefined) return { ...ledger, isScannedBlind: true }
  const { batchNumber, blockNumber, transactionHash, timestamp } = batch
  const settledAt: SettledAt = { batchNumber, blockNumber, transactionHash, timestamp }
  const reader = { keys: context.keys, owner }

  let next = ledger
  for (const transfer of batch.transfers) {
    const followed = followOwn(context, next, { transfer, settledAt })
    const source = followed === next ? 'transfer' : 'self'
    next = followed
    for (const note of openTransferNotes(reader, transfer)) {
      next = addNote(next, { ...note, source, settledAt })
    }
  }
  for (const deposit of batch.deposits) {
    const blinding = openDepositNote(reader, deposit, context.knownRecipients)
    if (blinding === undefined) continue
    const { id, asset, amount, leafIndex } = deposit
    next = addNote(next, {
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
  return next
}

/** Advances the account whose nullifier the transfer reveals, if it is one of ours. */
function followOwn(
  { keys }: ProcessContext,
  ledger: Ledger,
  { transfer, settledAt }: { transfer: BatchSettled['transfers'][number]; settledAt: SettledAt },
): Ledger {
  const { nullifier } = transfer.publicInputs
  const record = ledger.accounts.find((account) => account.nullifier === nullifier)
  if (record === undefined) return ledger
  const followed = followTransfer(keys, record, transfer)
  if (followed === undefined) {
    const { batchNumber } = settledAt
    throw new AccountChainError({ batchNumber, slot: transfer.slot })
  }
  const { spend } = followed
  const taken = new Set(spend.inputs.map(({ leafIndex }) => leafIndex))
  const nextAccount = followed.record.account
  const ownNotes = rebuildOwnNotes({ keys, nextAccount }, transfer, spend)
  const next: Ledger = {
    ...ledger,
    accounts: ledger.accounts.map((known) => (known === record ? followed.record : known)),
    spends: [...ledger.spends, { ...spend, settledAt }],
    notes: ledger.notes.map((note) =>
      note.asset === record.asset && taken.has(note.leafIndex)
        ? { ...note, takenBy: spend.nonce }
        : note,
    ),
  }
  return ownNotes.reduce(
    (known, note) => addNote(known, { ...note, source: 'self', settledAt }),
    next,
  )
}

/** Once by leaf index: a note to oneself is found by our own records and by its ciphertext. */
function addNote(ledger: Ledger, note: NoteRecord): Ledger {
  const known = ledger.notes.find(({ leafIndex }) => leafIndex === note.leafIndex)
  const notes = ledger.notes.filter(({ leafIndex }) => leafIndex !== note.leafIndex)
  const merged: NoteRecord =
    known === undefined
      ? note
      : { ...known, userMemo: known.userMemo === '' ? note.userMemo : known.userMemo }
  return {
    ...ledger,
    notes: [...notes, merged].sort((one, other) => (one.leafIndex < other.leafIndex ? -1 : 1)),
  }
}
