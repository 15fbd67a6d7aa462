import { NULLIFIER_BITS, NULLIFIER_TREE_DEPTH } from './constants.ts'
import { BaseError } from './errors.ts'
import { type FieldElement, formatField } from './field.ts'
import { hash } from './poseidon.ts'
import {
  type Interval,
  type LowerEnds,
  MemoryLowerEnds,
  NULLIFIER_LIMIT,
  OverlayLowerEnds,
} from './lowerEnds.ts'
import { NODE_BYTES, type NodeStore, readNode, writeNode } from './nodeStore.ts'
import { type MerklePath, MerkleTree } from './tree.ts'
import { type TreeHasher, portableHasher } from './treeHasher.ts'

export { type Interval, NULLIFIER_LIMIT }

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

/** What a slot's proof opens: some interval and its path when the slot's turn comes. */
export type SlotOpening = {
  readonly from: bigint
  readonly to: bigint
  readonly path: MerklePath
}

export type NullifierTreeOptions = {
  /** Where the nodes are. Default: in memory. */
  readonly nodes?: NodeStore
  /** Where the intervals are. Default: in memory. They and the nodes belong together. */
  readonly lowerEnds?: LowerEnds
  readonly hasher?: TreeHasher
}

/**
 * The set of spent nullifiers as a Merkle tree of intervals that partition [0, 2^248). An insertion
 * narrows the interval around the new member and adds one at a new leaf.
 *
 * `insert` and `openInTurn` write the narrowed leaves only: a batch's new leaves replace zeros
 * together, by `place`, as its proof does. Until then they are pending, and `find` knows them already.
 */
export class NullifierTree {
  readonly #tree: MerkleTree
  readonly #lowerEnds: LowerEnds
  readonly #hasher: TreeHasher
  /** What a fork must find unchanged to be read or merged. */
  #version = 0
  readonly #forkedFrom: { tree: NullifierTree; version: number } | undefined
  readonly #inserted: bigint[] = []

  private constructor(
    parts: { tree: MerkleTree; lowerEnds: LowerEnds; hasher: TreeHasher },
    forkedFrom?: { tree: NullifierTree; version: number },
  ) {
    this.#tree = parts.tree
    this.#lowerEnds = parts.lowerEnds
    this.#hasher = parts.hasher
    this.#forkedFrom = forkedFrom
  }

  /** The tree of a new deployment: the sentinel (0, 2^248) at leaf 0. The stores are empty. */
  static initial(options: NullifierTreeOptions = {}): NullifierTree {
    const tree = NullifierTree.open(options)
    tree.#tree.setLeaf(0, hashInterval(0n, NULLIFIER_LIMIT))
    return tree
  }

