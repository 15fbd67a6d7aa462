import type { Statement } from '../transfer.ts'
import { type Connection, sql } from './database.ts'
import { type StatementRow, statementFromRow } from './transferRow.ts'

/** The transfers of batches, by batch id, ascending by slot. */
export async function listBatchTransfers(
  connection: Connection,
  batchIds: readonly bigint[],
): Promise<Map<bigint, (Statement & { slot: number })[]>> {
  const rows = await connection.query<StatementRow & { batch_id: string; slot: number }>(sql`
    select
      id, circuit, public_inputs::bytea[] as public_inputs, memo, anchor_batch, batch_id, slot
    from transfer
    where status = 'sealed' and batch_id = any(${batchIds}::bigint[])
    order by batch_id, slot
  `)
  const byBatch = new Map<bigint, (Statement & { slot: number })[]>(
    batchIds.map((batchId) => [batchId, []]),
  )
  for (const row of rows) {
    byBatch.get(BigInt(row.batch_id))?.push({ ...statementFromRow(row), slot: row.slot })
  }
  return byBatch
}
