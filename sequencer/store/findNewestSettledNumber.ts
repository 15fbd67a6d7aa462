import { type Connection, sql } from './database.ts'

/** Of the base chain as observed; 0 before the first. */
export async function findNewestSettledNumber(connection: Connection): Promise<bigint> {
  const [row] = await connection.query<{ number: string }>(
    sql`select coalesce(max(batch_number), 0) as number from batch_on_l1`,
  )
  return BigInt(row?.number ?? 0)
}
