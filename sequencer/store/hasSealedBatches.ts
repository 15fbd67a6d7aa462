import { type Connection, sql } from './database.ts'

/** Whether this database's node has sealed batches itself, or admitted transfers. */
export async function hasSealedBatches(connection: Connection): Promise<boolean> {
  const rows = await connection.query(sql`
    select 1 from batch where not is_adopted
    union all select 1 from transfer where status = 'admitted'
    limit 1
  `)
  return rows.length > 0
}
