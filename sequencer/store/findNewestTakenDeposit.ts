import { type Connection, sql } from './database.ts'

/** The highest id that a standing batch before `batchNumber` took; undefined before the first. */
export async function findNewestTakenDeposit(
  connection: Connection,
  batchNumber: bigint,
): Promise<bigint | undefined> {
  const [row] = await connection.query<{ id: string }>(sql`
    select deposit_id as id from batch_deposit
    join batch on batch.id = batch_id
    where batch.status <> 'void' and batch.number < ${batchNumber}
    order by deposit_id desc limit 1
  `)
  return row === undefined ? undefined : BigInt(row.id)
}
