import { type Connection, sql } from './database.ts'

/** How many admitted transfers wait to be sealed. */
export async function countWaitingTransfers(connection: Connection): Promise<number> {
  const [row] = await connection.query<{ count: string }>(sql`
    select count(*) as count from transfer where status = 'admitted'
  `)
  return Number(row?.count ?? 0)
}
