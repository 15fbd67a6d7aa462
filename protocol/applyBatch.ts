import { type Batch, type BatchSlot, batchPosition, fillSlots, isLiveSlot } from './batch.ts'
import {
  BatchDepositError,
  BatchDuplicateNullifierError,
  BatchNullifierNotSpentError,
  BatchOrderError,
  BatchSizeError,
} from './batchErrors.ts'
import { BATCH_CIRCUITS, NULLIFIER_TREE_DEPTH, OUTPUTS_PER_SLOT } from './constants.ts'
import { TreeFullError } from './errors.ts'
import { FieldElement, checkBits } from './field.ts'
import { commitToRecipient } from './note.ts'
import {
  NULLIFIER_LIMIT,
  NullifierRangeError,
  NullifierSpentError,
  type NullifierTree,
  type SlotOpening,
} from './nullifierTree.ts'
import { type RollupState } from './rollupState.ts'
import { type MerklePath } from './tree.ts'

/** What a batch did to the state. */
export type AppliedBatch = {
  readonly oldSlotCount: bigint
  readonly newSlotCount: bigint
  /** First slot of the batch: nullifier leaves start here, note leaves at four times it. */
  readonly position: number
  readonly oldNoteRoot: bigint
  readonly newNoteRoot: bigint
  readonly oldNullifierRoot: bigint
  readonly newNullifierRoot: bigint
  /** Four a slot, deposits last; 0 where nothing was appended. */
  readonly noteLeaves: readonly bigint[]
  /** One a slot; 0 where nothing was inserted. */
  readonly nullifierLeaves: readonly bigint[]
  /** One a transfer slot. */
  readonly openings: readonly SlotOpening[]
  /** Of the batch's subtree in the note tree before it was written. */
  readonly notePath: MerklePath
  /** Of the batch's subtree in the nullifier tree, all intervals narrowed, before it was written. */
  readonly nullifierPath: MerklePath
}

/**
 * Applies a batch to the state and returns what its proof opens. All checks come before the first
 * change, so a refused batch leaves the state as it was.
 *
 * Spec: docs/spec/batch.md (B1–B5). Twin: checkBatchStatement.
 *
 * @throws {BatchSizeError} when there are more slots or deposits than places.
 * @throws {BatchOrderError} when no proof could be made of this order. That of `sortSlots` can always be
 * proved; others may be, and nothing on the base chain refuses them.
 * @throws {BatchDuplicateNullifierError | NullifierSpentError} when a nullifier is not new.
 * @throws {BatchNullifierNotSpentError} when a void slot's nullifier is new.
 * @throws {NullifierRangeError | NonCanonicalFieldElementError | BatchDepositError | OutOfRangeError}
 * @throws {TreeFullError} when the trees have no room left.
 */
export function applyBatch(state: RollupState, batch: Batch): AppliedBatch {
  const { size } = BATCH_CIRCUITS[batch.circuit]
  checkBits(batch.batchNumber, 64, 'batch number')
  checkBits(batch.feeRecipient, 160, 'fee recipient')
  const slots = fillSlots(batch)
  checkSlots(state.nullifierTree, slots)
  const depositLeaves = commitDeposits(batch)
  const position = batchPosition(state.slotCount, size)
  if (position + BigInt(size) > 4n ** BigInt(NULLIFIER_TREE_DEPTH)) {
    throw new TreeFullError({ depth: NULLIFIER_TREE_DEPTH })
  }

  const { noteTree, nullifierTree } = state
  const start = Number(position)
  const subtree = start / size
  const levels = Math.log2(size) / 2
  const before = {
    oldSlotCount: state.slotCount,
    oldNoteRoot: noteTree.root,
    oldNullifierRoot: nullifierTree.root,
  }

  // B1, B2: narrow intervals of the running tree; the new leaves stay pending.
  const turns = slots.map((slot) =>
    slot.kind === 'empty' ? { isLive: false } : { value: slot.nullifier, isLive: isLiveSlot(slot) },
  )
  const { openings, pending } = nullifierTree.openInTurn(turns, start)
  const nullifierLeaves = [...pending, ...new Array<bigint>(size - pending.length).fill(0n)]
  const nullifierPath = nullifierTree.path(subtree, levels)
  nullifierTree.place(start, nullifierLeaves)

  // B3, B4: append outputs and deposits.
  const noteLeaves: bigint[] = slots.flatMap((slot) =>
    isLiveSlot(slot) ? [...slot.outputs] : [0n, 0n, 0n, 0n],
  )
  noteLeaves.push(...depositLeaves)
  const notePath = noteTree.path(subtree, levels + 1)
  noteTree.setLeaves(OUTPUTS_PER_SLOT * start, noteLeaves)

  state.slotCount = position + BigInt(size)
  return {
    ...before,
    newSlotCount: state.slotCount,
    position: start,
    newNoteRoot: noteTree.root,
    newNullifierRoot: nullifierTree.root,
    noteLeaves,
    nullifierLeaves,
    openings,
    notePath,
    nullifierPath,
  }
}

function checkSlots(tree: NullifierTree, slots: readonly BatchSlot[]): void {
  const inserted: bigint[] = []
  for (const slot of slots) {
    if (slot.kind === 'empty') continue
    const { kind, nullifier, outputs } = slot
    if (nullifier <= 0n || nullifier >= NULLIFIER_LIMIT) throw new NullifierRangeError()
    outputs.forEach((output) => FieldElement(output))
    const { from } = tree.find(nullifier)
    const isSpent = from === nullifier
    if (kind === 'void') {
      // A pending leaf cannot be opened: of the batch's own ones, the last is known as such.
      if (!isSpent && nullifier !== inserted.at(-1)) {
        throw new BatchNullifierNotSpentError({ nullifier })
      }
      continue
    }
    if (isSpent) throw new NullifierSpentError({ nullifier })
    if (inserted.includes(nullifier)) throw new BatchDuplicateNullifierError({ nullifier })
    // An earlier slot split the interval below: the part around this one is pending.
    if (inserted.some((other) => from < other && other < nullifier)) throw new BatchOrderError()
    inserted.push(nullifier)
  }
}

/** B4: H(NOTE, recipient, asset | amount) each; 0 for an unused place. */
function commitDeposits({ circuit, deposits }: Batch): bigint[] {
  const limit = BATCH_CIRCUITS[circuit].deposits
  if (deposits.length > limit) {
    throw new BatchSizeError({ what: 'deposits', count: deposits.length, limit })
  }
  const leaves = deposits.map(({ asset, amount, recipient }) => {
    if (amount === 0n) throw new BatchDepositError({ reason: 'its amount is 0' })
    return commitToRecipient({ recipient: FieldElement(recipient), asset, amount })
  })
  return [...leaves, ...new Array<bigint>(limit - leaves.length).fill(0n)]
}
