import type { Receipt, TransferAdmitted, TransferSubmission } from '../../api/index.ts'
import type { ChainView } from '../chainView.ts'
import { failPoint } from '../failPoint.ts'
import type { Signer } from '../signer.ts'
import type { SealedState } from '../state/sealedState.ts'
import type { Database } from '../store/database.ts'
import { findKnownTransfers } from '../store/findKnownTransfers.ts'
import { findLiveNullifier } from '../store/findLiveNullifier.ts'
import { findTransfer, type TransferView } from '../store/findTransfer.ts'
import type { InsertOutcome } from '../store/insertTransfer.ts'
import { type AdmittedTransfer, insertTransfers } from '../store/insertTransfers.ts'
import type { Submission } from '../transfer.ts'
import { checkMinimumFee, checkTransferAgainst, type MinimumFees } from './checkTransferAgainst.ts'
import { checkTransferStateless } from './checkTransferStateless.ts'
import {
  NotReadyError,
  NullifierPendingError,
  NullifierSpentError,
  ProofInvalidError,
  SequencerDrainingError,
} from './errors.ts'
import { Gate } from './gate.ts'
import { Grouping } from './grouping.ts'
import { parseSubmission } from './parseSubmission.ts'
import type { ReceiptSigner } from './receiptSigner.ts'
import type { Verifier } from './verifier.ts'

export type AdmitterDependencies = {
  database: Database
  state: SealedState
  /** The base chain as last observed. */
  getView: () => ChainView | undefined
  verifier: Verifier
  /** For the receipts of those that come for one later. */
  signer: Signer
  receiptSigner: Pick<ReceiptSigner, 'sign'>
  domain: bigint
  minimumFees: MinimumFees
  /** @throws {SettlementNotOursError} while nothing admitted here could be settled here. */
  checkRight: () => void
  now: () => Date
  onAdmitted: (submission: Submission) => void
  /** Nothing new is admitted while it says so. Default: never. */
  isDraining?: () => boolean
  /** @throws {SequencerBacklogError} while more is promised than can be proved in time. Default: never. */
  checkBacklog?: () => void
  /** What a receipt of this moment promises: seconds of the settlement clock, 0 for no time. Default: never any. */
  settleBy?: (now: Date) => number
  /** Default: one of its own. */
  gate?: Gate
}

type UnderWay = { readonly submission: Submission; readonly answer: Promise<TransferAdmitted> }

/** Transfers that one statement of the database asks about or writes; more gain nothing. */
const MAX_ROWS = 128
/** Past this the database hangs. What it does yet, the same submission finds when it comes again. */
const DATABASE_TIMEOUT_MS = 10_000

/**
 * Admits transfers: stateless checks, a place, the lookup, stateful checks, the proof, stateful checks
 * again, receipt and durable write, then the answer. Lookups, proofs and writes go in groups.
 *
 * The nullifier's uniqueness among live transfers is a constraint of the database, so no order of events
 * admits two.
 */
export class Admitter {
  readonly #deps: AdmitterDependencies
  readonly #gate: Gate
  readonly #lookup: Grouping<Submission, boolean>
  readonly #insertion: Grouping<AdmittedTransfer, InsertOutcome>
  /** Submissions under way, by id: the same one twice at once is verified once. */
  readonly #receiving = new Map<string, UnderWay[]>()

