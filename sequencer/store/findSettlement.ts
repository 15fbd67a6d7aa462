import { type Connection, fromBytes, sql } from './database.ts'
import type { ObservedSettlement } from './findDeepestSettlement.ts'

/** How a batch was observed to settle; undefined where it was not, or not any more. */
export async function findSettlement(
  connection: Connection,
  batchNumber: bigint,
): Promise<ObservedSettlement | undefined> {
  const [row] = await connection.query<{
    l1_transaction: Buffer
    number: string
    hash: Buffer
  }>(sql`
    select batch_on_l1.l1_transaction, l1_block.number, l1_block.hash
    from batch_on_l1
    join l1_block on l1_block.number = batch_on_l1.l1_block_number
    where batch_on_l1.batch_number = ${batchNumber}
  `)
  if (row === undefined) return undefined
  return {
    batchNumber,
    l1Transaction: fromBytes(row.l1_transaction),
    l1Block: { number: BigInt(row.number), hash: fromBytes(row.hash) },
  }
}
