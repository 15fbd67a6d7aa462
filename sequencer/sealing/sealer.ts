import { Loop, type LoopReporter } from '../loop.ts'
import { sealBatch, type SealBatchDependencies, type SealOutcome } from './sealBatch.ts'

export type SealerParameters = {
  deps: SealBatchDependencies
  batchAgeMs: number
  now: () => Date
  reporter: LoopReporter
  onSealed: (outcome: SealOutcome) => void
}

/** Seals batches by size or age. */
export class Sealer extends Loop {
  override readonly name = 'sealer'
  readonly #parameters: SealerParameters
  readonly #depositsSeen = new Map<bigint, Date>()

  constructor(parameters: SealerParameters) {
    // Often enough that the age is kept to a tenth.
    super({
      intervalMs: Math.max(20, Math.min(1_000, parameters.batchAgeMs / 10)),
      reporter: parameters.reporter,
    })
    this.#parameters = parameters
  }

  override async tick(): Promise<void> {
    const { deps, batchAgeMs, now, onSealed } = this.#parameters
    for (;;) {
      const outcome = await sealBatch(deps, {
        now: now(),
        batchAgeMs,
        depositsSeen: this.#depositsSeen,
      })
      if (outcome.sealed !== undefined || outcome.rejected.size > 0) onSealed(outcome)
      // Another full batch may be waiting already, or the others of one that did not come about.
      if (outcome.sealed === undefined && outcome.rejected.size === 0) return
    }
  }
}
