import { type Connection, sql, toField } from './database.ts'

export type DepositRecord = {
  readonly id: bigint
  readonly asset: bigint
  readonly amount: bigint
  readonly recipient: bigint
  readonly ciphertext: Uint8Array
}

/** The deposits that a batch takes, in order. */
export async function insertBatchDeposits(
  connection: Connection,
  { batchId, deposits }: { batchId: bigint; deposits: readonly DepositRecord[] },
): Promise<void> {
  for (const [place, deposit] of deposits.entries()) {
    await connection.query(sql`
      insert into batch_deposit
        (batch_id, place, deposit_id, asset, amount, recipient, ciphertext)
      values (
        ${batchId}, ${place}, ${deposit.id}, ${deposit.asset}, ${deposit.amount},
        ${toField(deposit.recipient)}, ${deposit.ciphertext}
      )
    `)
  }
}
