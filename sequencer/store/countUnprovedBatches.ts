import { type Connection, sql } from './database.ts'

/** How many sealed batches have no proof yet. */
export async function countUnprovedBatches(connection: Connection): Promise<number> {
  const [row] = await connection.query<{ count: string }>(sql`
    select count(*) as count from batch where status = 'sealed'
  `)
  return Number(row?.count ?? 0)
}
