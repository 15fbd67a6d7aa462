import { type AppliedBatch, applyBatch } from './applyBatch.ts'
import { type Batch } from './batch.ts'
import {
  type BatchCircuitInputs,
  type BatchWitness,
  batchCircuitInputs,
  batchWitness,
} from './batchWitness.ts'
import { batchPublicInputs, batchWords } from './batchWords.ts'
import { type BatchPublicInputs } from './publicInputs.ts'
import { type RollupState } from './rollupState.ts'

/** All that proves and settles a batch. */
export type BuiltBatch = {
  /** What the prover takes. Holds nothing secret: all of it follows from base-chain data. */
  readonly circuitInputs: BatchCircuitInputs
  readonly publicInputs: BatchPublicInputs
  readonly words: readonly bigint[]
  readonly witness: BatchWitness
  readonly applied: AppliedBatch
}

/**
 * Applies a batch to the state and builds all that its proof needs. To build without keeping the
 * change, hand in a fork.
 *
 * @throws what `applyBatch` throws.
 */
export function buildBatch(
  state: RollupState,
  batch: Batch,
  { domain }: { domain: bigint },
): BuiltBatch {
  const applied = applyBatch(state, batch)
  const words = batchWords(batch, applied)
  const publicInputs = batchPublicInputs(batch.circuit, domain, words)
  const witness = batchWitness(batch, applied)
  const circuitInputs = batchCircuitInputs(witness, publicInputs.rho)
  return { circuitInputs, publicInputs, words, witness, applied }
}
