import { globSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAll } from '../scripts/build.ts'
import { plotOf, plotSvg } from './plot.ts'
import type { Row, Suite } from './row.ts'
import { formatNumber, summarize } from './summary.ts'
import type { SuiteResult, SummarizedResult } from './summary.ts'

const resultsDirectory = join(import.meta.dirname, 'results')
const names = globSync('*.ts', { cwd: join(import.meta.dirname, 'suites') })
  .map((file) => basename(file, '.ts'))
  .sort()

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    draw: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
const unknown = positionals.filter((name) => !names.includes(name))
if (values.help === true || unknown.length > 0) {
  for (const name of unknown) console.error(`There is no suite ${name}.`)
  const print = unknown.length > 0 ? console.error : console.log
  print(`Usage: npm run bench -- [--json] [--draw] [suite …]

Measures, prints a table, and writes bench/results/<suite>.json with a plot of cost against size beside it
(<suite>.svg) and a table of all suites (summary.md). Without a name, every suite runs
but soak, which takes an hour.
Timings are of this machine and this run; counts, gas and bytes are the same everywhere.

  --json  print the results as JSON, a line a suite
  --draw  measure nothing: draw the plots and the summary again from the results that are there

Suites:`)
  for (const name of names) print(`  ${name.padEnd(12)}${(await loadSuite(name)).summary}`)
  process.exit(unknown.length > 0 ? 1 : 0)
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}
await mkdir(resultsDirectory, { recursive: true })
if (values.draw === true) {
  for (const name of positionals.length === 0 ? names : positionals) {
    const result = await readResult(name)
    if (result === undefined) say(`${name} was not measured yet`)
    else
      for (const file of await drawPlots(await loadSuite(name), result.rows)) say(`Drawn: ${file}`)
  }
  await writeSummary()
  process.exit(0)
}
const failed = buildAll(say)
if (failed !== undefined) {
  say(`The ${failed} could not be built, so nothing was measured.`)
  process.exit(1)
}
for (const name of positionals.length === 0 ? names.filter(isQuick) : positionals) {
  const suite = await loadSuite(name)
  say(`\n${suite.name}: ${suite.summary}`)
  const rows = await suite.run(say)
  const result: SuiteResult = { suite: suite.name, machine: describeMachine(), rows }
  const path = join(resultsDirectory, `${suite.name}.json`)
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`)
  const plots = await drawPlots(suite, rows)
  if (values.json === true) console.log(JSON.stringify(result))
  else printTable(rows)
  say(`Written to bench/results: ${[`${suite.name}.json`, ...plots].join(', ')}`)
}
await writeSummary()
process.exit(0)

/** Runs without being named. */
function isQuick(name: string): boolean {
  return name !== 'soak'
}

async function loadSuite(name: string): Promise<Suite> {
  return ((await import(`./suites/${name}.ts`)) as { suite: Suite }).suite
}

/** Writes a suite's plots and gives their files' names. */
async function drawPlots(suite: Suite, rows: readonly Row[]): Promise<string[]> {
  const files: string[] = []
  for (const [index, description] of (suite.plots ?? []).entries()) {
    const file = plotFile(suite, index)
    const path = join(resultsDirectory, file)
    const plot = plotOf(description, rows, { isFirst: index === 0 })
    // A plot of an earlier run beside other figures would mislead.
    if (plot === undefined) await rm(path, { force: true })
    else {
      await writeFile(path, plotSvg(plot))
      files.push(file)
    }
  }
  return files
}

function plotFile({ name, plots }: Suite, index: number): string {
  const plot = plots?.[index]?.name
  return index === 0 || plot === undefined ? `${name}.svg` : `${name}-${plot}.svg`
}

/** Of all results that are there, of this run or an earlier one. */
async function writeSummary(): Promise<void> {
  const results: SummarizedResult[] = []
  for (const name of names) {
    const result = await readResult(name)
    if (result === undefined) continue
    const suite = await loadSuite(name)
    const plots = (suite.plots ?? []).flatMap((description, index) =>
      plotOf(description, result.rows, { isFirst: index === 0 }) === undefined
        ? []
        : [plotFile(suite, index)],
    )
    const { headlines } = suite
    results.push({ ...result, plots, ...(headlines === undefined ? {} : { headlines }) })
  }
  await writeFile(join(resultsDirectory, 'summary.md'), summarize(results))
}

async function readResult(name: string): Promise<SuiteResult | undefined> {
  try {
    const text = await readFile(join(resultsDirectory, `${name}.json`), 'utf8')
    return JSON.parse(text) as SuiteResult
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function describeMachine(): Record<string, string | number> {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  }
}

function printTable(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const numbers = rows.map(({ value }) => formatNumber(value))
  const numberWidth = Math.max(...numbers.map((text) => text.length))
  rows.forEach(({ name, unit }, i) => {
    console.log(`${name.padEnd(width)}  ${(numbers[i] ?? '').padStart(numberWidth)}  ${unit}`)
  })
}
