import type { Receipt, TransferAdmitted, TransferSubmission } from '../../api/index.ts'
import type { ChainView } from '../chainView.ts'
import type { Signer } from '../signer.ts'
import type { SealedState } from '../state/sealedState.ts'
import type { Database } from '../store/database.ts'
import { findLiveNullifier } from '../store/findLiveNullifier.ts'
import { findTransfer, type TransferView } from '../store/findTransfer.ts'
import { insertTransfer } from '../store/insertTransfer.ts'
import type { Submission } from '../transfer.ts'
import { checkMinimumFee, checkTransferAgainst, type MinimumFees } from './checkTransferAgainst.ts'
import { checkTransferStateless } from './checkTransferStateless.ts'
import {
  NotReadyError,
  NullifierPendingError,
  NullifierSpentError,
  ProofInvalidError,
} from './errors.ts'
import { parseSubmission } from './parseSubmission.ts'
import type { Verifier } from './verifier.ts'

export type AdmitterDependencies = {
  database: Database
  state: SealedState
  /** The base chain as last observed. */
  getView: () => ChainView | undefined
  verifier: Verifier
  signer: Signer
  domain: bigint
  minimumFees: MinimumFees
  now: () => Date
  onAdmitted: (submission: Submission) => void
}

/**
 * Admits transfers: stateless checks, proof, stateful checks, one durable write, signed receipt.
 *
 * The nullifier's uniqueness among live transfers is a constraint of the database, so no order of events
 * admits two.
 */
export class Admitter {
  readonly #deps: AdmitterDependencies
  /** Submissions under way, by id: the same statement twice at once is verified once. */
  readonly #receiving = new Map<string, Promise<TransferAdmitted>>()

  constructor(deps: AdmitterDependencies) {
    this.#deps = deps
  }

  /** Whether a submission of this statement is being checked right now: status `received`. */
  isReceiving(id: string): boolean {
    return this.#receiving.has(id)
  }

  /** @throws {TransferRefusedError | NotReadyError} */
  async admit(body: TransferSubmission): Promise<TransferAdmitted> {
    const submission = parseSubmission(body)
    const { id } = submission
    const underWay = this.#receiving.get(id)
    if (underWay !== undefined) return underWay
    const work = this.#admit(submission).finally(() => this.#receiving.delete(id))
    this.#receiving.set(id, work)
    return work
  }

  async #admit(submission: Submission): Promise<TransferAdmitted> {
    const { database, verifier, domain, minimumFees, signer, now } = this.#deps
    const known = await findTransfer(database, submission.id)
    if (known !== undefined && known.stage !== 'rejected') return this.#answer(known)

    checkTransferStateless(submission, { domain })
    checkMinimumFee(minimumFees, submission)
    // Asked before the proof as well: a look at memory spares the work for what is stale anyhow.
    this.#checkAgainstState(submission)
    if (verifier.isFull) throw new NotReadyError({ what: 'room in the verification queue' })
    if (!(await verifier.verify(submission))) throw new ProofInvalidError()
    this.#checkAgainstState(submission)

    const admittedAt = now()
    const receipt = signer.signReceipt(submission.id, admittedAt)
    const outcome = await insertTransfer(database, {
      submission,
      admission: { admittedAt, receiptSignature: receipt.signature },
    })
    if (outcome === 'taken') await this.#refuseTaken(submission)
    if (outcome === 'known') {
      const stored = await findTransfer(database, submission.id)
      if (stored !== undefined) return this.#answer(stored)
    }
    this.#deps.onAdmitted(submission)
    return { id: submission.id, status: 'admitted', receipt }
  }

  #checkAgainstState(submission: Submission): void {
    const { getView, state, now } = this.#deps
    checkTransferAgainst({ view: getView(), state, now: now() }, submission)
  }

  async #refuseTaken({ publicInputs: { nullifier } }: Submission): Promise<never> {
    const holder = await findLiveNullifier(this.#deps.database, nullifier)
    if (holder?.isSealed === false) throw new NullifierPendingError({ id: holder.id })
    throw new NullifierSpentError()
  }

  #answer({ id, stage, admittedAt, receiptSignature }: TransferView): TransferAdmitted {
    const { signer } = this.#deps
    // A transfer that another sequencer settled got no promise from this one; one is due to whoever asks.
    const receipt: Receipt =
      receiptSignature === undefined
        ? signer.signReceipt(id, admittedAt)
        : {
            statementId: id,
            admittedAt: admittedAt.getTime(),
            sequencer: signer.address,
            signature: receiptSignature,
          }
    return { id, status: stage, receipt }
  }
}
