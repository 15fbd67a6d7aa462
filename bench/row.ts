/** One figure of a suite. Names are stable: a later run is compared with an earlier one by them. */
export type Row = { readonly name: string; readonly value: number; readonly unit: string }

export type Suite = {
  readonly name: string
  readonly summary: string
  /** What it measured; `say` shows progress. */
  run(say: (line: string) => void): Promise<readonly Row[]>
}

/** The median of an odd or even number of figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
