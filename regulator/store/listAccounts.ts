import type { Account, Role } from './account.ts'
import { type Connection, sql } from './database.ts'

export async function listAccounts(connection: Connection): Promise<Account[]> {
  const rows = await connection.query<{ id: string; roles: Role[]; disabled_at: Date | null }>(
    sql`select id, roles, disabled_at from account order by id`,
  )
  return rows.map(({ id, roles, disabled_at: disabledAt }) => ({
    ...{ id, roles },
    ...(disabledAt === null ? {} : { disabledAt }),
  }))
}
