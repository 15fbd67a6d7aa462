import { type Connection, fromField, sql } from './database.ts'

/** A deposit in the vault's queue, as it stood when a block was made. */
export type QueuedDeposit = {
  readonly id: bigint
  readonly asset: bigint
  readonly amount: bigint
  readonly recipient: bigint
  /** Settlement clock. */
  readonly deadline: bigint
  /** Settlement clock; undefined where nobody asked for it back. */
  readonly refundableAt?: bigint
}

/** Deposits with ids from `from` on, in queue order, of the observed blocks up to and with `block`. */
export async function listQueuedDeposits(
  connection: Connection,
  { from, block, limit }: { from: bigint; block: bigint; limit: number },
): Promise<QueuedDeposit[]> {
  const rows = await connection.query<{
    id: string
    asset: number
    amount: string
    recipient: Buffer
    deadline_at: Date
    refundable_at: Date | null
  }>(sql`
    select id, asset, amount, recipient, deadline_at, refundable_at
    from l1_deposit
    left join l1_deposit_reclaim
      on deposit_id = id and l1_deposit_reclaim.l1_block_number <= ${block}
    where id >= ${from} and l1_deposit.l1_block_number <= ${block}
    order by id limit ${limit}
  `)
  return rows.map((row) => ({
    id: BigInt(row.id),
    asset: BigInt(row.asset),
    amount: BigInt(row.amount),
    recipient: fromField(row.recipient),
    deadline: BigInt(row.deadline_at.getTime() / 1000),
    ...(row.refundable_at === null
      ? {}
      : { refundableAt: BigInt(row.refundable_at.getTime() / 1000) }),
  }))
}