  /** The tree that the stores hold. */
  static open(options: NullifierTreeOptions): NullifierTree {
    const { nodes, lowerEnds = new MemoryLowerEnds(), hasher = portableHasher } = options
    const tree = new MerkleTree(NULLIFIER_TREE_DEPTH, {
      hasher,
      ...(nodes === undefined ? {} : { store: nodes }),
    })
    return new NullifierTree({ tree, lowerEnds, hasher })
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

  /** What was inserted since this was forked, merged forks included. A tree of its own keeps none. */
  get inserted(): readonly bigint[] {
    return this.#inserted
  }

  /**
   * The interval with from ≤ value < to, for a value in [0, 2^248).
   * @throws {NullifierRangeError}
   * @throws {ForkOutdatedError} when this is a fork whose parent has changed.
   */
  find(value: bigint): Interval {
    if (value < 0n || value >= NULLIFIER_LIMIT) throw new NullifierRangeError()
    if (this.#isOutdated()) throw new ForkOutdatedError()
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
    this.#insertEnd(nullifier, index)
    return low
  }

  /**
   * Opens an interval for each of a batch's slots, in turn: the one around a live slot's nullifier,
   * which is inserted as by `insert`; the one that holds a void slot's; any for an empty slot, which
   * has no value. An interval whose leaf is pending, at `start` or behind it, cannot be opened: the
   * first one takes its place.
   *
   * @returns the intervals as they were, and the pending leaves: one a slot, from leaf `start` on, 0
   * where nothing was inserted.
   * @throws {NullifierSpentError | NullifierRangeError | ForkOutdatedError}
   */
  openInTurn(
    slots: readonly { readonly value?: bigint; readonly isLive: boolean }[],
    start: number,
  ): { openings: SlotOpening[]; pending: bigint[] } {
    const opened = slots.map(({ value = 0n, isLive }, i) => {
      const found = isLive ? this.findLow(value) : this.find(value)
      const low = found.index >= start ? this.find(0n) : found
      if (!isLive) return { low }
      this.#insertEnd(value, start + i)
      return { low, inserted: { value, to: found.to } }
    })
    // Both halves of every interval that is split.
    const live = opened.flatMap(({ low, inserted }) =>
      inserted === undefined ? [] : [low.from, inserted.value, inserted.value, inserted.to],
    )
    const hashes = this.#hashIntervals(live)
    const pending: bigint[] = []
    let at = 0
    const steps = opened.map(({ low, inserted }) => {
      if (inserted === undefined) {
        pending.push(0n)
        return { index: low.index }
      }
      const [narrowed = 0n, added = 0n] = hashes.slice(at, at + 2)
      at += 2
      pending.push(added)
      return { index: low.index, leaf: narrowed }
    })
    this.#version += 1
    const paths = this.#tree.replaceInTurn(steps)
    const openings = opened.map(({ low: { from, to } }, i) => {
      const path = paths[i]
      if (path === undefined) throw new RangeError('a step without a path')
      return { from, to, path }
    })
    return { openings, pending }
  }

  /**
   * Takes members out again and clears the leaves from `start` to `end`, theirs among them: what a
   * batch inserted, all of it, is as if it had never been.
   */
  revert(members: readonly bigint[], { start, end }: { start: number; end: number }): void {
    if (this.#isOutdated()) throw new ForkOutdatedError()
    this.#version += 1
    for (const member of members) this.#lowerEnds.remove(member)
    this.#tree.setLeaves(start, new Array<bigint>(end - start).fill(0n))
    // Several members may have stood in one interval of before.
    const lows = new Map(members.map((member) => this.find(member)).map((low) => [low.index, low]))
    for (const { index, from, to } of lows.values()) {
      this.#tree.setLeaf(index, hashInterval(from, to))
    }
  }

  /** Writes a batch's pending leaves (0: none) from leaf `start`. */
  place(start: number, leaves: readonly bigint[]): void {
    this.#version += 1
    this.#tree.setLeaves(start, leaves)
  }

  /** A view that reads through to this tree and writes to itself. */
  fork(): NullifierTree {
    const from = { tree: this, version: this.#version }
    const parts = {
      tree: this.#tree.fork(),
      lowerEnds: new OverlayLowerEnds(this.#lowerEnds),
      hasher: this.#hasher,
    }
    return new NullifierTree(parts, from)
  }

  /**
   * Writes a fork's changes into this tree. The fork is used up.
   * @throws {ForkOutdatedError} when this tree is not the fork's parent, or has changed since.
   */
  merge(fork: NullifierTree): void {
    if (fork.#forkedFrom?.tree !== this || fork.#isOutdated()) throw new ForkOutdatedError()
    this.#version += 1
    this.#tree.merge(fork.#tree)
    if (fork.#lowerEnds instanceof OverlayLowerEnds) fork.#lowerEnds.writeTo(this.#lowerEnds)
    if (this.#forkedFrom !== undefined) this.#inserted.push(...fork.#inserted)
  }

  #isOutdated(): boolean {
    const from = this.#forkedFrom
    if (from === undefined) return false
    return from.version !== from.tree.#version || from.tree.#isOutdated()
  }

  #insertEnd(nullifier: bigint, index: number): void {
    this.#lowerEnds.insert(nullifier, index)
    if (this.#forkedFrom !== undefined) this.#inserted.push(nullifier)
  }

  /** H(INTERVAL, …) of pairs. */
  #hashIntervals(ends: readonly bigint[]): bigint[] {
    if (ends.length === 0) return []
    const rows = new Uint8Array(NODE_BYTES * ends.length)
    ends.forEach((end, i) => {
      writeNode(rows, NODE_BYTES * i, end)
    })
    const hashes = this.#hasher.hashMany('INTERVAL', 2, rows)
    return Array.from({ length: ends.length / 2 }, (_, i) => readNode(hashes, NODE_BYTES * i))
  }
}

function isNullifier(value: bigint): boolean {
  return value > 0n && value < NULLIFIER_LIMIT
}
