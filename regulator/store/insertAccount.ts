import { AccountRefusedError } from '../service/errors.ts'
import { type Account, type Credential, credentialValue } from './account.ts'
import { type Connection, sql, violatedConstraint } from './database.ts'

/** @throws {AccountRefusedError} with the constraint that it broke. */
export async function insertAccount(
  connection: Connection,
  { id, roles, credentials }: Account & { credentials: readonly Credential[] },
): Promise<void> {
  try {
    await connection.query(sql`
      insert into account (id, roles, created_at) values (${id}, ${roles}::text[], now())
    `)
    await insertCredentials(connection, { id, credentials })
  } catch (error) {
    const constraint = violatedConstraint(error)
    if (constraint === undefined) throw error
    throw new AccountRefusedError({ reason: constraint.replaceAll('_', ' ') })
  }
}

export async function insertCredentials(
  connection: Connection,
  { id, credentials }: { id: string; credentials: readonly Credential[] },
): Promise<void> {
  await connection.query(sql`
    insert into account_credential (account_id, kind, value)
    select ${id}, * from unnest(
      ${credentials.map(({ kind }) => kind)}::text[],
      ${credentials.map(credentialValue)}::text[]
    )
  `)
}
