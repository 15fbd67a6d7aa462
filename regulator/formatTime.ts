/** Unix seconds as an ISO time. */
export function formatTime(seconds: bigint): string {
  return new Date(Number(seconds) * 1_000).toISOString()
}
