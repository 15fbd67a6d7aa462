import { type Connection, fromField, sql } from './database.ts'
import type { DepositRecord } from './insertBatchDeposits.ts'

export type WaitingDeposit = DepositRecord & { queuedAt: Date }

/**
 * The oldest deposits that a batch can take: in the queue, in no standing batch, and not asked back.
 * S4: always the oldest ones first, so every batch has at least min(due, K) of the due ones.
 */
export async function listAvailableDeposits(
  connection: Connection,
  limit: number,
): Promise<WaitingDeposit[]> {
  const rows = await connection.query<{
    id: string
    asset: number
    amount: string
    recipient: Buffer
    ciphertext: Buffer
    mined_at: Date
  }>(sql`
    select
      l1_deposit.id, l1_deposit.asset, l1_deposit.amount, l1_deposit.recipient,
      l1_deposit.ciphertext, l1_block.mined_at
    from l1_deposit
    join l1_block on l1_block.number = l1_deposit.l1_block_number
    where not exists (select from batch_deposit where deposit_id = l1_deposit.id)
      and not exists (select from l1_deposit_reclaim where deposit_id = l1_deposit.id)
      -- the contract takes ascending ids only: what was passed over is passed over for good
      and l1_deposit.id > (select coalesce(max(deposit_id), 0) from batch_deposit)
    order by l1_deposit.id
    limit ${limit}
  `)
  return rows.map((row) => ({
    id: BigInt(row.id),
    asset: BigInt(row.asset),
    amount: BigInt(row.amount),
    recipient: fromField(row.recipient),
    ciphertext: new Uint8Array(row.ciphertext),
    queuedAt: row.mined_at,
  }))
}
