import { type Connection, sql } from './database.ts'

/** The block in which a batch was seen settled. */
export async function findBatchL1Block(
  connection: Connection,
  batchNumber: bigint,
): Promise<bigint | undefined> {
  const [row] = await connection.query<{ l1_block_number: string }>(sql`
    select l1_block_number from batch_on_l1 where batch_number = ${batchNumber}
  `)
  return row === undefined ? undefined : BigInt(row.l1_block_number)
}
