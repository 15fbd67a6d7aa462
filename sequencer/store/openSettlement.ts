import { type Connection, sql } from './database.ts'

export type Settlement = {
  id: bigint
  firstBatch: bigint
  lastBatch: bigint
  calldata: Uint8Array
}

/** Writes a settle call before anything is signed. A second open one violates settlement_only_one_open. */
export async function openSettlement(
  connection: Connection,
  { firstBatch, lastBatch, calldata, now }: Omit<Settlement, 'id'> & { now: Date },
): Promise<Settlement> {
  const [row] = await connection.query<{ id: string }>(sql`
    insert into settlement (first_batch, last_batch, calldata, opened_at)
    values (${firstBatch}, ${lastBatch}, ${calldata}, ${now})
    returning id
  `)
  return { id: BigInt(row?.id ?? 0), firstBatch, lastBatch, calldata }
}
