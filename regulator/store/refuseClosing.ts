import { type Connection, sql } from './database.ts'

/** closing → assigned, or open where nobody owns it. */
export async function refuseClosing(connection: Connection, id: bigint): Promise<void> {
  await connection.query(sql`
    update alert set
      state = case when owner is null then 'open' else 'assigned' end,
      resolution = null, closing_reason = null, closing_proposed_by = null, closing_facts = null
    where id = ${id} and state = 'closing'
  `)
}
