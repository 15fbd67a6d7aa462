import type { PlotDescription } from './plot.ts'

/**
 * One figure of a suite. Names are stable: a later run is compared with an earlier one by them.
 *
 * A row with a `size` is also a point of a plot of the suite: `size` along the x axis, `value` along the
 * y axis.
 */
export type Row = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the cost is of: constraints, leaves, workers, transfers offered a second. */
  readonly size?: number
  /** The line that the point belongs to, as the legend names it. Default: the plot's only line. */
  readonly series?: string
  /** Which of the suite's plots, by its `name`. Default: the first. */
  readonly plot?: string
}

export type Suite = {
  readonly name: string
  readonly summary: string
  /** Rows that the summary of all suites shows. Default: those without a size. */
  readonly headlines?: readonly string[]
  /** Drawn from the rows that have a `size`: bench/results/<suite>.svg, <suite>-<name>.svg, …. */
  readonly plots?: readonly PlotDescription[]
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
