import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { applyBatch } from '../../protocol/applyBatch.ts'
import { isLiveSlot } from '../../protocol/batch.ts'
import { revertBatch } from '../../protocol/revertBatch.ts'
import {
  forkState,
  initialState,
  mergeState,
  type RollupState,
} from '../../protocol/rollupState.ts'
import { aBatch, aSlot, nullifierOf } from '../support/batches.ts'

function rootsOf({ noteTree, nullifierTree, slotCount }: RollupState): unknown {
  return [noteTree.root, nullifierTree.root, nullifierTree.size, slotCount]
}

describe('revertBatch', () => {
  test('property: batches taken back, newest first, leave every state that they found', () => {
    const sizes = fc.array(
      fc.record({
        circuit: fc.constantFrom('batch-4' as const, 'batch-16' as const),
        live: fc.nat({ max: 3 }),
        hasVoid: fc.boolean(),
        areNeighbours: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    )
    fc.assert(
      fc.property(sizes, (run) => {
        const state = initialState()
        const before: { roots: unknown; nullifiers: readonly bigint[]; oldSlotCount: bigint }[] = []
        let spent: bigint | undefined
        run.forEach(({ circuit, live, hasVoid, areNeighbours }, round) => {
          const slots = Array.from({ length: hasVoid ? Math.min(live, 2) : live }, (_, i) => {
            const label = `${String(round)} ${String(i)}`
            // Neighbours split one interval of before several times.
            const value = areNeighbours ? BigInt(1000 * round + i + 1) : nullifierOf(label)
            return aSlot(label, 'transfer', value)
          })
          const live0 = slots[0] === undefined ? undefined : nullifierOf(`${String(round)} 0`)
          if (hasVoid && spent !== undefined) slots.push(aSlot('void', 'void', spent))
          const batch = aBatch({ circuit, batchNumber: BigInt(round + 1), slots })
          const fork = forkState(state)
          applyBatch(fork, batch)
          const { inserted } = fork.nullifierTree
          assert.deepEqual(
            [...inserted].sort(),
            batch.slots
              .filter(isLiveSlot)
              .map(({ nullifier }) => nullifier)
              .sort(),
          )
          before.push({
            roots: rootsOf(state),
            nullifiers: inserted,
            oldSlotCount: state.slotCount,
          })
          mergeState(state, fork)
          spent ??= live0
        })
        for (const { roots, nullifiers, oldSlotCount } of before.reverse()) {
          const fork = forkState(state)
          revertBatch(fork, { nullifiers, oldSlotCount })
          assert.deepEqual(rootsOf(fork), roots)
          mergeState(state, fork)
          assert.deepEqual(rootsOf(state), roots)
          for (const nullifier of nullifiers)
            assert.equal(state.nullifierTree.contains(nullifier), false)
        }
        assert.deepEqual(rootsOf(state), rootsOf(initialState()))
        // The state is as good as new: the same batch gives the same roots again.
        const [one, other] = [state, initialState()]
        for (const each of [one, other]) applyBatch(each, aBatch())
        assert.deepEqual(rootsOf(one), rootsOf(other))
      }),
      { numRuns: 8, seed: 5 },
    )
  })
})
