import { OUTPUTS_PER_SLOT } from '../../protocol/constants.ts'
import type { RejectReason } from '../transfer.ts'
import type { SettledAt } from '../finality/assuranceOf.ts'
import { type Connection, fromBytes, sql, toBytes } from './database.ts'
import { settledAtOf } from './settledAtOf.ts'

type Hex = `0x${string}`

/** A transfer as its owner sees it. */
export type TransferView = {
  id: Hex
  stage: 'admitted' | 'sealed' | 'settled' | 'rejected'
  admittedAt: Date
  /** Seconds of the settlement clock; 0 where no time was promised. */
  settleBy: number
  /** None for a transfer that another sequencer sealed. */
  receiptSignature?: Hex
  /** Who signed it, where that is known. */
  receiptSigner?: Hex
  batchNumber?: bigint
  slot?: number
  firstLeafIndex?: bigint
  l1Transaction?: Hex
  settledAt?: SettledAt
  reason?: RejectReason
}

export async function findTransfer(
  connection: Connection,
  id: Hex,
): Promise<TransferView | undefined> {
  const [row] = await connection.query<{
    stage: TransferView['stage']
    admitted_at: Date
    settle_by: string
    receipt_signature: Buffer | null
    receipt_signer: Buffer | null
    batch_number: string | null
    position: string | null
    slot: number | null
    l1_transaction: Buffer | null
    l1_number: string | null
    l1_hash: Buffer | null
    newest_block: string | null
    reject_code: string | null
    reject_message: string | null
  }>(sql`
    select
      transfer_stage.stage, transfer.admitted_at, transfer.settle_by, transfer.receipt_signature,
      transfer.receipt_signer, transfer_stage.batch_number, batch.position, transfer.slot,
      transfer_stage.l1_transaction, transfer.reject_code, transfer.reject_message,
      l1_block.number as l1_number, l1_block.hash as l1_hash,
      (select max(number) from l1_block) as newest_block
    from transfer
    join transfer_stage on transfer_stage.id = transfer.id
    left join batch on batch.id = transfer.batch_id
    left join batch_on_l1
      on batch_on_l1.batch_number = transfer_stage.batch_number
      and transfer_stage.stage = 'settled'
    left join l1_block on l1_block.number = batch_on_l1.l1_block_number
    where transfer.id = ${toBytes(id)}
  `)
  if (row === undefined) return undefined
  return {
    id,
    stage: row.stage,
    admittedAt: row.admitted_at,
    settleBy: Number(row.settle_by),
    ...(row.receipt_signature === null
      ? {}
      : { receiptSignature: fromBytes(row.receipt_signature) }),
    ...(row.receipt_signer === null ? {} : { receiptSigner: fromBytes(row.receipt_signer) }),
    ...(row.batch_number === null || row.position === null || row.slot === null
      ? {}
      : {
          batchNumber: BigInt(row.batch_number),
          slot: row.slot,
          firstLeafIndex: BigInt(OUTPUTS_PER_SLOT) * (BigInt(row.position) + BigInt(row.slot)),
        }),
    ...(row.l1_transaction === null ? {} : { l1Transaction: fromBytes(row.l1_transaction) }),
    ...settledAtOf(row),
    ...(row.reject_code === null
      ? {}
      : { reason: { code: row.reject_code, message: row.reject_message ?? '' } }),
  }
}
