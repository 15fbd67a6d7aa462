import { type Connection, fromBytes, sql, toBytes } from './database.ts'

/** Those of `ids` that were admitted and not rejected since. */
export async function findKnownTransfers(
  connection: Connection,
  ids: readonly `0x${string}`[],
): Promise<Set<string>> {
  const rows = await connection.query<{ id: Buffer }>(sql`
    select id from transfer
    where id = any(${ids.map(toBytes)}::bytea[]) and status <> 'rejected'
  `)
  return new Set(rows.map(({ id }) => fromBytes(id)))
}
