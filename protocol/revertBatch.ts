import { OUTPUTS_PER_SLOT } from './constants.ts'
import { type RollupState } from './rollupState.ts'

/** What must be known of a batch to take it back. */
export type RevertibleBatch = {
  /** All that it inserted. */
  readonly nullifiers: readonly bigint[]
  readonly oldSlotCount: bigint
}

/**
 * Takes the newest batch back: `applyBatch` undone. The caller compares the roots with those of
 * before, since nothing here says whether the batch was the newest one.
 */
export function revertBatch(
  state: RollupState,
  { nullifiers, oldSlotCount }: RevertibleBatch,
): void {
  // Skipped positions are zeros, so that all above the old count may be cleared.
  const [start, end] = [Number(oldSlotCount), Number(state.slotCount)]
  state.nullifierTree.revert(nullifiers, { start, end })
  const notes = new Array<bigint>(OUTPUTS_PER_SLOT * (end - start)).fill(0n)
  state.noteTree.setLeaves(OUTPUTS_PER_SLOT * start, notes)
  state.slotCount = oldSlotCount
}
