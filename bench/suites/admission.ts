import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startEmbeddedPostgres } from '../../deploy/devnet/postgres.ts'
import { verifyMany } from '../../prover/verifyMany.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { aSequencer, testFarm } from '../../test/support/sequencers.ts'
import { simulatedKeys } from '../../test/support/simulatedKeys.ts'
import type { LoadReport } from '../load/report.ts'
import { type LoadParameters, runLoad } from '../load/runLoad.ts'
import { writeStatements } from '../load/statements.ts'
import type { Row, Suite } from '../row.ts'

/** Arrivals a second, for the curve of latency against load. */
const RATES = [100, 200, 300, 450, 600, 800]
const SECONDS = 4
/** Closed loop: how fast the sequencer is when it is never short of questions. */
const SATURATION = { transfers: 3_000, connections: 96 }
const WARM_UP = 400
/** Of an open loop: more than are ever let in at once, so that what is too much is asked and not held back. */
const CONNECTIONS = 1_024
/** Between two runs, so that none begins with what the one before left. */
const PAUSE_MS = 500

/**
 * How many transfers a sequencer admits: each is parsed, verified, checked against the state and the
 * database, durable in a real Postgres that writes to disk before it answers, and answered with a signed
 * receipt, over HTTP on loopback. The load comes from a process of its own on the same processors. Sealer, collector,
 * settler and observer are off: it is admission with the machine to itself.
 *
 * Proofs are simulated under verification keys whose secrets are known: verifying one costs what
 * verifying a real one does, and ten thousand real ones would take an hour to make.
 */
export const suite: Suite = {
  name: 'admission',
  summary:
    'transfers admitted a second: verified, conflict-checked, durable, over HTTP; nothing is sealed meanwhile',
  plots: [
    {
      title: 'Time to a receipt against load',
      x: { label: 'arrivals a second' },
      y: { label: 'answered within', unit: 'ms' },
    },
  ],
  async run(say) {
    const directory = await mkdtemp(join(tmpdir(), 'cinnabar-bench-'))
    // Where the tests are root, Postgres is another user and must get to its data.
    await chmod(directory, 0o711)
    const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres') })
    try {
      const { url, drop } = await postgres.createDatabase()
      const database = await openDatabase({ url })
      const keys = simulatedKeys('bench', { pairs: 64 })
      const { publicKey, verificationKeyHashOf } = testFarm()
      const { sequencer } = await aSequencer(database, {
        settings: {
          // A farm that no backlog of this bench is too long for: what is measured is admission.
          farmProvers: 1_000,
          limits: {
            bodyBytes: 16_384,
            connections: 10_000,
            requestsPerMinute: 10_000_000,
            requestTimeoutMs: 60_000,
            connectionTimeoutMs: 60_000,
          },
        },
        ports: {
          farm: { publicKey, verificationKeyHashOf },
          prover: {
            prove: () => Promise.reject(new Error('admission makes no proof')),
            verifyMany: (all) =>
              verifyMany(
                all.map(({ circuit, proof, publicSignals }) => ({
                  verificationKey: keys.verificationKeys[circuit],
                  proof,
                  publicSignals,
                })),
              ),
          },
        },
      })
      let made = 0
      const load = async (count: number, parameters: Partial<LoadParameters>) => {
        const bodies = join(directory, 'bodies')
        await writeStatements(bodies, { keys, count, label: `bench ${String(made++)}` })
        await delay(PAUSE_MS)
        const cpu = process.cpuUsage()
        const report = await runLoad({ url: address, bodies, ...parameters })
        const { user, system } = process.cpuUsage(cpu)
        return { ...report, serverMilliseconds: (user + system) / 1000 }
      }
      const open = async (rate: number) => {
        say(`${String(Math.round(rate))} arrivals a second for ${String(SECONDS)} s`)
        return load(Math.ceil(1.2 * rate * SECONDS), {
          rate,
          seconds: SECONDS,
          connections: CONNECTIONS,
        })
      }
      let address = ''
      try {
        address = await sequencer.app.listen({ host: '127.0.0.1', port: 0 })
        await load(WARM_UP, {})
        const { transfers, connections } = SATURATION
        say(`${String(transfers)} transfers from ${String(connections)} connections`)
        const saturated = await load(transfers, { connections })
        const most = (saturated.answers['202'] ?? 0) / saturated.seconds
        const curve = []
        for (const rate of RATES) curve.push({ rate, report: await open(rate) })
        const half = await open(most / 2)
        const twice = await open(2 * most)
        const admitted = saturated.answers['202'] ?? Number.NaN
        return [
          row('transfersPerSecond', most, 'transfers/s'),
          row('p50Milliseconds', half.milliseconds.p50, 'ms at half of that'),
          row('p99Milliseconds', half.milliseconds.p99, 'ms at half of that'),
          ...curve.flatMap(({ rate, report }) => [
            row(
              `p50MillisecondsAt${String(rate)}`,
              report.milliseconds.p50,
              `ms at ${String(rate)}/s`,
              { size: rate, series: 'half' },
            ),
            row(
              `p99MillisecondsAt${String(rate)}`,
              report.milliseconds.p99,
              `ms at ${String(rate)}/s`,
              { size: rate, series: '99 of 100' },
            ),
            row(`refusedShareAt${String(rate)}`, refusedShare(report), 'of arrivals, 429'),
          ]),
          row('refusedShareAtTwice', refusedShare(twice), 'of arrivals, 429, at twice that'),
          row(
            'transfersPerSecondAtTwice',
            (twice.answers['202'] ?? 0) / twice.seconds,
            'transfers/s admitted at twice that',
          ),
          row(
            'p99MillisecondsAtTwice',
            twice.milliseconds.p99,
            'ms for those let in, at twice that',
          ),
          row(
            'lost',
            lost([saturated, half, twice, ...curve.map(({ report }) => report)]),
            'answers',
          ),
          row(
            'serverCpuMilliseconds',
            saturated.serverMilliseconds / admitted,
            'ms a transfer, proofs included, database not',
          ),
          row('generatorCpuMilliseconds', saturated.cpuMilliseconds / admitted, 'ms a transfer'),
        ]
      } finally {
        await sequencer.stop()
        await database.close()
        await drop()
      }
    } finally {
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    }
  },
}

function row(
  name: string,
  value: number,
  unit: string,
  point: Partial<Pick<Row, 'size' | 'series'>> = {},
): Row {
  return { name: `admission.${name}`, value, unit, ...point }
}

function refusedShare({ answers, sent }: LoadReport): number {
  return (answers['429'] ?? 0) / sent
}

/** Neither admitted nor told to come again: must be none. */
function lost(reports: readonly LoadReport[]): number {
  return reports
    .flatMap(({ answers }) => Object.entries(answers))
    .reduce((sum, [status, count]) => (['202', '429'].includes(status) ? sum : sum + count), 0)
}
