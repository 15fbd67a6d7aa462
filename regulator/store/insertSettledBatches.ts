import type { ChainEventOf } from '../../l1/chainEvents.ts'
import { type Connection, sql, toBytes } from './database.ts'

/** Batches with their deposits. Their blocks must be there. */
export async function insertSettledBatches(
  connection: Connection,
  batches: readonly ChainEventOf<'batchSettled'>[],
): Promise<void> {
  await connection.query(sql`
    insert into settled_batch (batch_number, l1_transaction, l1_block_number)
    select * from unnest(
      ${batches.map(({ batchNumber }) => batchNumber)}::bigint[],
      ${batches.map(({ transactionHash }) => toBytes(transactionHash))}::bytea[],
      ${batches.map(({ blockNumber }) => blockNumber)}::bigint[]
    )
  `)
  const deposits = batches.flatMap(({ batchNumber, deposits: taken }) =>
    taken.map((deposit) => ({ ...deposit, batchNumber })),
  )
  if (deposits.length === 0) return
  await connection.query(sql`
    insert into settled_deposit (leaf_index, batch_number, asset, amount)
    select * from unnest(
      ${deposits.map(({ leafIndex }) => leafIndex)}::bigint[],
      ${deposits.map(({ batchNumber }) => batchNumber)}::bigint[],
      ${deposits.map(({ asset }) => asset)}::integer[],
      ${deposits.map(({ amount }) => amount)}::numeric[]
    )
  `)
}
