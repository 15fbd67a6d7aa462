import { type Connection, sql } from './database.ts'

/** closing → closed, by another account than proposed it: the table's constraint says so too. */
export async function confirmClosing(
  connection: Connection,
  { id, account }: { id: bigint; account: string },
): Promise<void> {
  await connection.query(sql`
    update alert set state = 'closed', closed_by = ${account}, closed_at = now()
    where id = ${id} and state = 'closing'
  `)
}
