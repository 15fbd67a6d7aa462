/** For Node's server, where a request must have arrived whole within this time, ms. */
export function requestTimers(requestTimeoutMs: number) {
  return {
    // Node takes the larger of the two for the whole request, and 60 s is its default for headers.
    headersTimeout: requestTimeoutMs,
    // Node's default of 30 s would let a slow request live well beyond its time.
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
  }
}
