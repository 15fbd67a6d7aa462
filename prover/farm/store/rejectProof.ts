import { hexToBytes } from '../../../protocol/field.ts'
import type { JobId } from '../jobInputs.ts'
import type { Farm } from './openFarm.ts'
import { type LeasedRow, renewLease } from './renewLease.ts'
import { sql } from './sql.ts'

/** What is stored of a result that is not a proof of what was asked for. */
export const PROOF_REJECTED = 'PROOF_REJECTED'

/** A delivered result that does not hold is a failed attempt of the worker that it came from. */
export function rejectProof(farm: Farm, job: JobId): Promise<void> {
  const id = hexToBytes(job)
  return farm.transaction(async (connection) => {
    const [result] = await connection.query<{ worker: string }>(sql`
      delete from proof_result where job_id = ${id} returning worker
    `)
    if (result === undefined) return
    const [row] = await connection.query<LeasedRow & { status: string }>(sql`
      update proof_job
      set worker = null, last_error = ${PROOF_REJECTED}, last_worker = ${result.worker},
        failed_at = now(),
        status = case when attempts >= ${farm.settings.attempts} then 'dead' else 'queued' end
      where id = ${id}
      returning id, circuit, verification_key, farm_key, attempts, status
    `)
    if (row?.status !== 'queued') return
    const afterSeconds = farm.settings.retrySeconds * 2 ** (row.attempts - 1)
    await renewLease(farm, connection, row, { afterSeconds })
  })
}
