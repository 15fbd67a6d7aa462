import { toReason, type TransferRefusedError } from '../admission/errors.ts'
import { failPoint } from '../failPoint.ts'
import type { Database } from '../store/database.ts'
import { voidBatches } from '../store/voidBatches.ts'
import { restoreState } from './restoreState.ts'
import type { SealedState } from './sealedState.ts'

/**
 * Voids a batch and all sealed after it, and resumes from the one before. Only inside `exclusive`.
 *
 * Status: sealed, proved → void; their transfers → rejected, or admitted where they are to be sealed again.
 */
export async function voidBatchesFrom(
  { database, state }: { database: Database; state: SealedState },
  {
    from,
    reason,
    isSealedAgain = false,
    now,
  }: { from: bigint; reason: TransferRefusedError; isSealedAgain?: boolean; now: Date },
): Promise<bigint[]> {
  const voided = await database.transaction(async (connection) => {
    const numbers = await voidBatches(connection, {
      ...{ from, reason: toReason(reason), isSealedAgain, now },
    })
    failPoint('void.written')
    return numbers
  })
  failPoint('void.committed')
  if (voided.length > 0) await restoreState(database, state)
  return voided
}
