import { type Connection, sql } from './database.ts'

/** While it stands, nothing is admitted. */
export type Drain = { requestedAt: Date; acknowledgedAt: Date | undefined }

export async function findDrain(connection: Connection): Promise<Drain | undefined> {
  const [row] = await connection.query<{ requested_at: Date; acknowledged_at: Date | null }>(sql`
    select requested_at, acknowledged_at from drain
  `)
  if (row === undefined) return undefined
  return { requestedAt: row.requested_at, acknowledgedAt: row.acknowledged_at ?? undefined }
}

/** A second request changes nothing. */
export async function requestDrain(connection: Connection, now: Date): Promise<void> {
  await connection.query(sql`
    insert into drain (requested_at) values (${now}) on conflict do nothing
  `)
}

/** asked → acknowledged, by the sequencer that admits no more. */
export async function acknowledgeDrain(connection: Connection, now: Date): Promise<void> {
  await connection.query(sql`
    update drain set acknowledged_at = ${now} where acknowledged_at is null
  `)
}

/** @returns whether there was one. */
export async function endDrain(connection: Connection): Promise<boolean> {
  const rows = await connection.query(sql`delete from drain returning is_only`)
  return rows.length > 0
}
