import { type Account, type Credential, credentialValue, type Role } from './account.ts'
import { type Connection, sql } from './database.ts'

/** Whose a credential is, disabled ones included. */
export async function findAccount(
  connection: Connection,
  credential: Credential,
): Promise<Account | undefined> {
  const [row] = await connection.query<{ id: string; roles: Role[]; disabled_at: Date | null }>(sql`
    select account.id, account.roles, account.disabled_at
    from account_credential
    join account on account.id = account_id
    where kind = ${credential.kind} and value = ${credentialValue(credential)}
  `)
  if (row === undefined) return undefined
  const { id, roles, disabled_at: disabledAt } = row
  return { id, roles, ...(disabledAt === null ? {} : { disabledAt }) }
}
