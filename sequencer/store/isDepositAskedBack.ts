import { type Connection, sql } from './database.ts'

/** Whether its depositor asked for it, on the base chain as observed. */
export async function isDepositAskedBack(connection: Connection, id: bigint): Promise<boolean> {
  const rows = await connection.query(
    sql`select deposit_id from l1_deposit_reclaim where deposit_id = ${id}`,
  )
  return rows.length > 0
}
