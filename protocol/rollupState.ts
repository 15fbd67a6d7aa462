import { INITIAL_SLOT_COUNT, NOTE_TREE_DEPTH } from './constants.ts'
import { NullifierTree } from './nullifierTree.ts'
import { MerkleTree } from './tree.ts'

/** All state that batches change. */
export type RollupState = {
  readonly noteTree: MerkleTree
  readonly nullifierTree: NullifierTree
  /** Slot positions used or skipped so far, of both trees. */
  slotCount: bigint
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
