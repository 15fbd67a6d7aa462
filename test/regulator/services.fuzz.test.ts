import assert from 'node:assert/strict'
import { connect } from 'node:tls'
import { after, before, describe, test } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import fc from 'fast-check'
import { signRules } from '../../regulator/rules/signedRules.ts'
import { createAuthenticate } from '../../regulator/service/authenticate.ts'
import { buildApp } from '../../regulator/service/buildApp.ts'
import { createHandlers } from '../../regulator/service/handlers.ts'
import { httpStatuses } from '../../regulator/service/httpStatuses.ts'
import { type RouteName, routes } from '../../regulator/service/routes.ts'
import { insertAccount } from '../../regulator/store/insertAccount.ts'
import { insertL1Block } from '../../regulator/store/insertL1Block.ts'
import { insertRules } from '../../regulator/store/insertRules.ts'
import { raiseAlerts } from '../../regulator/store/raiseAlerts.ts'
import { formatField } from '../../protocol/field.ts'
import { encodePoint } from '../../regulator/committee/bodies.ts'
import { BASE8 } from '../../protocol/babyjubjub.ts'
import { anAuthority } from '../support/certificates.ts'
import { checkAnswer, exchange, type FuzzedRoute, requestsTo } from '../support/httpFuzz.ts'
import '../support/lightPassphrases.ts'
import { aGroup, describeCeremony, holdCeremony, startServices } from '../support/memberServices.ts'
import { recordedDeployment } from '../support/recordedChain.ts'
import { aRulesDocument, ruleDay } from '../support/rules.ts'
import { aSupervisorServer } from '../support/supervisors.ts'

// The supervisory service and a committee member's, under requests that nobody should send, from somebody who is let
// in: whatever comes, the answer is one of ours, and the next request is answered.

const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)
/** Seeded: a failure is there again. */
const seed = 12

