import type { Batch, BatchDeposit, BatchSlot, SlotOutputs } from '../../protocol/batch.ts'
import { sortSlots } from '../../protocol/batch.ts'
import type { BatchWitness, DepositWitness } from '../../protocol/batchWitness.ts'
import { buildBatch } from '../../protocol/buildBatch.ts'
import type { BuiltBatch } from '../../protocol/buildBatch.ts'
import { BATCH_CIRCUITS, SLOT_KIND } from '../../protocol/constants.ts'
import type { BatchCircuit } from '../../protocol/constants.ts'
import { hashInterval } from '../../protocol/nullifierTree.ts'
import type { Interval } from '../../protocol/nullifierTree.ts'
import { forkState, initialState } from '../../protocol/rollupState.ts'
import type { RollupState } from '../../protocol/rollupState.ts'
import { emptyRoot, rootAfter } from '../../protocol/tree.ts'
import type { MerklePath } from '../../protocol/tree.ts'
import { aDomain, fieldOf } from './identities.ts'

/** A nullifier that depends on the label alone. */
export function nullifierOf(label: string): bigint {
  return fieldOf(`${label} nullifier`) & ((1n << 248n) - 1n)
}

export function outputsOf(label: string): SlotOutputs {
  return [
    fieldOf(`${label} account`),
    fieldOf(`${label} note 1`),
    fieldOf(`${label} note 2`),
    fieldOf(`${label} note 3`),
  ]
}

export function aSlot(
  label: string,
  kind: 'transfer' | 'collect' | 'void' = 'transfer',
  nullifier = nullifierOf(label),
): BatchSlot {
  return { kind, nullifier, outputs: outputsOf(label) }
}

export function aDeposit(label: string, overrides: Partial<BatchDeposit> = {}): BatchDeposit {
  const amount = 1n + (fieldOf(`${label} amount`) & 0xffffffffn)
  return { asset: 1n, amount, recipient: fieldOf(`${label} recipient`), ...overrides }
}

export function aBatch(overrides: Partial<Batch> = {}): Batch {
  const { slots = [aSlot('one'), aSlot('two', 'collect')], ...rest } = overrides
  return {
    circuit: 'batch-4',
    batchNumber: 7n,
    feeRecipient: 0x70997970c51812dc3a010c7d01b50e0d17dc79c8n,
    deposits: [aDeposit('first'), aDeposit('second')],
    ...rest,
    slots: sortSlots(slots),
  }
}

/** Builds on a fork, so that one state serves many tests. */
export function buildOn(state: RollupState, batch: Batch, domain = aDomain): BuiltBatch {
  return buildBatch(forkState(state), batch, { domain })
}

/**
 * A state with members, with a hole and with room: batch 1 has size 4 and stands at 4, batch 2 has
 * size 16 and stands at 16, so 8 to 15 were skipped. The next batch of either size stands at 32.
 */
export function aState(): RollupState {
  const state = initialState()
  const first = aBatch({
    batchNumber: 1n,
    slots: [aSlot('early 0'), aSlot('early 1'), aSlot('early 2', 'collect')],
  })
  const second = aBatch({
    circuit: 'batch-16',
    batchNumber: 2n,
    slots: Array.from({ length: 5 }, (_, i) => aSlot(`early ${i + 3}`)),
    deposits: [],
  })
  for (const batch of [first, second]) buildBatch(state, batch, { domain: aDomain })
  return state
}

export type ForgedSlot = {
  kind: keyof typeof SLOT_KIND
  nullifier?: bigint
  outputs?: SlotOutputs
  /** The interval to open: whatever the forger likes, in the tree or not. */
  open: Interval
}

export type Forgery = {
  circuit?: BatchCircuit
  slots: readonly ForgedSlot[]
  deposits?: readonly DepositWitness[]
  oldSlotCount?: bigint
  /** In slots; a multiple of the size, else the remainder is lost. */
  position?: number
}

const NO_OUTPUTS: SlotOutputs = [0n, 0n, 0n, 0n]

/**
 * The witness of a prover who follows the circuit's equations and none of `applyBatch`'s checks:
 * every path is right for the tree as the forgery leaves it, so that only what the forgery is about
 * can be refused.
 */
export function forgeWitness(state: RollupState, forgery: Forgery): BatchWitness {
  const { circuit = 'batch-4', slots, deposits = [], oldSlotCount = state.slotCount } = forgery
  const { size, transferSlots, deposits: places } = BATCH_CIRCUITS[circuit]
  const { position = Math.ceil(Number(oldSlotCount) / size) * size } = forgery
  const levels = Math.log2(size) / 2
  const { noteTree, nullifierTree } = forkState(state)
  const empty: ForgedSlot = { kind: 'EMPTY', open: sentinelOf(state) }
  const filled = Array.from({ length: transferSlots }, (_, i) => slots[i] ?? empty)
  const witnesses = filled.map(({ kind, nullifier = 0n, outputs = NO_OUTPUTS, open }) => {
    const low = { from: open.from, to: open.to, path: nullifierTree.path(open.index) }
    if (kind === 'TRANSFER' || kind === 'COLLECT') {
      nullifierTree.place(open.index, [hashInterval(open.from, nullifier)])
    }
    return { kind: BigInt(SLOT_KIND[kind]), nullifier, outputs, low }
  })
  return {
    oldSlotCount,
    batchNumber: 7n,
    feeRecipient: 1n,
    slots: witnesses,
    deposits: Array.from(
      { length: places },
      (_, i) => deposits[i] ?? { asset: 0n, amount: 0n, recipient: 0n },
    ),
    notePath: noteTree.path(position / size, levels + 1),
    nullifierPath: nullifierTree.path(position / size, levels),
  }
}

/** The first interval, which every tree has. */
export function sentinelOf({ nullifierTree }: RollupState): Interval {
  return nullifierTree.find(0n)
}

/** A path that holds zeros at its end, in a tree of its own: what a forger hopes nobody compares. */
export function foreignPath(path: MerklePath, level: number): MerklePath {
  const children: (readonly [bigint, bigint, bigint, bigint])[] = []
  let current = emptyRoot(level)
  path.digits.forEach((digit, i) => {
    const four = [0n, 1n, 2n, 3n].map((sibling) => fieldOf(`${i} ${sibling}`))
    four[digit] = current
    const [a = 0n, b = 0n, c = 0n, d = 0n] = four
    children.push([a, b, c, d])
    current = rootAfter(current, { digits: [digit], children: [[a, b, c, d]] })
  })
  return { digits: path.digits, children }
}
