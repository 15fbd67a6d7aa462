import { type Connection, sql } from './database.ts'

/** open, assigned → assigned. The owner is whoever takes it, or is given it. */
export async function assignAlert(
  connection: Connection,
  { id, owner }: { id: bigint; owner: string },
): Promise<void> {
  await connection.query(sql`
    update alert set state = 'assigned', owner = ${owner}
    where id = ${id} and state in ('open', 'assigned')
  `)
}
