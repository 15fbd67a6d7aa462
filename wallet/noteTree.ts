import type { SettledDeposit, SettledTransfer } from '../l1/chainEvents.ts'
import { batchPosition } from '../protocol/batch.ts'
import {
  BATCH_CIRCUITS,
  type BatchCircuit,
  DEPOSITS_PER_SLOT,
  OUTPUTS_PER_SLOT,
} from '../protocol/constants.ts'
import { commitToRecipient } from '../protocol/note.ts'
import type { MerkleTree } from '../protocol/tree.ts'

/** A batch as the base chain or the sequencer shows it, as far as the note tree is concerned. */
export type BatchLeavesSource = {
  readonly circuit: BatchCircuit
  readonly position: bigint
  readonly oldSlotCount: bigint
  readonly newSlotCount: bigint
  readonly noteRoot: bigint
  readonly transfers: readonly Pick<SettledTransfer, 'slot' | 'firstLeafIndex' | 'publicInputs'>[]
  readonly deposits: readonly Pick<SettledDeposit, 'asset' | 'amount' | 'recipient' | 'leafIndex'>[]
}

/** The leaves of one batch, at their place. */
export type BatchLeaves = { readonly from: number; readonly leaves: readonly bigint[] }

/**
 * The leaves that a batch must have written (B3–B5), from its slots and deposits; a reason in words
 * where its positions are not those of the protocol.
 */
export function batchLeaves(batch: BatchLeavesSource): BatchLeaves | { readonly wrong: string } {
  const { size, transferSlots } = BATCH_CIRCUITS[batch.circuit]
  const { position, oldSlotCount, newSlotCount } = batch
  if (position !== batchPosition(oldSlotCount, size))
    return { wrong: 'its position is not aligned' }
  if (newSlotCount !== position + BigInt(size)) return { wrong: 'its slot count is not its end' }
  const from = Number(position) * OUTPUTS_PER_SLOT
  const leaves = new Array<bigint>(size * OUTPUTS_PER_SLOT).fill(0n)
  for (const { slot, firstLeafIndex, publicInputs } of batch.transfers) {
    const at = slot * OUTPUTS_PER_SLOT
    if (slot < 0 || slot >= transferSlots || BigInt(from + at) !== firstLeafIndex) {
      return { wrong: 'a transfer stands outside its slot' }
    }
    publicInputs.outputs.forEach((output, i) => {
      leaves[at + i] = output
    })
  }
  const firstDeposit = transferSlots * OUTPUTS_PER_SLOT
  for (const deposit of batch.deposits) {
    const at = Number(deposit.leafIndex) - from
    if (at < firstDeposit || at >= firstDeposit + DEPOSITS_PER_SLOT) {
      return { wrong: 'a deposit stands outside the deposit slot' }
    }
    leaves[at] = commitToRecipient(deposit)
  }
  return { from, leaves }
}

/** A fork of the tree with the batch in it; undefined when its root is not the one claimed. */
export function extendTree(
  tree: MerkleTree,
  { from, leaves }: BatchLeaves,
  noteRoot: bigint,
): MerkleTree | undefined {
  const fork = tree.fork()
  fork.setLeaves(from, leaves)
  return fork.root === noteRoot ? fork : undefined
}
