import { BaseError } from '../../protocol/errors.ts'
import { publicInputsFromArray } from '../../protocol/publicInputs.ts'
import { proofToWords } from '../../prover/proof.ts'
import type { Prover } from '../../prover/prover.ts'
import { Loop, type LoopReporter } from '../loop.ts'
import { claimProvingJob, type ProvingJob } from '../store/claimProvingJob.ts'
import type { Database } from '../store/database.ts'
import { recordProof } from '../store/recordProof.ts'
import { releaseProvingJob } from '../store/releaseProvingJob.ts'
import { decodeCircuitInputs } from './circuitInputs.ts'

/** This process's name in leases. Only one sequencer works with a database. */
export const WORKER = 'sequencer'
/** A size-16 batch takes 20 s with snarkjs on two cores; a lease outlives the slowest machine's proof. */
const LEASE_MS = 30 * 60 * 1_000
/** From this many attempts on, health says that a batch cannot be proved. It is still tried. */
export const ATTEMPTS_UNTIL_UNHEALTHY = 5
const FIRST_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 5 * 60 * 1_000

export type BatchProverParameters = {
  database: Database
  prover: Pick<Prover, 'prove'>
  now: () => Date
  reporter: LoopReporter
  onProved: (facts: { batchNumber: bigint; durationMs: number }) => void
}

/** Proves sealed batches, oldest first, one at a time. A failed proof is tried again, and again. */
export class BatchProver extends Loop {
  override readonly name = 'prover'
  readonly #parameters: BatchProverParameters
  readonly #abort = new AbortController()

  constructor(parameters: BatchProverParameters) {
    super({ intervalMs: 500, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  override async stop(): Promise<void> {
    // A proof takes longer than anybody waits for a stop; its job is available again at the next start.
    this.#abort.abort()
    await super.stop()
  }

  override async tick(): Promise<void> {
    const { database, now } = this.#parameters
    while (!this.#abort.signal.aborted) {
      const claimedAt = now()
      const until = new Date(claimedAt.getTime() + LEASE_MS)
      const job = await claimProvingJob(database, { worker: WORKER, now: claimedAt, until })
      if (job === undefined) return
      await this.#prove(job, claimedAt)
    }
  }

  async #prove(job: ProvingJob, startedAt: Date): Promise<void> {
    const { database, prover, now, onProved, reporter } = this.#parameters
    const { batchId, batchNumber, circuit } = job
    try {
      const { proof, publicSignals } = await prover.prove(
        circuit,
        decodeCircuitInputs(job.inputs),
        { signal: this.#abort.signal },
      )
      const { c, y } = publicInputsFromArray(circuit, publicSignals)
      const finishedAt = now()
      await recordProof(database, { batchId, c, y, proof: proofToWords(proof), now: finishedAt })
      onProved({ batchNumber, durationMs: finishedAt.getTime() - startedAt.getTime() })
    } catch (error) {
      if (this.#abort.signal.aborted) return
      const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (job.attempts - 1), MAX_BACKOFF_MS)
      const availableAt = new Date(now().getTime() + backoff)
      const code = error instanceof BaseError ? error.code : 'PROVING_FAILED'
      await releaseProvingJob(database, { batchId, error: code, availableAt })
      reporter.onFailure(this.name, error)
    }
  }
}
