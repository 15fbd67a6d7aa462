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
  /** Whether what is sealed now can be settled here. */
  maySeal: () => boolean
  /**
   * Asked each time: the base fee moves, and so do the times that proofs take. Undefined: nothing is sealed for now.
   * A `batchAgeMs` in it goes before the one above.
   */
  getMeans: () => Promise<SealerMeans | undefined>
  now: () => Date
  reporter: LoopReporter
  onSealed: (outcome: SealOutcome & { startedAt: Date }) => void
  /** Another reason than the last time. */
  onChoice: (choice: SealingChoice) => void
}

export type SealerMeans = Omit<SealBatchParameters['means'], 'batchAgeMs'> & {
  batchAgeMs?: number
}

/** Seals batches by what is cheaper, and by age at the latest. */
export class Sealer extends Loop {
  override readonly name = 'sealer'
  readonly #parameters: SealerParameters
  readonly #depositsSeen = new Map<bigint, Date>()
  readonly #forcedSeen = new Map<bigint, Date>()
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
    const { deps, batchAgeMs, maySeal, getMeans, now, onSealed, onChoice } = this.#parameters
    // What was admitted before waits: it is sealed if the right comes back in time, else rejected as stale.
    while (maySeal()) {
      const given = await getMeans()
      if (given === undefined) return
      const means = { batchAgeMs, ...given }
      const at = now()
      const outcome = await sealBatch(deps, {
        now: at,
        means,
        arrivalsPerSecond: this.#arrivals.at(at),
        depositsSeen: this.#depositsSeen,
        forcedSeen: this.#forcedSeen,
      })
      if (outcome.sealed !== undefined || outcome.choice.reason !== this.#choice?.reason) {
        onChoice(outcome.choice)
      }
      this.#choice = outcome.choice
      if (outcome.sealed !== undefined || outcome.rejected.size > 0)
        onSealed({ ...outcome, startedAt: at })
      // Another full batch may be waiting already, or the others of one that did not come about.
      if (outcome.sealed === undefined && outcome.rejected.size === 0) return
    }
  }
}
