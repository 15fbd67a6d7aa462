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
  /** None where it was taken over by a follower, which signs nothing. */
  readonly signature?: Hex
  /** Who signed it: of a stored batch, where that is known. */
  readonly signer?: Hex
  readonly sealedAt: Date
}

/** @returns the batch's id. A number that stands already violates batch_only_one_of_a_number. */
export async function insertBatch(
  connection: Connection,
  {
    batch,
    adoptedFrom,
  }: {
    batch: BatchRecord
    /** Hash of the base-chain block that it was read from, where this node did not seal it. */
    adoptedFrom?: Hex
  },
): Promise<bigint> {
  const [row] = await connection.query<{ id: string }>(sql`
    insert into batch (
      number, status, circuit, position, old_slot_count, new_slot_count, fee_recipient,
      old_note_root, new_note_root, old_nullifier_root, new_nullifier_root,
      signature, sealed_at, is_adopted, adopted_from
    )
    values (
      ${batch.number}, ${adoptedFrom === undefined ? 'sealed' : 'proved'}, ${batch.circuit}, ${batch.position},
      ${batch.oldSlotCount}, ${batch.newSlotCount}, ${toBytes(batch.feeRecipient)},
      ${toField(batch.oldNoteRoot)}, ${toField(batch.newNoteRoot)},
      ${toField(batch.oldNullifierRoot)}, ${toField(batch.newNullifierRoot)},
      ${batch.signature === undefined ? null : toBytes(batch.signature)}, ${batch.sealedAt},
      ${adoptedFrom !== undefined}, ${adoptedFrom === undefined ? null : toBytes(adoptedFrom)}
    )
    returning id
  `)
  return BigInt(row?.id ?? 0)
}
