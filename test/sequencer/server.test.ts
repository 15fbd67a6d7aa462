import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createApiClient, routes } from '../../api/index.ts'
import * as refusals from '../../sequencer/admission/errors.ts'
import { errorAnswer } from '../../sequencer/server/errorAnswer.ts'
import { httpStatuses } from '../../sequencer/server/httpStatuses.ts'
import { defaultLimits } from '../../sequencer/server/limits.ts'
import { IDENTITY_TREE_DEPTH, POLICY_TREE_DEPTH } from '../../protocol/constants.ts'
import { formatField } from '../../protocol/field.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import type { Database } from '../../sequencer/store/database.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import {
  anIdentityUpdate,
  aSequencer,
  aSubmission,
  auditKeys,
  ScriptedChain,
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

/** One of each refusal, with facts of its own. */
const samples: Record<string, () => Error> = {
  FieldNotCanonicalError: () => new refusals.FieldNotCanonicalError(),
  InputCountWrongError: () => new refusals.InputCountWrongError({ expected: 23, actual: 24 }),
  DomainWrongError: () => new refusals.DomainWrongError({ expected: 1n, actual: 2n }),
  NullifierInvalidError: () => new refusals.NullifierInvalidError(),
  WordMalformedError: () =>
    new refusals.WordMalformedError({ word: 'fee', reason: 'unused bits are not zero' }),
  MemoHashWrongError: () => new refusals.MemoHashWrongError(),
  AssetUnknownError: () => new refusals.AssetUnknownError({ asset: 9n }),
  FeeTooLowError: () => new refusals.FeeTooLowError({ minimum: 5n, fee: 4n }),
  FeeTooHighError: () => new refusals.FeeTooHighError({ maximum: 5n, fee: 6n }),
  ProofInvalidError: () => new refusals.ProofInvalidError(),
  UnknownAnchorError: () => new refusals.UnknownAnchorError({ anchor: 1n, anchorBatch: 2n }),
  StaleIdentityRootError: () => new refusals.StaleIdentityRootError({ expected: 1n, actual: 2n }),
  StalePolicyRootError: () => new refusals.StalePolicyRootError({ expected: 1n, actual: 2n }),
  StaleDayError: () => new refusals.StaleDayError({ expected: 1n, actual: 2n }),
  StaleEpochError: () => new refusals.StaleEpochError({ expected: 1n, actual: 2n }),
  NullifierSpentError: () => new refusals.NullifierSpentError(),
  NullifierPendingError: () => new refusals.NullifierPendingError({ id: '0x01' }),
  BatchExpiredError: () => new refusals.BatchExpiredError(),
  BatchOvertakenError: () => new refusals.BatchOvertakenError(),
  UnsealableError: () => new refusals.UnsealableError({ cause: new Error('inner') }),
  NotReadyError: () => new refusals.NotReadyError({ what: 'a base chain' }),
  SequencerBacklogError: () =>
    new refusals.SequencerBacklogError({ seconds: 2_000, retryAfterSeconds: 60 }),
  SequencerBusyError: () => new refusals.SequencerBusyError({ retryAfterSeconds: 3 }),
  SettlementNotOursError: () =>
    new refusals.SettlementNotOursError({
      ...{ mode: 'lease', maySettle: false, holder: undefined, leaseEndsAt: undefined },
      ...{ time: 0n, blockTime: 0n, isClockStopped: false, aliveAt: 0n, livenessGap: 0n },
    }),
  SequencerStoppingError: () => new refusals.SequencerStoppingError(),
  SequencerDrainingError: () => new refusals.SequencerDrainingError(),
  TransferUnknownError: () => new refusals.TransferUnknownError({ id: '0x01' }),
  AnchorUnknownError: () => new refusals.AnchorUnknownError({ batchNumber: 7n }),
}
/** Reasons that are stored with a transfer, and never an answer to a request. */
const storedOnly = ['BatchExpiredError', 'BatchOvertakenError', 'UnsealableError']

describe('errors', () => {
  test('behavior: every refusal has a sample here', () => {
    const classes = Object.keys(refusals).filter(
      (name) => name.endsWith('Error') && name !== 'TransferRefusedError',
    )
    assert.deepEqual(Object.keys(samples).sort(), classes.sort())
  })
  test('behavior: every refusal that is answered has a status', () => {
    for (const [name, make] of Object.entries(samples)) {
      const { code } = make() as Error & { code: string }
      assert.equal(code in httpStatuses, !storedOnly.includes(name), code)
    }
  })
  for (const [name, make] of Object.entries(samples).filter(
    ([name]) => !storedOnly.includes(name),
  )) {
    test(`text: ${name}`, (t) => {
      const { httpStatus, body } = errorAnswer(make())
      t.assert.snapshot({ httpStatus, body })
    })
  }
  test('behavior: a failure of ours says nothing of itself', async () => {
    await here.sequencer.stop()
    here = await aSequencer(database, {
      ports: {
        prover: {
          prove: () => Promise.reject(new Error()),
          verifyMany: () => Promise.reject(new Error('secret detail at /some/path')),
        },
      },
    })
    const { status, body } = await here.post(aSubmission('one'))
    assert.equal(status, 500)
    assert.deepEqual(body, {
      code: 'INTERNAL',
      message: 'The sequencer failed. Nothing was lost; try again in a moment.',
      details: [],
    })
  })
})

describe('interface', () => {
  test('default: the OpenAPI document has every route', async (t) => {
    const { status, body } = await here.get('/openapi.json')
    assert.equal(status, 200)
    const paths = body['paths'] as Record<string, Record<string, { operationId?: string }>>
    for (const [name, { method, path }] of Object.entries(routes)) {
      const operation = paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
      assert.equal(operation?.operationId, name)
    }
    t.assert.snapshot(body)
  })

  test('behavior: the typed client understands every answer', async () => {
    const url = await here.sequencer.app.listen({ host: '127.0.0.1', port: 0 })
    const api = createApiClient({ url })
    await assert.rejects(api.getLatestAnchor(), { code: 'ANCHOR_UNKNOWN', httpStatus: 404 })
    const { id } = await api.submitTransfer(aSubmission('one'))
    assert.equal((await api.getTransfer(id)).status, 'admitted')
    here.clock.now += 60_000
    await here.sequencer.loops.sealer.tick()
    assert.equal((await api.getTransfer(id)).status, 'sealed')
    assert.equal((await api.getStatus()).sealed.batchNumber, 1)
    assert.equal((await api.getLatestAnchor()).batchNumber, 1)
    assert.equal((await api.getAnchor(1)).batchNumber, 1)
    assert.equal((await api.getBatches({ from: 1, count: 1 })).batches.length, 1)
    assert.equal((await api.getLeaves({ from: 0, count: 5 })).leaves.length, 5)
    assert.equal((await api.getIdentityLeaves()).leaves.length, 1)
    assert.deepEqual((await api.getPolicies()).policies, [])
    await assert.rejects(api.getTransfer(`0x${'00'.repeat(32)}`), { code: 'TX_UNKNOWN' })
    await assert.rejects(api.getBatches({ count: 65 }), { code: 'REQUEST_INVALID' })
  })

  test('behavior: a deployment without identities and policies has the empty trees', async () => {
    await here.sequencer.stop()
    const chain = new ScriptedChain()
    chain.mine({ type: 'epochScheduled', epoch: 0n, startDay: 0n, ...auditKeys })
    const { database: another, close: closeAnother } = await server.open()
    here = await aSequencer(another, { chain })
    assert.equal((await here.get('/readyz')).status, 200)
    const { body } = await here.get('/v1/status')
    assert.deepEqual(body['identity'], {
      version: 0,
      root: formatField(emptyRoot(IDENTITY_TREE_DEPTH)),
    })
    assert.deepEqual(body['policy'], {
      version: 0,
      root: formatField(emptyRoot(POLICY_TREE_DEPTH)),
    })
    assert.deepEqual((await here.get('/v1/policies')).body['policies'], [])
    await here.sequencer.stop()
    await closeAnother()
    here = await aSequencer(database)
  })

  test('behavior: ranges page to the end', async () => {
    for (let version = 2n; version <= 7n; version++) {
      here.chain.mine(anIdentityUpdate(version, version))
    }
    await here.sequencer.loops.observer.tick()
    const url = await here.sequencer.app.listen({ host: '127.0.0.1', port: 0 })
    const api = createApiClient({ url })
    const indexes: number[] = []
    for (let from: number | undefined = 0; from !== undefined;) {
      const page: Awaited<ReturnType<typeof api.getIdentityLeaves>> = await api.getIdentityLeaves({
        from,
        count: 3,
      })
      indexes.push(...page.leaves.map(({ index }) => index))
      from = page.next
    }
    assert.deepEqual(indexes, [1, 2, 3, 4, 5, 6, 7])
  })

  test('behavior: unknown addresses, methods and malformed requests get an error body', async () => {
    for (const [method, url, status, code] of [
      ['GET', '/v1/nothing', 404, 'ROUTE_UNKNOWN'],
      ['DELETE', '/v1/transfers', 404, 'ROUTE_UNKNOWN'],
      ['GET', '/v1/transfers/0x12', 400, 'REQUEST_INVALID'],
      ['GET', '/v1/batches?from=0', 400, 'REQUEST_INVALID'],
      ['GET', '/v1/batches?count=65', 400, 'REQUEST_INVALID'],
      ['GET', '/v1/leaves?from=x', 400, 'REQUEST_INVALID'],
      ['GET', '/v1/leaves?extra=1', 400, 'REQUEST_INVALID'],
      ['GET', '/v1/anchors/0', 400, 'REQUEST_INVALID'],
    ] as const) {
      const answer = await here.sequencer.app.inject({ method, url })
      assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [status, code])
    }
    const notJson = await here.sequencer.app.inject({
      method: 'POST',
      url: '/v1/transfers',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    })
    assert.deepEqual(
      [notJson.statusCode, notJson.json<{ code: string }>().code],
      [400, 'REQUEST_INVALID'],
    )
    const text = await here.sequencer.app.inject({
      method: 'POST',
      url: '/v1/transfers',
      headers: { 'content-type': 'text/csv' },
      payload: 'a,b',
    })
    assert.deepEqual(
      [text.statusCode, text.json<{ code: string }>().code],
      [415, 'MEDIA_TYPE_UNSUPPORTED'],
    )
  })

  test('behavior: health, readiness and metrics', async () => {
    for (const path of ['/livez', '/readyz', '/healthz']) {
      const { status, body } = await here.get(path)
      assert.deepEqual([status, body['status']], [200, 'ok'])
    }
    await here.post(aSubmission('one'))
    await here.post(aSubmission('two', { day: 1n }))
    here.clock.now += 60_000
    await here.sequencer.loops.sealer.tick()
    const { body } = await here.sequencer.app.inject({ method: 'GET', url: '/metrics' })
    for (const line of [
      'cinnabar_transfers_admitted_total 1',
      'cinnabar_transfers_refused_total{code="TX_STALE_DAY"} 1',
      'cinnabar_batches_sealed_total{circuit="batch-4"} 1',
      'cinnabar_transfers_sealed_total 1',
      'cinnabar_l1_block 1',
    ]) {
      assert.ok(body.includes(line), line)
    }
  })
})