describe('the supervisory service', () => {
  const stops: (() => Promise<void>)[] = []
  let openAs: (who: 'worker' | 'auditor') => () => ReturnType<typeof connect>
  let samples: Partial<Record<RouteName, unknown>>

  before(async () => {
    const server = await aSupervisorServer()
    stops.push(() => server.stop())
    const { database, close } = await server.open()
    stops.push(close)
    const authority = await anAuthority('supervisors')
    const own = await authority.issue('service')
    const clients = {
      worker: await authority.issue('worker'),
      auditor: await authority.issue('auditor'),
    }
    // An auditor is nothing else.
    for (const [id, roles] of [
      ['worker', ['analyst', 'officer', 'approver']],
      ['auditor', ['auditor']],
    ] as const) {
      const { fingerprint } = clients[id]
      const credentials = [{ kind: 'certificate', fingerprint }] as const
      await insertAccount(database, { id, roles, credentials })
    }
    await insertL1Block(database, { number: 1n, hash: `0x${'01'.repeat(32)}`, timestamp: 1n })
    const document = aRulesDocument({ largeValue: { perDay: '1000' } })
    await insertRules(database, await signRules(document, signer))
    await raiseAlerts(database, {
      rulesVersion: 1,
      findings: [1n, 2n, 3n].map((pseudonym) => ({
        ...{ rule: 'LARGE_VALUE', pseudonym, asset: 1n, fromDay: ruleDay, day: ruleDay },
        ...{ facts: { sent: '1000' }, confidence: 10_000, blockNumber: 1n },
      })),
    })
    const newer = { ...document, version: document.version + 1 }
    samples = {
      assignAlert: { owner: 'worker' },
      noteAlert: { text: 'asked the bank' },
      orderAlert: { orderNumber: '7' },
      proposeClosing: { resolution: 'explained', reason: 'the sale of a flat' },
      acceptRules: await signRules(newer, signer),
      backTest: { fromDay: Number(ruleDay), toDay: Number(ruleDay) + 3, document },
    }
    const app = await buildApp({
      database,
      authenticate: createAuthenticate(undefined),
      handlers: createHandlers({
        deployment: recordedDeployment,
        rulesSigners: [signer.address],
        isOrderFiled: (order) => Promise.resolve(order === 7n),
      }),
      tls: { key: own.key, certificate: own.certificate, clientAuthority: authority.certificate },
      requestsPerMinute: 1_000_000,
    })
    stops.push(() => app.close())
    const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
    openAs = (who) => () =>
      connect({
        ...{ host: '127.0.0.1', port, ca: [authority.certificate] },
        ...{ key: clients[who].key, cert: clients[who].certificate },
      })
  })
  after(async () => {
    for (const stop of stops.reverse()) await stop()
  })

  test('property: any request has an answer of ours, and the next one too', async () => {
    const fuzzed: FuzzedRoute[] = (Object.keys(routes) as RouteName[]).map((name) => {
      const { method, path, query } = { query: undefined, ...routes[name] }
      return {
        ...{ method, path, body: samples[name] ?? {} },
        ...(query === undefined ? {} : { query: Object.keys(query.properties) }),
      }
    })
    const who = fc.constantFrom('worker' as const, 'worker' as const, 'auditor' as const)
    // With parameters that mean something, too: most others end at the first check.
    const known = fuzzed.map((route) => ({ ...route, path: route.path.replace(':id', '1') }))
    await fc.assert(
      fc.asyncProperty(requestsTo([...fuzzed, ...known]), who, async ({ method, bytes }, as) => {
        checkAnswer(await exchange(openAs(as), bytes), { method, statusOf: httpStatuses })
      }),
      { numRuns: 400, seed },
    )
    // Text that Postgres cannot keep is the client's mistake, and no fault of the service's.
    for (const [name, body] of [
      ['notes', { text: 'a\0b' }],
      ['closing', { resolution: 'explained', reason: '\0' }],
    ] as const) {
      const text = JSON.stringify(body)
      const head = [
        `POST /v1/alerts/1/${name} HTTP/1.1`,
        ...['host: x', 'connection: close', 'content-type: application/json'],
        `content-length: ${String(text.length)}`,
      ]
      const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`)
      const answer = await exchange(openAs('worker'), bytes)
      checkAnswer(answer, { method: 'POST', statusOf: httpStatuses })
      assert.equal(answer.status, 400)
    }
    const request = 'GET /v1/account HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
    assert.equal((await exchange(openAs('worker'), Buffer.from(request))).status, 200)
  })
})

describe('a committee member’s service', () => {
  test('property: any request has an answer of ours, and the next one too', async () => {
    const group = await aGroup(3)
    try {
      const context = {
        ...{ chainId: 31_337n, registry: recordedDeployment.rollup, epoch: 0n },
        kind: 'statistics' as const,
      }
      await startServices(group)
      const ceremony = await describeCeremony(group, { context, threshold: 2 })
      const { transcript } = await holdCeremony(group, ceremony)
      const session = formatField(1n)
      const point = encodePoint(BASE8)
      const commitments = [1, 2].map((member) => ({ member, hiding: point, binding: point }))
      const fuzzed: FuzzedRoute[] = [
        { method: 'GET', path: '/v1/status' },
        { method: 'GET', path: '/v1/ceremonies/:id/messages' },
        { method: 'GET', path: `/v1/ceremonies/${ceremony}/messages` },
        { method: 'POST', path: '/v1/possession/commitments', body: { transcript, session } },
        {
          method: 'POST',
          path: '/v1/possession/shares',
          body: { transcript, session, commitments },
        },
        { method: 'POST', path: '/v1/openings', body: { version: 1, order: '1', items: [0] } },
        { method: 'GET', path: '/:any' },
      ]
      const [{ url } = { url: '' }] = group.services
      const { tls: own } = group.office.store.identity
      const open = () =>
        connect({
          ...{ host: '127.0.0.1', port: Number(new URL(url).port) },
          ...{ key: own.privateKey, cert: own.certificate },
          // Pinned in the address book; here it is the client that is looked at.
          rejectUnauthorized: false,
        })
      await fc.assert(
        fc.asyncProperty(requestsTo(fuzzed), async ({ method, bytes }) => {
          checkAnswer(await exchange(open, bytes), { method })
        }),
        { numRuns: 250, seed },
      )
      const request = 'GET /v1/status HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
      assert.equal((await exchange(open, Buffer.from(request))).status, 200)
    } finally {
      await group.stop()
    }
  })
})
