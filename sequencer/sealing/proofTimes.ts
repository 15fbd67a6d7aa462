import type { BatchCircuit } from '../../protocol/constants.ts'

/** Until one was measured: the native prover on two cores, processor time with a margin (docs/decisions/0055). */
const FIRST_SECONDS: Readonly<Record<BatchCircuit, number>> = {
  'batch-4': 1,
  'batch-16': 2.5,
  'batch-64': 10,
}
/** Weight of the newest. */
const NEWEST = 0.3

/**
 * How long proofs take here, from a worker's claim to its delivery, by the database's clock. The wait for a worker before
 * and for verification after it are not in it.
 */
export class ProofTimes {
  readonly #seconds = { ...FIRST_SECONDS }

  note(circuit: BatchCircuit, durationMs: number): void {
    this.#seconds[circuit] += NEWEST * (durationMs / 1000 - this.#seconds[circuit])
  }

  get seconds(): Readonly<Record<BatchCircuit, number>> {
    return { ...this.#seconds }
  }
}
