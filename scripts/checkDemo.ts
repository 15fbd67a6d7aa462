// `node scripts/checkDemo.ts FILE`: whether the demonstration's figures say that everything went well. A
// demonstration that printed a nice story and left a transfer unread must not pass.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Figures = Record<string, unknown>

const counts = [
  'transfersSettled',
  'batchesSettled',
  'statisticsRecordsOpened',
  'investigationRecordsOpened',
  'recordsExpected',
]
const outcomes = [
  'conservation',
  'withdrawalPaid',
  'recoveredFromSeed',
  'bundleVerified',
  'followerAgrees',
]

/** The story refuses a payment over its limit, one of a suspended identity, a double spend twice, and an opening without an order. */
const FEWEST_REFUSALS = 5

/** @returns One sentence for each thing that is not as it must be. */
export function findDemoProblems(figures: Figures): string[] {
  const problems: string[] = []
  for (const name of counts) {
    const value = figures[name]
    if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0) {
      problems.push(`${name} is not a number above 0`)
    }
  }
  for (const name of [
    'statisticsRecordsOpened',
    'investigationRecordsOpened',
    'transfersSettled',
  ]) {
    if (figures[name] !== figures['recordsExpected']) {
      problems.push(`${name} differs from recordsExpected`)
    }
  }
  for (const name of outcomes) if (figures[name] !== true) problems.push(`${name} is not true`)

  const refusals = figures['refusals']
  if (!Array.isArray(refusals) || !refusals.every((code) => /^[A-Za-z0-9_]+$/.test(String(code)))) {
    problems.push('refusals is not a list of error codes')
  } else if (refusals.length < FEWEST_REFUSALS) {
    problems.push(`refusals has fewer than ${FEWEST_REFUSALS} entries`)
  }
  for (const name of ['seconds', 'gas']) {
    const values = Object.values(figures[name] ?? {}) as unknown[]
    if (values.length === 0 || !values.every((value) => typeof value === 'number' && value > 0)) {
      problems.push(`${name} is not a table of numbers above 0`)
    }
  }
  return problems
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file] = process.argv.slice(2)
  if (file === undefined) throw new Error('Name the file that npm run demo -- --json wrote.')
  const problems = findDemoProblems(JSON.parse(readFileSync(file, 'utf8')) as Figures)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exit(1)
  console.log(`${file}: all figures are as they must be`)
}
