import { type Connection, fromBytes, sql } from './database.ts'

type Hex = `0x${string}`

/** Statement ids of the transfers in standing batches, by batch number, in slot order. For logs and traces. */
export async function listStatementIds(
  connection: Connection,
  batchNumbers: readonly bigint[],
): Promise<Map<bigint, Hex[]>> {
  const rows = await connection.query<{ number: string; id: Buffer }>(sql`
    select batch.number, transfer.id
    from batch join transfer on transfer.batch_id = batch.id and transfer.status = 'sealed'
    where batch.number = any(${batchNumbers}::bigint[]) and batch.status <> 'void'
    order by batch.number, transfer.slot
  `)
  const ids = new Map<bigint, Hex[]>(batchNumbers.map((number) => [number, []]))
  for (const row of rows) ids.get(BigInt(row.number))?.push(fromBytes(row.id))
  return ids
}
