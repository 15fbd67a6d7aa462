// Everything that is right or wrong without running the project, in under a minute. `npm run check`
// names what fails, with the tool's own words, and goes on, so that one run shows all of it.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { findUnofferedExports } from './exports.ts'
import { findHygieneProblems } from './hygiene.ts'

const root = dirname(import.meta.dirname)

/** As many as the smallest machine we work on has cores. */
const STEPS_AT_ONCE = 2

type Step = {
  name: string
  /** Resolves with what is wrong, empty when nothing is. */
  findProblems: () => Promise<string>
}

// Longest first, so that the short ones fill in beside them.
const steps: Step[] = [
  { name: 'lint', findProblems: () => outputOfFailure('eslint', '.') },
  { name: 'types', findProblems: () => outputOfFailure('tsc', '--noEmit', '--pretty', 'false') },
  {
    name: 'format',
    findProblems: () =>
      outputOfFailure(
        'prettier',
        ...['--check', '--log-level', 'warn', '.'],
        ...['--cache', '--cache-strategy', 'content', '--cache-location', '.cinnabar/prettier'],
      ),
  },
  {
    name: 'generated files',
    findProblems: () => outputOfFailure(process.execPath, 'scripts/generate.ts', '--check'),
  },
  {
    name: 'lock file',
    // Offline, so that it fails where an entry is missing, rather than being looked up.
    findProblems: () =>
      outputOfFailure(
        'npm',
        'ci',
        '--dry-run',
        '--offline',
        '--ignore-scripts',
        '--loglevel=error',
      ),
  },
  {
    name: 'hygiene',
    findProblems: async () => (await findHygieneProblems(root)).join('\n'),
  },
  {
    name: 'exports of protocol/',
    findProblems: async () => (await findUnofferedExports(join(root, 'protocol'))).join('\n'),
  },
]

const waiting = [...steps]
const failed: string[] = []
await Promise.all(Array.from({ length: STEPS_AT_ONCE }, runWaiting))
if (failed.length > 0) {
  console.log(`\n${failed.join(', ')}: not as it should be`)
  process.exitCode = 1
} else {
  console.log('\nAll checks passed')
}

async function runWaiting(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const started = performance.now()
    const problems = (await step.findProblems()).trim()
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${problems === '' ? '✔' : '✖'} ${step.name} (${seconds} s)`)
    if (problems === '') continue
    failed.push(step.name)
    console.log(problems.replace(/^/gm, '  '))
  }
}

/** Empty when the command succeeds, else all that it printed. */
function outputOfFailure(command: string, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('error', (error) => {
      resolve(error.message)
    })
    child.once('close', (code) => {
      resolve(code === 0 ? '' : output.trim() || `${command} ended with code ${String(code)}`)
    })
  })
}
