import type { BatchCircuit } from '../../protocol/constants.ts'
import { type Connection, fromField, sql } from './database.ts'

export type ProvingJob = {
  batchId: bigint
  batchNumber: bigint
  circuit: BatchCircuit
  inputs: unknown
  attempts: number
  newNoteRoot: bigint
}

/** Leases the oldest available batch until `until`. A crashed worker's lease runs out by itself. */
export async function claimProvingJob(
  connection: Connection,
  { worker, now, until }: { worker: string; now: Date; until: Date },
): Promise<ProvingJob | undefined> {
  const [row] = await connection.query<{
    batch_id: string
    number: string
    circuit: BatchCircuit
    inputs: unknown
    attempts: number
    new_note_root: Buffer
  }>(sql`
    update proving_job
    set leased_by = ${worker}, available_at = ${until}, attempts = attempts + 1
    from batch
    where batch.id = proving_job.batch_id
      and proving_job.batch_id = (
        select batch_id from proving_job
        where available_at <= ${now}
        order by batch_id
        for update skip locked
        limit 1
      )
    returning
      proving_job.batch_id, batch.number, batch.circuit, proving_job.inputs,
      proving_job.attempts, batch.new_note_root
  `)
  if (row === undefined) return undefined
  return {
    batchId: BigInt(row.batch_id),
    batchNumber: BigInt(row.number),
    circuit: row.circuit,
    inputs: row.inputs,
    attempts: row.attempts,
    newNoteRoot: fromField(row.new_note_root),
  }
}
