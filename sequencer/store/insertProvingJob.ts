import { type Connection, sql } from './database.ts'

/** Puts a sealed batch in the queue. `inputs` are the circuit's, as JSON text. */
export async function insertProvingJob(
  connection: Connection,
  { batchId, inputs, now }: { batchId: bigint; inputs: string; now: Date },
): Promise<void> {
  await connection.query(sql`
    insert into proving_job (batch_id, inputs, created_at, available_at)
    values (${batchId}, ${inputs}, ${now}, ${now})
  `)
}
