import { type Connection, sql } from './database.ts'

/** At start-up: what this worker's last life had leased is available at once. */
export async function releaseLeases(
  connection: Connection,
  { worker, now }: { worker: string; now: Date },
): Promise<void> {
  await connection.query(sql`
    update proving_job
    set leased_by = null, available_at = ${now}, attempts = greatest(attempts - 1, 0)
    where leased_by = ${worker}
  `)
}
