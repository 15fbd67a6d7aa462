import { BATCH_CIRCUITS, type BatchCircuit } from '../../protocol/constants.ts'

/** Most transfers and deposits that any batch takes. */
export const MAX_TRANSFERS = BATCH_CIRCUITS['batch-16'].transferSlots
export const MAX_DEPOSITS = BATCH_CIRCUITS['batch-16'].deposits

export type WaitingSummary = {
  readonly transfers: number
  readonly deposits: number
  /** When the oldest of both was admitted or queued; undefined when nothing waits. */
  readonly oldestAt: Date | undefined
}

/**
 * Whether to seal now, and in which size: when the largest batch is full, or when something has waited
 * for `batchAgeMs`. The small batch where it suffices: its proof takes a quarter of the time.
 */
export function chooseBatch(
  { transfers, deposits, oldestAt }: WaitingSummary,
  { now, batchAgeMs }: { now: Date; batchAgeMs: number },
): BatchCircuit | undefined {
  if (oldestAt === undefined) return undefined
  const isFull = transfers >= MAX_TRANSFERS || deposits >= MAX_DEPOSITS
  const isOld = now.getTime() - oldestAt.getTime() >= batchAgeMs
  if (!isFull && !isOld) return undefined
  return transfers > BATCH_CIRCUITS['batch-4'].transferSlots ? 'batch-16' : 'batch-4'
}
