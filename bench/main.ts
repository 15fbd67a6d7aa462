import { globSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAll } from '../scripts/build.ts'
import type { Row, Suite } from './row.ts'

const resultsDirectory = join(import.meta.dirname, 'results')
const names = globSync('*.ts', { cwd: join(import.meta.dirname, 'suites') })
  .map((file) => basename(file, '.ts'))
  .sort()

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
})
const unknown = positionals.filter((name) => !names.includes(name))
if (values.help === true || unknown.length > 0) {
  for (const name of unknown) console.error(`There is no suite ${name}.`)
  console.error(`Usage: npm run bench -- [--json] [suite …]

Measures, prints a table and writes bench/results/<suite>.json. Without a name, every suite runs.
Timings are of this machine and this run; counts, gas and bytes are the same everywhere.

Suites: ${names.join(', ')}`)
  process.exit(unknown.length > 0 ? 1 : 0)
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}
const failed = buildAll(say)
if (failed !== undefined) {
  say(`The ${failed} could not be built, so nothing was measured.`)
  process.exit(1)
}
await mkdir(resultsDirectory, { recursive: true })
for (const name of positionals.length === 0 ? names : positionals) {
  const { suite } = (await import(`./suites/${name}.ts`)) as { suite: Suite }
  say(`\n${suite.name}: ${suite.summary}`)
  const rows = await suite.run(say)
  const result = { suite: suite.name, machine: describeMachine(), rows }
  const path = join(resultsDirectory, `${suite.name}.json`)
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`)
  if (values.json === true) console.log(JSON.stringify(result))
  else printTable(rows)
  say(`Written to bench/results/${suite.name}.json`)
}
process.exit(0)

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

/** Whole numbers with thousands apart; fractions with three digits that say something. */
function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en')
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
