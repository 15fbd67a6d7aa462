import { type Connection, sql } from './database.ts'

/**
 * The first batch taken over from the base chain that the base chain, after a reorg, does not have. A reorg takes the
 * newest ones: where the newest is there, the others are not looked at.
 */
export async function findUnsettledAdoptedBatch(
  connection: Connection,
): Promise<bigint | undefined> {
  const [newest] = await connection.query<{ is_settled: boolean }>(sql`
    select exists (
      select from batch_on_l1
      where batch_on_l1.batch_number = newest.number
        and batch_on_l1.note_root = newest.new_note_root
    ) as is_settled
    from (
      select number, new_note_root from batch
      where is_adopted and status <> 'void' order by number desc limit 1
    ) newest
  `)
  if (newest === undefined || newest.is_settled) return undefined
  const [row] = await connection.query<{ number: string }>(sql`
    select batch.number from batch
    where batch.is_adopted and batch.status <> 'void'
      and not exists (
        select from batch_on_l1
        where batch_on_l1.batch_number = batch.number
          and batch_on_l1.note_root = batch.new_note_root
      )
    order by batch.number limit 1
  `)
  return row === undefined ? undefined : BigInt(row.number)
}
