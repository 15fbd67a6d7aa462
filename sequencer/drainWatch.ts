import { Loop, type LoopReporter } from './loop.ts'
import type { Database } from './store/database.ts'
import { acknowledgeDrain, findDrain } from './store/drain.ts'

export type DrainWatchParameters = {
  database: Database
  /** Transfers that are being admitted at the moment. */
  countAdmitting: () => number
  now: () => Date
  reporter: LoopReporter
  onChange: (isDraining: boolean) => void
}

const INTERVAL_MS = 500

/**
 * Follows what the operator decided about admission, in the database: it holds over restarts, and for a standby too.
 * Acknowledged is a drain once nothing is being admitted any more: from then on what there is to finish only
 * gets less.
 */
export class DrainWatch extends Loop {
  override readonly name = 'drain'
  readonly #parameters: DrainWatchParameters
  #isDraining = false

  constructor(parameters: DrainWatchParameters) {
    super({ intervalMs: INTERVAL_MS, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  override async tick(): Promise<void> {
    const { database, countAdmitting, now, onChange } = this.#parameters
    const drain = await findDrain(database)
    const isDraining = drain !== undefined
    if (isDraining !== this.#isDraining) {
      this.#isDraining = isDraining
      onChange(isDraining)
    }
    if (isDraining && drain.acknowledgedAt === undefined && countAdmitting() === 0) {
      await acknowledgeDrain(database, now())
    }
  }
}
