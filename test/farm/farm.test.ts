import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../deploy/devnet/postgres.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { registrationToCircuitInputs } from '../../protocol/registration.ts'
import { writeFarmKey } from '../../prover/farm/farmKeyFile.ts'
import { FarmWorker, type WorkerEvent } from '../../prover/farm/farmWorker.ts'
import type { JobId } from '../../prover/farm/jobInputs.ts'
import { type FarmKey, fingerprintOf, generateFarmKey } from '../../prover/farm/sealedBox.ts'
import { buryDeadProofs } from '../../prover/farm/store/buryDeadProofs.ts'
import { enqueueProof } from '../../prover/farm/store/enqueueProof.ts'
import { listProofJobs, type ProofJob } from '../../prover/farm/store/listProofJobs.ts'
import { listProofResults } from '../../prover/farm/store/listProofResults.ts'
import { ensureQueue, type Farm, openFarm, queueOf } from '../../prover/farm/store/openFarm.ts'
import { rejectProof } from '../../prover/farm/store/rejectProof.ts'
import { type LeasedRow, renewLease } from '../../prover/farm/store/renewLease.ts'
import { deleteProofs } from '../../prover/farm/store/requeueProofs.ts'
import { reviveDeadProofs } from '../../prover/farm/store/reviveDeadProofs.ts'
import { loadKeys } from '../../prover/loadKeys.ts'
import { createProver, type Prover } from '../../prover/prover.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { migrate } from '../../sequencer/store/migrate.ts'
import { startWorkerProcess, type WorkerProcess } from '../support/farmWorkers.ts'
import { aRegistration } from '../support/identities.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import { sampleInputs } from '../support/sampleInputs.ts'
import { waitFor } from '../support/waitFor.ts'

// Real Postgres, real worker processes, real proofs, and everything that happens to them. Whatever it is,
// each job ends in exactly one proof.

const CIRCUIT = 'registration'

