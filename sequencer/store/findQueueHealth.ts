import { type Connection, sql } from './database.ts'

export type QueueHealth = {
  waiting: number
  sealedUnproved: number
  provedUnsettled: number
}

/** Lengths of the queues, for health and metrics. */
export async function findQueueHealth(connection: Connection): Promise<QueueHealth> {
  const [row] = await connection.query<{
    waiting: string
    sealed_unproved: string
    proved_unsettled: string
  }>(sql`
    select
      (select count(*) from transfer where status = 'admitted') as waiting,
      (select count(*) from batch where status = 'sealed') as sealed_unproved,
      (
        select count(*) from batch
        where status = 'proved'
          and not exists (select from batch_on_l1 where batch_number = batch.number)
      ) as proved_unsettled
  `)
  return {
    waiting: Number(row?.waiting ?? 0),
    sealedUnproved: Number(row?.sealed_unproved ?? 0),
    provedUnsettled: Number(row?.proved_unsettled ?? 0),
  }
}
