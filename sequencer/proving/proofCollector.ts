import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { proofToWords } from '../../prover/proof.ts'
import type { Prover } from '../../prover/prover.ts'
import type { JobId } from '../../prover/farm/jobInputs.ts'
import { buryDeadProofs } from '../../prover/farm/store/buryDeadProofs.ts'
import { listProofResults, type ProofResult } from '../../prover/farm/store/listProofResults.ts'
import type { Farm } from '../../prover/farm/store/openFarm.ts'
import { rejectProof } from '../../prover/farm/store/rejectProof.ts'
import { deleteProofs } from '../../prover/farm/store/requeueProofs.ts'
import { reviveDeadProofs } from '../../prover/farm/store/reviveDeadProofs.ts'
import { failPoint } from '../failPoint.ts'
import { Loop, type LoopReporter } from '../loop.ts'
import type { Database } from '../store/database.ts'
import { listProvingJobs, type ProvingJob } from '../store/listProvingJobs.ts'
import { listStatementIds } from '../store/listStatementIds.ts'
import { recordProof } from '../store/recordProof.ts'

/** Results verified together. */
const LIMIT = 16

export type ProofCollectorParameters = {
  database: Database
  farm: Farm
  prover: Pick<Prover, 'verifyMany'>
  now: () => Date
  reporter: LoopReporter
  onProved: (facts: {
    batchNumber: bigint
    worker: string
    durationMs: number
    statementIds: readonly `0x${string}`[]
  }) => void
  /** A result that is no proof of the batch: whose it was matters to the operator. */
  onRejected: (facts: { job: JobId; batchNumber: bigint; worker: string }) => void
  /** All attempts failed. The batch, and settlement after it, waits for the operator, or for `onRevived`. */
  onDead: (job: JobId) => void
  /** It was dead for a while and has its attempts again. */
  onRevived: (job: JobId) => void
}

/**
 * Takes in what the farm's workers deliver. A result counts once it is verified, against the public inputs
 * fixed when the batch was sealed; a batch's proof may come before that of the one before it.
 */
export class ProofCollector extends Loop {
  override readonly name = 'prover'
  readonly #parameters: ProofCollectorParameters

  constructor(parameters: ProofCollectorParameters) {
    super({ intervalMs: 500, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  override async tick(): Promise<void> {
    const { database, farm, onDead, onRevived } = this.#parameters
    for (const job of await buryDeadProofs(farm)) onDead(job)
    for (const job of await reviveDeadProofs(farm)) onRevived(job)
    for (;;) {
      const results = await listProofResults(farm, LIMIT)
      if (results.length === 0) return
      const wanted = await listProvingJobs(
        database,
        results.map(({ job }) => job),
      )
      const holds = await this.#verify(results, wanted)
      failPoint('proof.verified')
      for (const [i, result] of results.entries()) {
        await this.#take(result, wanted.get(result.job), holds[i] === true)
      }
    }
  }

  async #verify(
    results: readonly ProofResult[],
    wanted: ReadonlyMap<JobId, ProvingJob>,
  ): Promise<boolean[]> {
    const candidates = results.flatMap(({ job, proof, publicSignals }, index) => {
      const asked = wanted.get(job)
      if (asked === undefined) return []
      const { circuit, publicInputs } = asked
      const expected = publicInputsToArray(circuit, publicInputs)
      // A valid proof of another batch proves nothing about this one.
      return areEqual(publicSignals, expected)
        ? [{ index, circuit, proof, publicSignals: expected }]
        : []
    })
    const holds = new Array<boolean>(results.length).fill(false)
    if (candidates.length === 0) return holds
    const verified = await this.#parameters.prover.verifyMany(candidates)
    for (const [i, { index }] of candidates.entries()) holds[index] = verified[i] === true
    return holds
  }

  async #take(result: ProofResult, asked: ProvingJob | undefined, holds: boolean): Promise<void> {
    const { database, farm, now, onProved, onRejected } = this.#parameters
    const { job, worker, proof, durationMs } = result
    if (asked === undefined) {
      await database.transaction((connection) => deleteProofs(connection, [job]))
      return
    }
    const { batchId, batchNumber, publicInputs } = asked
    if (!holds) {
      await rejectProof(farm, job)
      onRejected({ job, batchNumber, worker })
      return
    }
    const { c, y } = publicInputs
    const isRecorded = await database.transaction(async (connection) => {
      const isStanding = await recordProof(connection, {
        batchId,
        c,
        y,
        proof: proofToWords(proof),
        now: now(),
      })
      // The witness data goes in the same moment: nobody needs it any more.
      await deleteProofs(connection, [job])
      failPoint('proof.written')
      return isStanding
    })
    failPoint('proof.recorded')
    if (!isRecorded) return
    const statementIds = (await listStatementIds(database, [batchNumber])).get(batchNumber) ?? []
    onProved({ batchNumber, worker, durationMs, statementIds })
  }
}

function areEqual(found: readonly bigint[], expected: readonly bigint[]): boolean {
  return found.length === expected.length && found.every((value, i) => value === expected[i])
}
