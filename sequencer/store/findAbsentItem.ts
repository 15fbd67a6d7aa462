import { type Connection, sql } from './database.ts'

export type QueuedItem = {
  batchNumber: bigint
  kind: 'deposit' | 'forced transfer'
  id: bigint
}

/** The first deposit or forced transfer of batches that is not on the base chain as observed: a reorg took it. */
export async function findAbsentItem(
  connection: Connection,
  batchIds: readonly bigint[],
): Promise<QueuedItem | undefined> {
  const [row] = await connection.query<{
    number: string
    kind: QueuedItem['kind']
    id: string
  }>(sql`
    select batch.number, taken.kind, taken.id
    from (
      select batch_id, 'deposit' as kind, deposit_id as id from batch_deposit
      where batch_id = any(${batchIds}::bigint[])
        and not exists (select from l1_deposit where l1_deposit.id = deposit_id)
      union all
      select batch_id, 'forced transfer', entry_id from batch_forced
      where batch_id = any(${batchIds}::bigint[])
        and not exists (select from l1_forced_transfer where l1_forced_transfer.id = entry_id)
    ) taken
    join batch on batch.id = taken.batch_id
    order by batch.number, taken.id limit 1
  `)
  return row === undefined
    ? undefined
    : { batchNumber: BigInt(row.number), kind: row.kind, id: BigInt(row.id) }
}
