import { globSync, readFileSync, statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { run } from 'node:test'
import type { EventData } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { buildAll } from './build.ts'

const root = dirname(import.meta.dirname)

/** Tests in these folders need neither circuits nor contracts, so that they run without building them. */
const FOLDERS_WITHOUT_BUILD = ['api', 'bench', 'deploy', 'files', 'protocol', 'scripts']

/** These keep all cores busy or are stories with time limits of their own. */
const SERIAL_FOLDERS = ['e2e', 'prover']
/** A file elsewhere says the same of itself in a line that starts so and goes on with the reason. */
const SERIAL_MARK = '// Runs alone:'

/** A file with such a line, and the reason, takes minutes and mostly waits: it begins first, beside calm files. */
const LONG_MARK = '// Runs long:'
/** Nothing in these folders is short of time when a machine is busy. */
const CALM_FOLDERS = ['api', 'circuits', 'contracts', 'protocol']

const FILES_AT_ONCE = 2
/** A file that takes longer hangs: the slowest takes minutes. */
const FILE_TIMEOUT_MS = 20 * 60_000
const SLOWEST_SHOWN = 12

/** Node's typings leave `failed` out. */
type Summary = EventData.TestSummary & { counts: { failed: number } }
type TestEvent = { type: string; data: unknown }
type Note = (event: TestEvent) => void

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string', multiple: true, default: [] } },
})

const files = selectFiles(positionals)
if (files.length === 0) fail(`There are no tests in ${positionals.join(', ') || 'test/'}.`)
if (files.some((file) => !FOLDERS_WITHOUT_BUILD.includes(folderOf(file)))) build()
process.exitCode = (await runFiles(files)) ? 0 : 1

function selectFiles(filters: readonly string[]): string[] {
  const all = globSync('test/**/*.test.ts', { cwd: root, exclude: ['test/support/**'] }).sort()
  if (filters.length === 0) return all
  const wanted = filters.map((filter) => {
    const path = relative(root, resolve(filter))
    const stats = statSync(resolve(root, path), { throwIfNoEntry: false })
    if (stats === undefined) fail(`There is no ${filter}.`)
    return { path, isFolder: stats.isDirectory() }
  })
  return all.filter((file) =>
    wanted.some(({ path, isFolder }) =>
      isFolder ? path === '' || file.startsWith(`${path}/`) : file === path,
    ),
  )
}

function folderOf(file: string): string {
  return file.split('/')[1] ?? ''
}

function hasMark(file: string, mark: string): boolean {
  const lines = readFileSync(resolve(root, file), 'utf8').split('\n')
  return lines.some((line) => line.startsWith(mark))
}

function build(): void {
  const failed = buildAll((line) => {
    console.log(line)
  })
  if (failed !== undefined) fail(`The ${failed} could not be built, so no test was run.`)
  console.log()
}

/** Runs the files, some at once and some alone, as one run with one report. @returns whether all passed. */
async function runFiles(selected: readonly string[]): Promise<boolean> {
  const started = performance.now()
  const report = new spec()
  report.pipe(process.stdout, { end: false })

  const total = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 }
  const durations = new Map<string, number>()
  const empty: string[] = []
  const note: Note = ({ type, data }) => {
    if (type === 'test:summary') {
      const { counts, file, duration_ms } = data as Summary
      if (file !== undefined) durations.set(relative(root, file), duration_ms)
      else for (const key of keysOf(total)) total[key] += counts[key]
    } else if (isFileWithoutTests({ type, data })) {
      // Node counts it as a test that passed, which it is not.
      total.tests--
      total.passed--
      empty.push(relative(root, (data as EventData.TestPass).name))
    } else if (!isClosingLine({ type, data })) {
      report.write({ type, data })
    }
  }
  const stopping = new AbortController()
  const stop = () => {
    stopping.abort()
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  await runInOrder(selected, (file, isAlone) => runFile(file, isAlone, note, stopping.signal))
  if (stopping.signal.aborted) fail('Stopped.')
  process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop)
  // Its end prints the failing tests once more, all together.
  await new Promise((done) => report.once('end', done).end())

  const slowest = [...durations].sort(([, a], [, b]) => b - a).slice(0, SLOWEST_SHOWN)
  console.log('\nSlowest files:')
  for (const [file, duration] of slowest) console.log(`  ${seconds(duration).padStart(8)}  ${file}`)
  // With a pattern it is no wonder.
  const emptyByMistake = values.name.length === 0 ? empty : []
  for (const file of emptyByMistake) console.log(`\n✖ ${file} has no tests`)
  const failed = total.failed + total.cancelled + emptyByMistake.length
  // In the words of Node's own reporter, for whoever reads the end of a log by program.
  console.log(`
ℹ tests ${total.tests}
ℹ suites ${total.suites}
ℹ pass ${total.passed}
ℹ fail ${total.failed}
ℹ cancelled ${total.cancelled}
ℹ skipped ${total.skipped}
ℹ todo ${total.todo}
ℹ duration_ms ${performance.now() - started}

${total.passed} passed, ${failed} failed`)
  return failed === 0 && total.passed > 0
}

/** Long files with calm ones beside them, then what is left, two at once, then those that run alone. */
async function runInOrder(
  selected: readonly string[],
  runOne: (file: string, isAlone: boolean) => Promise<void>,
): Promise<void> {
  const isSerial = (file: string) =>
    SERIAL_FOLDERS.includes(folderOf(file)) || hasMark(file, SERIAL_MARK)
  const serial = selected.filter(isSerial)
  const long = selected.filter((file) => !isSerial(file) && hasMark(file, LONG_MARK))
  const left = selected.filter((file) => !serial.includes(file) && !long.includes(file))
  const isOnly = selected.length === 1
  /** Takes files from `left` as long as there are some. */
  const lane = async (mayTake: (file: string) => boolean) => {
    for (;;) {
      const next = left.findIndex(mayTake)
      const [file] = next === -1 ? [] : left.splice(next, 1)
      if (file === undefined) return
      await runOne(file, isOnly)
    }
  }
  let isLongUnderWay = long.length > 0
  const runLong = async () => {
    for (const file of long) await runOne(file, isOnly)
    isLongUnderWay = false
  }
  await Promise.all([
    runLong(),
    lane((file) => isLongUnderWay && CALM_FOLDERS.includes(folderOf(file))),
  ])
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, () => lane(() => true)))
  for (const file of serial) await runOne(file, true)
}

/** Unless it runs alone, its events are passed on together, at its end: files that run at once do not mix in the report. */
async function runFile(
  file: string,
  isAlone: boolean,
  note: Note,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return
  const events = run({
    files: [resolve(root, file)],
    cwd: root,
    isolation: 'process',
    timeout: FILE_TIMEOUT_MS,
    signal,
    testNamePatterns: values.name.map((pattern) => new RegExp(pattern)),
  }) as AsyncIterable<TestEvent>
  const seen: TestEvent[] = []
  for await (const event of events) {
    if (isAlone) note(event)
    else seen.push(event)
  }
  seen.forEach(note)
}

function isFileWithoutTests({ type, data }: TestEvent): boolean {
  const { name, file, nesting } = data as EventData.TestPass
  return type === 'test:pass' && nesting === 0 && name === file
}

/** The runner's own totals: one set of them stands at the end, for all groups. */
function isClosingLine({ type, data }: TestEvent): boolean {
  return type === 'test:diagnostic' && (data as EventData.TestDiagnostic).file === undefined
}

function keysOf<Key extends string>(record: Record<Key, unknown>): Key[] {
  return Object.keys(record) as Key[]
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
