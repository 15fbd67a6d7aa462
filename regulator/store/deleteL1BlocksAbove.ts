import { type Connection, sql } from './database.ts'

/** A reorg: everything observed above `number` goes with its block, and alerts lose their ground. */
export async function deleteL1BlocksAbove(connection: Connection, number: bigint): Promise<void> {
  await connection.query(sql`delete from l1_block where number > ${number}`)
}
