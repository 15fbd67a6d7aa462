import { type Connection, sql } from './database.ts'

/** closing → ordered where an order stands for it, else assigned, or open where nobody owns it. */
export async function refuseClosing(connection: Connection, id: bigint): Promise<void> {
  await connection.query(sql`
    update alert set
      state = case
        when order_number is not null then 'ordered' when owner is null then 'open' else 'assigned'
      end,
      resolution = null, closing_reason = null, closing_proposed_by = null, closing_facts = null
    where id = ${id} and state = 'closing'
  `)
}
