import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { parse } from 'yaml'
import type { BatchPage } from '../../api/index.ts'
import type { ChainHead } from '../../l1/chainEvents.ts'
import { describeError, hideUrlSecrets } from '../../sequencer/describeError.ts'
import { drainSequencer, type DrainProgress } from '../../sequencer/drainSequencer.ts'
import { createMetrics } from '../../sequencer/server/metrics.ts'
import { closeSettlement } from '../../sequencer/store/closeSettlement.ts'
import { type Database, openDatabase } from '../../sequencer/store/database.ts'
import { endDrain, requestDrain } from '../../sequencer/store/drain.ts'
import { openSettlement } from '../../sequencer/store/openSettlement.ts'
import { createProverMetrics } from '../../prover/farm/workerMetrics.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { createFollowerMetrics } from '../../sequencer/follower/followerMetrics.ts'
import { readMetricsTable } from '../support/metricsTable.ts'
import {
  aDepositQueued,
  aSequencer,
  aSubmission,
  batchSettled,
  noon,
  type TestSequencer,
} from '../support/sequencers.ts'

let server: TestServer
let database: Database
let close: () => Promise<void>
let here: TestSequencer

before(async () => {
  server = await aServer()
})
after(() => server.stop())
beforeEach(async () => {
  ;({ database, close } = await server.open())
  here = await aSequencer(database)
})
afterEach(async () => {
  await here.sequencer.stop()
  await close()
})

/** Values of /metrics by name with labels. */
async function scrape({ sequencer }: TestSequencer): Promise<Map<string, number>> {
  const { body } = await sequencer.app.inject({ method: 'GET', url: '/metrics' })
  return new Map(
    body
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, number] => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at + 1))]
      }),
  )
}

