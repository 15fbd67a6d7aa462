import { Loop, type LoopReporter } from '../loop.ts'
import { ArrivalRate } from './arrivalRate.ts'
import type { SealingChoice } from './chooseBatch.ts'
import {
  sealBatch,
  type SealBatchDependencies,
  type SealBatchParameters,
  type SealOutcome,
} from './sealBatch.ts'

export type SealerParameters = {
  deps: SealBatchDependencies
  batchAgeMs: number
  /** Asked each time: the base fee moves, and so do the times that proofs take. */
  getMeans: () => Promise<Omit<SealBatchParameters['means'], 'batchAgeMs'>>
  now: () => Date
  reporter: LoopReporter
  onSealed: (outcome: SealOutcome) => void
  /** Another reason than the last time. */
  onChoice: (choice: SealingChoice) => void
}

/** Seals batches by what is cheaper, and by age at the latest. */
export class Sealer extends Loop {
  override readonly name = 'sealer'
  readonly #parameters: SealerParameters
  readonly #depositsSeen = new Map<bigint, Date>()
  readonly #arrivals = new ArrivalRate()
  #choice: SealingChoice | undefined

  constructor(parameters: SealerParameters) {
    // Often enough that the age is kept to a tenth.
    super({
      intervalMs: Math.max(20, Math.min(1_000, parameters.batchAgeMs / 10)),
      reporter: parameters.reporter,
    })
    this.#parameters = parameters
  }

  /** The last choice, with what it was made from. */
  get choice(): SealingChoice | undefined {
    return this.#choice
  }

  /** A transfer was admitted. */
  noteArrival(): void {
    this.#arrivals.note(this.#parameters.now())
    this.wake()
  }

  override async tick(): Promise<void> {
    const { deps, batchAgeMs, getMeans, now, onSealed, onChoice } = this.#parameters
    for (;;) {
      const means = { ...(await getMeans()), batchAgeMs }
      const at = now()
      const outcome = await sealBatch(deps, {
        now: at,
        means,
        arrivalsPerSecond: this.#arrivals.at(at),
        depositsSeen: this.#depositsSeen,
      })
      if (outcome.sealed !== undefined || outcome.choice.reason !== this.#choice?.reason) {
        onChoice(outcome.choice)
      }
      this.#choice = outcome.choice
      if (outcome.sealed !== undefined || outcome.rejected.size > 0) onSealed(outcome)
      // Another full batch may be waiting already, or the others of one that did not come about.
      if (outcome.sealed === undefined && outcome.rejected.size === 0) return
    }
  }
}
