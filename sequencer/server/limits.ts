/** On by default; a sequencer on the open internet needs all of them. */
export type Limits = {
  /** Largest request body. A collect is 2.7 kB of hex; the rest is room. */
  bodyBytes: number
  /** Requests of one client address a minute. */
  requestsPerMinute: number
  /** Until a request must have arrived whole, ms. */
  requestTimeoutMs: number
  /** Until an idle connection is closed, ms. */
  connectionTimeoutMs: number
}

export const defaultLimits: Limits = {
  bodyBytes: 16_384,
  requestsPerMinute: 600,
  requestTimeoutMs: 10_000,
  connectionTimeoutMs: 30_000,
}
