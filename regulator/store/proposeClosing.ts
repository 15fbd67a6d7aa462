import type { Resolution } from './alert.ts'
import { type Connection, sql } from './database.ts'

/** open, assigned, ordered → closing, on the facts as they are now. */
export async function proposeClosing(
  connection: Connection,
  {
    id,
    resolution,
    reason,
    account,
  }: { id: bigint; resolution: Resolution; reason: string; account: string },
): Promise<void> {
  await connection.query(sql`
    update alert set
      state = 'closing', resolution = ${resolution}, closing_reason = ${reason},
      closing_proposed_by = ${account}, closing_facts = facts
    where id = ${id} and state in ('open', 'assigned', 'ordered')
  `)
}
