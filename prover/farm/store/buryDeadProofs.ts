import { hexToBytes } from '../../../protocol/field.ts'
import type { JobId } from '../jobInputs.ts'
import { asDb, DEAD_QUEUE, type Farm } from './openFarm.ts'
import { sql } from './sql.ts'

/**
 * Marks jobs dead whose attempts the queue library has used up, for whatever reason: failed, lost or out of
 * time. They stay, with their data, until an operator requeues them or nobody wants the proof any more.
 */
export function buryDeadProofs(farm: Farm): Promise<JobId[]> {
  return farm.transaction(async (connection) => {
    const db = asDb(connection)
    // In the same transaction: what was taken from the queue and not marked would be neither seen nor tried for long.
    const ended = await farm.boss.fetch<{ job: JobId }>(DEAD_QUEUE, {
      batchSize: 100,
      includeMetadata: true,
      db,
    })
    const buried: JobId[] = []
    for (const { id, retryCount, data, sourceId, sourceOutput } of ended) {
      // A failed attempt left its code with the job; a lost one only with the library.
      const isLost = !(sourceOutput !== null && 'code' in sourceOutput)
      const rows = await connection.query(sql`
        update proof_job
        set status = 'dead',
          last_error = case when ${isLost ? 1 : 0}::int = 1 then 'WORKER_LOST' else last_error end,
          last_worker = coalesce(worker, last_worker), worker = null, failed_at = now()
        where id = ${hexToBytes(data.job)} and lease = ${sourceId} and status = 'queued'
        returning id
      `)
      await farm.boss.complete(DEAD_QUEUE, { id, retryCount }, null, { db })
      if (rows.length === 1) buried.push(data.job)
    }
    return buried
  })
}
