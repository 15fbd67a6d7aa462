import { BatchVoidError } from '../settlement/errors.ts'
import type { Database } from '../store/database.ts'
import { findChangedBatch } from '../store/findChangedBatch.ts'
import type { SealedState } from './sealedState.ts'
import { voidBatchesFrom } from './voidBatchesFrom.ts'

/**
 * Follows the base chain's queues: a batch that took what a reorg has replaced is void, with all after it, and their
 * transfers are sealed again. What is only absent may come back; the settler waits for it.
 *
 * @returns the numbers voided.
 */
export function voidChangedBatches({
  database,
  state,
  now,
}: {
  database: Database
  state: SealedState
  now: () => Date
}): Promise<bigint[]> {
  return state.exclusive(async () => {
    const from = await findChangedBatch(database)
    if (from === undefined) return []
    const reason = new BatchVoidError()
    return voidBatchesFrom({ database, state }, { from, reason, isSealedAgain: true, now: now() })
  })
}
