import { setTimeout as delay } from 'node:timers/promises'
import type { TransferCircuit } from '../../protocol/constants.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { type Groth16Proof, proofFromWords } from '../../prover/proof.ts'
import type { Submission } from '../transfer.ts'

/** What of a prover admission needs: many proofs at once cost a third of as many one by one. */
export type VerifyMany = (
  verifications: readonly {
    circuit: TransferCircuit
    proof: Groth16Proof
    publicSignals: readonly bigint[]
  }[],
) => Promise<boolean[]>

/** Proofs that wait beyond this are refused: an honest client tries again, memory stays bounded. */
const MAX_WAITING = 2_000
/** As many as the prover folds at once. */
const MAX_TOGETHER = 32

/**
 * How long to wait for others to join. One proof alone takes 11 ms of work and 32 together 2.5 ms each, so
 * the wait is won back by the first one that joins.
 */
const GATHER_MS = 4

type Job = {
  submission: Submission
  resolve: (isValid: boolean) => void
  reject: (error: unknown) => void
}

/**
 * Verifies proofs, folding all that wait at a time. Under light load a proof goes alone after a moment;
 * under heavy load submissions join as long as more arrive, and then go together.
 */
export class Verifier {
  readonly #verifyMany: VerifyMany
  readonly #waiting: Job[] = []
  #isRunning = false

  constructor(verifyMany: VerifyMany) {
    this.#verifyMany = verifyMany
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING
  }

  verify(submission: Submission): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ submission, resolve, reject })
      if (!this.#isRunning) void this.#run()
    })
  }

  /** A fold blocks the event loop, so without a pause nobody could join it. */
  async #gather(): Promise<void> {
    for (let known = 0; known < this.#waiting.length && known < MAX_TOGETHER;) {
      known = this.#waiting.length
      await delay(GATHER_MS)
    }
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      await this.#gather()
      const jobs = this.#waiting.splice(0, MAX_TOGETHER)
      try {
        const results = await this.#verifyMany(
          jobs.map(({ submission: { circuit, publicInputs, proof } }) => ({
            circuit,
            proof: proofFromWords(proof),
            publicSignals: publicInputsToArray(circuit, publicInputs),
          })),
        )
        jobs.forEach((job, i) => {
          job.resolve(results[i] === true)
        })
      } catch (error) {
        for (const job of jobs) job.reject(error)
      }
    }
    this.#isRunning = false
  }
}
