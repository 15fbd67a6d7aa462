import { NULLIFIER_BITS, NULLIFIER_TREE_DEPTH } from './constants.ts'
import { BaseError } from './errors.ts'
import { type FieldElement, formatField } from './field.ts'
import { hash } from './poseidon.ts'
import { type MerklePath, MerkleTree } from './tree.ts'

/** One interval leaf: no member of the nullifier set lies strictly between `from` and `to`. */
export type Interval = {
  /** Leaf index in the nullifier tree. */
  readonly index: number
  readonly from: bigint
  readonly to: bigint
}

/** Upper end of the last interval. It is no nullifier: nullifiers are below it. */
export const NULLIFIER_LIMIT = 1n << BigInt(NULLIFIER_BITS)

/** H(INTERVAL, from, to). Spec: docs/spec/nullifier-tree.md. */
export function hashInterval(from: bigint, to: bigint): FieldElement {
  return hash('INTERVAL', [from, to])
}

export class NullifierSpentError extends BaseError {
  override readonly name = 'NullifierSpentError'
  constructor({ nullifier }: { nullifier: bigint }) {
    super('The nullifier is already in the nullifier tree.', {
      code: 'BATCH_NULLIFIER_SPENT',
      metaMessages: [
        `Nullifier: ${formatField(nullifier)}`,
        'Its account note was spent before: the transfer can never be admitted.',
      ],
    })
  }
}

export class NullifierRangeError extends BaseError {
  override readonly name = 'NullifierRangeError'
  constructor() {
    super('The nullifier is out of range.', {
      code: 'BATCH_NULLIFIER_RANGE',
      metaMessages: [`It must be above 0 and below 2^${NULLIFIER_BITS}.`],
    })
  }
}

export class ForkOutdatedError extends BaseError {
  override readonly name = 'ForkOutdatedError'
  constructor() {
    super('The fork was taken from another state than this one.', {
      code: 'STATE_FORK_OUTDATED',
      metaMessages: ['Write to a state or to one fork of it, not to both. Fork again and repeat.'],
    })
  }
}

/**
 * The set of spent nullifiers as a Merkle tree of intervals that partition [0, 2^248). An insertion
 * narrows the interval around the new member and adds one at a new leaf.
 *
 * `insert` writes the narrowed leaf only: a batch's new leaves replace zeros together, by `place`,
 * as its proof does. Until then they are pending, and their values known to `find` already.
 */
export class NullifierTree {
  readonly #tree: MerkleTree
  #lowerEnds: LowerEnds
  /** What a fork must find unchanged to be merged. */
  #version = 0
  readonly #forkedFrom: { tree: NullifierTree; version: number } | undefined

  private constructor(
    tree: MerkleTree,
    lowerEnds: LowerEnds,
    forkedFrom?: { tree: NullifierTree; version: number },
  ) {
    this.#tree = tree
    this.#lowerEnds = lowerEnds
    this.#forkedFrom = forkedFrom
  }

  /** The tree of a new deployment: the sentinel (0, 2^248) at leaf 0. */
  static initial(): NullifierTree {
    const tree = new MerkleTree(NULLIFIER_TREE_DEPTH)
    tree.setLeaf(0, hashInterval(0n, NULLIFIER_LIMIT))
    return new NullifierTree(tree, LowerEnds.initial())
  }

  get root(): bigint {
    return this.#tree.root
  }

  /** Number of intervals; members are one fewer. */
  get size(): number {
    return this.#lowerEnds.size
  }

  leaf(index: number): bigint {
    return this.#tree.leaf(index)
  }

  /** The path of the node at `level` (0: a leaf) up to the root. */
  path(index: number, level = 0): MerklePath {
    return this.#tree.path(index, level)
  }

  /** Whether the nullifier was spent. False for values that no nullifier can have. */
  contains(nullifier: bigint): boolean {
    return isNullifier(nullifier) && this.find(nullifier).from === nullifier
  }

  /**
   * The interval with from ≤ value < to, for a value in [0, 2^248).
   * @throws {NullifierRangeError}
   */
  find(value: bigint): Interval {
    if (value < 0n || value >= NULLIFIER_LIMIT) throw new NullifierRangeError()
    return this.#lowerEnds.find(value)
  }

  /**
   * The interval around an absent nullifier: from < nullifier < to.
   * @throws {NullifierSpentError | NullifierRangeError}
   */
  findLow(nullifier: bigint): Interval {
    if (!isNullifier(nullifier)) throw new NullifierRangeError()
    const low = this.find(nullifier)
    if (low.from === nullifier) throw new NullifierSpentError({ nullifier })
    return low
  }

