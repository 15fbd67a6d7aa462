import type { Row } from './row.ts'

/** What `results/<suite>.json` holds. */
export type SuiteResult = {
  readonly suite: string
  readonly machine: Readonly<Record<string, string | number>>
  readonly rows: readonly Row[]
}

/** A result with the rows that a reader wants first and the plots drawn of it. */
export type SummarizedResult = SuiteResult & {
  readonly headlines?: readonly string[]
  /** File names beside the summary. */
  readonly plots: readonly string[]
}

/** One table of all suites' headlines, as Markdown, with the machine of each. */
export function summarize(results: readonly SummarizedResult[]): string {
  const lines = [
    '# Measurements',
    '',
    'Made by `npm run bench`. Timings are of the machine and the run named; counts, gas and bytes are the',
    'same everywhere.',
    '',
  ]
  for (const { suite, machine, rows, headlines, plots } of results) {
    const shown = rows.filter(({ name, size }) =>
      headlines === undefined ? size === undefined : headlines.includes(name),
    )
    lines.push(`## ${suite}`, '')
    const facts = Object.entries(machine).map(([name, fact]) => `${name} ${String(fact)}`)
    lines.push(`Machine: ${facts.join(', ')}.`, '')
    if (shown.length > 0) {
      lines.push('| figure | value | unit |', '| --- | ---: | --- |')
      for (const { name, value, unit } of shown) {
        lines.push(`| \`${name}\` | ${formatNumber(value)} | ${unit.replaceAll('|', '\\|')} |`)
      }
      lines.push('')
    }
    for (const file of plots) lines.push(`![${suite}](${file})`, '')
  }
  return lines.join('\n')
}

/** Whole numbers with thousands apart; fractions with three digits that say something. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en')
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