describe('metrics', () => {
  test('default: the table in docs/metrics.md says what is exported, in the same words', async () => {
    const exported = [createMetrics(), createProverMetrics(), createFollowerMetrics()].map(
      ({ registry }) => registry,
    )
    const lists = await Promise.all(exported.map((registry) => registry.getMetricsAsJSON()))
    const labels = exported
      .flatMap((registry) => registry.getMetricsAsArray() as { labelNames?: string[] }[])
      .map(({ labelNames = [] }) => labelNames)
    const all = lists.flat().map(({ name, type, help }, i) => ({
      ...{ name, type: String(type), labels: labels[i], help },
    }))
    // What two of them export means the same in both.
    const rows = [...new Set(all.map((row) => JSON.stringify(row)))].map(
      (row) => JSON.parse(row) as (typeof all)[number],
    )
    const document = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
    assert.deepEqual(readMetricsTable(document).sort(byName), rows.sort(byName))
  })

  test('behavior: names follow the conventions of Prometheus', async () => {
    for (const { registry } of [createMetrics(), createProverMetrics(), createFollowerMetrics()]) {
      for (const { name, type } of await registry.getMetricsAsJSON()) {
        assert.match(name, /^cinnabar_[a-z0-9]+(_[a-z0-9]+)*$/)
        assert.equal(name.endsWith('_total'), String(type) === 'counter', name)
        if (String(type) === 'histogram') assert.match(name, /_seconds$/)
      }
    }
  })

  test('behavior: what waits and how long is told without /healthz having been asked', async () => {
    const nothing = await scrape(here)
    assert.equal(nothing.get('cinnabar_transfers_waiting'), 0)
    for (const name of [
      'cinnabar_oldest_waiting_transfer_timestamp_seconds',
      'cinnabar_oldest_unsettled_batch_timestamp_seconds',
      'cinnabar_last_settled_batch_timestamp_seconds',
      'cinnabar_oldest_deposit_deadline_timestamp_seconds',
      'cinnabar_l1_account_balance_wei',
      'cinnabar_l1_account_balance_days',
    ]) {
      assert.equal(nothing.has(name), false, name)
    }
    assert.equal(nothing.get('cinnabar_check_ok{check="base chain"}'), 1)
    assert.equal(nothing.get('cinnabar_check_ok{check="settler"}'), 1)

    await here.post(aSubmission('one'))
    here.chain.mine(aDepositQueued(1n))
    await here.sequencer.loops.observer.tick()
    here = await here.restart()
    const waiting = await scrape(here)
    assert.equal(waiting.get('cinnabar_transfers_waiting'), 1)
    assert.equal(
      waiting.get('cinnabar_oldest_waiting_transfer_timestamp_seconds'),
      here.clock.now / 1000,
    )
    const due = waiting.get('cinnabar_oldest_deposit_deadline_timestamp_seconds')
    assert.ok(due !== undefined && due > noon / 1000)

    here.clock.now += 60_000
    await here.sequencer.loops.sealer.tick()
    here = await here.restart()
    const sealed = await scrape(here)
    assert.deepEqual(
      ['transfers_waiting', 'batches_unproved', 'batches_unsettled'].map((name) =>
        sealed.get(`cinnabar_${name}`),
      ),
      [0, 1, 0],
    )
    assert.equal(sealed.get('cinnabar_proving_jobs{state="waiting"}'), 1)
    assert.equal(
      sealed.get('cinnabar_oldest_unsettled_batch_timestamp_seconds'),
      here.clock.now / 1000,
    )
    // Sealed is not settled: the deposit is due still.
    assert.equal(sealed.get('cinnabar_oldest_deposit_deadline_timestamp_seconds'), due)

    const { timestamp } = await settleFirst(here)
    here = await here.restart()
    const settled = await scrape(here)
    assert.equal(settled.get('cinnabar_last_settled_batch_timestamp_seconds'), Number(timestamp))
    assert.equal(settled.has('cinnabar_oldest_unsettled_batch_timestamp_seconds'), false)
    assert.equal(settled.has('cinnabar_oldest_deposit_deadline_timestamp_seconds'), false)
  })

  test('behavior: a reorg is counted', async () => {
    here.chain.mine()
    await here.sequencer.loops.observer.tick()
    here.chain.reorg(1n)
    here.chain.mine()
    here.chain.mine()
    await here.sequencer.loops.observer.tick()
    const figures = await scrape(here)
    assert.equal(figures.get('cinnabar_l1_reorgs_total'), 1)
    assert.equal(figures.get('cinnabar_l1_block'), 3)
    assert.ok(figures.has('cinnabar_l1_block_timestamp_seconds'))
  })

  test('behavior: the balance in days is the balance over what a day has cost', async () => {
    await here.sequencer.stop()
    here = await aSequencer(database, {
      ports: { getBalance: () => Promise.resolve(5_000n) },
    })
    const day = 86_400_000
    for (const [ago, costWei] of [
      [9 * day, 1_000_000n],
      [4 * day, 1_500n],
      [1 * day, 500n],
    ] as const) {
      const settlement = await openSettlement(database, {
        ...{ firstBatch: 1n, lastBatch: 1n, calldata: new Uint8Array(), now: new Date(noon - ago) },
      })
      await closeSettlement(database, {
        ...{ id: settlement.id, outcome: 'mined', costWei, now: new Date(noon - ago) },
      })
    }
    const figures = await scrape(here)
    assert.equal(figures.get('cinnabar_l1_account_balance_wei'), 5_000)
    // 2,000 wei since four days ago; what is older than a week does not count.
    assert.equal(figures.get('cinnabar_l1_spend_wei_per_day'), 500)
    assert.equal(figures.get('cinnabar_l1_account_balance_days'), 10)
  })
})

