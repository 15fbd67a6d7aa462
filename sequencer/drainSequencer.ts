import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from './store/database.ts'
import { findDrain, requestDrain } from './store/drain.ts'
import { findUnfinished, type Unfinished } from './store/findUnfinished.ts'

export type DrainProgress = Unfinished & {
  /** False: no sequencer has heard of it yet; one that is started will. */
  isAcknowledged: boolean
}

/**
 * Asks the sequencer of this database to admit nothing, and waits until all that was promised is settled. Can be
 * stopped and run again; the drain itself stands until `endDrain`.
 *
 * @param onProgress called when something changed.
 * @returns whether it is empty; false when `signal` ended the wait before.
 */
export async function drainSequencer({
  database,
  now = () => new Date(),
  onProgress,
  signal,
  everyMs = 500,
}: {
  database: Database
  now?: () => Date
  onProgress: (progress: DrainProgress) => void
  signal?: AbortSignal
  everyMs?: number
}): Promise<boolean> {
  await requestDrain(database, now())
  let said = ''
  for (;;) {
    // In this order: once it is acknowledged, what is left only gets less.
    const drain = await findDrain(database)
    const progress = {
      isAcknowledged: drain?.acknowledgedAt !== undefined,
      ...(await findUnfinished(database)),
    }
    const text = JSON.stringify(progress)
    if (text !== said) onProgress(progress)
    said = text
    const { isAcknowledged, admitted, sealed, batches } = progress
    if (isAcknowledged && admitted === 0 && sealed === 0 && batches === 0) return true
    // Somebody else resumed it.
    if (drain === undefined || signal?.aborted === true) return false
    await delay(everyMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  }
}
