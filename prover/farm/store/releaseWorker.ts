import { asDb, type Farm, queueOf } from './openFarm.ts'
import { type LeasedRow, renewLease } from './renewLease.ts'
import { sql } from './sql.ts'

/**
 * Takes back what a worker had that is known to have ended: nobody need wait for its silence. The attempt counts. Were it alive
 * after all, its results would come too late.
 */
export function releaseWorker(farm: Farm, worker: string): Promise<void> {
  return farm.transaction(async (connection) => {
    const rows = await connection.query<LeasedRow & { lease: string }>(sql`
      update proof_job set last_error = 'WORKER_LOST', last_worker = worker, failed_at = now()
      where worker = ${worker} and status = 'queued'
        and not exists (select from proof_result where job_id = proof_job.id)
      returning id, circuit, verification_key, farm_key, attempts, lease
    `)
    for (const row of rows) {
      await farm.boss.deleteJob(queueOf(row), row.lease, { db: asDb(connection) })
      await renewLease(farm, connection, row)
    }
  })
}
