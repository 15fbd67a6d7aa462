import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Coverage } from './coverage.ts'
import { mutate, seededRandom } from './mutate.ts'
import { type FuzzTarget, targets } from './targets.ts'

// Coverage-guided fuzzing of decoders, for as long as one likes: what reaches a block that nothing reached before is
// kept, and mutated further. test/api/corpus.fuzz.test.ts replays what was kept.

/** Looking at coverage costs some milliseconds, so it is looked at for many inputs at once. */
const BATCH = 64
const corpusFolder = fileURLToPath(new URL('corpus/', import.meta.url))
const findingsFolder = fileURLToPath(new URL('findings/', import.meta.url))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`Usage: node test/fuzz/main.ts [--seconds N] [--seed N] [--json] [TARGET…]

Fuzzes each target for N seconds (60), guided by coverage, from its seeds and test/fuzz/corpus/TARGET.
Inputs that reach something new are added there; findings go to test/fuzz/findings/ and end with exit status 1.

Targets: ${targets.map(({ name }) => name).join(', ')}`)
  process.exit(0)
}
const unknown = positionals.filter((name) => !targets.some((target) => target.name === name))
if (unknown.length > 0) {
  console.error(`There is no target ${unknown.join(', ')}. See --help.`)
  process.exit(2)
}

type Outcome = {
  target: string
  runs: number
  runsPerSecond: number
  blocks: number
  corpus: number
  added: number
  findings: number
}

const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const outcomes: Outcome[] = []
for (const target of chosen) outcomes.push(await fuzz(target, Number(values.seconds) * 1_000))
if (values.json) console.log(JSON.stringify(outcomes))
else console.table(outcomes)
if (outcomes.some(({ findings }) => findings > 0)) process.exitCode = 1

async function fuzz(target: FuzzTarget, durationMs: number): Promise<Outcome> {
  const folder = join(corpusFolder, target.name)
  const kept = existsSync(folder) ? readdirSync(folder) : []
  const corpus = [
    ...target.seeds,
    ...kept.map((name) => new Uint8Array(readFileSync(join(folder, name)))),
  ]
  const random = seededRandom(Number(values.seed))
  const coverage = new Coverage()
  await coverage.start()
  const findings = new Map<string, Uint8Array>()
  const tryInput = (input: Uint8Array) => {
    try {
      target.run(input)
    } catch (error) {
      // One of a kind is enough.
      const kind = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      if (!findings.has(kind)) findings.set(kind, input)
    }
  }
  for (const input of corpus) tryInput(input)
  const seen = await coverage.take()
  const isNew = (block: string) => !seen.has(block)

  const started = performance.now()
  let [runs, added] = [0, 0]
  while (performance.now() - started < durationMs) {
    const inputs = Array.from({ length: BATCH }, () => {
      const [one, other] = [pick(corpus, random), pick(corpus, random)]
      return mutate(random, one, other)
    })
    for (const input of inputs) tryInput(input)
    runs += BATCH
    if (![...(await coverage.take())].some(isNew)) continue
    // Which of them it was.
    for (const input of inputs) {
      tryInput(input)
      const reached = [...(await coverage.take())].filter(isNew)
      if (reached.length === 0) continue
      for (const block of reached) seen.add(block)
      corpus.push(input)
      added += 1
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, nameOf(input)), input)
    }
  }
  const seconds = (performance.now() - started) / 1_000
  for (const [kind, input] of findings) {
    mkdirSync(findingsFolder, { recursive: true })
    const path = join(findingsFolder, `${target.name}-${nameOf(input)}`)
    if (!existsSync(path)) writeFileSync(path, input)
    console.error(`${target.name}: ${kind}\n  ${path}`)
  }
  coverage.stop()
  return {
    ...{ target: target.name, runs, runsPerSecond: Math.round(runs / seconds), added },
    blocks: seen.size,
    ...{ corpus: corpus.length - target.seeds.length, findings: findings.size },
  }
}

function pick(corpus: readonly Uint8Array[], random: (below: number) => number): Uint8Array {
  return corpus[random(corpus.length)] ?? new Uint8Array()
}

function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 16)
}
