import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createApiClient, type TransferSubmission } from '../../../api/index.ts'
import { runLoad } from '../../../bench/load/runLoad.ts'
import { writeStatements } from '../../../bench/load/statements.ts'
import { startEmbeddedPostgres } from '../../../deploy/devnet/postgres.ts'
import { verifyMany } from '../../../prover/verifyMany.ts'
import { Verifier } from '../../../sequencer/admission/verifier.ts'
import { parseSubmission } from '../../../sequencer/admission/parseSubmission.ts'
import type { SequencerPorts } from '../../../sequencer/sequencer.ts'
import { type Database, openDatabase, sql } from '../../../sequencer/store/database.ts'
import { aServer, type TestServer } from '../../support/databases.ts'
import { aSequencer, aSubmission, type TestSequencer } from '../../support/sequencers.ts'
import { simulatedKeys } from '../../support/simulatedKeys.ts'
import type { AdmissionChildSettings } from '../../support/admissionChild.ts'

const seed = 'overload'
const keys = simulatedKeys(seed)
const hex = (value: bigint) => `0x${value.toString(16).padStart(64, '0')}` as const
/** With a proof that holds; moved by `error`, with one that does not. */
const proved = (label: string, error = 0n): TransferSubmission => {
  const submission = aSubmission(label)
  const proof = keys.proveWithError('transfer', submission.publicInputs.map(BigInt), error)
  return { ...submission, proof: proof.map(hex) }
}
type VerifyMany = SequencerPorts['prover']['verifyMany']
const really: VerifyMany = (all) =>
  verifyMany(
    all.map(({ circuit, proof, publicSignals }) => ({
      verificationKey: keys.verificationKeys[circuit],
      proof,
      publicSignals,
    })),
  )

let server: TestServer
let database: Database
let databaseUrl: string
let close: () => Promise<void>
let here: TestSequencer | undefined

before(async () => {
  server = await aServer()
})
after(() => server.stop())
beforeEach(async () => {
  ;({ database, url: databaseUrl, close } = await server.open())
})
afterEach(async () => {
  await here?.sequencer.stop()
  here = undefined
  await close()
})

const start = async (verify: VerifyMany): Promise<TestSequencer> => {
  here = await aSequencer(database, {
    ports: { prover: { prove: () => Promise.reject(new Error()), verifyMany: verify } },
  })
  return here
}

describe('verification', () => {
  test('behavior: a false proof among many is refused alone', async () => {
    const folds: number[] = []
    const running = await start((all) => {
      folds.push(all.length)
      return really(all)
    })
    const isFalse = (i: number) => i === 3 || i === 11
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        running.post(proved(`one ${String(i)}`, isFalse(i) ? 1n : 0n)),
      ),
    )
    answers.forEach(({ status, body }, i) => {
      assert.equal(body['code'] ?? status, isFalse(i) ? 'TX_PROOF_INVALID' : 202)
    })
    assert.ok(folds.length < 16, 'they were verified together')
    const rows = await database.query(sql`select 1 from transfer`)
    assert.equal(rows.length, 14)
  })

  test('behavior: nothing malformed, foreign, stale or known reaches the verifier', async () => {
    let verified = 0
    const running = await start((all) => {
      verified += all.length
      return really(all)
    })
    const first = proved('one')
    assert.equal((await running.post(first)).status, 202)
    assert.equal(verified, 1)
    for (const [submission, status] of [
      [[], 400],
      [{ ...first, memo: '0x' }, 400],
      [{ ...first, publicInputs: first.publicInputs.map(() => hex((1n << 256n) - 1n)) }, 400],
      [aSubmission('domain', { domain: 1n }), 422],
      [aSubmission('memo', { memoHash: 1n }), 422],
      [aSubmission('day', { day: 1n }), 409],
      [aSubmission('anchor', { anchor: 1n }), 409],
      [first, 202],
    ] as const) {
      assert.equal((await running.post(submission)).status, status)
    }
    assert.equal(verified, 1)
  })

  test('behavior: a copy of a statement with a false proof changes nothing for who made it', async () => {
    const running = await start(really)
    const submission = proved('copied')
    const copies = [1n, 2n, 3n].map((error) => ({
      ...submission,
      proof: proved('copied', error).proof,
    }))
    const answers = await Promise.all(
      [copies[0], copies[1], submission, submission, copies[2]].map((one) => running.post(one)),
    )
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body['code']]),
      [
        [422, 'TX_PROOF_INVALID'],
        [422, 'TX_PROOF_INVALID'],
        [202, undefined],
        [202, undefined],
        [422, 'TX_PROOF_INVALID'],
      ],
    )
    assert.deepEqual(answers[2]?.body, answers[3]?.body)
  })

  test('behavior: a verifier that hangs fails those that wait for it, and no later ones', async () => {
    const never = Promise.withResolvers<boolean[]>()
    let calls = 0
    const verifier = new Verifier(
      (all) => (calls++ === 0 ? never.promise : Promise.resolve(all.map(() => true))),
      { timeoutMs: 50 },
    )
    const submission = parseSubmission(aSubmission('one'))
    await assert.rejects(verifier.verify(submission), { code: 'SEQUENCER_NOT_READY' })
    assert.equal(await verifier.verify(submission), true)
  })

  test('behavior: a verifier that fails fails its group alone', async () => {
    let calls = 0
    const running = await start((all) =>
      calls++ === 0 ? Promise.reject(new Error('lost')) : really(all),
    )
    const submission = proved('one')
    assert.equal((await running.post(submission)).status, 500)
    assert.equal((await running.post(submission)).status, 202)
  })
})

