import { hexToBytes } from '../../../protocol/field.ts'
import { affected, endLease, type Lease } from './claimProof.ts'
import { asDb, type Farm } from './openFarm.ts'
import { type LeasedRow, renewLease } from './renewLease.ts'
import { sql } from './sql.ts'

/**
 * An attempt that failed: the queue library waits and tries again, or gives the job up.
 *
 * @param code of an error of ours; never a foreign text, which might quote what is private.
 * @returns false when the lease was over already.
 */
export function failProof(
  farm: Farm,
  lease: Lease,
  { worker, code }: { worker: string; code: string },
): Promise<boolean> {
  const { queue, id, retryCount } = lease
  return farm.transaction(async (connection) => {
    const answer = await farm.boss.fail(
      queue,
      { id, retryCount },
      { code, worker },
      { db: asDb(connection) },
    )
    if (affected(answer) !== 1) return false
    await connection.query(sql`
      update proof_job
      set worker = null, last_error = ${code}, last_worker = ${worker}, failed_at = now()
      where id = ${hexToBytes(lease.job)} and lease = ${id}
    `)
    return true
  })
}

/** Gives a job back that was not finished and did not fail: another worker can take it at once. */
export function releaseProof(farm: Farm, lease: Lease): Promise<void> {
  return farm.transaction(async (connection) => {
    if (!(await endLease(farm, lease, { db: asDb(connection) }))) return
    const [row] = await connection.query<LeasedRow>(sql`
      update proof_job set attempts = greatest(attempts - 1, 0)
      where id = ${hexToBytes(lease.job)} and lease = ${lease.id}
      returning id, circuit, verification_key, farm_key, attempts
    `)
    if (row !== undefined) await renewLease(farm, connection, row)
  })
}
