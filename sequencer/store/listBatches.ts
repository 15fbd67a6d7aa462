import type { BatchCircuit } from '../../protocol/constants.ts'
import type { SettledAt } from '../finality/assuranceOf.ts'
import { type Connection, fromBytes, fromField, sql } from './database.ts'
import type { BatchRecord } from './insertBatch.ts'
import { settledAtOf } from './settledAtOf.ts'

export type StoredBatch = BatchRecord & {
  readonly id: bigint
  readonly stage: 'sealed' | 'proved' | 'settled'
  readonly l1Transaction?: `0x${string}`
  readonly settledAt?: SettledAt
}

/** Standing batches with numbers in [from, from + count), ascending, with their observed stage. */
export async function listBatches(
  connection: Connection,
  { from, count }: { from: bigint; count: number },
): Promise<StoredBatch[]> {
  const rows = await connection.query<{
    id: string
    number: string
    stage: StoredBatch['stage']
    circuit: BatchCircuit
    position: string
    old_slot_count: string
    new_slot_count: string
    fee_recipient: Buffer
    old_note_root: Buffer
    new_note_root: Buffer
    old_nullifier_root: Buffer
    new_nullifier_root: Buffer
    signature: Buffer | null
    signer: Buffer | null
    sealed_at: Date
    l1_transaction: Buffer | null
    l1_number: string | null
    l1_hash: Buffer | null
    newest_block: string | null
  }>(sql`
    select
      batch.id, batch.number,
      case when batch_on_l1.batch_number is not null then 'settled' else batch.status end as stage,
      batch.circuit, batch.position, batch.old_slot_count, batch.new_slot_count,
      batch.fee_recipient, batch.old_note_root, batch.new_note_root, batch.old_nullifier_root,
      batch.new_nullifier_root, batch.signature, batch.signer, batch.sealed_at,
      batch_on_l1.l1_transaction,
      l1_block.number as l1_number, l1_block.hash as l1_hash,
      (select max(number) from l1_block) as newest_block
    from batch
    left join batch_on_l1
      on batch_on_l1.batch_number = batch.number
      and batch_on_l1.note_root = batch.new_note_root
      and batch_on_l1.nullifier_root = batch.new_nullifier_root
    left join l1_block on l1_block.number = batch_on_l1.l1_block_number
    where batch.status <> 'void' and batch.number >= ${from} and batch.number < ${from + BigInt(count)}
    order by batch.number
  `)
  return rows.map((row) => ({
    id: BigInt(row.id),
    number: BigInt(row.number),
    stage: row.stage,
    circuit: row.circuit,
    position: BigInt(row.position),
    oldSlotCount: BigInt(row.old_slot_count),
    newSlotCount: BigInt(row.new_slot_count),
    feeRecipient: fromBytes(row.fee_recipient),
    oldNoteRoot: fromField(row.old_note_root),
    newNoteRoot: fromField(row.new_note_root),
    oldNullifierRoot: fromField(row.old_nullifier_root),
    newNullifierRoot: fromField(row.new_nullifier_root),
    ...(row.signature === null ? {} : { signature: fromBytes(row.signature) }),
    ...(row.signer === null ? {} : { signer: fromBytes(row.signer) }),
    sealedAt: row.sealed_at,
    ...(row.l1_transaction === null ? {} : { l1Transaction: fromBytes(row.l1_transaction) }),
    ...settledAtOf(row),
  }))
}
