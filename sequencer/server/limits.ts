/** On by default; a sequencer on the open internet needs all of them. */
export type Limits = {
  /** Largest request body. A collect is 2.7 kB of hex; the rest is room. */
  bodyBytes: number
  /** Requests of one client address a minute. */
  requestsPerMinute: number
  /** Connections at a time; one more is closed at once, so that nobody uses up the process's files. */
  connections: number
  /** Until a request must have arrived whole, ms. */
  requestTimeoutMs: number
  /** Until an idle connection is closed, ms. */
  connectionTimeoutMs: number
}

export const defaultLimits: Limits = {
  bodyBytes: 16_384,
  requestsPerMinute: 600,
  // A process may commonly open 1,024 files at least; the database and the base chain need some.
  connections: 800,
  requestTimeoutMs: 10_000,
  connectionTimeoutMs: 30_000,
}
