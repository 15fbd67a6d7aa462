import { type Connection, sql } from './database.ts'

/** The forced queue as observed: what no settled batch has taken. */
export type ForcedHealth = {
  readonly waiting: number
  /** Of the oldest; undefined when none waits. */
  readonly oldest: { readonly queuedAt: Date; readonly deadlineAt: Date } | undefined
}

/** Entries are consumed in queue order: those behind the newest that a settled batch took. */
export async function findForcedHealth(connection: Connection): Promise<ForcedHealth> {
  const [row] = await connection.query<{
    waiting: string
    queued_at: Date | null
    deadline_at: Date | null
  }>(sql`
    select
      count(*) as waiting, min(l1_block.mined_at) as queued_at,
      min(l1_forced_transfer.deadline_at) as deadline_at
    from l1_forced_transfer
    join l1_block on l1_block.number = l1_forced_transfer.l1_block_number
    where l1_forced_transfer.id > coalesce(
      (
        -- Asked of one row after the other: as a join it would read them all.
        select taken.entry_id from batch_forced taken
        where (
          select batch_on_l1.note_root = batch.new_note_root
            and batch_on_l1.nullifier_root = batch.new_nullifier_root
          from batch join batch_on_l1 on batch_on_l1.batch_number = batch.number
          where batch.id = taken.batch_id
        )
        order by taken.entry_id desc limit 1
      ),
      0
    )
  `)
  const queuedAt = row?.queued_at ?? null
  const deadlineAt = row?.deadline_at ?? null
  return {
    waiting: Number(row?.waiting ?? 0),
    oldest: queuedAt === null || deadlineAt === null ? undefined : { queuedAt, deadlineAt },
  }
}
