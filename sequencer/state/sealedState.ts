import { forkState, mergeState, type RollupState } from '../../protocol/rollupState.ts'
import { revertBatch } from '../../protocol/revertBatch.ts'
import { portableHasher } from '../../protocol/treeHasher.ts'
import { failPoint } from '../failPoint.ts'
import { StateDamagedError } from './errors.ts'
import { type BatchRoots, MemoryStateStore, type StateStore } from './stateStore.ts'

export type SealedHead = BatchRoots & { readonly batchNumber: bigint }

/** Batches that are written together: a kill costs at most these, some milliseconds each. */
const BATCHES_PER_FLUSH = 16
/** Longest that a batch waits for others, ms. */
const FLUSH_AFTER_MS = 1_000

export type SealedStateOptions = {
  /** Told of each failure to write; what was not written is kept and tried again. */
  onFlushFailure?: (error: unknown) => void
  /** Rebuilds the state once it was found damaged. Called inside `exclusive`. */
  onDamaged?: (error: StateDamagedError) => Promise<void>
}

/**
 * The state after the newest sealed batch. The database is the truth: what is here is compared with it
 * and brought up to it by `restoreState`, at start-up and after anything unexpected.
 */
export class SealedState {
  readonly #store: StateStore
  readonly #options: SealedStateOptions
  #queue: Promise<unknown> = Promise.resolve()
  #unflushed = 0
  #timer: NodeJS.Timeout | undefined

  constructor(
    store: StateStore = new MemoryStateStore(portableHasher),
    options: SealedStateOptions = {},
  ) {
    this.#store = store
    this.#options = options
  }

  get head(): SealedHead {
    const batchNumber = this.#store.head
    const roots = this.#store.rootsOf(batchNumber)
    if (roots === undefined) throw new StateDamagedError({ what: 'the roots of the newest batch' })
    return { batchNumber, ...roots }
  }

  /** What a sealed batch left; undefined when there is no such batch. 0 is the initial state. */
  rootsOf(batchNumber: bigint): BatchRoots | undefined {
    return this.#store.rootsOf(batchNumber)
  }

  /** The note root after a sealed batch; undefined when there is no such batch. */
  noteRootOf(batchNumber: bigint): bigint | undefined {
    return this.#store.rootsOf(batchNumber)?.noteRoot
  }

  isSpent(nullifier: bigint): boolean {
    return this.#store.rollup.nullifierTree.contains(nullifier)
  }

  leaves(from: number, count: number): bigint[] {
    const { noteTree, slotCount } = this.#store.rollup
    const end = Math.min(from + count, 4 * Number(slotCount))
    return Array.from({ length: Math.max(0, end - from) }, (_, i) => noteTree.leaf(from + i))
  }

  fork(): RollupState {
    return forkState(this.#store.rollup)
  }

  /** Takes a fork's changes as the next batch. Only inside `exclusive`. */
  merge(fork: RollupState): void {
    const { inserted } = fork.nullifierTree
    mergeState(this.#store.rollup, fork)
    this.#store.append(inserted)
    this.#flushSoon()
  }

  /**
   * Takes the newest batch back. Only inside `exclusive`.
   *
   * @returns false when it is too long ago for that; then `reset` is left.
   * @throws {StateDamagedError} when that does not give the roots of before.
   */
  revert(): boolean {
    const { head } = this.#store
    const nullifiers = this.#store.nullifiersOf(head)
    const before = this.#store.rootsOf(head - 1n)
    if (nullifiers === undefined || before === undefined) return false
    const fork = this.fork()
    revertBatch(fork, { nullifiers, oldSlotCount: before.slotCount })
    if (
      fork.noteTree.root !== before.noteRoot ||
      fork.nullifierTree.root !== before.nullifierRoot
    ) {
      throw new StateDamagedError({ what: `the state before batch ${String(head)}` })
    }
    mergeState(this.#store.rollup, fork)
    this.#store.removeNewest()
    this.#flushSoon()
    return true
  }

  /** Back to the initial state. Only inside `exclusive`. */
  async reset(): Promise<void> {
    this.#unflushed = 0
    await this.#store.reset()
  }

  /** Writes what is not written yet. A failure is reported, and nothing is lost by it. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    try {
      failPoint('state.flushing')
      this.#store.flush()
      failPoint('state.flushed')
      this.#unflushed = 0
    } catch (error) {
      this.#options.onFlushFailure?.(error)
    }
  }

  async close(): Promise<void> {
    this.flush()
    clearTimeout(this.#timer)
    await this.#store.close()
  }

  /** Runs one change of the chain at a time: sealing, voiding, adopting. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work).catch(async (error: unknown) => {
      // Rebuilt before anything else is sealed; this round fails, the next one finds it sound.
      if (error instanceof StateDamagedError) await this.#options.onDamaged?.(error)
      throw error
    })
    // The next one runs whatever becomes of this one; whoever asked for this one sees its error.
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  #flushSoon(): void {
    this.#unflushed += 1
    if (this.#unflushed >= BATCHES_PER_FLUSH) this.flush()
    else {
      this.#timer ??= setTimeout(() => {
        this.flush()
      }, FLUSH_AFTER_MS).unref()
    }
  }
}
