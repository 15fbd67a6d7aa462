import { type Connection, fromField, sql } from './database.ts'
import type { ForcedSlot } from './insertBatchForced.ts'

/** The forced queue's entries in batches, by batch id, ascending by slot. */
export async function listBatchForced(
  connection: Connection,
  batchIds: readonly bigint[],
): Promise<Map<bigint, ForcedSlot[]>> {
  const rows = await connection.query<{
    batch_id: string
    slot: number
    entry_id: string
    taken_as: ForcedSlot['takenAs']
    nullifier: Buffer
    outputs: [Buffer, Buffer, Buffer, Buffer]
    withdrawal: Buffer
    fee: Buffer
  }>(sql`
    select
      batch_id, slot, entry_id, taken_as, nullifier, outputs::bytea[] as outputs, withdrawal, fee
    from batch_forced
    where batch_id = any(${batchIds}::bigint[])
    order by batch_id, slot
  `)
  const byBatch = new Map<bigint, ForcedSlot[]>(batchIds.map((batchId) => [batchId, []]))
  for (const row of rows) {
    const [account, first, second, third] = row.outputs
    byBatch.get(BigInt(row.batch_id))?.push({
      slot: row.slot,
      entryId: BigInt(row.entry_id),
      takenAs: row.taken_as,
      nullifier: fromField(row.nullifier),
      outputs: [fromField(account), fromField(first), fromField(second), fromField(third)],
      withdrawal: fromField(row.withdrawal),
      fee: fromField(row.fee),
    })
  }
  return byBatch
}
