import { type Connection, sql } from './database.ts'

export type AlertNote = { readonly author: string; readonly writtenAt: Date; readonly text: string }

export async function listAlertNotes(connection: Connection, alert: bigint): Promise<AlertNote[]> {
  const rows = await connection.query<{ author: string; written_at: Date; text: string }>(sql`
    select author, written_at, text from alert_note where alert_id = ${alert} order by id
  `)
  return rows.map(({ author, written_at: writtenAt, text }) => ({ author, writtenAt, text }))
}
