import { BATCH_CIRCUITS, type BatchCircuit } from '../../protocol/constants.ts'
import { Loop, type LoopReporter } from '../loop.ts'
import type { BacklogView } from '../store/findBacklog.ts'
import { SequencerBacklogError } from './errors.ts'

/** Proving that may lie ahead of what is admitted: half of the time that a receipt promises by default, a quarter of the settle window. */
const MOST_SECONDS = 30 * 60
/** Of a promise's time; the rest is for what proof times hide: settling, a prover that is lost, a slow hour. */
const PROMISE_PARTS = 2
const LONGEST_WAIT_SECONDS = 60

export type BacklogMeans = {
  /** Sizes that are proved here. */
  circuits: readonly BatchCircuit[]
  proofSeconds: Readonly<Record<BatchCircuit, number>>
  /** At least; where more are seen at work, there are more. */
  provers: number
}

export type BacklogParameters = {
  find: () => Promise<BacklogView>
  getMeans: () => BacklogMeans
  /** What receipts promise, seconds; undefined where they promise no time. */
  getPromiseSeconds: () => number | undefined
  intervalMs: number
  reporter: LoopReporter
}

/**
 * Admits no more than can be proved in time. The gate knows how many transfers can be admitted a second, which is many times
 * what can be proved: without this the work that is promised would grow without bound, each receipt of it a promise that is
 * going to be broken, and what it waits for too long goes stale.
 */
export class Backlog extends Loop {
  override readonly name = 'backlog'
  readonly #parameters: BacklogParameters
  #view: BacklogView | undefined
  /** Admitted since it was looked. */
  #since = 0

  constructor(parameters: BacklogParameters) {
    super({ intervalMs: parameters.intervalMs, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  override async tick(): Promise<void> {
    const before = this.#since
    this.#view = await this.#parameters.find()
    // Those that came while the database was asked may count twice until the next look.
    this.#since -= before
  }

  noteAdmitted(): void {
    this.#since += 1
  }

  /** Of the proving that is promised; undefined before the first look. */
  get seconds(): number | undefined {
    if (this.#view === undefined) return undefined
    const { circuits, proofSeconds, provers } = this.#parameters.getMeans()
    // Where many wait, batches are full ones of the size that is cheapest to prove.
    const perTransfer = Math.min(
      ...circuits.map((name) => proofSeconds[name] / BATCH_CIRCUITS[name].transferSlots),
    )
    let seconds = (this.#view.admitted + this.#since) * perTransfer
    for (const { circuit, count } of this.#view.unproved) seconds += count * proofSeconds[circuit]
    // Where work waits, every prover of a farm is at work.
    return seconds / Math.max(provers, this.#view.proving)
  }

  /** Since when the oldest work waits, as last seen. */
  get oldestAt(): Date | undefined {
    return this.#view?.oldestAt
  }

  /** @throws {SequencerBacklogError} while more is promised than can be proved in time. */
  check(): void {
    const { seconds = 0 } = this
    const promise = this.#parameters.getPromiseSeconds()
    const most = Math.min(MOST_SECONDS, (promise ?? Infinity) / PROMISE_PARTS)
    if (seconds <= most) return
    throw new SequencerBacklogError({
      seconds: Math.round(seconds),
      retryAfterSeconds: Math.min(LONGEST_WAIT_SECONDS, Math.max(1, Math.ceil(seconds - most))),
    })
  }
}
