import type { BatchCircuit } from '../../protocol/constants.ts'
import type { BatchPublicInputs } from '../../protocol/publicInputs.ts'
import type { JobId } from '../../prover/farm/jobInputs.ts'
import { type Connection, fromBytes, fromField, sql, toBytes } from './database.ts'

export type ProvingJob = {
  jobId: JobId
  batchId: bigint
  batchNumber: bigint
  circuit: BatchCircuit
  publicInputs: BatchPublicInputs
}

/** Which batches wait for these jobs' proofs. A job that is not among them is wanted by nobody. */
export async function listProvingJobs(
  connection: Connection,
  jobIds: readonly JobId[],
): Promise<Map<JobId, ProvingJob>> {
  const rows = await connection.query<{
    job_id: Buffer
    batch_id: string
    number: string
    circuit: BatchCircuit
    c: Buffer
    y: Buffer
    rho: Buffer
  }>(sql`
    select proving_job.job_id, proving_job.batch_id, batch.number, batch.circuit,
      proving_job.c, proving_job.y, proving_job.rho
    from proving_job join batch on batch.id = proving_job.batch_id
    where proving_job.job_id = any(${jobIds.map(toBytes)}::bytea[])
  `)
  return new Map(
    rows.map((row) => {
      const jobId = fromBytes(row.job_id)
      const publicInputs = { c: fromField(row.c), y: fromField(row.y), rho: fromField(row.rho) }
      return [
        jobId,
        {
          jobId,
          batchId: BigInt(row.batch_id),
          batchNumber: BigInt(row.number),
          circuit: row.circuit,
          publicInputs,
        },
      ]
    }),
  )
}
