import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, afterEach, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { createApiClient, routes } from '../../api/index.ts'
import { httpStatuses } from '../../sequencer/server/httpStatuses.ts'
import { defaultLimits, type Limits } from '../../sequencer/server/limits.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { checkAnswer, exchange, type FuzzedRoute, requestsTo } from '../support/httpFuzz.ts'
import {
  aDepositQueued,
  anIdentityUpdate,
  aSequencer,
  aSubmission,
  type TestSequencer,
} from '../support/sequencers.ts'
import { waitFor } from '../support/waitFor.ts'

// Every route of the sequencer's interface under requests that nobody should send: whatever comes, the answer is one
// of ours, and the next client is served.

/** Seeded: a failure is there again. */
const options = { numRuns: 1_000, seed: 11 }

const newestRoot = 2n

let server: TestServer
let close: () => Promise<void>
let here: TestSequencer
let port: number
let url: string

before(async () => {
  server = await aServer()
  const opened = await server.open()
  close = opened.close
  here = await aSequencer(opened.database, {
    settings: { limits: { ...defaultLimits, requestsPerMinute: 1_000_000 } },
  })
  here.chain.mine(anIdentityUpdate(2n, newestRoot), aDepositQueued(1n))
  await here.sequencer.loops.observer.tick()
  const { status, body } = await here.post(aSubmission('sealed', { identityRoot: newestRoot }))
  assert.equal(status, 202, JSON.stringify(body))
  here.clock.now += 60_000
  await here.sequencer.loops.sealer.tick()
  url = await here.sequencer.app.listen({ host: '127.0.0.1', port: 0 })
  port = Number(new URL(url).port)
})
after(async () => {
  await here.sequencer.stop()
  await close()
  await server.stop()
})

const open = () => connect(port, '127.0.0.1')

const fuzzed: readonly FuzzedRoute[] = [
  ...Object.values(routes).map((route) => ({
    method: route.method,
    path: route.path,
    ...('query' in route ? { query: Object.keys(route.query.properties) } : {}),
    ...('body' in route ? { body: aSubmission('fuzzed', { identityRoot: newestRoot }) } : {}),
  })),
  ...['/livez', '/readyz', '/healthz', '/metrics', '/decisions', '/openapi.json', '/:any'].map(
    (path) => ({ method: 'GET', path }),
  ),
]

describe('every route', () => {
  test('property: any request has an answer of ours, and the next one too', async () => {
    await fc.assert(
      fc.asyncProperty(requestsTo(fuzzed), async ({ method, bytes }) => {
        checkAnswer(await exchange(open, bytes), { method, statusOf: httpStatuses })
      }),
      options,
    )
    const api = createApiClient({ url })
    assert.equal((await api.getStatus()).sealed.batchNumber, 1)
    assert.equal((await api.getBatches()).batches[0]?.deposits.length, 1)
    assert.equal(
      (await api.submitTransfer(aSubmission('after', { identityRoot: newestRoot }))).status,
      'admitted',
    )
  })
})

describe('many and slow clients', () => {
  const connections = 40
  const ask = Buffer.from('GET /v1/policies HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  const sockets: Socket[] = []
  let crowded: TestSequencer
  let closeCrowded: () => Promise<void>
  let openCrowded: () => Socket

  const start = async (limits: Partial<Limits>) => {
    const opened = await server.open()
    closeCrowded = opened.close
    crowded = await aSequencer(opened.database, {
      settings: { limits: { ...defaultLimits, connections, ...limits } },
    })
    const address = await crowded.sequencer.app.listen({ host: '127.0.0.1', port: 0 })
    openCrowded = () => connect(Number(new URL(address).port), '127.0.0.1')
  }
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await crowded.sequencer.stop()
    await closeCrowded()
  })

  test('behavior: who sends a byte now and then is cut off, with a reason, and holds up nobody', async () => {
    await start({ requestTimeoutMs: 1_500 })
    const slow = Array.from({ length: connections - 1 }, async () => {
      const socket = openCrowded()
      sockets.push(socket)
      const chunks: Buffer[] = []
      socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined)
      const type = 'content-type: application/json'
      socket.write(
        `POST /v1/transfers HTTP/1.1\r\nhost: x\r\n${type}\r\ncontent-length: 100\r\n\r\n`,
      )
      const trickle = setInterval(() => socket.write('{'), 100)
      await new Promise((resolve) => socket.once('close', resolve))
      clearInterval(trickle)
      return Buffer.concat(chunks).toString()
    })
    const answer = await exchange(openCrowded, ask)
    assert.equal(answer.status, 200, 'served while the others are slow')
    for (const text of await Promise.all(slow)) {
      assert.match(text, /^HTTP\/1\.1 408 /)
      assert.match(text, /"code":"REQUEST_TIMEOUT"/)
    }
  })

  test('behavior: a connection too many is closed, and there is room again when others end', async () => {
    await start({ requestTimeoutMs: 60_000, connectionTimeoutMs: 60_000 })
    sockets.push(...Array.from({ length: connections }, () => openCrowded()))
    for (const socket of sockets) socket.on('error', () => undefined)
    // Connections are taken in the order in which they came.
    const refused = await exchange(openCrowded, ask)
    assert.deepEqual(refused, { status: 0, text: '' }, 'closed without a word')
    for (const socket of sockets.splice(0, 5)) socket.destroy()
    await waitFor('room', async () => {
      const { status } = await exchange(openCrowded, ask)
      return status === 200 ? true : undefined
    })
  })
})
