import { type BatchWitness, type DepositWitness, type SlotWitness } from './batchWitness.ts'
import { evaluateWords, spongeWords } from './batchWords.ts'
import {
  BATCH_CIRCUITS,
  type BatchCircuit,
  NULLIFIER_BITS,
  NULLIFIER_TREE_DEPTH,
  OUTPUTS_PER_SLOT,
  SLOT_KIND,
  TREE_ARITY,
  WORDS,
} from './constants.ts'
import { StatementError } from './errors.ts'
import { fitsBits, isFieldElement, reduce } from './field.ts'
import { commitToRecipient } from './note.ts'
import { hashInterval } from './nullifierTree.ts'
import { type BatchPublicInputs } from './publicInputs.ts'
import { type MerklePath, emptyRoot, hashNode, rootAfter, rootOf } from './tree.ts'
import { packWord } from './words.ts'

type Clause = 'B1' | 'B2' | 'B3' | 'B4' | 'B5' | 'B6'

function require(condition: boolean, clause: Clause, reason: string): asserts condition {
  if (!condition) throw new StatementError({ statement: 'batch', clause, reason })
}

/**
 * The batch statement in plain code. Throws at the first clause that does not hold.
 * circuits/src/batch.circom enforces the same clauses; test/circuits/batch.test.ts holds them equal.
 *
 * @throws {StatementError}
 */
export function checkBatchStatement(
  circuit: BatchCircuit,
  publicInputs: BatchPublicInputs,
  witness: BatchWitness,
): void {
  const { size, transferSlots, deposits } = BATCH_CIRCUITS[circuit]
  const levels = Math.log2(size) / 2
  require(witness.slots.length === transferSlots, 'B6', 'the number of slots is wrong')
  require(witness.deposits.length === deposits, 'B6', 'the number of deposits is wrong')

  // B1, B2: slot by slot on the running nullifier root, whose first value is the old root.
  let oldNullifierRoot: bigint | undefined
  let running: bigint | undefined
  let last = 0n
  const nullifierLeaves: bigint[] = []
  const noteLeaves: bigint[] = []
  const slotWords: bigint[] = []
  for (const slot of witness.slots) {
    const { kind, nullifier, outputs, low } = slot
    checkSlotForm(slot)
    const isLive = isKind(kind, SLOT_KIND.TRANSFER) || isKind(kind, SLOT_KIND.COLLECT)

    // B5: every slot, whatever its kind, opens a leaf of the running root.
    checkPath(low.path, NULLIFIER_TREE_DEPTH)
    require(isFieldElement(low.from) && isFieldElement(low.to), 'B5', 'an interval is no leaf')
    const root = rootOf(hashInterval(low.from, low.to), low.path)
    require(root !== undefined, 'B5', 'an opened interval is not on its path')
    require(running === undefined ||
      root === running, 'B5', 'an opened interval is not in the tree')
    oldNullifierRoot ??= root
    running = root

    if (isLive) {
      // B1: from < nullifier < to, and with it the range of the nullifier.
      const isInside =
        fitsBits(reduce(nullifier - low.from - 1n), NULLIFIER_BITS) &&
        fitsBits(reduce(low.to - nullifier - 1n), NULLIFIER_BITS)
      require(isInside, 'B1', 'a nullifier is not strictly inside the opened interval')
      running = rootAfter(hashInterval(low.from, nullifier), low.path)
      nullifierLeaves.push(hashInterval(nullifier, low.to))
      last = nullifier
    } else {
      nullifierLeaves.push(0n)
    }
    if (isKind(kind, SLOT_KIND.VOID)) {
      // B2: the opened leaf's lower end is a member, as is what was inserted last.
      require(nullifier === low.from || nullifier === last, 'B2', 'a void nullifier is no member')
    }
    if (isKind(kind, SLOT_KIND.EMPTY)) {
      require(nullifier === 0n, 'B2', 'an empty slot has a nullifier')
      require(outputs.every((output) => output === 0n), 'B2', 'an empty slot has outputs')
    }

    // B3: outputs in order; zeros where nothing is appended.
    noteLeaves.push(...outputs.map((output) => (isLive ? output : 0n)))
    slotWords.push(nullifier + (kind << BigInt(NULLIFIER_BITS)), ...outputs)
  }
  nullifierLeaves.push(0n)

  // B4
  const depositWords: bigint[] = []
  for (const deposit of witness.deposits) {
    noteLeaves.push(depositLeaf(deposit))
    depositWords.push(packWord('note', deposit), deposit.recipient)
  }

  // B5: the position is the first multiple of the size that is not below the count.
  const { notePath, nullifierPath, oldSlotCount, batchNumber, feeRecipient } = witness
  const pathDepth = NULLIFIER_TREE_DEPTH - levels
  checkPath(notePath, pathDepth)
  checkPath(nullifierPath, pathDepth)
  const position = BigInt(size) * indexOf(notePath)
  require(indexOf(nullifierPath) === indexOf(notePath), 'B5', 'the trees differ in position')
  require(fitsBits(oldSlotCount, bitsOf('oldSlotCount')), 'B5', 'the old count is out of range')
  const skipped = position - oldSlotCount
  require(skipped >= 0n && skipped < BigInt(size), 'B5', 'the position is not the next aligned one')
  const newSlotCount = position + BigInt(size)
  require(fitsBits(batchNumber, bitsOf('batchNumber')), 'B5', 'the batch number is out of range')

  // B5: both subtrees were zero; the batch's leaves replace them.
  const oldNoteRoot = rootOf(emptyRoot(levels + 1), notePath)
  require(oldNoteRoot !== undefined, 'B5', 'the note tree is not empty at the position')
  const newNoteRoot = rootAfter(subtreeRoot(noteLeaves), notePath)
  const narrowedRoot = rootOf(emptyRoot(levels), nullifierPath)
  require(narrowedRoot !== undefined, 'B5', 'the nullifier tree is not empty at the position')
  require(narrowedRoot === running, 'B5', 'the subtree is not one of the running nullifier tree')
  const newNullifierRoot = rootAfter(subtreeRoot(nullifierLeaves), nullifierPath)

  // B6
  require(isFieldElement(feeRecipient), 'B6', 'a word is no field element')
  require(isFieldElement(publicInputs.rho), 'B6', 'rho is no field element')
  const words = [
    oldNoteRoot,
    newNoteRoot,
    oldNullifierRoot ?? 0n,
    newNullifierRoot,
    packWord('batchHeader', { oldSlotCount, newSlotCount, batchNumber }),
    feeRecipient,
    ...slotWords,
    ...depositWords,
  ]
  require(publicInputs.c === spongeWords(words), 'B6', 'c does not commit to the words')
  const y = evaluateWords(words, publicInputs.rho)
  require(publicInputs.y === y, 'B6', 'y is not the polynomial of the words')
}

