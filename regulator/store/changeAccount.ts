import { AccountRefusedError } from '../service/errors.ts'
import type { Credential, Role } from './account.ts'
import { type Connection, sql, violatedConstraint } from './database.ts'
import { insertCredentials } from './insertAccount.ts'

/**
 * Other roles, other proofs of who somebody is, or both. Credentials of before count no more.
 *
 * @returns whether there is such an active account.
 * @throws {AccountRefusedError} with the constraint that it broke.
 */
export async function changeAccount(
  connection: Connection,
  {
    id,
    roles,
    credentials,
  }: { id: string; roles?: readonly Role[]; credentials?: readonly Credential[] },
): Promise<boolean> {
  try {
    const changed = await connection.query(sql`
      update account set roles = coalesce(${roles ?? null}::text[], roles)
      where id = ${id} and disabled_at is null
      returning id
    `)
    if (changed.length === 0) return false
    if (credentials !== undefined) {
      await connection.query(sql`delete from account_credential where account_id = ${id}`)
      await insertCredentials(connection, { id, credentials })
    }
    return true
  } catch (error) {
    const constraint = violatedConstraint(error)
    if (constraint === undefined) throw error
    throw new AccountRefusedError({ reason: constraint.replaceAll('_', ' ') })
  }
}
