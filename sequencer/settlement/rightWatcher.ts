import type { SettlementRight } from '../../l1/settlementRight.ts'
import { SettlementNotOursError } from '../admission/errors.ts'
import { Loop, type LoopReporter } from '../loop.ts'

export type RightWatcherParameters = {
  getRight: () => Promise<SettlementRight>
  intervalMs: number
  reporter: LoopReporter
  /** Whether it may settle, or who else may, is another than before. */
  onChange: (right: SettlementRight) => void
}

/**
 * Of a lease this much is left for what is sealed already: to prove it, and to have it mined. Nothing is promised or
 * sealed in it.
 */
const LEASE_MARGIN_SECONDS = 300n
/** An idle operator settles an empty batch each time a third of the liveness gap is over. */
const KEEP_ALIVE_PARTS = 3n

/**
 * Knows whether this sequencer may settle, so that it promises and seals nothing that it could not settle: after a
 * breach settlement is leased to bonded proposers (docs/spec/takeover.md), of whom it may be one.
 */
export class RightWatcher extends Loop {
  override readonly name = 'right to settle'
  readonly #parameters: RightWatcherParameters
  #right: SettlementRight | undefined

  constructor(parameters: RightWatcherParameters) {
    super({ intervalMs: parameters.intervalMs, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  /** As last read; undefined before the first time. */
  get right(): SettlementRight | undefined {
    return this.#right
  }

  override async tick(): Promise<void> {
    const { getRight, onChange } = this.#parameters
    const before = this.#right
    const right = await getRight()
    this.#right = right
    const isSame =
      before?.mode === right.mode &&
      before.maySettle === right.maySettle &&
      before.holder === right.holder
    if (!isSame) onChange(right)
  }

  /**
   * The settlement clock, in which deadlines are: behind the time of day by all that a guardian ever stopped it.
   * Undefined before the first time.
   */
  clockAt(now: Date): Date | undefined {
    const right = this.#right
    if (right === undefined) return undefined
    const since = right.isClockStopped ? 0 : now.getTime() - Number(right.blockTime) * 1_000
    return new Date(Number(right.time) * 1_000 + since)
  }

  /** Whether a settle call would be let in. */
  get maySettle(): boolean {
    return this.#right?.maySettle ?? false
  }

  /** Whether what is sealed now can be settled here in time. */
  get maySeal(): boolean {
    const right = this.#right
    if (right?.maySettle !== true) return false
    const { leaseEndsAt, time } = right
    return leaseEndsAt === undefined || time + LEASE_MARGIN_SECONDS <= leaseEndsAt
  }

  /** @throws {SettlementNotOursError} where nothing can be promised. */
  check(): void {
    const right = this.#right
    if (right !== undefined && !this.maySeal) throw new SettlementNotOursError(right)
  }

  /**
   * Whether it is time for an empty batch, as a sign of life. Never under a lease: those are refused there, and there
   * is nothing to keep open.
   */
  get isSilent(): boolean {
    const right = this.#right
    if (right?.mode !== 'sequencer' || !right.maySettle || right.isClockStopped) return false
    return right.time - right.aliveAt >= right.livenessGap / KEEP_ALIVE_PARTS
  }
}
