import { bytesToHex, hexToBytes } from '../../../protocol/field.ts'
import type { JobId } from '../jobInputs.ts'
import { ensureQueue, type Farm, queueOf } from './openFarm.ts'
import { type LeasedRow, renewLease } from './renewLease.ts'
import { type FarmConnection, sql } from './sql.ts'

/** Gives dead jobs all their attempts again. @returns those that were dead. */
export function requeueProofs(farm: Farm, jobs: readonly JobId[]): Promise<JobId[]> {
  return farm.transaction(async (connection) => {
    const rows = await connection.query<LeasedRow>(sql`
      update proof_job set status = 'queued', attempts = 0
      where id = any(${jobs.map(hexToBytes)}::bytea[]) and status = 'dead'
      returning id, circuit, verification_key, farm_key, attempts
    `)
    for (const row of rows) {
      // Not there yet in a database that was restored.
      await ensureQueue(farm, queueOf(row))
      await renewLease(farm, connection, row)
    }
    return rows.map(({ id }) => bytesToHex(id))
  })
}

/** Forgets jobs, with data and results, in the caller's transaction. Workers at them find out at the end. */
export async function deleteProofs(
  connection: FarmConnection,
  jobs: readonly JobId[],
): Promise<void> {
  if (jobs.length === 0) return
  await connection.query(sql`
    delete from proof_job where id = any(${jobs.map(hexToBytes)}::bytea[])
  `)
}
