import type { TransferCircuit } from '../../protocol/constants.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { type Groth16Proof, proofFromWords } from '../../prover/proof.ts'
import type { Submission } from '../transfer.ts'
import { NotReadyError } from './errors.ts'
import { Grouping } from './grouping.ts'

/**
 * What of a prover admission needs: many proofs at once cost a third of as many one by one, a false one
 * among them fails alone, and none of it is on this thread.
 */
export type VerifyMany = (
  verifications: readonly {
    circuit: TransferCircuit
    proof: Groth16Proof
    publicSignals: readonly bigint[]
  }[],
) => Promise<boolean[]>

/** More gain little and make the first of them wait for the last. */
const MAX_TOGETHER = 64
/** A hundred times what as many proofs take; a verifier that needs longer hangs. */
const TIMEOUT_MS = 10_000

/** Verifies the proofs of submissions, in groups that grow with the load. */
export class Verifier {
  readonly #grouping: Grouping<Submission, boolean>

  constructor(verifyMany: VerifyMany, { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {}) {
    this.#grouping = new Grouping({
      work: (submissions) =>
        verifyMany(
          submissions.map(({ circuit, publicInputs, proof }) => ({
            circuit,
            proof: proofFromWords(proof),
            publicSignals: publicInputsToArray(circuit, publicInputs),
          })),
        ),
      most: MAX_TOGETHER,
      timeoutMs,
      onTimeout: () => new NotReadyError({ what: 'an answer of the verifier' }),
    })
  }

  verify(submission: Submission): Promise<boolean> {
    return this.#grouping.add(submission)
  }
}
