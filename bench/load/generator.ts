import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Answer, Connection } from './connection.ts'
import { type LoadReport, percentile } from './report.ts'

// Submits transfers to a sequencer on this machine, each once, and prints a LoadReport. A process of its
// own, so that neither event loop waits for the other.

const usage = `Usage: node bench/load/generator.ts --url http://127.0.0.1:8080 --bodies FILE [option …]

Submits the transfers of FILE (one JSON body a line) to a sequencer on this machine and prints what it saw as
JSON.

  --rate N         arrivals a second, on average, whether or not earlier ones were answered (open loop; arrivals
                   are independent of each other). Without it, every connection asks again once it is answered.
  --seconds N      for so long; default: until the bodies are used up
  --connections N  most requests at once; default 256
  --first N        passes over so many bodies
  --answers FILE   writes each answer's status and id
`

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    bodies: { type: 'string' },
    rate: { type: 'string' },
    seconds: { type: 'string', default: 'Infinity' },
    connections: { type: 'string', default: '256' },
    first: { type: 'string', default: '0' },
    answers: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help === true || values.url === undefined || values.bodies === undefined) {
  process.stderr.write(usage)
  process.exit(values.help === true ? 0 : 1)
}
const url = new URL(values.url)
if (!['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) {
  process.stderr.write('Only a sequencer on this machine may be loaded: give a loopback address.\n')
  process.exit(1)
}

const lines = (await readFile(values.bodies, 'utf8')).split('\n').filter((line) => line !== '')
const requests = lines.slice(Number(values.first)).map((body) => {
  const head = `POST /v1/transfers HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\n`
  return Buffer.from(`${head}content-length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`)
})
const answersFile = values.answers === undefined ? undefined : createWriteStream(values.answers)
const connectionCount = Number(values.connections)
const free = Array.from(
  { length: connectionCount },
  () => new Connection({ host: url.hostname.replace(/[[\]]/g, ''), port: Number(url.port || 80) }),
)
const all = [...free]

/** Until all that was sent is answered; a sequencer that hangs longer has lost it. */
const PATIENCE_MS = 15_000
/** In a closed loop; shorter than what a real client is told, to keep the sequencer busy. */
const TURNED_AWAY_MS = 50
const latencies: number[] = []
const answers: Record<string, number> = {}
const waits: number[] = []
let sent = 0
let worstDelay = 0
let lastAnswer = 0

/** Sends the next request, which was due at `due`. */
async function send(due: number): Promise<number | undefined> {
  const connection = free.pop()
  const request = requests[sent]
  if (connection === undefined || request === undefined) throw new Error('nothing to send with')
  sent += 1
  worstDelay = Math.max(worstDelay, performance.now() - due)
  const answer = await connection.ask(request)
  record(answer, due)
  free.push(connection)
  return answer?.status
}

function record(answer: Answer | undefined, due: number): void {
  lastAnswer = performance.now()
  const status = answer === undefined ? 'lost' : String(answer.status)
  answers[status] = (answers[status] ?? 0) + 1
  if (answer?.status === 202) latencies.push(lastAnswer - due)
  if (answer?.retryAfter !== undefined) waits.push(answer.retryAfter)
  if (answersFile !== undefined) {
    const id = /"id":"(0x[0-9a-f]{64})"/.exec(answer?.body ?? '')?.[1]
    answersFile.write(`${status} ${id ?? '-'}\n`)
  }
}

const rate = values.rate === undefined ? undefined : Number(values.rate)
const started = performance.now()
const end = started + 1000 * Number(values.seconds)
const cpuBefore = process.cpuUsage()
let unsent = 0
if (rate === undefined) {
  const client = async (): Promise<void> => {
    while (sent < requests.length && performance.now() < end) {
      if ((await send(performance.now())) === 429) await delay(TURNED_AWAY_MS)
    }
  }
  await Promise.all(all.map(client))
} else {
  // Poisson arrivals: payers do not know of each other. What is due and finds no connection waits, and its
  // latency with it, so that a slow server cannot slow down the question.
  let due = started
  const waiting: number[] = []
  for (let made = 0; ;) {
    const now = performance.now()
    while (due <= now && due < end && made < requests.length) {
      waiting.push(due)
      made += 1
      due += (-1000 * Math.log(1 - Math.random())) / rate
    }
    while (waiting.length > 0 && free.length > 0) void send(waiting.shift() ?? now)
    if ((due >= end || made >= requests.length) && waiting.length === 0) break
    if (now > end + PATIENCE_MS) break
    await delay(1)
  }
  unsent = waiting.length
}
const limit = performance.now() + PATIENCE_MS
while (free.length < all.length && performance.now() < limit) await delay(1)
const open = all.length - free.length
const { user, system } = process.cpuUsage(cpuBefore)
for (const connection of all) connection.close()
if (unsent > 0) answers['unsent'] = unsent
if (open > 0) answers['lost'] = (answers['lost'] ?? 0) + open

const report: LoadReport = {
  ...(rate === undefined ? {} : { rate }),
  connections: connectionCount,
  seconds: (lastAnswer - started) / 1000,
  sent,
  answers,
  milliseconds: {
    p50: percentile(latencies, 0.5),
    p90: percentile(latencies, 0.9),
    p99: percentile(latencies, 0.99),
    worst: Math.max(...latencies),
  },
  worstDelay,
  ...(waits.length === 0
    ? {}
    : { retryAfter: { least: Math.min(...waits), most: Math.max(...waits) } }),
  cpuMilliseconds: (user + system) / 1000,
}
if (answersFile !== undefined) await new Promise((resolve) => answersFile.end(resolve))
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0))
