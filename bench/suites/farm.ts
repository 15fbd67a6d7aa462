import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startEmbeddedPostgres } from '../../deploy/devnet/postgres.ts'
import { writeFarmKey } from '../../prover/farm/farmKeyFile.ts'
import { FarmWorker } from '../../prover/farm/farmWorker.ts'
import { generateFarmKey } from '../../prover/farm/sealedBox.ts'
import { enqueueProof } from '../../prover/farm/store/enqueueProof.ts'
import { listProofResults } from '../../prover/farm/store/listProofResults.ts'
import { openFarm } from '../../prover/farm/store/openFarm.ts'
import { deleteProofs } from '../../prover/farm/store/requeueProofs.ts'
import { loadKeys } from '../../prover/loadKeys.ts'
import pinnedConstraints from '../../circuits/constraints.json' with { type: 'json' }
import gas from '../../test/contracts/gas.json' with { type: 'json' }
import { BATCH_CIRCUITS } from '../../protocol/constants.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { migrate } from '../../sequencer/store/migrate.ts'
import { aBatch, aSlot, aState, buildOn } from '../../test/support/batches.ts'
import { startWorkerProcess } from '../../test/support/farmWorkers.ts'
import { simulateFarm } from '../farmSimulator.ts'
import type { Row, Suite } from '../row.ts'

/** Proofs a round. */
const JOBS = 16
const EMPTY_JOBS = 400
/** Within which idle sessions add their times to the database's own count. */
const COUNTED_MS = 11_000
/** A block of the base chain that settlement may fill: half of what Ethereum has. */
const BLOCK_GAS = 30_000_000
const BLOCK_SECONDS = 12
const PAYMENTS_PER_SECOND = 20_000
const { transferSlots: BATCH_64_TRANSFERS } = BATCH_CIRCUITS['batch-64']

/**
 * Real worker processes at a real Postgres, one thread each, so that what is compared is workers and not
 * how well one proof uses many cores. On a machine of two cores four workers cannot do more than two. Postgres writes to
 * disk before it answers. What a job costs it is its own count of the time in statements (`pg_stat_database.active_time`,
 * with waits for the disk), one client at a time; what the client waits for besides is its own time and the way there.
 */
export const suite: Suite = {
  name: 'farm',
  summary:
    'proofs by 1, 2 and 4 workers, what a job costs the database and its client, and farms of thousands simulated',
  plots: [
    {
      title: 'Proofs of batch-4 against workers, one thread each',
      x: { label: 'workers' },
      y: { label: 'proofs/s' },
    },
  ],
  async run(say) {
    const rows: Row[] = []
    const add = (name: string, value: number, unit: string, more: Partial<Row> = {}): void => {
      rows.push({ name: `farm.${name}`, value: Number(value.toPrecision(4)), unit, ...more })
    }
    const { circuit, info } = loadKeys('batch-4')
    const constraints = circuit.info.nonLinear
    const directory = await mkdtemp(join(tmpdir(), 'cinnabar-farm-'))
    // Where this is root, Postgres is another user and must get to its data.
    await chmod(directory, 0o711)
    const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'data') })
    const database = await openDatabase({ url: postgres.url })
    await migrate(database)
    const farm = await openFarm({ url: postgres.url, name: 'bench', isKeeper: true })
    try {
      const key = generateFarmKey()
      const keyFile = join(directory, 'farm.key')
      await writeFarmKey(keyFile, key)
      let made = 0
      let sealingMs = 0
      const newInputs = (): CircuitInputs => {
        made += 1
        const slots = [1, 2, 3].map((slot) => aSlot(`farm ${String(made)} ${String(slot)}`))
        const state = aState()
        const started = performance.now()
        const { circuitInputs } = buildOn(state, aBatch({ circuit: 'batch-4', slots }))
        sealingMs += performance.now() - started
        return circuitInputs
      }
      const ask = (inputs: CircuitInputs, verificationKeyHash = info.verificationKeyHash) =>
        farm.transaction((connection) =>
          enqueueProof(farm, connection, key.publicKey, {
            ...{ circuit: 'batch-4', verificationKeyHash, inputs },
          }),
        )
      const takeIn = async (): Promise<number> => {
        const results = await listProofResults(farm, 100)
        await deleteProofs(
          farm,
          results.map(({ job }) => job),
        )
        return results.length
      }
      const proveAll = async (count: number): Promise<number> => {
        const all = Array.from({ length: count }, newInputs)
        for (const inputs of all) await ask(inputs)
        const started = performance.now()
        for (let taken = 0; taken < count; taken += await takeIn()) await delay(5)
        return (performance.now() - started) / 1_000
      }

      const throughput = new Map<number, number>()
      for (const count of [1, 2, 4]) {
        const workers = Array.from({ length: count }, (_, i) =>
          startWorkerProcess({
            ...{ name: `worker ${String(i)}`, url: postgres.url, keyFile, circuits: 'batch-4' },
            env: { CINNABAR_PROVER_THREADS: '1' },
          }),
        )
        await Promise.all(workers.map((worker) => worker.event('ready')))
        // Each loads its key at its first job.
        await proveAll(2 * count)
        const perSecond = JOBS / (await proveAll(JOBS))
        throughput.set(count, perSecond)
        say(`${String(count)} workers: ${perSecond.toFixed(2)} proofs/s`)
        add(`jobsPerSecond.${String(count)}`, perSecond, 'proofs/s', { size: count })
        add(`constraintsPerSecond.${String(count)}`, perSecond * constraints, '1/s')
        for (const { child, ended } of workers) {
          child.kill('SIGTERM')
          await ended()
        }
      }
      const one = throughput.get(1)!
      const cores = cpus().length
      add('efficiencyAt2', throughput.get(2)! / (2 * one), 'of twice one worker')
      add('efficiencyAt4', throughput.get(4)! / (4 * one), 'of four times one worker')
      add('efficiencyAt4PerCore', throughput.get(4)! / (Math.min(4, cores) * one), 'of the cores')

      const hash = 'ef'.repeat(32)
      const idle = new FarmWorker({
        farm,
        prover: {
          prove: async () => {
            const point = { x: 1n, y: 2n }
            const pair = { real: 0n, imaginary: 0n }
            const timings = { queuedMs: 0, witnessMs: 0, proofMs: 0, verifyMs: 0 }
            const proof = { a: point, b: { x: pair, y: pair }, c: point }
            return { proof, publicSignals: [1n, 2n, 3n], timings }
          },
        },
        key,
        circuits: [{ name: 'batch-4', verificationKeyHash: hash }],
        name: 'idle',
      })
      const inputs = newInputs()
      const activeMs = async (): Promise<number> => {
        await delay(COUNTED_MS)
        const [row] = await farm.query<{ active_time: number }>({
          text: 'select active_time from pg_stat_database where datname = current_database()',
          values: [],
        })
        return row?.active_time ?? Number.NaN
      }
      // What runs in any case: looks for lost workers.
      const quietFrom = await activeMs()
      const quietMs = ((await activeMs()) - quietFrom) / COUNTED_MS
      let databaseSeconds = 0
      const step = async (name: string, work: () => Promise<void>): Promise<void> => {
        const activeFrom = await activeMs()
        const startedAt = performance.now()
        await work()
        const waited = performance.now() - startedAt
        const active = (await activeMs()) - activeFrom - quietMs * (waited + COUNTED_MS)
        databaseSeconds += active / EMPTY_JOBS / 1_000
        say(
          `${name}: ${(active / EMPTY_JOBS).toFixed(2)} of ${(waited / EMPTY_JOBS).toFixed(2)} ms`,
        )
        add(`${name}.clientMilliseconds`, waited / EMPTY_JOBS, 'ms a job, one client')
        add(`${name}.databaseMilliseconds`, active / EMPTY_JOBS, 'ms a job in statements')
      }
      await step('enqueue', async () => {
        for (let i = 0; i < EMPTY_JOBS; i++) await ask({ ...inputs, batchNumber: BigInt(i) }, hash)
      })
      await step('claimAndDeliver', async () => {
        await idle.runAvailable()
      })
      await step('takeIn', async () => {
        while ((await takeIn()) > 0);
      })

      simulate({
        add,
        proofSeconds: (1 / one) * (pinnedConstraints['batch-64'] / constraints),
        databaseSeconds,
        sealSeconds: sealingMs / made / 3 / 1_000,
      })
      return rows
    } finally {
      await farm.close()
      await database.close()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    }
  },
}