describe('limits', () => {
  test('rejects: bodies larger than any valid one', async () => {
    const submission = { ...aSubmission('one'), padding: 'x'.repeat(defaultLimits.bodyBytes) }
    const { status, body } = await here.post(submission)
    assert.deepEqual([status, body['code']], [413, 'BODY_TOO_LARGE'])
  })

  test('rejects: more requests than allowed, but never the probes', async () => {
    await here.sequencer.stop()
    here = await aSequencer(database, {
      settings: { limits: { ...defaultLimits, requestsPerMinute: 3 } },
    })
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await here.get('/v1/policies'))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 429, 429],
    )
    assert.equal(answers[4]?.body['code'], 'RATE_LIMITED')
    for (let i = 0; i < 5; i++) assert.equal((await here.get('/livez')).status, 200)
  })

  test('behavior: a request that does not arrive is cut off', async () => {
    await here.sequencer.stop()
    here = await aSequencer(database, {
      settings: {
        limits: { ...defaultLimits, requestTimeoutMs: 300, connectionTimeoutMs: 60_000 },
      },
    })
    const url = new URL(await here.sequencer.app.listen({ host: '127.0.0.1', port: 0 }))
    const socket = connect(Number(url.port), url.hostname)
    const ended = new Promise<void>((resolve) => {
      socket.once('close', () => {
        resolve()
      })
    })
    socket.on('error', () => undefined)
    socket.resume()
    socket.write(
      'POST /v1/transfers HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    )
    const outcome = await Promise.race([ended.then(() => 'closed'), delay(10_000, 'open')])
    assert.equal(outcome, 'closed')
  })

  test('behavior: a stop answers what was asked before', async () => {
    const gate = Promise.withResolvers<boolean[]>()
    const reached = Promise.withResolvers<undefined>()
    await here.sequencer.stop()
    here = await aSequencer(database, {
      ports: {
        prover: {
          prove: () => Promise.reject(new Error()),
          verifyMany() {
            reached.resolve(undefined)
            return gate.promise
          },
        },
      },
    })
    const url = await here.sequencer.app.listen({ host: '127.0.0.1', port: 0 })
    const api = createApiClient({ url })
    const answer = api.submitTransfer(aSubmission('one'))
    await reached.promise
    const stopped = here.sequencer.stop()
    // Time for it to go wrong.
    await delay(200)
    gate.resolve([true])
    assert.equal((await answer).status, 'admitted')
    // Not kept waiting by the client's connection, which would stay open for another 30 s.
    assert.equal(
      await Promise.race([stopped.then(() => 'stopped'), delay(10_000, 'open')]),
      'stopped',
    )
    await assert.rejects(api.getStatus(), { code: 'API_UNREACHABLE' })
    here = await aSequencer(database)
  })
})
