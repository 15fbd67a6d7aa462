import { type Connection, sql } from './database.ts'

export type SettlementRange = { status: 'open' | 'mined'; firstBatch: bigint; lastBatch: bigint }

/**
 * A settle call that has the batch or one after it, and whose end is not known: it is open, or was mined in a block
 * that is not read yet.
 */
export async function findSettlementReaching(
  connection: Connection,
  number: bigint,
): Promise<SettlementRange | undefined> {
  const [row] = await connection.query<{
    status: 'open' | 'mined'
    first_batch: string
    last_batch: string
  }>(sql`
    select status, first_batch, last_batch from settlement
    where last_batch >= ${number} and (
      status = 'open'
      or (status = 'mined' and closed_at > coalesce((select max(mined_at) from l1_block), '-infinity'))
    )
    order by id desc limit 1
  `)
  if (row === undefined) return undefined
  return {
    status: row.status,
    firstBatch: BigInt(row.first_batch),
    lastBatch: BigInt(row.last_batch),
  }
}
