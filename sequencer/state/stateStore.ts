import { initialState, memoryStores, type RollupState } from '../../protocol/rollupState.ts'
import type { TreeHasher } from '../../protocol/treeHasher.ts'

/** The state that a batch left. */
export type BatchRoots = {
  readonly noteRoot: bigint
  readonly nullifierRoot: bigint
  readonly slotCount: bigint
}

/**
 * Where the sealed state is kept: the trees, and of every batch what it left and what it inserted. A
 * cache of the database in either form: all of it can be rebuilt from the stored batches.
 */
export type StateStore = {
  /** After the newest batch recorded. Replaced by `reset`. */
  readonly rollup: RollupState
  /** The newest batch recorded, 0 before the first. */
  readonly head: bigint
  /** 0 is the initial state. Undefined above the head. */
  rootsOf(batchNumber: bigint): BatchRoots | undefined
  /** What a batch inserted; undefined when it is too long ago to be taken back. */
  nullifiersOf(batchNumber: bigint): readonly bigint[] | undefined
  /** Records the next batch; the caller has written it to `rollup`. */
  append(nullifiers: readonly bigint[]): void
  /** Forgets the newest batch; the caller has taken it out of `rollup`. */
  removeNewest(): void
  /** Makes durable what was written since the last time, all or nothing. A failure loses nothing. */
  flush(): void
  /** Back to the initial state. */
  reset(): Promise<void>
  close(): Promise<void>
}

/**
 * Batches that can be taken back; more are rebuilt from the database. A batch a second for two windows
 * of settlement (2 h each), and half a kilobyte each.
 */
export const REVERTIBLE_BATCHES = 16_384

export function readRoots({ noteTree, nullifierTree, slotCount }: RollupState): BatchRoots {
  return { noteRoot: noteTree.root, nullifierRoot: nullifierTree.root, slotCount }
}

/** All in memory: for tests, and for sequencers small enough to be rebuilt at every start. */
export class MemoryStateStore implements StateStore {
  readonly #hasher: TreeHasher
  #rollup: RollupState
  #roots: BatchRoots[]
  #nullifiers: (readonly bigint[] | undefined)[]

  constructor(hasher: TreeHasher) {
    this.#hasher = hasher
    this.#rollup = initialState(memoryStores(), hasher)
    this.#roots = [readRoots(this.#rollup)]
    this.#nullifiers = [undefined]
  }

  get rollup(): RollupState {
    return this.#rollup
  }
  get head(): bigint {
    return BigInt(this.#roots.length - 1)
  }
  rootsOf(batchNumber: bigint): BatchRoots | undefined {
    return this.#roots[Number(batchNumber)]
  }
  nullifiersOf(batchNumber: bigint): readonly bigint[] | undefined {
    return this.#nullifiers[Number(batchNumber)]
  }
  append(nullifiers: readonly bigint[]): void {
    this.#roots.push(readRoots(this.#rollup))
    this.#nullifiers.push(nullifiers)
    const old = this.#nullifiers.length - 1 - REVERTIBLE_BATCHES
    if (old > 0) this.#nullifiers[old] = undefined
  }
  removeNewest(): void {
    this.#roots.pop()
    this.#nullifiers.pop()
  }
  flush(): void {
    // Nothing outlives the process.
  }
  reset(): Promise<void> {
    this.#rollup = initialState(memoryStores(), this.#hasher)
    this.#roots = [readRoots(this.#rollup)]
    this.#nullifiers = [undefined]
    return Promise.resolve()
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
}
