import { INITIAL_SLOT_COUNT, NOTE_TREE_DEPTH } from './constants.ts'
import { type LowerEnds, MemoryLowerEnds } from './lowerEnds.ts'
import { MemoryNodes, type NodeStore } from './nodeStore.ts'
import { NullifierTree } from './nullifierTree.ts'
import { MerkleTree } from './tree.ts'
import { type TreeHasher, portableHasher } from './treeHasher.ts'

/** All state that batches change. */
export type RollupState = {
  readonly noteTree: MerkleTree
  readonly nullifierTree: NullifierTree
  /** Slot positions used or skipped so far, of both trees. */
  slotCount: bigint
}

/** Where a state is kept. The three belong together. */
export type StateStores = {
  readonly noteNodes: NodeStore
  readonly nullifierNodes: NodeStore
  readonly lowerEnds: LowerEnds
}

export function memoryStores(): StateStores {
  return {
    noteNodes: new MemoryNodes(),
    nullifierNodes: new MemoryNodes(),
    lowerEnds: new MemoryLowerEnds(),
  }
}

/** The state of a new deployment, written to stores that are empty. */
export function initialState(
  stores: StateStores = memoryStores(),
  hasher: TreeHasher = portableHasher,
): RollupState {
  const { nullifierNodes: nodes, lowerEnds } = stores
  return {
    noteTree: new MerkleTree(NOTE_TREE_DEPTH, { store: stores.noteNodes, hasher }),
    nullifierTree: NullifierTree.initial({ nodes, lowerEnds, hasher }),
    slotCount: INITIAL_SLOT_COUNT,
  }
}

/** The state that stores hold after a batch that left `slotCount`. */
export function openState(
  stores: StateStores,
  slotCount: bigint,
  hasher: TreeHasher = portableHasher,
): RollupState {
  const { nullifierNodes: nodes, lowerEnds } = stores
  return {
    noteTree: new MerkleTree(NOTE_TREE_DEPTH, { store: stores.noteNodes, hasher }),
    nullifierTree: NullifierTree.open({ nodes, lowerEnds, hasher }),
    slotCount,
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
