import { NOTE_TREE_DEPTH } from '../../protocol/constants.ts'
import { applyBatch } from '../../protocol/applyBatch.ts'
import type { Batch } from '../../protocol/batch.ts'
import { initialState, type RollupState } from '../../protocol/rollupState.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import { StateInconsistentError } from '../errors.ts'
import type { Connection } from '../store/database.ts'
import type { DepositRecord } from '../store/insertBatchDeposits.ts'
import { listBatchDeposits } from '../store/listBatchDeposits.ts'
import { listBatches, type StoredBatch } from '../store/listBatches.ts'
import { listBatchTransfers } from '../store/listBatchTransfers.ts'
import type { Statement } from '../transfer.ts'

const PAGE = 128

/**
 * Rebuilds the state from the batches in the database and checks it against every signed root.
 *
 * @throws {StateInconsistentError} when a batch does not lead to the roots that were signed for it.
 */
export async function restoreState(
  connection: Connection,
): Promise<{ rollup: RollupState; noteRoots: bigint[] }> {
  const rollup = initialState()
  const noteRoots = [emptyRoot(NOTE_TREE_DEPTH)]
  for (;;) {
    const from = BigInt(noteRoots.length)
    const batches = await listBatches(connection, { from, count: PAGE })
    const ids = batches.map(({ id }) => id)
    const transfers = await listBatchTransfers(connection, ids)
    const deposits = await listBatchDeposits(connection, ids)
    for (const stored of batches) {
      const expected = BigInt(noteRoots.length)
      if (stored.number !== expected) {
        throw new StateInconsistentError({ batchNumber: expected, what: 'it is missing' })
      }
      const batch = toBatch(stored, transfers.get(stored.id) ?? [], deposits.get(stored.id) ?? [])
      applyStored(rollup, stored, batch)
      noteRoots.push(rollup.noteTree.root)
    }
    if (batches.length < PAGE) return { rollup, noteRoots }
  }
}

/** A batch in protocol terms. Its transfers stand in slots 0, 1, … without gaps. */
export function toBatch(
  { circuit, number, feeRecipient }: Pick<StoredBatch, 'circuit' | 'number' | 'feeRecipient'>,
  transfers: readonly Statement[],
  deposits: readonly DepositRecord[],
): Batch {
  return {
    circuit,
    batchNumber: number,
    feeRecipient: BigInt(feeRecipient),
    slots: transfers.map(({ circuit: kind, publicInputs: { nullifier, outputs } }) => ({
      kind,
      nullifier,
      outputs,
    })),
    deposits: deposits.map(({ asset, amount, recipient }) => ({ asset, amount, recipient })),
  }
}

function applyStored(rollup: RollupState, stored: StoredBatch, batch: Batch): void {
  const fail = (what: string): never => {
    throw new StateInconsistentError({ batchNumber: stored.number, what })
  }
  if (rollup.noteTree.root !== stored.oldNoteRoot) fail('it does not follow the one before')
  const applied = applyBatch(rollup, batch)
  if (applied.oldNullifierRoot !== stored.oldNullifierRoot) {
    fail('it does not follow the one before')
  }
  if (applied.newNoteRoot !== stored.newNoteRoot) fail('its note root differs')
  if (applied.newNullifierRoot !== stored.newNullifierRoot) fail('its nullifier root differs')
  if (applied.newSlotCount !== stored.newSlotCount) fail('its slot count differs')
}
