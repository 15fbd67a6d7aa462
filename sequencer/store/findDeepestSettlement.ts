import { type Connection, fromBytes, sql } from './database.ts'

/** A settlement as it was observed. */
export type ObservedSettlement = {
  readonly batchNumber: bigint
  readonly l1Transaction: `0x${string}`
  readonly l1Block: { readonly number: bigint; readonly hash: `0x${string}` }
}

/** The newest batch whose settlement has `depth` blocks, its own included, in what was read of the base chain. */
export async function findDeepestSettlement(
  connection: Connection,
  { depth }: { depth: bigint },
): Promise<ObservedSettlement | undefined> {
  const [row] = await connection.query<{
    batch_number: string
    l1_transaction: Buffer
    number: string
    hash: Buffer
  }>(sql`
    select batch_on_l1.batch_number, batch_on_l1.l1_transaction, l1_block.number, l1_block.hash
    from batch_on_l1
    join l1_block on l1_block.number = batch_on_l1.l1_block_number
    where l1_block.number <= (select max(number) from l1_block) - ${depth - 1n}::bigint
    order by batch_on_l1.batch_number desc
    limit 1
  `)
  if (row === undefined) return undefined
  return {
    batchNumber: BigInt(row.batch_number),
    l1Transaction: fromBytes(row.l1_transaction),
    l1Block: { number: BigInt(row.number), hash: fromBytes(row.hash) },
  }
}
