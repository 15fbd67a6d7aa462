import type { BatchCircuit } from '../../protocol/constants.ts'
import { type Connection, sql } from './database.ts'

/** Promised work that is not done. */
export type BacklogView = {
  /** Transfers that wait for a batch. */
  admitted: number
  /** Batches that wait for their proof. */
  unproved: readonly { circuit: BatchCircuit; count: number }[]
  /** Proofs that are being made. */
  proving: number
  /** Since when the oldest of all that is not settled waits: admission, or sealing; undefined where nothing does. */
  oldestAt: Date | undefined
}

export async function findBacklog(connection: Connection): Promise<BacklogView> {
  const unproved = await connection.query<{ circuit: BatchCircuit; count: string }>(sql`
    select circuit, count(*) as count from batch where status = 'sealed' group by circuit
  `)
  const [row] = await connection.query<{
    admitted: string
    proving: string
    oldest_at: Date | null
  }>(sql`
    select
      (select count(*) from proof_job where status = 'queued' and worker is not null) as proving,
      (select count(*) from transfer where status = 'admitted') as admitted,
      least(
        (select admitted_at from transfer where status = 'admitted' order by arrival limit 1),
        (
          select sealed_at from batch
          where status <> 'void'
            and number > (select coalesce(max(batch_number), 0) from batch_on_l1)
          order by number limit 1
        )
      ) as oldest_at
  `)
  return {
    admitted: Number(row?.admitted ?? 0),
    proving: Number(row?.proving ?? 0),
    unproved: unproved.map(({ circuit, count }) => ({ circuit, count: Number(count) })),
    oldestAt: row?.oldest_at ?? undefined,
  }
}
