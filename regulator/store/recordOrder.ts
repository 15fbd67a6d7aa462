import { type Connection, sql } from './database.ts'

/** assigned → ordered: an order on the base chain stands for the alert, from then on. */
export async function recordOrder(
  connection: Connection,
  { id, orderNumber, account }: { id: bigint; orderNumber: bigint; account: string },
): Promise<void> {
  await connection.query(sql`
    update alert set state = 'ordered', order_number = ${orderNumber}, order_filed_by = ${account}
    where id = ${id} and state = 'assigned'
  `)
}
