import { emptyRoot } from '../../protocol/tree.ts'
import { NOTE_TREE_DEPTH } from '../../protocol/constants.ts'
import {
  forkState,
  initialState,
  mergeState,
  type RollupState,
} from '../../protocol/rollupState.ts'

export type SealedHead = {
  readonly batchNumber: bigint
  readonly noteRoot: bigint
  readonly nullifierRoot: bigint
  readonly slotCount: bigint
}

/**
 * The state after the newest sealed batch, in memory. The database is the truth: what is here can be
 * rebuilt from it at any time, and is, at start-up and after anything unexpected.
 */
export class SealedState {
  #rollup: RollupState = initialState()
  /** Note roots by batch number; 0 is the initial state. */
  #noteRoots: bigint[] = [emptyRoot(NOTE_TREE_DEPTH)]
  #queue: Promise<unknown> = Promise.resolve()

  get head(): SealedHead {
    return {
      batchNumber: BigInt(this.#noteRoots.length - 1),
      noteRoot: this.#rollup.noteTree.root,
      nullifierRoot: this.#rollup.nullifierTree.root,
      slotCount: this.#rollup.slotCount,
    }
  }

  /** The note root after a sealed batch; undefined when there is no such batch. */
  noteRootOf(batchNumber: bigint): bigint | undefined {
    return this.#noteRoots[Number(batchNumber)]
  }

  isSpent(nullifier: bigint): boolean {
    return this.#rollup.nullifierTree.contains(nullifier)
  }

  leaves(from: number, count: number): bigint[] {
    const end = Math.min(from + count, 4 * Number(this.#rollup.slotCount))
    const { noteTree } = this.#rollup
    return Array.from({ length: Math.max(0, end - from) }, (_, i) => noteTree.leaf(from + i))
  }

  fork(): RollupState {
    return forkState(this.#rollup)
  }

  /** Takes a fork's changes as the next batch. Only inside `exclusive`. */
  merge(fork: RollupState): void {
    mergeState(this.#rollup, fork)
    this.#noteRoots.push(this.#rollup.noteTree.root)
  }

  /** Takes everything from a rebuilt state. Only inside `exclusive`. */
  replace({ rollup, noteRoots }: { rollup: RollupState; noteRoots: bigint[] }): void {
    this.#rollup = rollup
    this.#noteRoots = noteRoots
  }

  /** Runs one change of the chain at a time: sealing, voiding, adopting. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    // The next one runs whatever becomes of this one; whoever asked for this one sees its error.
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}
