import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { openTracing } from '../../sequencer/tracing.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import {
  aSequencer,
  aSubmission,
  testDeployment,
  type TestSequencer,
} from '../support/sequencers.ts'

// An OTLP receiver on loopback, and the sequencer's own spans in it.

type OtlpSpan = {
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: { stringValue?: string } }[]
  links?: { traceId: string; spanId: string }[]
}

/** What does the work; the interface (`api`) is loaded by prom-client anyway. */
const loadedPackages = () =>
  Object.keys(createRequire(import.meta.url).cache).filter((path) =>
    /\/@opentelemetry\/(?!api\/)/.test(path),
  )

describe('tracing', () => {
  let server: TestServer
  let receiver: Server
  let url: string
  const spans: OtlpSpan[] = []

  before(async () => {
    server = await aServer()
    receiver = createServer((request, reply) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const { resourceSpans } = JSON.parse(Buffer.concat(parts).toString()) as {
          resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[]
        }
        for (const { scopeSpans } of resourceSpans) {
          spans.push(...scopeSpans.flatMap((scope) => scope.spans))
        }
        reply.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
    receiver.listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    url = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/v1/traces`
  })
  after(async () => {
    receiver.closeAllConnections()
    receiver.close()
    await server.stop()
  })

  /** Two transfers, admitted and sealed in one batch. */
  async function walk(here: TestSequencer): Promise<string[]> {
    const answers = [
      await here.post(aSubmission('one')),
      await here.post(aSubmission('two')),
      await here.post(aSubmission('stale', { day: 1n })),
    ]
    here.clock.now += 60_000
    await here.sequencer.loops.sealer.tick()
    return answers.slice(0, 2).map(({ body }) => body['id'] as string)
  }

  test('behavior: off, nothing of OpenTelemetry is even loaded', async () => {
    const { database, close } = await server.open()
    const here = await aSequencer(database)
    await walk(here)
    await here.sequencer.stop()
    await close()
    assert.deepEqual(loadedPackages(), [])
  })

  test('default: a trace for each transfer, by its id; that of the batch links to them', async () => {
    const { database, close } = await server.open()
    const { chainId, rollup } = testDeployment
    const tracing = await openTracing({ url, chainId, rollup })
    const here = await aSequencer(database, { ports: { tracing } })
    const ids = await walk(here)
    const times = { startedAt: new Date(here.clock.now), endedAt: new Date(here.clock.now + 2_000) }
    tracing.proved({ batchNumber: 1n, worker: 'one', ...times })
    const l1Transaction = `0x${'ab'.repeat(32)}` as const
    tracing.settled({ firstBatch: 1n, lastBatch: 2n, l1Transaction, ...times })
    await here.sequencer.stop()
    await tracing.close()
    await close()

    assert.notEqual(loadedPackages().length, 0)
    const named = (name: string) => spans.filter((span) => span.name === name)
    assert.deepEqual(
      named('transfer.admit').map(({ traceId, spanId }) => [traceId, spanId]),
      ids.map((id) => [id.slice(2, 34), id.slice(34, 50)]),
    )
    const [seal, ...others] = named('batch.seal')
    assert.ok(seal !== undefined)
    assert.equal(others.length, 0)
    const order = (a: { traceId: string }, b: { traceId: string }) =>
      a.traceId < b.traceId ? -1 : 1
    assert.deepEqual(
      (seal.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })).sort(order),
      ids.map((id) => ({ traceId: id.slice(2, 34), spanId: id.slice(34, 50) })).sort(order),
    )
    const [prove] = named('batch.prove')
    assert.deepEqual([prove?.traceId, prove?.parentSpanId], [seal.traceId, seal.spanId])
    assert.equal(
      BigInt(prove?.endTimeUnixNano ?? 0) - BigInt(prove?.startTimeUnixNano ?? 0),
      2_000_000_000n,
    )
    const [first, second] = named('batch.settle')
    assert.deepEqual([first?.traceId, first?.parentSpanId], [seal.traceId, seal.spanId])
    assert.notEqual(second?.traceId, seal.traceId)
    // Public facts only.
    const keys = new Set(spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)))
    assert.deepEqual([...keys].sort(), [
      'cinnabar.batch_number',
      'cinnabar.circuit',
      'cinnabar.l1_transaction',
      'cinnabar.statement_id',
      'cinnabar.statement_ids',
      'cinnabar.worker',
    ])
  })

  test('behavior: a receiver that is away neither fails nor holds up anything', async () => {
    const { chainId, rollup } = testDeployment
    const tracing = await openTracing({ url: 'http://127.0.0.1:1/v1/traces', chainId, rollup })
    tracing.admitted({
      ...{ statementId: `0x${'01'.repeat(32)}`, startedAt: new Date(), endedAt: new Date() },
    })
    await tracing.close()
  })
})
