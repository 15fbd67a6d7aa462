import { type Connection, sql } from './database.ts'

export type QueueHealth = {
  waiting: number
  sealedUnproved: number
  provedUnsettled: number
}

/**
 * Lengths of the queues, for health and metrics. Batches settle in order of their numbers: what is not settled stands
 * above the newest settled one, and nobody counts the others.
 */
export async function findQueueHealth(connection: Connection): Promise<QueueHealth> {
  const [row] = await connection.query<{
    waiting: string
    sealed_unproved: string
    proved_unsettled: string
  }>(sql`
    with unsettled as (
      select status from batch
      where status <> 'void'
        and number > (select coalesce(max(batch_number), 0) from batch_on_l1)
    )
    select
      (select count(*) from transfer where status = 'admitted') as waiting,
      (select count(*) from unsettled where status = 'sealed') as sealed_unproved,
      (select count(*) from unsettled where status = 'proved') as proved_unsettled
  `)
  return {
    waiting: Number(row?.waiting ?? 0),
    sealedUnproved: Number(row?.sealed_unproved ?? 0),
    provedUnsettled: Number(row?.proved_unsettled ?? 0),
  }
}
