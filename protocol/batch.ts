import { keccak_256 } from '@noble/hashes/sha3.js'
import {
  BATCH_CIRCUITS,
  type BatchCircuit,
  CIRCUIT_IDS,
  FIELD_ORDER,
  INITIAL_SLOT_COUNT,
  NOTE_TREE_DEPTH,
  NULLIFIER_TREE_DEPTH,
  OUTPUTS_PER_SLOT,
  SLOT_KIND,
  SPONGE_RATE,
  domainTag,
} from './constants.ts'
import {
  BatchDepositError,
  BatchDuplicateNullifierError,
  BatchNullifierNotSpentError,
  BatchOrderError,
  BatchSizeError,
} from './batchErrors.ts'
import { TreeFullError } from './errors.ts'
import {
  FieldElement,
  bigintToBytes,
  bytesToBigint,
  checkBits,
  concatBytes,
  reduce,
} from './field.ts'
import { commitToRecipient } from './note.ts'
import {
  NULLIFIER_LIMIT,
  NullifierRangeError,
  NullifierSpentError,
  NullifierTree,
  hashInterval,
} from './nullifierTree.ts'
import { hashFrom } from './poseidon.ts'
import { type BatchPublicInputs } from './publicInputs.ts'
import { type MerklePath, MerkleTree, pathToCircuitInputs } from './tree.ts'
import { packWord } from './words.ts'

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
export type BatchDeposit = {
  readonly asset: bigint
  /** Protocol units, above 0. */
  readonly amount: bigint
  readonly recipient: bigint
}

export type Batch = {
  readonly circuit: BatchCircuit
  readonly batchNumber: bigint
  /** Base-chain address, 160 bits. */
  readonly feeRecipient: bigint
  /** In the order of `sortSlots`; empty ones may be left out. */
  readonly slots: readonly BatchSlot[]
  /** At most as many as the circuit has places for. */
  readonly deposits: readonly BatchDeposit[]
}

/** All state that batches change. */
export type RollupState = {
  readonly noteTree: MerkleTree
  readonly nullifierTree: NullifierTree
  /** Slot positions used or skipped so far, of both trees. */
  slotCount: bigint
}

/** What a slot's proof opens: some interval and its path when the slot's turn comes. */
export type SlotOpening = {
  readonly from: bigint
  readonly to: bigint
  readonly path: MerklePath
}

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

export type BatchCircuitInputs = Record<string, bigint | bigint[] | bigint[][] | bigint[][][]>

/** All that proves and settles a batch. */
export type BuiltBatch = {
  readonly circuitInputs: BatchCircuitInputs
  readonly publicInputs: BatchPublicInputs
  readonly words: readonly bigint[]
  readonly applied: AppliedBatch
}

/** The state of a new deployment. */
export function initialState(): RollupState {
  return {
    noteTree: new MerkleTree(NOTE_TREE_DEPTH),
    nullifierTree: NullifierTree.initial(),
    slotCount: INITIAL_SLOT_COUNT,
  }
}

/** A copy-on-write view. While it is in use, write to it and not to `state`. */
export function forkState(state: RollupState): RollupState {
  return {
    noteTree: state.noteTree.fork(),
    nullifierTree: state.nullifierTree.fork(),
    slotCount: state.slotCount,
  }
}

/**
 * Writes a fork's changes into the state it was taken from. The fork is used up.
 * @throws {ForkOutdatedError} when the state has changed since.
 */
