import { type Connection, sql } from './database.ts'

/** What was promised and is not settled yet. */
export type Unfinished = { admitted: number; sealed: number; batches: number }

/** A batch counts until the base chain is seen to have settled it, and a transfer with it. */
export async function findUnfinished(connection: Connection): Promise<Unfinished> {
  const [row] = await connection.query<{ admitted: string; sealed: string; batches: string }>(sql`
    with unsettled as (
      select id from batch
      where status <> 'void'
        and number > (select coalesce(max(batch_number), 0) from batch_on_l1)
    )
    select
      (select count(*) from transfer where status = 'admitted') as admitted,
      (
        select count(*) from transfer
        where status = 'sealed' and batch_id in (select id from unsettled)
      ) as sealed,
      (select count(*) from unsettled) as batches
  `)
  return {
    admitted: Number(row?.admitted ?? 0),
    sealed: Number(row?.sealed ?? 0),
    batches: Number(row?.batches ?? 0),
  }
}
