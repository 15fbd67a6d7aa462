import { type Connection, sql } from './database.ts'

/** Records that wait for their epoch's key, by epoch. */
export async function countSealedRecords(
  connection: Connection,
): Promise<ReadonlyMap<bigint, number>> {
  const rows = await connection.query<{ epoch: number; sealed: string }>(
    sql`select epoch, count(*) as sealed from record where status = 'sealed' group by epoch order by epoch`,
  )
  return new Map(rows.map(({ epoch, sealed }) => [BigInt(epoch), Number(sealed)]))
}
