import type { BatchPublicInputs } from '../../protocol/publicInputs.ts'
import type { JobId } from '../../prover/farm/jobInputs.ts'
import { type Connection, sql, toBytes, toField } from './database.ts'

/** Notes which job proves a sealed batch, and what the proof must show. */
export async function insertProvingJob(
  connection: Connection,
  {
    batchId,
    jobId,
    publicInputs: { c, y, rho },
  }: { batchId: bigint; jobId: JobId; publicInputs: BatchPublicInputs },
): Promise<void> {
  await connection.query(sql`
    insert into proving_job (batch_id, job_id, c, y, rho)
    values (${batchId}, ${toBytes(jobId)}, ${toField(c)}, ${toField(y)}, ${toField(rho)})
  `)
}
