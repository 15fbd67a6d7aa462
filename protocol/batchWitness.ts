import { type AppliedBatch } from './applyBatch.ts'
import { type SlotOpening } from './nullifierTree.ts'
import { type Batch, fillSlots, slotKindId } from './batch.ts'
import { BATCH_CIRCUITS } from './constants.ts'
import { type MerklePath, pathToCircuitInputs } from './tree.ts'

/** One transfer slot of the batch statement. */
export type SlotWitness = {
  /** SLOT_KIND. */
  readonly kind: bigint
  /** 0 in an empty slot, as all outputs. */
  readonly nullifier: bigint
  readonly outputs: readonly bigint[]
  /** The interval that the slot opens in the running nullifier tree. */
  readonly low: SlotOpening
}

/** One place for a deposit; all 0 where it is unused. */
export type DepositWitness = {
  readonly asset: bigint
  readonly amount: bigint
  readonly recipient: bigint
}

/** The private side of the batch statement. */
export type BatchWitness = {
  readonly oldSlotCount: bigint
  readonly batchNumber: bigint
  readonly feeRecipient: bigint
  readonly slots: readonly SlotWitness[]
  readonly deposits: readonly DepositWitness[]
  /** The batch's subtree in the note tree; its digits are position / size. */
  readonly notePath: MerklePath
  /** The same place in the nullifier tree, all intervals narrowed. */
  readonly nullifierPath: MerklePath
}

/** Circuit inputs by signal name. */
export type BatchCircuitInputs = Record<string, bigint | bigint[] | bigint[][] | bigint[][][]>

/** The witness of a batch that was applied. */
export function batchWitness(batch: Batch, applied: AppliedBatch): BatchWitness {
  const places = BATCH_CIRCUITS[batch.circuit].deposits
  return {
    oldSlotCount: applied.oldSlotCount,
    batchNumber: batch.batchNumber,
    feeRecipient: batch.feeRecipient,
    slots: fillSlots(batch).map((slot, i) => {
      const low = applied.openings[i]
      if (low === undefined) throw new RangeError('an applied batch opens a leaf in every slot')
      const kind = BigInt(slotKindId(slot.kind))
      if (slot.kind === 'empty') return { kind, nullifier: 0n, outputs: [0n, 0n, 0n, 0n], low }
      return { kind, nullifier: slot.nullifier, outputs: slot.outputs, low }
    }),
    deposits: Array.from(
      { length: places },
      (_, i) => batch.deposits[i] ?? { asset: 0n, amount: 0n, recipient: 0n },
    ),
    notePath: applied.notePath,
    nullifierPath: applied.nullifierPath,
  }
}

/** Inputs of circuits/src/batch.circom. */
export function batchCircuitInputs(witness: BatchWitness, rho: bigint): BatchCircuitInputs {
  const { slots, deposits } = witness
  const notePath = pathToCircuitInputs(witness.notePath)
  const lowPaths = slots.map(({ low }) => pathToCircuitInputs(low.path))
  return {
    rho,
    oldSlotCount: witness.oldSlotCount,
    batchNumber: witness.batchNumber,
    feeRecipient: witness.feeRecipient,
    slotKindBits: slots.map(({ kind }) => [kind & 1n, kind >> 1n]),
    nullifiers: slots.map(({ nullifier }) => nullifier),
    outputs: slots.map(({ outputs }) => [...outputs]),
    lowFroms: slots.map(({ low }) => low.from),
    lowTos: slots.map(({ low }) => low.to),
    lowBits: lowPaths.map(({ bits }) => bits),
    lowChildren: lowPaths.map(({ children }) => children),
    depositAssets: deposits.map(({ asset }) => asset),
    depositAmounts: deposits.map(({ amount }) => amount),
    depositRecipients: deposits.map(({ recipient }) => recipient),
    positionBits: notePath.bits,
    noteChildren: notePath.children,
    nullifierChildren: pathToCircuitInputs(witness.nullifierPath).children,
  }
}