describe('alerts', () => {
  /** Of rules that compare a figure with a constant: those that fire on what was scraped, whatever their wait. */
  async function firing(figures: Map<string, number>): Promise<string[]> {
    const text = await readFile(
      new URL('../../deploy/observability/alerts.yaml', import.meta.url),
      'utf8',
    )
    const { groups } = parse(text) as { groups: { rules: { alert: string; expr: string }[] }[] }
    const simple = groups
      .flatMap(({ rules }) => rules)
      .flatMap(({ alert, expr }) => {
        const match = /^(\w+)(\{.*\})? (==|<|>) ([\d *]+)$/.exec(expr)
        if (match === null) return []
        const [, name = '', labels = '', operator, product = ''] = match
        const limit = product.split('*').reduce((all, factor) => all * Number(factor), 1)
        return [{ alert, series: `${name}${labels}`, operator, limit }]
      })
    assert.ok(simple.length >= 8)
    return simple
      .filter(({ series, operator, limit }) =>
        [...figures].some(
          ([name, value]) =>
            (name === series || name.startsWith(`${series}{`)) &&
            (operator === '=='
              ? value === limit
              : operator === '<'
                ? value < limit
                : value > limit),
        ),
      )
      .map(({ alert }) => alert)
  }

  test('behavior: nothing fires on a healthy leader, nor on a healthy standby', async () => {
    const second = await openDatabase({ url: database.url, poolSize: 4 })
    const standby = await aSequencer(second, {
      ...{ chain: here.chain, clock: here.clock, ports: { isStandby: true } },
    })
    assert.equal(standby.sequencer.leadership.term, undefined)
    assert.deepEqual(await firing(await scrape(here)), [])
    const figures = await scrape(standby)
    assert.equal(figures.get('cinnabar_leads'), 0)
    assert.equal(figures.get('cinnabar_check_ok{check="database"}'), 1)
    assert.deepEqual(await firing(figures), [])
    // No transfers go there all the same.
    const { status, body } = await standby.get('/readyz')
    assert.equal(status, 503)
    assert.deepEqual(
      (body['checks'] as { name: string }[]).find((c) => c.name === 'settlement'),
      {
        ...{ name: 'settlement', isOk: false, detail: 'SEQUENCER_STANDBY' },
      },
    )
    await standby.sequencer.stop()
    await second.close()
  })

  test('behavior: of a leader that may not settle, both fire', async () => {
    here.settlement.right = { ...here.settlement.right, maySettle: false }
    await here.sequencer.loops.right.tick()
    assert.deepEqual(await firing(await scrape(here)), [
      'CinnabarCheckFails',
      'CinnabarSettlementNotOurs',
    ])
  })
})

