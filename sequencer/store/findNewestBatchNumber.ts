import { type Connection, sql } from './database.ts'

/** The newest standing batch's number, 0 before the first. */
export async function findNewestBatchNumber(connection: Connection): Promise<bigint> {
  const [row] = await connection.query<{ number: string | null }>(sql`
    select max(number) as number from batch where status <> 'void'
  `)
  return BigInt(row?.number ?? 0)
}