describe('back-pressure', () => {
  /** A sequencer whose verifier waits for `open`, and submissions until it has no room. */
  const filled = async () => {
    const gate = Promise.withResolvers<undefined>()
    const running = await start(async (all) => {
      await gate.promise
      return all.map(() => true)
    })
    const open = () => gate.resolve(undefined)
    const answers = Array.from({ length: 100 }, (_, i) =>
      running.post(aSubmission(`inside ${String(i)}`)),
    )
    const first = await Promise.all(
      answers.map((answer) => Promise.race([answer, delay(1_000, undefined)])),
    )
    const refused = first.filter((answer) => answer !== undefined)
    for (const { status, body } of refused) {
      assert.deepEqual([status, body['code']], [429, 'SEQUENCER_BUSY'])
    }
    const inside = answers.filter((_, i) => first[i] === undefined)
    assert.ok(refused.length > 0 && inside.length > 0)
    return { ...running, open, inside, refusedCount: refused.length }
  }

  test('default: beyond its room it says when to come again, and what is inside is admitted', async () => {
    const { sequencer, open, inside, refusedCount } = await filled()
    const refused = await sequencer.app.inject({
      method: 'POST',
      url: '/v1/transfers',
      payload: aSubmission('late'),
    })
    assert.equal(refused.statusCode, 429)
    assert.match(refused.headers['retry-after'] as string, /^[1-9]\d?$/)
    // Refused before it is read: what it says does not matter.
    const nonsense = await sequencer.app.inject({
      method: 'POST',
      url: '/v1/transfers',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    })
    assert.equal(nonsense.statusCode, 429)
    const metrics = await sequencer.app.inject({ method: 'GET', url: '/metrics' })
    assert.ok(
      metrics.body.includes(`cinnabar_transfers_turned_away_total ${String(refusedCount + 2)}\n`),
    )
    open()
    for (const answer of inside) assert.equal((await answer).status, 202)
    const rows = await database.query(sql`select 1 from transfer where status = 'admitted'`)
    assert.equal(rows.length, inside.length)
  })

  test('behavior: the client waits as it is told, within its patience', async () => {
    const { sequencer, open, inside } = await filled()
    const url = await sequencer.app.listen({ host: '127.0.0.1', port: 0 })
    await assert.rejects(
      createApiClient({ url, patienceMs: 0 }).submitTransfer(aSubmission('no')),
      {
        name: 'ApiBusyError',
        code: 'SEQUENCER_BUSY',
        httpStatus: 429,
      },
    )
    const started = performance.now()
    const answer = createApiClient({ url }).submitTransfer(aSubmission('patient'))
    await delay(200)
    open()
    await Promise.all(inside)
    assert.equal((await answer).status, 'admitted')
    assert.ok(performance.now() - started >= 1_000)
  })

  test('behavior: a client that is never let in ends with a clear error', async () => {
    let asked = 0
    const busy = createServer((_, response) => {
      asked += 1
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '1' })
      response.end(JSON.stringify({ code: 'SEQUENCER_BUSY', message: 'Busy.', details: [] }))
    })
    busy.listen(0, '127.0.0.1')
    await once(busy, 'listening')
    const url = `http://127.0.0.1:${String((busy.address() as AddressInfo).port)}`
    try {
      const api = createApiClient({ url, patienceMs: 1_500 })
      await assert.rejects(api.submitTransfer(aSubmission('one')), {
        name: 'ApiBusyError',
        code: 'SEQUENCER_BUSY',
        metaMessages: ['Waited: 1 s'],
      })
      assert.equal(asked, 2)
    } finally {
      busy.close()
    }
  })
})