function isKind(kind: bigint, id: number): boolean {
  return kind === BigInt(id)
}

function checkSlotForm({ kind, nullifier, outputs }: SlotWitness): void {
  require(fitsBits(kind, 2), 'B6', 'a slot has no kind')
  require(isFieldElement(nullifier), 'B6', 'a nullifier is no field element')
  require(outputs.length === OUTPUTS_PER_SLOT, 'B6', 'a slot has not four outputs')
  require(outputs.every(isFieldElement), 'B6', 'an output is no field element')
}

function depositLeaf({ asset, amount, recipient }: DepositWitness): bigint {
  require(fitsBits(asset, 16), 'B4', 'the asset of a deposit is out of range')
  require(fitsBits(amount, 64), 'B4', 'the amount of a deposit is out of range')
  require(isFieldElement(recipient), 'B4', 'the recipient of a deposit is no field element')
  if (amount !== 0n) return commitToRecipient({ asset, amount, recipient })
  require(asset === 0n && recipient === 0n, 'B4', 'an unused deposit has contents')
  return 0n
}

function checkPath(path: MerklePath, depth: number): void {
  const isWellFormed =
    path.digits.length === depth &&
    path.children.length === depth &&
    path.digits.every((digit) => Number.isInteger(digit) && digit >= 0 && digit < TREE_ARITY) &&
    path.children.every((four) => four.length === TREE_ARITY && four.every(isFieldElement))
  require(isWellFormed, 'B5', 'a path is malformed')
}

function indexOf({ digits }: MerklePath): bigint {
  return digits.reduceRight((index, digit) => index * BigInt(TREE_ARITY) + BigInt(digit), 0n)
}

/** Root of 4^n leaves. */
function subtreeRoot(leaves: readonly bigint[]): bigint {
  let level = leaves
  while (level.length > 1) {
    const children = level
    level = Array.from({ length: children.length / TREE_ARITY }, (_, i) =>
      hashNode(children.slice(TREE_ARITY * i, TREE_ARITY * (i + 1))),
    )
  }
  return level[0] ?? 0n
}

function bitsOf(field: (typeof WORDS.batchHeader)[number][0]): number {
  return WORDS.batchHeader.find(([name]) => name === field)?.[1] ?? 0
}
