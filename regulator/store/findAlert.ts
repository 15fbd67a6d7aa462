import { type Alert, type AlertRow, toAlert } from './alert.ts'
import { type Connection, sql } from './database.ts'

/** One alert. With `isLocked` nobody else changes it until the transaction ends. */
export async function findAlert(
  connection: Connection,
  { id, isLocked = false }: { id: bigint; isLocked?: boolean },
): Promise<Alert | undefined> {
  if (isLocked) await connection.query(sql`select from alert where id = ${id} for update`)
  const [row] = await connection.query<AlertRow>(sql`
    select
      id, state, rules_version, rule, pseudonym, asset, from_day, day, facts, confidence, raised_at,
      l1_block_number is not null as is_grounded, owner, order_number, resolution, closing_reason,
      closing_proposed_by, closed_by
    from alert where id = ${id}
  `)
  return row === undefined ? undefined : toAlert(row)
}
