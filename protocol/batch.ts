import { BATCH_CIRCUITS, type BatchCircuit, SLOT_KIND } from './constants.ts'
import { BatchSizeError } from './batchErrors.ts'
import { type Deposit } from './deposit.ts'

/** Account note, then three notes. */
export type SlotOutputs = readonly [bigint, bigint, bigint, bigint]

/**
 * A transfer slot. Transfers and collects are live: their nullifier is inserted and their outputs
 * appended. A void slot consumes a forced transfer whose nullifier was spent in the meantime: its
 * words are those of the queue entry, and zeros are appended.
 */
export type BatchSlot =
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'transfer' | 'collect' | 'void'
      readonly nullifier: bigint
      readonly outputs: SlotOutputs
    }

/** A deposit taken from the queue. */
export type BatchDeposit = Deposit

export type Batch = {
  readonly circuit: BatchCircuit
  readonly batchNumber: bigint
  /** Base-chain address, 160 bits. */
  readonly feeRecipient: bigint
  /** As `sortSlots` gives them, or in another order that can be proved; empty ones at the end may be left out. */
  readonly slots: readonly BatchSlot[]
  /** At most as many as the circuit has places for. */
  readonly deposits: readonly BatchDeposit[]
}

/**
 * Descending nullifiers; of equal ones the live one first; empty slots last. Transfers of a batch
 * do not depend on each other, so their order has no meaning. See docs/spec/batch.md.
 */
export function sortSlots(slots: readonly BatchSlot[]): BatchSlot[] {
  return [...slots].sort(compareSlots)
}

/** First slot of a batch of `size` slots: the next multiple of the size. Slots between stay empty. */
export function batchPosition(slotCount: bigint, size: number): bigint {
  const by = BigInt(size)
  return ((slotCount + by - 1n) / by) * by
}

/** Order of two slots in a batch; see `sortSlots`. */
export function compareSlots(a: BatchSlot, b: BatchSlot): number {
  if (a.kind === 'empty' || b.kind === 'empty') {
    return Number(a.kind === 'empty') - Number(b.kind === 'empty')
  }
  if (a.nullifier !== b.nullifier) return a.nullifier > b.nullifier ? -1 : 1
  return Number(a.kind === 'void') - Number(b.kind === 'void')
}

/** SLOT_KIND of a slot. */
export function slotKindId(kind: BatchSlot['kind']): number {
  const ids = {
    empty: SLOT_KIND.EMPTY,
    transfer: SLOT_KIND.TRANSFER,
    collect: SLOT_KIND.COLLECT,
    void: SLOT_KIND.VOID,
  } as const
  return ids[kind]
}

export type FilledSlot = Exclude<BatchSlot, { readonly kind: 'empty' }>

/** Whether a slot inserts its nullifier and appends its outputs. */
export function isLiveSlot(slot: BatchSlot): slot is FilledSlot {
  return slot.kind === 'transfer' || slot.kind === 'collect'
}

/** The slots with the empty ones that were left out. @throws {BatchSizeError} */
export function fillSlots({ circuit, slots }: Batch): BatchSlot[] {
  const { transferSlots } = BATCH_CIRCUITS[circuit]
  if (slots.length > transferSlots) {
    throw new BatchSizeError({ what: 'transfers', count: slots.length, limit: transferSlots })
  }
  const empty = Array.from({ length: transferSlots - slots.length }, () => ({
    kind: 'empty' as const,
  }))
  return [...slots, ...empty]
}
