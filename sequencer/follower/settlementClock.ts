/** Block times, Unix seconds. */
export type ClockStop = { readonly from: bigint; readonly until: bigint }

/**
 * The settlement clock, rebuilt from its events: seconds during which settlement was not stopped. All
 * windows and deadlines are measured with it. Twin: contracts/Clock.sol.
 */
export class SettlementClock {
  readonly #stops: readonly ClockStop[]

  /** @param stops In order; one that was ended early ends at that time. */
  constructor(stops: readonly ClockStop[]) {
    this.#stops = stops
  }

  /** What the clock shows at a block time. */
  timeAt(blockTime: bigint): bigint {
    let time = blockTime
    for (const { from, until } of this.#stops) {
      if (from > blockTime) break
      time -= (until < blockTime ? until : blockTime) - from
    }
    return time
  }

  isStoppedAt(blockTime: bigint): boolean {
    return this.#stops.some(({ from, until }) => from <= blockTime && blockTime < until)
  }

  /** The block time at which the clock showed `window` seconds less. */
  windowStart(blockTime: bigint, window: bigint): bigint {
    const last = this.#stops.findLast(({ from }) => from <= blockTime)
    if (last === undefined) return blockTime - window
    const ranSince = blockTime - last.until
    // A window that reaches back over the last stop continues before it.
    return ranSince >= window ? blockTime - window : last.from - (window - ranSince)
  }
}
