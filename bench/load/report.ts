/** What a generator saw. Latencies are of admitted transfers, from the moment each was due. */
export type LoadReport = {
  /** Mean arrivals a second that were asked for; undefined in a closed loop. */
  readonly rate?: number
  readonly connections: number
  /** From the first arrival to the last answer. */
  readonly seconds: number
  readonly sent: number
  /** Answers by HTTP status; `lost` had none, `unsent` found no free connection until the end. */
  readonly answers: Readonly<Record<string, number>>
  readonly milliseconds: {
    readonly p50: number
    readonly p90: number
    readonly p99: number
    readonly worst: number
  }
  /** Longest that a due request waited in the generator, ms: for a connection, or for its turn. */
  readonly worstDelay: number
  /** Of the 429s, seconds. */
  readonly retryAfter?: { readonly least: number; readonly most: number }
  /** Processor time of the generator while it ran, ms. */
  readonly cpuMilliseconds: number
}

/** The smallest figure that `share` of all do not exceed. NaN where there are none. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
