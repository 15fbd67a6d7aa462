import { type Connection, sql } from './database.ts'

export async function insertAlertNote(
  connection: Connection,
  { alert, author, text }: { alert: bigint; author: string; text: string },
): Promise<void> {
  await connection.query(sql`
    insert into alert_note (alert_id, author, text) values (${alert}, ${author}, ${text})
  `)
}