  constructor(deps: AdmitterDependencies) {
    this.#deps = deps
    const { database, gate = new Gate() } = deps
    this.#gate = gate
    const limits = {
      most: MAX_ROWS,
      timeoutMs: DATABASE_TIMEOUT_MS,
      onTimeout: () => new NotReadyError({ what: 'an answer of the database' }),
    }
    this.#lookup = new Grouping({
      async work(submissions: readonly Submission[]) {
        const ids = submissions.map(({ id }) => id)
        const known = await findKnownTransfers(database, ids)
        return ids.map((id) => known.has(id))
      },
      ...limits,
    })
    this.#insertion = new Grouping({
      work: (transfers: readonly AdmittedTransfer[]) => insertTransfers(database, transfers),
      ...limits,
    })
  }

  get gate(): Pick<Gate, 'inside' | 'limit'> {
    return this.#gate
  }

  /** Whether a submission of this statement is being checked right now: status `received`. */
  isReceiving(id: string): boolean {
    return this.#receiving.has(id)
  }

  /** Before a submission is read. @throws {SequencerBusyError | SequencerDrainingError} where it would be turned away. */
  checkRoom(): void {
    if (this.#deps.isDraining?.() === true) throw new SequencerDrainingError()
    this.#gate.check()
  }

  /** @throws {TransferRefusedError | SequencerBusyError | SequencerBacklogError | SequencerDrainingError | SettlementNotOursError | NotReadyError} */
  async admit(body: TransferSubmission): Promise<TransferAdmitted> {
    const submission = parseSubmission(body)
    const { id } = submission
    const underWay = this.#receiving.get(id) ?? []
    const same = underWay.find((other) => isSameSubmission(other.submission, submission))
    if (same !== undefined) return same.answer
    checkTransferStateless(submission, { domain: this.#deps.domain })
    // From here to the place no other work comes between: a drain that finds no one inside stays so.
    if (this.#deps.isDraining?.() === true) throw new SequencerDrainingError()
    const leave = this.#gate.enter()
    const progress = { isWork: false }
    const answer = this.#admit(submission, progress).finally(() => {
      const others = this.#receiving.get(id)?.filter((other) => other !== mine) ?? []
      if (others.length > 0) this.#receiving.set(id, others)
      else this.#receiving.delete(id)
      leave(progress)
    })
    const mine: UnderWay = { submission, answer }
    this.#receiving.set(id, [...underWay, mine])
    return answer
  }

  async #admit(submission: Submission, progress: { isWork: boolean }): Promise<TransferAdmitted> {
    const { database, verifier, minimumFees, receiptSigner, checkRight, now } = this.#deps
    // First, since what was promised stands, whatever has changed since.
    if (await this.#lookup.add(submission)) {
      const known = await findTransfer(database, submission.id)
      if (known !== undefined && known.stage !== 'rejected') return this.#answer(known)
    }
    checkRight()
    this.#deps.checkBacklog?.()
    checkMinimumFee(minimumFees, submission)
    // Asked before the proof as well: a look at memory spares the work for what is stale anyhow.
    this.#checkAgainstState(submission)
    const isValid = await verifier.verify(submission)
    progress.isWork = true
    if (!isValid) throw new ProofInvalidError()
    this.#checkAgainstState(submission)
    checkRight()
    failPoint('admit.verified')

    const admittedAt = now()
    const settleBy = this.#deps.settleBy?.(admittedAt) ?? 0
    const receipt = await receiptSigner.sign({ statementId: submission.id, admittedAt, settleBy })
    failPoint('admit.signed')
    const outcome = await this.#insertion.add({
      submission,
      admission: { admittedAt, settleBy, receiptSignature: receipt.signature },
    })
    failPoint('admit.written')
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

  #answer({
    id,
    stage,
    admittedAt,
    settleBy,
    receiptSignature,
    receiptSigner,
  }: TransferView): TransferAdmitted {
    const { signer } = this.#deps
    // A transfer that another sequencer settled got no receipt from this one; one is due to whoever asks, and no
    // time is promised for what has happened.
    const receipt: Receipt =
      receiptSignature === undefined
        ? signer.signReceipt(id, { admittedAt, settleBy: 0 })
        : {
            statementId: id,
            admittedAt: admittedAt.getTime(),
            settleBy,
            sequencer: receiptSigner ?? signer.address,
            signature: receiptSignature,
          }
    return { id, status: stage, receipt }
  }
}

/**
 * An id says nothing of proof and anchor: who copies a statement chooses them, and what becomes of the copy must not
 * become of the transfer.
 */
function isSameSubmission(a: Submission, b: Submission): boolean {
  return a.anchorBatch === b.anchorBatch && a.proof.every((word, i) => word === b.proof[i])
}
