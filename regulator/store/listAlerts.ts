import { type Alert, type AlertRow, type AlertState, toAlert } from './alert.ts'
import { type Connection, sql } from './database.ts'

/** Alerts with ids above `after`, ascending; of one state and rule where these are named. */
export async function listAlerts(
  connection: Connection,
  {
    state,
    rule,
    after,
    limit,
  }: { state: AlertState | undefined; rule: string | undefined; after: bigint; limit: number },
): Promise<Alert[]> {
  const rows = await connection.query<AlertRow>(sql`
    select
      id, state, rules_version, rule, pseudonym, asset, from_day, day, facts, confidence, raised_at,
      l1_block_number is not null as is_grounded, owner, order_number, resolution, closing_reason,
      closing_proposed_by, closed_by
    from alert
    where id > ${after}
      and (${state ?? null}::text is null or state = ${state ?? null}::text)
      and (${rule ?? null}::text is null or rule = ${rule ?? null}::text)
    order by id
    limit ${limit}
  `)
  return rows.map(toAlert)
}
