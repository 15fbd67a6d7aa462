import { type Connection, sql } from './database.ts'

export type RecordCounts = {
  readonly opened: number
  /** Waiting for their epoch's key. */
  readonly sealed: number
  /** Not to be opened with the right key: an alarm. */
  readonly unreadable: number
  readonly newestBlock: bigint
  readonly newestBatch: bigint
}

export async function countRecords(connection: Connection): Promise<RecordCounts> {
  const [row] = await connection.query<Record<keyof RecordCounts, string>>(sql`
    select
      (select count(*) from record where status = 'opened') as opened,
      (select count(*) from record where status = 'sealed') as sealed,
      (select count(*) from record where status = 'unreadable') as unreadable,
      (select coalesce(max(number), 0) from l1_block) as "newestBlock",
      (select coalesce(max(batch_number), 0) from settled_batch) as "newestBatch"
  `)
  return {
    opened: Number(row?.opened),
    sealed: Number(row?.sealed),
    unreadable: Number(row?.unreadable),
    newestBlock: BigInt(row?.newestBlock ?? 0),
    newestBatch: BigInt(row?.newestBatch ?? 0),
  }
}
