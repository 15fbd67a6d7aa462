import { applyBatch } from '../../protocol/applyBatch.ts'
import type { Batch, BatchSlot } from '../../protocol/batch.ts'
import { StateInconsistentError } from '../errors.ts'
import type { Connection } from '../store/database.ts'
import { findNewestBatchNumber } from '../store/findNewestBatchNumber.ts'
import type { DepositRecord } from '../store/insertBatchDeposits.ts'
import type { ForcedSlot } from '../store/insertBatchForced.ts'
import { listBatchDeposits } from '../store/listBatchDeposits.ts'
import { listBatchForced } from '../store/listBatchForced.ts'
import { listBatches, type StoredBatch } from '../store/listBatches.ts'
import { listBatchTransfers } from '../store/listBatchTransfers.ts'
import type { Statement } from '../transfer.ts'
import { StateDamagedError } from './errors.ts'
import type { SealedState } from './sealedState.ts'

const PAGE = 128

/** What it took to bring the state up to the database. */
export type Restoration = {
  /** Batches that the database does not have, or has otherwise: taken back. */
  readonly reverted: number
  /** Batches that the state did not have. */
  readonly replayed: number
  /** Why the state was rebuilt from the first batch on, if it was. */
  readonly rebuiltBecause?: string
}

/**
 * Brings the state up to the batches in the database: takes back what is not there (any more), and
 * applies what is missing, each batch checked against the roots that were signed for it. What the state
 * holds already is compared by its newest batch's roots, which stand for all of it. Only inside
 * `exclusive`, or before anything else runs.
 *
 * @throws {StateInconsistentError} when a batch does not lead to the roots that were signed for it.
 */
export async function restoreState(
  connection: Connection,
  state: SealedState,
): Promise<Restoration> {
  try {
    const reverted = await revertToCommon(connection, state)
    if (reverted !== undefined) return { reverted, replayed: await replay(connection, state) }
    return await rebuildState(connection, state, 'it is too far from the database')
  } catch (error) {
    if (!(error instanceof StateDamagedError)) throw error
    return rebuildState(connection, state, error.what)
  }
}

/** Starts over: applies every batch in the database. */
export async function rebuildState(
  connection: Connection,
  state: SealedState,
  because: string,
): Promise<Restoration> {
  await state.reset()
  return { reverted: 0, replayed: await replay(connection, state), rebuiltBecause: because }
}

/** @returns how many batches were taken back; undefined where one could not be. */
async function revertToCommon(
  connection: Connection,
  state: SealedState,
): Promise<number | undefined> {
  const newest = await findNewestBatchNumber(connection)
  for (let reverted = 0; ; reverted++) {
    const { batchNumber, noteRoot, nullifierRoot, slotCount } = state.head
    if (batchNumber === 0n) return reverted
    if (batchNumber <= newest) {
      const [stored] = await listBatches(connection, { from: batchNumber, count: 1 })
      const isCommon =
        stored?.number === batchNumber &&
        stored.newNoteRoot === noteRoot &&
        stored.newNullifierRoot === nullifierRoot &&
        stored.newSlotCount === slotCount
      if (isCommon) return reverted
    }
    if (!state.revert()) return undefined
  }
}

/** @returns how many batches were applied. */
async function replay(connection: Connection, state: SealedState): Promise<number> {
  for (let replayed = 0; ;) {
    const from = state.head.batchNumber + 1n
    const batches = await listBatches(connection, { from, count: PAGE })
    const ids = batches.map(({ id }) => id)
    const transfers = await listBatchTransfers(connection, ids)
    const deposits = await listBatchDeposits(connection, ids)
    const forced = await listBatchForced(connection, ids)
    for (const stored of batches) {
      const expected = state.head.batchNumber + 1n
      if (stored.number !== expected) {
        throw new StateInconsistentError({ batchNumber: expected, what: 'it is missing' })
      }
      const voids = (forced.get(stored.id) ?? []).filter(({ takenAs }) => takenAs === 'void')
      const batch = toBatch(
        stored,
        transfers.get(stored.id) ?? [],
        deposits.get(stored.id) ?? [],
        voids,
      )
      applyStored(state, stored, batch)
      replayed += 1
    }
    if (batches.length < PAGE) return replayed
  }
}

/**
 * A batch in protocol terms. Ours have their transfers in slots 0, 1, …; one that another sequencer
 * settled may have left slots between them empty: `slot` says where each stands.
 */
export function toBatch(
  { circuit, number, feeRecipient }: Pick<StoredBatch, 'circuit' | 'number' | 'feeRecipient'>,
  transfers: readonly (Statement & { readonly slot?: number })[],
  deposits: readonly DepositRecord[],
  /** Entries of the forced queue that are consumed without effect. Then `slot` says where each of both stands. */
  voids: readonly Pick<ForcedSlot, 'slot' | 'nullifier' | 'outputs'>[] = [],
): Batch {
  const filled = [
    ...transfers.map(({ circuit: kind, publicInputs: { nullifier, outputs }, slot }, place) => ({
      slot: slot ?? place,
      contents: { kind, nullifier, outputs },
    })),
    ...voids.map(({ slot, nullifier, outputs }) => ({
      slot,
      contents: { kind: 'void' as const, nullifier, outputs },
    })),
  ].sort((one, other) => one.slot - other.slot)
  const slots: BatchSlot[] = []
  for (const { slot, contents } of filled) {
    while (slots.length < slot) slots.push({ kind: 'empty' })
    slots.push(contents)
  }
  return {
    circuit,
    batchNumber: number,
    feeRecipient: BigInt(feeRecipient),
    slots,
    deposits: deposits.map(({ asset, amount, recipient }) => ({ asset, amount, recipient })),
  }
}

function applyStored(state: SealedState, stored: StoredBatch, batch: Batch): void {
  const fail = (what: string): never => {
    throw new StateInconsistentError({ batchNumber: stored.number, what })
  }
  const fork = state.fork()
  if (fork.noteTree.root !== stored.oldNoteRoot) fail('it does not follow the one before')
  const applied = applyBatch(fork, batch)
  if (applied.oldNullifierRoot !== stored.oldNullifierRoot) {
    fail('it does not follow the one before')
  }
  if (applied.newNoteRoot !== stored.newNoteRoot) fail('its note root differs')
  if (applied.newNullifierRoot !== stored.newNullifierRoot) fail('its nullifier root differs')
  if (applied.newSlotCount !== stored.newSlotCount) fail('its slot count differs')
  state.merge(fork)
}
