import type { BatchCircuit } from '../../protocol/constants.ts'
import { type Connection, sql, toBytes, toField } from './database.ts'

type Hex = `0x${string}`

/** A link of the signed chain. */
export type BatchRecord = {
  readonly number: bigint
  readonly circuit: BatchCircuit
  readonly position: bigint
  readonly oldSlotCount: bigint
  readonly newSlotCount: bigint
  readonly feeRecipient: Hex
  readonly oldNoteRoot: bigint
  readonly newNoteRoot: bigint
  readonly oldNullifierRoot: bigint
  readonly newNullifierRoot: bigint
  readonly signature: Hex
  readonly sealedAt: Date
}

/** @returns the batch's id. A number that stands already violates batch_only_one_of_a_number. */
export async function insertBatch(
  connection: Connection,
  { batch, isAdopted = false }: { batch: BatchRecord; isAdopted?: boolean },
): Promise<bigint> {
  const [row] = await connection.query<{ id: string }>(sql`
    insert into batch (
      number, status, circuit, position, old_slot_count, new_slot_count, fee_recipient,
      old_note_root, new_note_root, old_nullifier_root, new_nullifier_root,
      signature, sealed_at, is_adopted
    )
    values (
      ${batch.number}, ${isAdopted ? 'proved' : 'sealed'}, ${batch.circuit}, ${batch.position},
      ${batch.oldSlotCount}, ${batch.newSlotCount}, ${toBytes(batch.feeRecipient)},
      ${toField(batch.oldNoteRoot)}, ${toField(batch.newNoteRoot)},
      ${toField(batch.oldNullifierRoot)}, ${toField(batch.newNullifierRoot)},
      ${toBytes(batch.signature)}, ${batch.sealedAt}, ${isAdopted}
    )
    returning id
  `)
  return BigInt(row?.id ?? 0)
}