describe('a farm', () => {
  let directory: string
  let postgres: EmbeddedPostgres
  let port: number
  let farm: Farm
  let key: FarmKey
  let keyFile: string
  let verifier: Prover
  let index = 5n
  const keyHash = loadKeys(CIRCUIT).info.verificationKeyHash
  const started: WorkerProcess[] = []
  /** Whose proofs were taken in, by job. */
  const taken = new Map<JobId, string[]>()

  const work = (name: string, options: Partial<Parameters<typeof startWorkerProcess>[0]> = {}) => {
    const worker = startWorkerProcess({
      ...{ name, url: postgres.url, keyFile, circuits: CIRCUIT },
      ...options,
    })
    started.push(worker)
    return worker
  }
  /** A statement that was not asked for before. */
  const newInputs = (): CircuitInputs => {
    const { publicInputs, witness } = aRegistration({ index: (index += 1n) })
    return registrationToCircuitInputs(publicInputs, witness)
  }
  const ask = ({ circuit = CIRCUIT, verificationKeyHash = keyHash, inputs = newInputs() } = {}) =>
    farm.transaction((connection) =>
      enqueueProof(farm, connection, key.publicKey, { circuit, verificationKeyHash, inputs }),
    )
  /** What the sequencer does: verifies what was delivered, and lets only that count. */
  const collect = async () => {
    await buryDeadProofs(farm)
    for (const { job, circuit, worker, proof, publicSignals } of await listProofResults(farm, 16)) {
      if (await verifier.verify(circuit as typeof CIRCUIT, proof, publicSignals)) {
        taken.set(job, [...(taken.get(job) ?? []), worker])
        await deleteProofs(farm, [job])
      } else {
        await rejectProof(farm, job)
      }
    }
  }
  const jobOf = async (id: JobId): Promise<ProofJob | undefined> =>
    (await listProofJobs(farm)).find(({ job }) => job === id)
  /** @returns whose the job's proof is. */
  const proofOf = (id: JobId) =>
    waitFor(
      'proof',
      async () => {
        await collect().catch(() => undefined)
        return taken.get(id)?.[0]
      },
      { timeoutMs: 60_000 },
    )
  const openKeeper = (attempts = 5) =>
    openFarm({
      url: postgres.url,
      name: 'test',
      isKeeper: true,
      settings: { attempts, superviseSeconds: 1 },
    })

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cinnabar-farm-'))
    execFileSync('chmod', ['755', directory])
    port = await freePort()
    postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'data'), port })
    const database = await openDatabase({ url: postgres.url })
    await migrate(database)
    await database.close()
    farm = await openKeeper()
    key = generateFarmKey()
    keyFile = join(directory, 'farm.key')
    await writeFarmKey(keyFile, key)
    verifier = createProver()
  })
  afterEach(async () => {
    for (const { child, ended } of started.splice(0)) {
      child.kill('SIGKILL')
      await ended()
    }
    await farm.query({ text: 'delete from proof_job', values: [] })
    taken.clear()
  })
  after(async () => {
    await verifier?.close()
    await farm?.close()
    await postgres?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  test('default: a real batch, proved by a worker elsewhere; asked for twice, it is one job', async () => {
    const { verificationKeyHash } = loadKeys('batch-4').info
    const request = { circuit: 'batch-4', verificationKeyHash, inputs: sampleInputs('batch-4') }
    const id = await ask(request)
    assert.equal(await ask(request), id)
    assert.equal((await listProofJobs(farm)).length, 1)
    const worker = work('elsewhere', { circuits: 'batch-4,registration' })
    await worker.event('claimed')
    assert.equal(await ask(request), id)
    assert.equal(await proofOf(id), 'elsewhere')
    assert.deepEqual(await listProofJobs(farm), [])
    worker.child.kill('SIGTERM')
    assert.equal(await worker.ended(), 0)
    assert.deepEqual(
      worker.events.map(({ type }) => type),
      ['ready', 'claimed', 'delivered'],
    )
  })

  test('behavior: one worker is killed, one stopped, in the midst; each job gets one proof', async () => {
    // snarkjs takes long enough to be interrupted.
    const slow = { env: { CINNABAR_PROVER: 'snarkjs' } }
    const killed = work('killed', slow)
    const first = await ask()
    await killed.event('claimed')
    killed.child.kill('SIGKILL')
    const stopped = work('stopped', slow)
    const second = await ask()
    await stopped.event('claimed')
    stopped.child.kill('SIGSTOP')
    const since = Date.now()
    const rescuer = work('rescuer')
    assert.equal(await proofOf(first), 'rescuer')
    assert.equal(await proofOf(second), 'rescuer')
    assert.ok(Date.now() - since < 25_000, 'about a heartbeat later')
    // It wakes up with a proof that nobody waits for.
    stopped.child.kill('SIGCONT')
    await stopped.event('late')
    await collect()
    assert.deepEqual([...taken.values()], [['rescuer'], ['rescuer']])
    assert.equal(rescuer.events.filter(({ type }) => type === 'delivered').length, 2)
  })

  test('rejects: garbage, which is a failed attempt of its worker', async () => {
    const events: WorkerEvent[] = []
    const liar = new FarmWorker({
      farm,
      prover: {
        async prove() {
          const point = { x: 1n, y: 2n }
          const zero = { real: 0n, imaginary: 0n }
          const proof = { a: point, b: { x: zero, y: zero }, c: point }
          const timings = { queuedMs: 0, witnessMs: 0, proofMs: 0, verifyMs: 0 }
          return { proof, publicSignals: [FIELD_ORDER], timings }
        },
      },
      key,
      circuits: [{ name: CIRCUIT, verificationKeyHash: keyHash }],
      name: 'liar',
      onEvent: (event) => events.push(event),
    })
    const id = await ask()
    assert.equal(await liar.runAvailable(), 1)
    assert.deepEqual(
      events.map(({ type }) => type),
      ['claimed', 'delivered'],
    )
    await collect()
    const job = await jobOf(id)
    assert.deepEqual(
      [job?.state, job?.attempts, job?.lastError, job?.lastWorker],
      ['waiting', 1, 'PROOF_REJECTED', 'liar'],
    )
    work('honest')
    assert.equal(await proofOf(id), 'honest')
  })

  test('rejects: times of a worker’s own making: a proof took from claim to delivery', async () => {
    const id = await ask()
    const worker = new FarmWorker({
      farm,
      prover: {
        async prove(circuit, inputs, options) {
          await delay(1_200)
          return (verifier as Prover<string>).prove(circuit, inputs, options)
        },
      },
      key,
      circuits: [{ name: CIRCUIT, verificationKeyHash: keyHash }],
      name: 'here',
    })
    const asked = Date.now()
    await delay(1_000)
    const claimed = Date.now()
    assert.equal(await worker.runAvailable(), 1)
    const took = async () => (await listProofResults(farm, 1))[0]?.durationMs ?? Number.NaN
    const measured = await took()
    assert.ok(measured >= 1_200 && measured <= Date.now() - claimed + 100, String(measured))
    // Whoever proves may write these rows.
    const write = async (text: string) => {
      await farm.query({ text, values: [] })
      const found = await took()
      assert.ok(found >= 0 && found <= Date.now() - asked + 100, `${text}: ${String(found)}`)
    }
    await write(`update proof_job set claimed_at = now() - interval '1 year'`)
    await write(`update proof_result set delivered_at = now() + interval '1 year'`)
    await write(`update proof_job set claimed_at = now() + interval '2 years'`)
    await write(`update proof_job set claimed_at = null`)
    await write(`update proof_result set delivered_at = '-infinity'`)
    assert.equal(await proofOf(id), 'here')
  })

  test('rejects: a wrong farm key costs no attempt, and is said; a key file that others may read', async () => {
    const wrongFile = join(directory, 'wrong.key')
    const wrong = generateFarmKey()
    await writeFarmKey(wrongFile, wrong)
    const id = await ask()
    // Idle all the time, and nobody else is there yet.
    const stranger = work('stranger', { keyFile: wrongFile })
    const { farmKey, ownKey } = await stranger.event('foreign')
    assert.deepEqual(
      [farmKey, ownKey],
      [key, wrong].map((one) => fingerprintOf(one.publicKey)),
    )
    await delay(2_500)
    const waiting = await jobOf(id)
    assert.deepEqual([waiting?.state, waiting?.attempts, waiting?.farmKey], ['waiting', 0, farmKey])
    work('right')
    assert.equal(await proofOf(id), 'right')
    assert.equal(await proofOf(await ask()), 'right')
    assert.deepEqual(
      stranger.events.map(({ type }) => type),
      ['ready', 'foreign'],
    )
    execFileSync('chmod', ['644', wrongFile])
    const careless = work('careless', { keyFile: wrongFile })
    assert.equal(await careless.ended(), 1)
    assert.match(careless.output(), /FARM_KEY_FILE/)
  })

  test('rejects: a box that was changed, which is a failed attempt', async () => {
    const id = await ask()
    await farm.query({
      text: `update proof_job set witness = set_byte(witness, 60, get_byte(witness, 60) # 1)`,
      values: [],
    })
    const events: WorkerEvent[] = []
    const worker = new FarmWorker({
      ...{ farm, prover: verifier, key, name: 'right' },
      circuits: [{ name: CIRCUIT, verificationKeyHash: keyHash }],
      onEvent: (event) => events.push(event),
    })
    assert.equal(await worker.runAvailable(), 1)
    const failed = events.find((event) => event.type === 'failed')
    assert.equal(failed?.code, 'FARM_KEY_WRONG')
    assert.match(failed.message, /cannot be opened with this farm key/)
    const job = await jobOf(id)
    assert.deepEqual(
      [job?.state, job?.attempts, job?.lastError, job?.lastWorker],
      ['waiting', 1, 'FARM_KEY_WRONG', 'right'],
    )
  })

  test('behavior: what an earlier version asked for, without its farm key, is for any worker', async () => {
    const id = await ask()
    await farm.transaction(async (connection) => {
      const [row] = await connection.query<LeasedRow>({
        text: `update proof_job set farm_key = null
          returning id, circuit, verification_key, farm_key, attempts`,
        values: [],
      })
      await ensureQueue(farm, queueOf(row!))
      await renewLease(farm, connection, row!)
    })
    assert.equal((await jobOf(id))?.farmKey, undefined)
    work('right')
    assert.equal(await proofOf(id), 'right')
  })

  test('behavior: a worker that fails at once leaves attempts to one that is slow', async () => {
    const workers: FarmWorker[] = []
    try {
      // A key of its own, so that its queue is made with three attempts.
      const own = generateFarmKey()
      const hasty: Farm = { ...farm, settings: { ...farm.settings, attempts: 3 } }
      const begin = async (name: string, prove: Prover<string>['prove']) => {
        const events: WorkerEvent[] = []
        const worker = new FarmWorker({
          ...{ farm: hasty, prover: { prove }, key: own, name },
          circuits: [{ name: CIRCUIT, verificationKeyHash: keyHash }],
          onEvent: (event) => events.push(event),
        })
        workers.push(worker)
        await worker.start()
        return events
      }
      const askOwn = (): Promise<JobId> =>
        farm.transaction((connection) =>
          enqueueProof(hasty, connection, own.publicKey, {
            ...{ circuit: CIRCUIT, verificationKeyHash: keyHash, inputs: newInputs() },
          }),
        )
      const honest = await begin('honest', async (circuit, inputs, options) => {
        await delay(9_000)
        return (verifier as Prover<string>).prove(circuit, inputs, options)
      })
      const first = await askOwn()
      await waitFor('the first job', async () => honest.find(({ type }) => type === 'claimed'))
      const broken = await begin('broken', () => Promise.reject(new Error('at once')))
      const second = await askOwn()
      assert.equal(await proofOf(first), 'honest')
      assert.equal(await proofOf(second), 'honest')
      const failed = broken.filter((event) => event.type === 'failed')
      assert.ok(failed.length >= 1)
      assert.deepEqual(
        failed.map(({ restSeconds }) => restSeconds),
        [8, 16].slice(0, failed.length),
      )
      assert.deepEqual([...taken.values()], [['honest'], ['honest']])
    } finally {
      for (const worker of workers) await worker.stop()
    }
  })

  test('behavior: a job of a verification key that the worker does not hold is left alone', async () => {
    const foreign = await ask({ verificationKeyHash: 'ab'.repeat(32) })
    const id = await ask()
    const worker = work('here')
    assert.equal(await proofOf(id), 'here')
    await delay(1_500)
    const left = await jobOf(foreign)
    assert.deepEqual([left?.state, left?.attempts], ['waiting', 0])
    assert.equal(worker.events.filter(({ type }) => type === 'claimed').length, 1)
  })

  test('behavior: a worker without memory fails the attempt and lives; another makes the proof', async () => {
    const poor = work('poor')
    assert.equal(await proofOf(await ask()), 'poor')
    const pid = String(poor.child.pid)
    const [prover] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    assert.ok(prover !== undefined && prover !== '')
    // Less than it has: whatever it asks for from now on is refused.
    execFileSync('prlimit', ['--pid', prover, `--as=${String(300 * 2 ** 20)}`])
    const id = await ask()
    const failed = await poor.event('failed')
    assert.match(failed.code, /^(PROVER_WORKER_ENDED|PROVING_FAILED|CIRCUIT_PROGRAM_FAILED)$/)
    assert.equal(poor.child.exitCode, null)
    poor.child.kill('SIGKILL')
    await poor.ended()
    work('rich')
    assert.equal(await proofOf(id), 'rich')
  })

  test('behavior: attempts run out; an operator sees the dead job and requeues it', async () => {
    await farm.close()
    farm = await openKeeper(1)
    try {
      // Of a key of its own, so that its queue is made with one attempt.
      const verificationKeyHash = 'cd'.repeat(32)
      const id = await ask({ verificationKeyHash })
      const broken = new FarmWorker({
        farm,
        prover: { prove: () => Promise.reject(new Error('a foreign text with 12345')) },
        key,
        circuits: [{ name: CIRCUIT, verificationKeyHash }],
        name: 'broken',
      })
      assert.equal(await broken.runAvailable(), 1)
      await collect()
      const env = { DATABASE_URL: postgres.url }
      const listed = await runCinnabar(['prover', 'jobs', '--json'], env)
      const [job] = (listed.json() as { jobs: ProofJob[] }).jobs
      assert.deepEqual(
        [job?.job, job?.state, job?.lastError, job?.lastWorker],
        [id, 'dead', 'PROVING_FAILED', 'broken'],
      )
      assert.equal(listed.stdout.includes('12345'), false)
      assert.match((await runCinnabar(['prover', 'jobs'], env)).stdout, /dead, .*Dead jobs wait/s)
      // Where nobody comes, it is tried again after its time, and not before.
      assert.deepEqual(await reviveDeadProofs(farm), [])
      const soon: Farm = { ...farm, settings: { ...farm.settings, reviveSeconds: 0 } }
      assert.deepEqual(await reviveDeadProofs(soon), [id])
      assert.deepEqual(await reviveDeadProofs(soon), [])
      const revived = await jobOf(id)
      assert.deepEqual([revived?.state, revived?.attempts], ['waiting', 0])
      assert.equal(await broken.runAvailable(), 1)
      await collect()
      assert.equal((await jobOf(id))?.state, 'dead')
      const unknown = await runCinnabar(['prover', 'requeue', '0xzz'], env)
      assert.deepEqual([unknown.code, /FARM_JOB_UNKNOWN/.test(unknown.stderr)], [1, true])
      const requeued = await runCinnabar(['prover', 'requeue', id.slice(0, 12)], env)
      assert.match(requeued.stdout, /1 requeued/, requeued.stderr)
      const alive = await jobOf(id)
      assert.deepEqual([alive?.state, alive?.attempts], ['waiting', 0])
    } finally {
      await farm.close()
      farm = await openKeeper()
    }
  })

  test('behavior: what fails while a dead job is marked hides nothing', async () => {
    const own = generateFarmKey()
    const single: Farm = { ...farm, settings: { ...farm.settings, attempts: 1 } }
    const id = await farm.transaction((connection) =>
      enqueueProof(single, connection, own.publicKey, {
        ...{ circuit: CIRCUIT, verificationKeyHash: keyHash, inputs: newInputs() },
      }),
    )
    const broken = new FarmWorker({
      farm: single,
      prover: { prove: () => Promise.reject(new Error('at once')) },
      key: own,
      circuits: [{ name: CIRCUIT, verificationKeyHash: keyHash }],
      name: 'broken',
    })
    assert.equal(await broken.runAvailable(), 1)
    const lossy: Farm = {
      ...farm,
      transaction: (run) =>
        farm.transaction((connection) =>
          run({
            query: (query) =>
              /update proof_job/.test(query.text)
                ? Promise.reject(new Error('connection lost'))
                : connection.query(query),
          }),
        ),
    }
    for (let loss = 0; loss < 4; loss++) {
      await assert.rejects(buryDeadProofs(lossy), /connection lost/, String(loss))
      assert.equal((await jobOf(id))?.state, 'waiting')
    }
    assert.deepEqual(await buryDeadProofs(farm), [id])
    assert.equal((await jobOf(id))?.state, 'dead')
  })

  test('behavior: told to end, a worker gives back what it has not finished; no attempt is lost', async () => {
    const id = await ask()
    const slow = { env: { CINNABAR_PROVER: 'snarkjs' }, args: ['--drain', '0'] }
    const leaving = work('leaving', slow)
    await leaving.event('claimed')
    leaving.child.kill('SIGTERM')
    assert.equal(await leaving.ended(), 0)
    const job = await jobOf(id)
    assert.deepEqual([job?.state, job?.attempts, job?.lastError], ['waiting', 0, undefined])
    work('next')
    assert.equal(await proofOf(id), 'next')
  })

  test('behavior: Postgres goes and comes back meanwhile; the proof is delivered, once', async () => {
    const worker = work('patient', { env: { CINNABAR_PROVER: 'snarkjs' } })
    const id = await ask()
    await worker.event('claimed')
    // As in a crash; the data stays.
    await postgres.kill()
    await delay(1_000)
    postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'data'), port })
    assert.equal(await proofOf(id), 'patient')
    await delay(500)
    await collect()
    assert.deepEqual([...taken.values()], [['patient']])
    assert.equal(worker.events.filter(({ type }) => type === 'claimed').length, 1)
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
