import { type Connection, sql } from './database.ts'

/** Moments that tell an operator how late things are; undefined where nothing waits. */
export type Figures = {
  /** Block time of the newest settled batch. */
  settledAt: Date | undefined
  /** Admission of the oldest transfer that is not sealed. */
  waitingSince: Date | undefined
  /** Sealing of the oldest batch that is not settled. */
  unsettledSince: Date | undefined
  /** When the first of the deposits that no settled batch took is due, settlement clock. */
  depositDueAt: Date | undefined
}

/** For metrics: every question is answered from an index. */
export async function findFigures(connection: Connection): Promise<Figures> {
  const [row] = await connection.query<{
    settled_at: Date | null
    waiting_since: Date | null
    unsettled_since: Date | null
    deposit_due_at: Date | null
  }>(sql`
    with settled as (select coalesce(max(batch_number), 0) as number from batch_on_l1)
    select
      (
        select l1_block.mined_at from batch_on_l1
        join l1_block on l1_block.number = batch_on_l1.l1_block_number
        where batch_on_l1.batch_number = (select number from settled)
      ) as settled_at,
      (
        select admitted_at from transfer where status = 'admitted' order by arrival limit 1
      ) as waiting_since,
      (
        select sealed_at from batch
        where status <> 'void' and number > (select number from settled)
        order by number limit 1
      ) as unsettled_since,
      (
        select l1_deposit.deadline_at from l1_deposit
        where not exists (select from l1_deposit_reclaim where deposit_id = l1_deposit.id)
          and l1_deposit.id > coalesce(
            (
              select batch_deposit.deposit_id
              from batch_deposit join batch on batch.id = batch_deposit.batch_id
              where batch.number <= (select number from settled)
              order by batch_deposit.deposit_id desc limit 1
            ),
            0
          )
        order by l1_deposit.id limit 1
      ) as deposit_due_at
  `)
  return {
    settledAt: row?.settled_at ?? undefined,
    waitingSince: row?.waiting_since ?? undefined,
    unsettledSince: row?.unsettled_since ?? undefined,
    depositDueAt: row?.deposit_due_at ?? undefined,
  }
}
