import type { ChainEvent, ChainEventOf } from '../l1/chainEvents.ts'
import { isFieldElement } from '../protocol/field.ts'
import { NODE_BYTES, writeNode } from '../protocol/nodeStore.ts'
import type { MerkleTree } from '../protocol/tree.ts'
import type { Kernels } from '../prover/kernels.ts'
import { SettledDataError } from './errors.ts'
import type { Ledger } from './ledger.ts'
import { type BatchLeaves, batchLeaves, extendTree } from './noteTree.ts'
import type { AppendedLeaves, NoteTreeFiles } from './noteTreeFiles.ts'

type BatchSettled = ChainEventOf<'batchSettled'>

/**
 * What the settled batches among the events make of the note tree (W1); undefined when there is none.
 * Nothing is written.
 *
 * All leaves are hashed together, each node once, and the last batch's root is compared with the
 * contract's: it commits to every leaf at its place, so also to those of the batches before it, and
 * nothing of a stretch counts before all of it does. Where it differs, batch after batch shows which
 * one is to blame.
 *
 * @throws {SettledDataError}
 */
export async function extendSettled(
  { files, noteTree, kernels }: { files: NoteTreeFiles; noteTree: MerkleTree; kernels: Kernels },
  ledger: Pick<Ledger, 'batchNumber' | 'slotCount'>,
  events: readonly ChainEvent[],
): Promise<AppendedLeaves | undefined> {
  const batches = events.filter((event) => event.type === 'batchSettled')
  const last = batches.at(-1)
  if (last === undefined) return undefined
  const checked = checkPositions(ledger, batches)
  const appended = await files.append(kernels, encodeLeaves(files.leafCount, checked))
  if (appended.root !== last.noteRoot) throw findWrongBatch(noteTree, batches, checked)
  return appended
}

function checkPositions(
  ledger: Pick<Ledger, 'batchNumber' | 'slotCount'>,
  batches: readonly BatchSettled[],
): BatchLeaves[] {
  let { batchNumber, slotCount } = ledger
  return batches.map((batch) => {
    const refuse = (reason: string) =>
      new SettledDataError({ batchNumber: batch.batchNumber, reason })
    if (batch.batchNumber !== batchNumber + 1n) throw refuse('it is not the next one')
    if (batch.oldSlotCount !== slotCount) throw refuse('it does not start where the last ended')
    const leaves = batchLeaves(batch)
    if ('wrong' in leaves) throw refuse(leaves.wrong)
    if (!leaves.leaves.every(isFieldElement)) throw refuse('a leaf is no field element')
    batchNumber = batch.batchNumber
    slotCount = batch.newSlotCount
    return leaves
  })
}

/** From leaf `from` on, little endian; positions that were skipped hold zeros. */
function encodeLeaves(from: number, batches: readonly BatchLeaves[]): Uint8Array {
  const last = batches.at(-1)
  const end = last === undefined ? from : last.from + last.leaves.length
  const bytes = new Uint8Array((end - from) * NODE_BYTES)
  for (const batch of batches) {
    batch.leaves.forEach((leaf, i) => {
      if (leaf !== 0n) writeNode(bytes, (batch.from - from + i) * NODE_BYTES, leaf)
    })
  }
  return bytes
}

function findWrongBatch(
  noteTree: MerkleTree,
  batches: readonly BatchSettled[],
  checked: readonly BatchLeaves[],
): SettledDataError {
  const fork = noteTree.fork()
  const at = batches.findIndex(({ noteRoot }, i) => {
    const leaves = checked[i]
    if (leaves === undefined) return true
    const extended = extendTree(fork, leaves, noteRoot)
    if (extended !== undefined) fork.merge(extended)
    return extended === undefined
  })
  const { batchNumber } = batches[at] ?? batches[batches.length - 1] ?? { batchNumber: 0n }
  return new SettledDataError({
    batchNumber,
    reason: 'its leaves do not give the root of the contract',
  })
}
