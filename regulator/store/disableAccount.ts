import { type Connection, sql } from './database.ts'

/** active → disabled. @returns whether there was such an active account. */
export async function disableAccount(connection: Connection, id: string): Promise<boolean> {
  const rows = await connection.query(sql`
    update account set disabled_at = now() where id = ${id} and disabled_at is null returning id
  `)
  return rows.length === 1
}
