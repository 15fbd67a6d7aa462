export type MetricsRow = { name: string; type: string; labels: string[]; help: string }

/** The rows of the tables in docs/metrics.md: `| name | type | labels | meaning |`. */
export function readMetricsTable(document: string): MetricsRow[] {
  return document.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    const name = /^`(cinnabar_\w+)`$/.exec(cells[1] ?? '')?.[1]
    if (name === undefined) return []
    const labels = [...(cells[3] ?? '').matchAll(/`(\w+)`/g)].map(([, label]) => label ?? '')
    return [{ name, type: cells[2] ?? '', labels, help: cells[4] ?? '' }]
  })
}
