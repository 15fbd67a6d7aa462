import type { SignedAnchor } from '../../api/index.ts'
import { type Connection, fromBytes, fromField, sql, toBytes, toField } from './database.ts'

type Hex = `0x${string}`

/** Writes down an anchor that was seen signed; one that says the same was there before. */
export async function insertWatchedAnchor(
  connection: Connection,
  { anchor, signature, now }: { anchor: SignedAnchor; signature: Hex; now: Date },
): Promise<void> {
  await connection.query(sql`
    insert into watched_anchor (
      sequencer, batch_number, parent_note_root, parent_nullifier_root, note_root, nullifier_root,
      slot_count, signature, seen_at
    )
    values (
      ${toBytes(anchor.sequencer)}, ${anchor.batchNumber},
      ${toField(BigInt(anchor.parentNoteRoot))}, ${toField(BigInt(anchor.parentNullifierRoot))},
      ${toField(BigInt(anchor.noteRoot))}, ${toField(BigInt(anchor.nullifierRoot))},
      ${anchor.slotCount}, ${toBytes(signature)}, ${now}
    )
    on conflict do nothing
  `)
}

/** Two different things where there should be one. */
export type AnchorConflict = {
  readonly sequencer: Hex
  readonly batchNumber: bigint
  /** Signed first, or what the base chain settled. */
  readonly expected: { readonly noteRoot: bigint; readonly nullifierRoot: bigint }
  /** Signed. */
  readonly actual: { readonly noteRoot: bigint; readonly nullifierRoot: bigint }
}

type ConflictRow = {
  sequencer: Buffer
  batch_number: string
  expected_note_root: Buffer
  expected_nullifier_root: Buffer
  note_root: Buffer
  nullifier_root: Buffer
}

function fromRow(row: ConflictRow): AnchorConflict {
  return {
    sequencer: fromBytes(row.sequencer),
    batchNumber: BigInt(row.batch_number),
    expected: {
      noteRoot: fromField(row.expected_note_root),
      nullifierRoot: fromField(row.expected_nullifier_root),
    },
    actual: { noteRoot: fromField(row.note_root), nullifierRoot: fromField(row.nullifier_root) },
  }
}

/**
 * Anchors with one number and parent that a sequencer signed differently, seen within `window` seconds of
 * each other: later ones may replace a batch that was void (S2).
 */
export async function listEquivocations(
  connection: Connection,
  { window }: { window: bigint },
): Promise<AnchorConflict[]> {
  const rows = await connection.query<ConflictRow>(sql`
    select
      one.sequencer, one.batch_number,
      one.note_root as expected_note_root, one.nullifier_root as expected_nullifier_root,
      other.note_root, other.nullifier_root
    from watched_anchor one
    join watched_anchor other
      on other.sequencer = one.sequencer and other.batch_number = one.batch_number
      and other.parent_note_root = one.parent_note_root
      and other.parent_nullifier_root = one.parent_nullifier_root
      and (other.note_root, other.nullifier_root, other.slot_count)
        <> (one.note_root, one.nullifier_root, one.slot_count)
      and (other.seen_at, other.note_root) > (one.seen_at, one.note_root)
      and other.seen_at <= one.seen_at + make_interval(secs => ${Number(window)})
    order by one.batch_number
  `)
  return rows.map(fromRow)
}

/**
 * Signed anchors that are not what the base chain settled on the same parent, within `window` seconds of being
 * seen: later, the batch was void, and another one may take its number (S2).
 */
export async function listUnsettledAnchors(
  connection: Connection,
  { window }: { window: bigint },
): Promise<AnchorConflict[]> {
  const rows = await connection.query<ConflictRow>(sql`
    select
      anchor.sequencer, anchor.batch_number,
      batch.new_note_root as expected_note_root,
      batch.new_nullifier_root as expected_nullifier_root,
      anchor.note_root, anchor.nullifier_root
    from watched_anchor anchor
    join batch on batch.number = anchor.batch_number and batch.status <> 'void' and batch.is_adopted
      and batch.old_note_root = anchor.parent_note_root
      and batch.old_nullifier_root = anchor.parent_nullifier_root
      and (batch.new_note_root, batch.new_nullifier_root, batch.new_slot_count)
        <> (anchor.note_root, anchor.nullifier_root, anchor.slot_count)
      and batch.sealed_at <= anchor.seen_at + make_interval(secs => ${Number(window)})
    order by anchor.batch_number
  `)
  return rows.map(fromRow)
}
