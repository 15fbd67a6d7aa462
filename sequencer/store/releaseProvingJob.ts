import { type Connection, sql } from './database.ts'

/** Gives a failed job back, to be tried again from `availableAt`. */
export async function releaseProvingJob(
  connection: Connection,
  { batchId, error, availableAt }: { batchId: bigint; error: string; availableAt: Date },
): Promise<void> {
  await connection.query(sql`
    update proving_job
    set leased_by = null, available_at = ${availableAt}, last_error = ${error}
    where batch_id = ${batchId}
  `)
}