describe('drain', () => {
  const drainUntil = (done: (progress: DrainProgress) => boolean) => {
    const abort = new AbortController()
    const seen: DrainProgress[] = []
    const result = drainSequencer({
      database,
      signal: abort.signal,
      everyMs: 20,
      onProgress(progress) {
        seen.push(progress)
        if (done(progress)) abort.abort()
      },
    })
    return result.then((isEmpty) => ({ isEmpty, seen }))
  }

  test('default: admits nothing, seals at once, is over when all is settled, and resumes', async () => {
    await here.post(aSubmission('one'))
    await requestDrain(database, new Date())
    await here.sequencer.loops.drain.tick()

    const refused = await here.sequencer.app.inject({
      method: 'POST',
      url: '/v1/transfers',
      payload: aSubmission('two'),
    })
    assert.deepEqual(
      [refused.statusCode, refused.json<{ code: string }>().code, refused.headers['retry-after']],
      [503, 'SEQUENCER_DRAINING', '60'],
    )
    assert.equal((await here.get('/livez')).status, 200)
    const ready = await here.get('/readyz')
    assert.equal(ready.status, 503)
    assert.deepEqual(
      (ready.body['checks'] as { name: string; isOk: boolean }[])
        .filter(({ isOk }) => !isOk)
        .map(({ name }) => name),
      ['admission'],
    )
    assert.equal((await here.get('/v1/status')).status, 200)
    assert.equal((await scrape(here)).get('cinnabar_draining'), 1)

    // At once, and not after the age of a batch.
    await here.sequencer.loops.sealer.tick()
    const sealed = await drainUntil(() => true)
    assert.deepEqual(sealed, {
      isEmpty: false,
      seen: [{ isAcknowledged: true, admitted: 0, sealed: 1, batches: 1 }],
    })
    await settleFirst(here)
    const { isEmpty, seen } = await drainUntil(() => false)
    assert.equal(isEmpty, true)
    assert.deepEqual(seen, [{ isAcknowledged: true, admitted: 0, sealed: 0, batches: 0 }])

    assert.equal(await endDrain(database), true)
    await here.sequencer.loops.drain.tick()
    assert.equal((await here.post(aSubmission('two'))).status, 202)
    assert.equal(await endDrain(database), false)
  })

  test('behavior: it outlives a restart, and holds before the first request', async () => {
    await requestDrain(database, new Date())
    here = await here.restart()
    const { status, body } = await here.post(aSubmission('one'))
    assert.deepEqual([status, body['code']], [503, 'SEQUENCER_DRAINING'])
    await endDrain(database)
    here = await here.restart()
    assert.equal((await here.post(aSubmission('one'))).status, 202)
  })

  test('behavior: what is being admitted when it begins is admitted, and waited for', async () => {
    const proofs = Promise.withResolvers<boolean[]>()
    await here.sequencer.stop()
    const verifying = Promise.withResolvers<undefined>()
    here = await aSequencer(database, {
      ports: {
        prover: {
          prove: () => Promise.reject(new Error()),
          verifyMany: () => {
            verifying.resolve(undefined)
            return proofs.promise
          },
        },
      },
    })
    const answer = here.post(aSubmission('one'))
    await verifying.promise
    await requestDrain(database, new Date())
    await here.sequencer.loops.drain.tick()
    const before = await drainUntil(() => true)
    assert.equal(before.seen[0]?.isAcknowledged, false)
    proofs.resolve([true])
    assert.equal((await answer).status, 202)
    await here.sequencer.loops.drain.tick()
    const { seen } = await drainUntil(() => true)
    assert.deepEqual(seen, [{ isAcknowledged: true, admitted: 1, sealed: 0, batches: 0 }])
  })

  test('behavior: a deposit alone waits on the base chain, until its deadline is near', async () => {
    await requestDrain(database, new Date())
    await here.sequencer.loops.drain.tick()
    here.chain.mine(aDepositQueued(1n))
    await here.sequencer.loops.observer.tick()
    here.clock.now += 60_000
    await here.sequencer.loops.sealer.tick()
    assert.equal((await here.get('/v1/batches')).body['newestBatch'], 0)
    const due = (await scrape(here)).get('cinnabar_oldest_deposit_deadline_timestamp_seconds')
    here.clock.now = 1000 * (due ?? 0) - 3_600_000
    await here.sequencer.loops.sealer.tick()
    assert.equal((await here.get('/v1/batches')).body['newestBatch'], 1)
  })
})

describe('describeError', () => {
  test('default: type, code, message and causes, without what URLs hide', () => {
    const cause = Object.assign(
      new Error('connect https://user:hunter2@rpc.example/v3/0123abcd?key=s3cret failed'),
      { code: 'ECONNREFUSED', body: { secret: 'params' } },
    )
    const described = describeError(new Error('outer', { cause }))
    assert.equal(described.cause?.code, 'ECONNREFUSED')
    assert.equal(described.cause.message, 'connect https://rpc.example/… failed')
    const text = JSON.stringify(described)
    for (const secret of ['hunter2', '0123abcd', 's3cret', 'params']) {
      assert.equal(text.includes(secret), false, secret)
    }
  })
  test('behavior: a text without secrets stays as it is', () => {
    for (const text of [
      'no url',
      'see https://rpc.example:8545 and file:///a/b.ts:1:2',
      'at http://127.0.0.1:8545/ now',
    ]) {
      assert.equal(hideUrlSecrets(text), text)
    }
    assert.equal(hideUrlSecrets('postgres://u:p@db:5432/cinnabar'), 'postgres://db:5432/…')
  })
})

/** The base chain settles the sequencer's first batch, and it sees that. */
async function settleFirst(of: TestSequencer): Promise<ChainHead> {
  const { batches } = (await of.get('/v1/batches')).body as unknown as BatchPage
  const [batch] = batches
  assert.ok(batch !== undefined)
  const block = of.chain.mine(batchSettled(batch))
  await of.sequencer.loops.observer.tick()
  return block
}
