import type { BatchCircuit } from '../../protocol/constants.ts'
import { type Connection, sql } from './database.ts'
import { findFigures } from './findFigures.ts'

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
  const [row] = await connection.query<{ admitted: string; proving: string }>(sql`
    select
      (select count(*) from proof_job where status = 'queued' and worker is not null) as proving,
      (select count(*) from transfer where status = 'admitted') as admitted
  `)
  const { waitingSince, unsettledSince } = await findFigures(connection)
  const since = [waitingSince, unsettledSince].filter((moment) => moment !== undefined)
  return {
    admitted: Number(row?.admitted ?? 0),
    proving: Number(row?.proving ?? 0),
    unproved: unproved.map(({ circuit, count }) => ({ circuit, count: Number(count) })),
    oldestAt: since.toSorted((one, other) => one.getTime() - other.getTime())[0],
  }
}