/** One core a worker, batches of 64, all from what was measured above. */
function simulate({
  add,
  proofSeconds,
  databaseSeconds,
  sealSeconds,
}: {
  add: (name: string, value: number, unit: string) => void
  proofSeconds: number
  databaseSeconds: number
  sealSeconds: number
}): void {
  const batchesPerSecond = PAYMENTS_PER_SECOND / BATCH_64_TRANSFERS
  const payments = (batches: number) => batches * BATCH_64_TRANSFERS
  const model = { proofSeconds, databaseSeconds, batches: 100_000, seed: 1 }
  const thousand = simulateFarm({ ...model, workers: 1_000, arrivalsPerSecond: batchesPerSecond })
  // Neither of the two more than 90 % in use.
  const enough = Math.ceil((batchesPerSecond * proofSeconds) / 0.9)
  const databaseAtOnce = Math.ceil((batchesPerSecond * databaseSeconds) / 0.9)
  const all = simulateFarm({
    ...{ ...model, workers: enough, databaseAtOnce, arrivalsPerSecond: batchesPerSecond },
    // So many that the last ones, when no more come, count for little.
    batches: 1_000_000,
  })
  const calm = simulateFarm({ ...model, workers: 1_000, arrivalsPerSecond: 900 / proofSeconds })
  add('simulated.proofSecondsOfBatch64', proofSeconds, 's, scaled by constraints')
  add('simulated.paymentsPerSecondOf1000', payments(thousand.completedPerSecond), 'payments/s')
  add('simulated.p99WaitAt90Percent', calm.p99WaitSeconds, 's, 1,000 workers')
  add('simulated.workersFor20000', enough, 'workers')
  add('simulated.databaseAtOnceFor20000', databaseAtOnce, 'jobs served at once')
  add('simulated.paymentsPerSecondOf20000', payments(all.completedPerSecond), 'payments/s')
  add('simulated.p99WaitOf20000', all.p99WaitSeconds, 's')
  add('simulated.processorSecondsPerPayment', proofSeconds / BATCH_64_TRANSFERS, 's')
  add('saturation.postgres', payments(1 / databaseSeconds), 'payments/s, one job at a time')
  add('saturation.sealing', 1 / sealSeconds, 'payments/s, one thread')
  add('saturation.settlement', BLOCK_GAS / BLOCK_SECONDS / gas.marginalTransfer, 'payments/s')
}
