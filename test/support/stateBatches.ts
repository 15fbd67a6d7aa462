import { applyBatch } from '../../protocol/applyBatch.ts'
import type { Batch } from '../../protocol/batch.ts'
import { initialState, type RollupState } from '../../protocol/rollupState.ts'
import { kernelHasher } from '../../sequencer/state/kernelHasher.ts'
import { openStateStore } from '../../sequencer/state/lmdbStateStore.ts'
import { SealedState } from '../../sequencer/state/sealedState.ts'
import { openKernels } from '../../prover/kernels.ts'
import { aBatch, aSlot } from './batches.ts'

export const stateHasher = kernelHasher(openKernels())
export const stateDomain = 0x5eedn

/** The number-th batch of a chain that depends on `chain` alone. */
export function chainBatch(chain: string, number: number): Batch {
  const slots = Array.from({ length: number % 4 === 0 ? 9 : 1 + (number % 3) }, (_, i) =>
    aSlot(`${chain} ${String(number)} ${String(i)}`),
  )
  return aBatch({
    circuit: slots.length > 3 ? 'batch-16' : 'batch-4',
    batchNumber: BigInt(number),
    slots,
    deposits: [],
  })
}

/** Applies the chain's next batches. */
export function extend(state: SealedState, chain: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const fork = state.fork()
    applyBatch(fork, chainBatch(chain, Number(state.head.batchNumber) + 1))
    state.merge(fork)
  }
}

/** The chain in one state that was never stored, forked or taken back. */
export function plainState(chain: string, count: number): RollupState {
  const state = initialState(undefined, stateHasher)
  for (let i = 1; i <= count; i++) applyBatch(state, chainBatch(chain, i))
  return state
}

export async function openStored(
  directory: string,
  domain = stateDomain,
): Promise<{ state: SealedState; discarded: string | undefined; failures: unknown[] }> {
  const { store, discarded } = await openStateStore({ directory, domain, hasher: stateHasher })
  const failures: unknown[] = []
  const state = new SealedState(store, { onFlushFailure: (error) => failures.push(error) })
  return { state, discarded, failures }
}