export function mergeState(state: RollupState, fork: RollupState): void {
  state.nullifierTree.merge(fork.nullifierTree)
  state.noteTree.merge(fork.noteTree)
  state.slotCount = fork.slotCount
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

/**
 * Applies a batch to the state and returns what its proof opens. All checks come before the first
 * change, so a refused batch leaves the state as it was.
 *
 * Spec: docs/spec/batch.md (B1–B5). Twin: checkBatchStatement.
 *
 * @throws {BatchSizeError} when there are more slots or deposits than places.
 * @throws {BatchOrderError} when the slots are not in the order of `sortSlots`.
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
  const openings: SlotOpening[] = []
  const nullifierLeaves: bigint[] = new Array<bigint>(size).fill(0n)
  slots.forEach((slot, i) => {
    const found = nullifierTree.find(slot.kind === 'empty' ? 0n : slot.nullifier)
    // Without a reason to open another leaf, the one of the value 0. An interval that is still
    // pending (a void behind its live twin) cannot be opened.
    const isPending = found.index >= start
    const { index, from, to } = isPending ? nullifierTree.find(0n) : found
    openings.push({ from, to, path: nullifierTree.path(index) })
    if (!isLive(slot)) return
    nullifierTree.insert(slot.nullifier, start + i)
    nullifierLeaves[i] = hashInterval(slot.nullifier, to)
  })
  const nullifierPath = nullifierTree.path(subtree, levels)
  nullifierTree.place(start, nullifierLeaves)

  // B3, B4: append outputs and deposits.
  const noteLeaves: bigint[] = slots.flatMap((slot) =>
    isLive(slot) ? [...slot.outputs] : [0n, 0n, 0n, 0n],
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

/** What of an applied batch its words say. */
export type BatchTransition = Pick<
  AppliedBatch,
  | 'oldSlotCount'
  | 'newSlotCount'
  | 'oldNoteRoot'
  | 'newNoteRoot'
  | 'oldNullifierRoot'
  | 'newNullifierRoot'
>

/** B6: all words that a batch's proof is bound to, in order. Spec: docs/spec/batch.md#words. */
export function batchWords(batch: Batch, transition: BatchTransition): FieldElement[] {
  const { oldSlotCount, newSlotCount } = transition
  const { batchNumber } = batch
  const words = [
    transition.oldNoteRoot,
    transition.newNoteRoot,
    transition.oldNullifierRoot,
    transition.newNullifierRoot,
    packWord('batchHeader', { oldSlotCount, newSlotCount, batchNumber }),
    batch.feeRecipient,
  ]
  for (const slot of fillSlots(batch)) {
    if (slot.kind === 'empty') words.push(0n, 0n, 0n, 0n, 0n)
    else words.push(packSlot(slot), ...slot.outputs)
  }
  const { deposits } = BATCH_CIRCUITS[batch.circuit]
  for (let i = 0; i < deposits; i++) {
    const deposit = batch.deposits[i]
    if (deposit === undefined) words.push(0n, 0n)
    else words.push(packWord('note', deposit), deposit.recipient)
  }
  return words.map(FieldElement)
}

/** Number of words of a circuit's batches. */
export function countBatchWords(circuit: BatchCircuit): number {
  const { transferSlots, deposits } = BATCH_CIRCUITS[circuit]
  return 6 + transferSlots * (1 + OUTPUTS_PER_SLOT) + deposits * 2
}

/**
 * c: Poseidon in overwrite mode. Blocks of 16 words, the last one padded with zeros, each hashed
 * from the chained value, which starts as the tag. The circuit fixes the number of words.
 */
export function spongeWords(words: readonly bigint[]): FieldElement {
  let chain = domainTag('BATCH') as FieldElement
  for (let at = 0; at < words.length; at += SPONGE_RATE) {
    const block = Array.from({ length: SPONGE_RATE }, (_, i) => words[at + i] ?? 0n)
    chain = hashFrom(chain, block)
  }
  return chain
}

/** ρ = uint256(keccak256(abi.encode(domain, circuitId, c, words…))) mod r, all uint256. */
export function challengeRho({
  domain,
  circuitId,
  c,
  words,
}: {
  domain: bigint
  circuitId: number
  c: bigint
  words: readonly bigint[]
}): FieldElement {
  const encoded = [domain, BigInt(circuitId), c, ...words].map((word) => bigintToBytes(word, 32))
  return reduce(bytesToBigint(keccak_256(concatBytes(...encoded))))
}

/** y = Σ wordᵢ·ρⁱ. */
export function evaluateWords(words: readonly bigint[], rho: bigint): FieldElement {
  return reduce(words.reduceRight((sum, word) => (sum * rho + word) % FIELD_ORDER, 0n))
}

/** c, y and ρ of a batch's words: what the contract recomputes from calldata, but for c. */
export function batchPublicInputs(
  circuit: BatchCircuit,
  domain: bigint,
  words: readonly bigint[],
): BatchPublicInputs {
  const c = spongeWords(words)
  const rho = challengeRho({ domain, circuitId: CIRCUIT_IDS[circuit], c, words })
  return { c, y: evaluateWords(words, rho), rho }
}

/**
 * Applies a batch to the state and builds all that its proof needs. To build without keeping the
 * change, hand in a fork.
 *
 * @throws what `applyBatch` throws.
 */
export function buildBatch(
  state: RollupState,
  batch: Batch,
  { domain }: { domain: bigint },
): BuiltBatch {
  const applied = applyBatch(state, batch)
  const words = batchWords(batch, applied)
  const publicInputs = batchPublicInputs(batch.circuit, domain, words)
  return {
    circuitInputs: batchCircuitInputs(batch, applied, publicInputs.rho),
    publicInputs,
    words,
    applied,
  }
}

/** Inputs of circuits/src/batch.circom, by signal name. */
export function batchCircuitInputs(
  batch: Batch,
  applied: AppliedBatch,
  rho: bigint,
): BatchCircuitInputs {
  const slots = fillSlots(batch)
  const deposits = Array.from(
    { length: BATCH_CIRCUITS[batch.circuit].deposits },
    (_, i) => batch.deposits[i] ?? { asset: 0n, amount: 0n, recipient: 0n },
  )
  const notePath = pathToCircuitInputs(applied.notePath)
  const nullifierPath = pathToCircuitInputs(applied.nullifierPath)
  const lowPaths = applied.openings.map((opening) => pathToCircuitInputs(opening.path))
  return {
    rho,
    oldSlotCount: applied.oldSlotCount,
    batchNumber: batch.batchNumber,
    feeRecipient: batch.feeRecipient,
    slotKindBits: slots.map(({ kind }) => {
      const id = slotKindId(kind)
      return [BigInt(id & 1), BigInt(id >> 1)]
    }),
    nullifiers: slots.map((slot) => (slot.kind === 'empty' ? 0n : slot.nullifier)),
    outputs: slots.map((slot) => (slot.kind === 'empty' ? [0n, 0n, 0n, 0n] : [...slot.outputs])),
    lowFroms: applied.openings.map(({ from }) => from),
    lowTos: applied.openings.map(({ to }) => to),
    lowBits: lowPaths.map(({ bits }) => bits),
    lowChildren: lowPaths.map(({ children }) => children),
    depositAssets: deposits.map(({ asset }) => asset),
    depositAmounts: deposits.map(({ amount }) => amount),
    depositRecipients: deposits.map(({ recipient }) => recipient),
    positionBits: notePath.bits,
    noteChildren: notePath.children,
    nullifierChildren: nullifierPath.children,
  }
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

type LiveSlot = Extract<BatchSlot, { nullifier: bigint }>

function isLive(slot: BatchSlot): slot is LiveSlot {
  return slot.kind === 'transfer' || slot.kind === 'collect'
}

function packSlot({ kind, nullifier }: LiveSlot): bigint {
  return packWord('slot', { nullifier, kind: BigInt(slotKindId(kind)) })
}

/** The slots with the empty ones that were left out. @throws {BatchSizeError} */
function fillSlots({ circuit, slots }: Batch): BatchSlot[] {
  const { transferSlots } = BATCH_CIRCUITS[circuit]
  if (slots.length > transferSlots) {
    throw new BatchSizeError({ what: 'transfers', count: slots.length, limit: transferSlots })
  }
  const empty = Array.from({ length: transferSlots - slots.length }, () => ({
    kind: 'empty' as const,
  }))
  return [...slots, ...empty]
}

function compareSlots(a: BatchSlot, b: BatchSlot): number {
  if (a.kind === 'empty' || b.kind === 'empty') {
    return Number(a.kind === 'empty') - Number(b.kind === 'empty')
  }
  if (a.nullifier !== b.nullifier) return a.nullifier > b.nullifier ? -1 : 1
  return Number(a.kind === 'void') - Number(b.kind === 'void')
}

function checkSlots(tree: NullifierTree, slots: readonly BatchSlot[]): void {
  let previous: BatchSlot | undefined
  let lastInserted: bigint | undefined
  for (const slot of slots) {
    if (previous !== undefined && compareSlots(previous, slot) > 0) throw new BatchOrderError()
    previous = slot
    if (slot.kind === 'empty') continue
    const { kind, nullifier, outputs } = slot
    if (nullifier <= 0n || nullifier >= NULLIFIER_LIMIT) throw new NullifierRangeError()
    outputs.forEach((output) => FieldElement(output))
    const isSpent = tree.contains(nullifier)
    if (kind === 'void') {
      if (!isSpent && nullifier !== lastInserted) {
        throw new BatchNullifierNotSpentError({ nullifier })
      }
      continue
    }
    if (isSpent) throw new NullifierSpentError({ nullifier })
    if (nullifier === lastInserted) throw new BatchDuplicateNullifierError({ nullifier })
    lastInserted = nullifier
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
