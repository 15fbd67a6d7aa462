import type { OperatorBondState } from '../../l1/operatorBond.ts'
import { Loop, type LoopReporter } from '../loop.ts'

/** Why a bond answers for nothing. */
export type NoBond = 'bond-missing' | 'bond-too-low' | 'bond-leaving'
/** Why receipts promise no time; null where they do. */
export type NoPromise = NoBond | 'batches-too-slow' | 'settling-late'

export type BondWatcherParameters = {
  getBond: () => Promise<OperatorBondState>
  /** Longest wait of an admitted transfer for its batch, ms. */
  batchAgeMs: number
  /** Unix ms of the newest block that was read; undefined before the first. */
  getHeadTime: () => number | undefined
  /** Since when the oldest work that is not settled waits; undefined where nothing does. */
  getOldestAt: () => Date | undefined
  now: () => Date
  intervalMs: number
  reporter: LoopReporter
  onChange: (reason: NoPromise | null, bond: OperatorBondState) => void
}

/** Of the time in which a transfer must be sealed, for batches that take longer than they should. */
const SEALING_PARTS = 2n
/** Of the promised time: who is so late with what was promised before promises no more. */
const LATE_PARTS = 2n

/**
 * Knows what this operator's bond answers for, so that receipts promise a time while it does, and none otherwise
 * (docs/spec/operator-bond.md): a promise that nobody answers for is worse than none.
 */
export class BondWatcher extends Loop {
  override readonly name = 'bond'
  readonly #parameters: BondWatcherParameters
  #bond: OperatorBondState | undefined
  #reason: NoPromise | null | undefined

  constructor(parameters: BondWatcherParameters) {
    super({ intervalMs: parameters.intervalMs, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  /** The bond as last read, where receipts promise a time. */
  get promise(): OperatorBondState | undefined {
    return this.#reason === null ? this.#bond : undefined
  }

  override async tick(): Promise<void> {
    const bond = await this.#parameters.getBond()
    this.#bond = bond
    const reason = this.#whyNoPromise(bond)
    if (reason === this.#reason) return
    this.#reason = reason
    this.#parameters.onChange(reason, bond)
  }

  /**
   * What a receipt of this moment promises: seconds of the settlement clock; 0 for no time. Counted from the later of our
   * clock and the newest block's, as the day is: never from before what the transfer was checked against was published.
   */
  settleBy(now: Date): number {
    const bond = this.promise
    if (bond === undefined) return 0
    const headTime = this.#parameters.getHeadTime() ?? 0
    const seconds = BigInt(Math.floor(Math.max(now.getTime(), headTime) / 1000))
    const latest = seconds > bond.blockTime ? seconds : bond.blockTime
    return Number(latest - bond.blockTime + bond.time + bond.promiseTime)
  }

  #whyNoPromise(bond: OperatorBondState): NoPromise | null {
    const { batchAgeMs, getOldestAt, now } = this.#parameters
    const noBond = whyNoBond(bond)
    if (noBond !== null) return noBond
    // What is superseded after HOLD_TIME had to be sealed by then.
    if (BigInt(batchAgeMs) * SEALING_PARTS > bond.holdTime * 1000n) return 'batches-too-slow'
    const waited = now().getTime() - (getOldestAt() ?? now()).getTime()
    return BigInt(waited) * LATE_PARTS > bond.promiseTime * 1000n ? 'settling-late' : null
  }
}

/** Null where the bond answers for receipts. */
export function whyNoBond({ owner, withdrawableAt, isBonded }: OperatorBondState): NoBond | null {
  if (owner === undefined) return 'bond-missing'
  if (withdrawableAt !== undefined) return 'bond-leaving'
  return isBonded ? null : 'bond-too-low'
}
