import type { WaitingTransfer } from '../transfer.ts'
import { type Connection, sql } from './database.ts'
import { type StatementRow, waitingFromRow } from './transferRow.ts'

/** Admitted transfers in the order of admission. */
export async function listWaitingTransfers(
  connection: Connection,
  limit: number,
): Promise<WaitingTransfer[]> {
  const rows = await connection.query<StatementRow & { admitted_at: Date }>(sql`
    select id, circuit, public_inputs::bytea[] as public_inputs, memo, anchor_batch, admitted_at
    from transfer
    where status = 'admitted'
    order by arrival
    limit ${limit}
  `)
  return rows.map(waitingFromRow)
}
