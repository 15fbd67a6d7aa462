import { type Connection, fromField, sql } from './database.ts'
import type { DepositRecord } from './insertBatchDeposits.ts'

/** The deposits of batches, by batch id, in order. */
export async function listBatchDeposits(
  connection: Connection,
  batchIds: readonly bigint[],
): Promise<Map<bigint, DepositRecord[]>> {
  const rows = await connection.query<{
    batch_id: string
    deposit_id: string
    asset: number
    amount: string
    recipient: Buffer
    ciphertext: Buffer
  }>(sql`
    select batch_id, deposit_id, asset, amount, recipient, ciphertext
    from batch_deposit
    where batch_id = any(${batchIds}::bigint[])
    order by batch_id, place
  `)
  const byBatch = new Map<bigint, DepositRecord[]>(batchIds.map((batchId) => [batchId, []]))
  for (const row of rows) {
    byBatch.get(BigInt(row.batch_id))?.push({
      id: BigInt(row.deposit_id),
      asset: BigInt(row.asset),
      amount: BigInt(row.amount),
      recipient: fromField(row.recipient),
      ciphertext: new Uint8Array(row.ciphertext),
    })
  }
  return byBatch
}
