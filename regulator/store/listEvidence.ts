import { type Connection, fromBytes, sql, toPseudonym } from './database.ts'

/** Where on the base chain a record is: public words only. */
export type EvidencePosition = {
  readonly transactionHash: `0x${string}`
  readonly batchNumber: bigint
  readonly slot: number
  readonly day: bigint
  readonly epoch: bigint
}

/** The settled transfers that an alert rests on: what an order to open them names. */
export async function listEvidence(
  connection: Connection,
  {
    pseudonym,
    asset,
    fromDay,
    day,
  }: { pseudonym: bigint; asset: bigint; fromDay: bigint; day: bigint },
): Promise<EvidencePosition[]> {
  const rows = await connection.query<{
    l1_transaction: Buffer
    batch_number: string
    slot: number
    day: number
    epoch: number
  }>(sql`
    select settled_batch.l1_transaction, record.batch_number, record.slot, record.day, record.epoch
    from record
    join settled_batch using (batch_number)
    where record.status = 'opened' and record.pseudonym = ${toPseudonym(pseudonym)}
      and record.asset = ${asset} and record.day between ${fromDay} and ${day}
    order by record.batch_number, record.slot
  `)
  return rows.map((row) => ({
    transactionHash: fromBytes(row.l1_transaction),
    batchNumber: BigInt(row.batch_number),
    slot: row.slot,
    day: BigInt(row.day),
    epoch: BigInt(row.epoch),
  }))
}