  /**
   * Narrows the interval around `nullifier` to (from, nullifier). The other half, (nullifier, to),
   * belongs at leaf `index`: the caller hands its hash to `place` with the rest of the batch.
   *
   * @returns the interval as it was.
   * @throws {NullifierSpentError | NullifierRangeError}
   */
  insert(nullifier: bigint, index: number): Interval {
    const low = this.findLow(nullifier)
    this.#version += 1
    this.#tree.setLeaf(low.index, hashInterval(low.from, nullifier))
    this.#lowerEnds.insert(nullifier, index)
    return low
  }

  /** Writes a batch's pending leaves (0: none) from leaf `start`. */
  place(start: number, leaves: readonly bigint[]): void {
    this.#version += 1
    this.#tree.setLeaves(start, leaves)
  }

  /** A view that reads through to this tree and writes to itself. */
  fork(): NullifierTree {
    const from = { tree: this, version: this.#version }
    return new NullifierTree(this.#tree.fork(), this.#lowerEnds.fork(), from)
  }

  /**
   * Writes a fork's changes into this tree. The fork is used up.
   * @throws {ForkOutdatedError} when this tree is not the fork's parent, or has changed since.
   */
  merge(fork: NullifierTree): void {
    const from = fork.#forkedFrom
    if (from === undefined || from.tree !== this || from.version !== this.#version) {
      throw new ForkOutdatedError()
    }
    this.#version += 1
    this.#tree.merge(fork.#tree)
    this.#lowerEnds = fork.#lowerEnds.fork()
  }
}

function isNullifier(value: bigint): boolean {
  return value > 0n && value < NULLIFIER_LIMIT
}

/** Splits at twice this: a million members are some thousand chunks. */
const CHUNK_LENGTH = 512

type Chunk = {
  /** Whoever may write to it; another list copies it first. */
  owner: symbol
  readonly from: bigint[]
  readonly index: number[]
}

/**
 * The intervals in order. They partition the range, so the lower ends say it all: each interval
 * ends where the next one starts. Sorted chunks; a fork shares them until one side writes.
 */
class LowerEnds {
  #owner = Symbol()
  readonly #chunks: Chunk[]
  #size: number

  private constructor(chunks: Chunk[], size: number) {
    this.#chunks = chunks
    this.#size = size
  }

  static initial(): LowerEnds {
    return new LowerEnds([{ owner: Symbol(), from: [0n], index: [0] }], 1)
  }

  get size(): number {
    return this.#size
  }

  fork(): LowerEnds {
    // The chunks become nobody's: from now on either side copies what it changes.
    this.#owner = Symbol()
    return new LowerEnds([...this.#chunks], this.#size)
  }

  find(value: bigint): Interval {
    const at = lastAtMost(this.#chunks.length, value, (i) => this.#chunk(i).from[0] ?? 0n)
    const chunk = this.#chunk(at)
    const offset = lastAtMost(chunk.from.length, value, (i) => chunk.from[i] ?? 0n)
    const next = chunk.from[offset + 1] ?? this.#chunks[at + 1]?.from[0]
    return {
      index: chunk.index[offset] ?? 0,
      from: chunk.from[offset] ?? 0n,
      to: next ?? NULLIFIER_LIMIT,
    }
  }

  insert(from: bigint, index: number): void {
    const at = lastAtMost(this.#chunks.length, from, (i) => this.#chunk(i).from[0] ?? 0n)
    const shared = this.#chunk(at)
    const chunk =
      shared.owner === this.#owner
        ? shared
        : { owner: this.#owner, from: [...shared.from], index: [...shared.index] }
    const offset = lastAtMost(chunk.from.length, from, (i) => chunk.from[i] ?? 0n) + 1
    chunk.from.splice(offset, 0, from)
    chunk.index.splice(offset, 0, index)
    this.#size += 1
    if (chunk.from.length <= 2 * CHUNK_LENGTH) {
      this.#chunks[at] = chunk
      return
    }
    const upper = {
      owner: this.#owner,
      from: chunk.from.splice(CHUNK_LENGTH),
      index: chunk.index.splice(CHUNK_LENGTH),
    }
    this.#chunks.splice(at, 1, chunk, upper)
  }

  #chunk(at: number): Chunk {
    const chunk = this.#chunks[at]
    if (chunk === undefined) throw new RangeError('no such chunk')
    return chunk
  }
}

/** The last of `count` ascending values that is at most `value`; the first when none is. */
function lastAtMost(count: number, value: bigint, get: (i: number) => bigint): number {
  let low = 0
  let high = count - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (get(middle) <= value) low = middle
    else high = middle - 1
  }
  return low
}
