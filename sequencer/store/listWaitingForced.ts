import type { Statement } from '../transfer.ts'
import { type Connection, sql } from './database.ts'
import { type StatementRow, statementFromRow } from './transferRow.ts'

/** A transfer that waits in the forced queue. */
export type WaitingForced = Statement & {
  readonly entryId: bigint
  /** Block time of its entry. */
  readonly queuedAt: Date
}

/**
 * The oldest entries of the forced queue that no standing batch has taken, without a gap. S4: always the
 * oldest first, so that every batch has at least min(due, K) of the due ones.
 */
export async function listWaitingForced(
  connection: Connection,
  limit: number,
): Promise<WaitingForced[]> {
  const rows = await connection.query<
    Omit<StatementRow, 'id'> & { id: string; statement_id: Buffer; mined_at: Date }
  >(sql`
    select
      l1_forced_transfer.id, statement_id, circuit, public_inputs::bytea[] as public_inputs, memo,
      anchor_batch, l1_block.mined_at
    from l1_forced_transfer
    join l1_block on l1_block.number = l1_forced_transfer.l1_block_number
    where l1_forced_transfer.id > (select coalesce(max(entry_id), 0) from batch_forced)
    order by l1_forced_transfer.id
    limit ${limit}
  `)
  const waiting: WaitingForced[] = []
  for (const { statement_id: id, ...row } of rows) {
    const entryId = BigInt(row.id)
    const last = waiting.at(-1)
    // A hole would be a block that is not read (any more): what is behind it cannot be taken.
    if (last !== undefined && entryId !== last.entryId + 1n) break
    waiting.push({ ...statementFromRow({ ...row, id }), entryId, queuedAt: row.mined_at })
  }
  return waiting
}