describe('the database away', () => {
  test('behavior: answers 503, keeps nothing half, and takes the same statement later', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cinnabar-test-'))
    await chmod(directory, 0o711)
    const dataDir = join(directory, 'data')
    const first = await startEmbeddedPostgres({ dataDir })
    const reached = Promise.withResolvers<undefined>()
    const gate = Promise.withResolvers<undefined>()
    const ports: Partial<SequencerPorts> = {
      prover: {
        prove: () => Promise.reject(new Error()),
        async verifyMany(all) {
          reached.resolve(undefined)
          await gate.promise
          return really(all)
        },
      },
    }
    const own = await openDatabase({ url: first.url })
    const running = await aSequencer(own, { ports })
    const submissions = ['one', 'two', 'three'].map((label) => proved(label))
    const answers = submissions.map((submission) => running.post(submission))
    await reached.promise
    await first.kill()
    gate.resolve(undefined)
    for (const answer of answers) {
      const { status, body } = await answer
      assert.deepEqual([status, body['code']], [503, 'SEQUENCER_NOT_READY'])
      assert.ok(!JSON.stringify(body).includes('127.0.0.1'), 'nothing of where the database is')
    }
    assert.equal((await running.post(proved('four'))).status, 503)
    assert.equal((await running.get(`/v1/transfers/0x${'11'.repeat(32)}`)).status, 503)
    await running.sequencer.stop()
    await own.close()

    const second = await startEmbeddedPostgres({ dataDir })
    const again = await openDatabase({ url: second.url })
    const restarted = await aSequencer(again, { ports })
    try {
      assert.deepEqual(await again.query(sql`select 1 from transfer`), [])
      for (const submission of submissions) {
        assert.equal((await restarted.post(submission)).status, 202)
      }
    } finally {
      await restarted.sequencer.stop()
      await again.close()
      await second.stop()
      await rm(directory, { recursive: true, force: true })
    }
  })
})

describe('a sequencer killed under more load than it can take', () => {
  test('behavior: every answer is an admission that is durable, or asks to come again', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cinnabar-test-'))
    const bodies = join(directory, 'bodies')
    const answersFile = join(directory, 'answers')
    await writeStatements(bodies, {
      keys: simulatedKeys(seed, { pairs: 8 }),
      count: 1_000,
      label: 'k',
    })
    const launch = async (slowness: number): Promise<{ child: ChildProcess; url: string }> => {
      const settings: AdmissionChildSettings = { databaseUrl, seed, slowness }
      const file = fileURLToPath(new URL('../../support/admissionChild.ts', import.meta.url))
      const child = spawn(process.execPath, [file, JSON.stringify(settings)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
      return { child, url: line.replace('listening on ', '') }
    }
    const { child, url } = await launch(8)
    const gone = once(child, 'exit')
    const load = runLoad({ url, bodies, rate: 300, seconds: 2, answers: answersFile })
    await delay(1_600)
    child.kill('SIGKILL')
    await gone
    const { answers } = await load
    assert.deepEqual(
      Object.keys(answers).filter((status) => !['202', '429', 'lost', 'unsent'].includes(status)),
      [],
    )
    assert.ok((answers['202'] ?? 0) > 0 && (answers['429'] ?? 0) > 0, JSON.stringify(answers))

    const promised = (await readFile(answersFile, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('202 '))
      .map((line) => line.slice(4))
    assert.equal(promised.length, answers['202'])
    const rows = await database.query<{ id: Buffer }>(
      sql`select id from transfer where status = 'admitted'`,
    )
    const stored = new Set(rows.map(({ id }) => `0x${id.toString('hex')}`))
    assert.deepEqual(
      promised.filter((id) => !stored.has(id)),
      [],
    )
    // Those whose answer was lost may be in it; the same statements are admitted or known afterwards.
    const { child: next, url: nextUrl } = await launch(0)
    try {
      const again = await runLoad({ url: nextUrl, bodies, connections: 16, seconds: 1 })
      assert.deepEqual(Object.keys(again.answers), ['202'])
    } finally {
      const ended = once(next, 'exit')
      next.kill('SIGKILL')
      await ended
      await rm(directory, { recursive: true, force: true })
    }
  })
})
