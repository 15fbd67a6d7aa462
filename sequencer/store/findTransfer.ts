import { OUTPUTS_PER_SLOT } from '../../protocol/constants.ts'
import type { RejectReason } from '../transfer.ts'
import { type Connection, fromBytes, sql, toBytes } from './database.ts'

type Hex = `0x${string}`

/** A transfer as its owner sees it. */
export type TransferView = {
  id: Hex
  stage: 'admitted' | 'sealed' | 'settled' | 'rejected'
  admittedAt: Date
  /** None for a transfer that another sequencer sealed. */
  receiptSignature?: Hex
  batchNumber?: bigint
  slot?: number
  firstLeafIndex?: bigint
  l1Transaction?: Hex
  reason?: RejectReason
}

export async function findTransfer(
  connection: Connection,
  id: Hex,
): Promise<TransferView | undefined> {
  const [row] = await connection.query<{
    stage: TransferView['stage']
    admitted_at: Date
    receipt_signature: Buffer | null
    batch_number: string | null
    position: string | null
    slot: number | null
    l1_transaction: Buffer | null
    reject_code: string | null
    reject_message: string | null
  }>(sql`
    select
      transfer_stage.stage, transfer.admitted_at, transfer.receipt_signature,
      transfer_stage.batch_number, batch.position, transfer.slot,
      transfer_stage.l1_transaction, transfer.reject_code, transfer.reject_message
    from transfer
    join transfer_stage on transfer_stage.id = transfer.id
    left join batch on batch.id = transfer.batch_id
    where transfer.id = ${toBytes(id)}
  `)
  if (row === undefined) return undefined
  return {
    id,
    stage: row.stage,
    admittedAt: row.admitted_at,
    ...(row.receipt_signature === null
      ? {}
      : { receiptSignature: fromBytes(row.receipt_signature) }),
    ...(row.batch_number === null || row.position === null || row.slot === null
      ? {}
      : {
          batchNumber: BigInt(row.batch_number),
          slot: row.slot,
          firstLeafIndex: BigInt(OUTPUTS_PER_SLOT) * (BigInt(row.position) + BigInt(row.slot)),
        }),
    ...(row.l1_transaction === null ? {} : { l1Transaction: fromBytes(row.l1_transaction) }),
    ...(row.reject_code === null
      ? {}
      : { reason: { code: row.reject_code, message: row.reject_message ?? '' } }),
  }
}
