import { type Connection, fromField, sql } from './database.ts'

/** A record that waits for its epoch's key. */
export type SealedRecord = {
  readonly batchNumber: bigint
  readonly slot: number
  readonly epoch: bigint
  readonly ephemeral: readonly [bigint, bigint]
  readonly ciphertext: readonly [bigint, bigint]
}

/** The first `limit` sealed records of some epochs. */
export async function listSealedRecords(
  connection: Connection,
  { epochs, limit }: { epochs: readonly bigint[]; limit: number },
): Promise<SealedRecord[]> {
  const rows = await connection.query<{
    batch_number: string
    slot: number
    epoch: number
    ephemeral_x: Buffer
    ephemeral_y: Buffer
    ciphertext_0: Buffer
    ciphertext_1: Buffer
  }>(sql`
    select batch_number, slot, epoch, ephemeral_x, ephemeral_y, ciphertext_0, ciphertext_1
    from record
    where status = 'sealed' and epoch = any (${epochs}::integer[])
    order by batch_number, slot
    limit ${limit}
  `)
  return rows.map((row) => ({
    batchNumber: BigInt(row.batch_number),
    slot: row.slot,
    epoch: BigInt(row.epoch),
    ephemeral: [fromField(row.ephemeral_x), fromField(row.ephemeral_y)],
    ciphertext: [fromField(row.ciphertext_0), fromField(row.ciphertext_1)],
  }))
}
