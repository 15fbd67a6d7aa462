import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { request } from 'node:https'
import { type AddressInfo } from 'node:net'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { privateKeyToAccount } from 'viem/accounts'
import type { OidcSettings } from '../../regulator/service/authenticate.ts'
import { routes } from '../../regulator/service/routes.ts'
import { type RunningService, serve } from '../../regulator/service/serve.ts'
import { signRules } from '../../regulator/rules/signedRules.ts'
import type { Credential, Role } from '../../regulator/store/account.ts'
import { type Database, sql } from '../../regulator/store/database.ts'
import { insertAccount } from '../../regulator/store/insertAccount.ts'
import { insertL1Block } from '../../regulator/store/insertL1Block.ts'
import { insertRules } from '../../regulator/store/insertRules.ts'
import { readLog } from '../../regulator/store/listLogEntries.ts'
import { raiseAlerts } from '../../regulator/store/raiseAlerts.ts'
import { disableAccount } from '../../regulator/store/disableAccount.ts'
import { verifyLog } from '../../regulator/log/verifyLog.ts'
import { anAuthority, type Authority, type Issued } from '../support/certificates.ts'
import { recordedDeployment } from '../support/recordedChain.ts'
import { aRulesDocument, ruleDay } from '../support/rules.ts'
import { aSupervisorServer, type SupervisorServer } from '../support/supervisors.ts'
import { waitFor } from '../support/waitFor.ts'

const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const audience = 'cinnabar-supervision'

let server: SupervisorServer
let authority: Authority
let own: Issued
let certificates: Record<Role | 'second', Issued>
let issuer: Issuer
before(async () => {
  server = await aSupervisorServer()
  authority = await anAuthority('supervisors')
  own = await authority.issue('service')
  const names = ['analyst', 'officer', 'approver', 'auditor', 'second'] as const
  certificates = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await authority.issue(name)] as const)),
  ) as typeof certificates
  issuer = await anIssuer()
})
after(async () => {
  await issuer.stop()
  await server.stop()
})

let database: Database
let close: () => Promise<void>
let service: RunningService
beforeEach(async () => {
  ;({ database, close } = await server.open())
  for (const role of ['analyst', 'officer', 'approver', 'auditor'] as const) {
    await addAccount(role, [role], {
      kind: 'certificate',
      fingerprint: certificates[role].fingerprint,
    })
  }
  await addAccount('second', ['approver', 'analyst'], {
    kind: 'certificate',
    fingerprint: certificates.second.fingerprint,
  })
  service = await start({ issuer: issuer.url, audience, jwks: new URL(`${issuer.url}/jwks`) })
})
afterEach(async () => {
  await service.stop()
  await close()
})

function addAccount(id: string, roles: Role[], ...credentials: Credential[]): Promise<void> {
  return insertAccount(database, { id, roles, credentials })
}

function start(
  oidc?: OidcSettings,
  more: Partial<Parameters<typeof serve>[0]> = {},
): Promise<RunningService> {
  return serve({
    database,
    tls: { key: own.key, certificate: own.certificate, clientAuthority: authority.certificate },
    ...(oidc === undefined ? {} : { oidc }),
    ...{ host: '127.0.0.1', port: 0, deployment: recordedDeployment },
    rulesSigners: [signer.address],
    isOrderFiled: (order) => Promise.resolve(order === 7n),
    ...more,
  })
}

type Answer = { status: number; body: Record<string, unknown> }
type Who = { as?: Issued; token?: string }

function ask(who: Who, path: string, body?: unknown, method?: string): Promise<Answer> {
  const { hostname, port } = new URL(service.url)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ hostname, port, path, agent: false, ca: [authority.certificate] },
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        ...(who.as === undefined ? {} : { cert: who.as.certificate, key: who.as.key }),
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(who.token === undefined ? {} : { authorization: `Bearer ${who.token}` }),
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          const parsed = JSON.parse(text) as Answer['body']
          resolve({ status: response.statusCode ?? 0, body: parsed })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const as = (name: keyof typeof certificates): Who => ({ as: certificates[name] })
async function refuses(answer: Promise<Answer>, status: number, code: string): Promise<void> {
  const { status: actual, body } = await answer
  assert.deepEqual([actual, body['code']], [status, code], JSON.stringify(body))
}

/** Who was refused what, as the log has it. */
async function refusalsInLog(): Promise<unknown[]> {
  const refusals = []
  for await (const { account, action, facts } of readLog(database)) {
    if (action === 'ATTEMPT_REFUSED') refusals.push([account, facts])
  }
  return refusals
}

describe('who is let in', () => {
  test('default: a certificate of an account', async () => {
    const { status, body } = await ask(as('analyst'), '/v1/account')
    assert.deepEqual([status, body], [200, { id: 'analyst', roles: ['analyst'] }])
  })

  test('default: a token of the identity provider, its keys from a URL', async () => {
    await addAccount('wei', ['officer'], { kind: 'oidc', issuer: issuer.url, subject: 'user-17' })
    const token = await issuer.token({ subject: 'user-17' })
    const { body } = await ask({ token }, '/v1/account')
    assert.deepEqual(body, { id: 'wei', roles: ['officer'] })
  })

  test('rejects: nobody, a stranger’s certificate, another authority’s, an expired one', async () => {
    await refuses(ask({}, '/v1/account'), 401, 'AUTH_REQUIRED')
    const stranger = await authority.issue('stranger')
    await refuses(ask({ as: stranger }, '/v1/account'), 403, 'ACCOUNT_UNKNOWN')
    const forger = await (await anAuthority('supervisors')).issue('analyst')
    await refuses(ask({ as: forger }, '/v1/account'), 401, 'AUTH_REQUIRED')
    const expired = await authority.issue('late', { notAfter: new Date(Date.now() - 1_000) })
    await addAccount('late', ['analyst'], {
      kind: 'certificate',
      fingerprint: expired.fingerprint,
    })
    await refuses(ask({ as: expired }, '/v1/account'), 401, 'AUTH_REQUIRED')
  })

  test('rejects: a token that is old, eternal, for another service, of another issuer, unsigned or forged', async () => {
    await addAccount('wei', ['officer'], { kind: 'oidc', issuer: issuer.url, subject: 'user-17' })
    const valid = { subject: 'user-17' }
    const other = await anIssuer()
    const forged = await other.token({ ...valid, claimedIssuer: issuer.url })
    await other.stop()
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: issuer.url, aud: audience, sub: 'user-17', iat: now, exp: now + 60 }
    for (const token of [
      await issuer.token({ ...valid, expiresIn: -60 }),
      await issuer.token({ ...valid, issuedAt: now - 7_200, expiresIn: 7_200 }),
      await issuer.token({ ...valid, audience: 'another' }),
      await issuer.token({ ...valid, claimedIssuer: 'https://elsewhere.example' }),
      forged,
      `${encode({ alg: 'none' })}.${encode(claims)}.`,
      `${encode({ alg: 'HS256' })}.${encode(claims)}.${encode({})}`,
    ]) {
      await refuses(ask({ token }, '/v1/account'), 401, 'AUTH_INVALID')
    }
    const unknown = await issuer.token({ subject: 'user-18' })
    await refuses(ask({ token: unknown }, '/v1/account'), 403, 'ACCOUNT_UNKNOWN')
  })

  test('rejects: a certificate and a token of two people, and a disabled account', async () => {
    await addAccount('wei', ['officer'], { kind: 'oidc', issuer: issuer.url, subject: 'user-17' })
    const token = await issuer.token({ subject: 'user-17' })
    await refuses(ask({ ...as('analyst'), token }, '/v1/account'), 401, 'AUTH_INVALID')
    await disableAccount(database, 'wei')
    await refuses(ask({ token }, '/v1/account'), 403, 'ACCOUNT_UNKNOWN')
  })

  test('behavior: without an identity provider tokens are nothing; its keys may stand in a file', async () => {
    await addAccount('wei', ['officer'], { kind: 'oidc', issuer: issuer.url, subject: 'user-17' })
    const token = await issuer.token({ subject: 'user-17' })
    await service.stop()
    service = await start()
    await refuses(ask({ token }, '/v1/account'), 401, 'AUTH_INVALID')
    await service.stop()
    service = await start({ issuer: issuer.url, audience, jwks: issuer.jwks })
    assert.equal((await ask({ token }, '/v1/account')).status, 200)
  })

  test('rejects: tokens while the provider’s keys cannot be read, as not ready', async () => {
    await service.stop()
    const gone = await anIssuer()
    const token = await gone.token({ subject: 'user-17' })
    await gone.stop()
    service = await start({ issuer: gone.url, audience, jwks: new URL(`${gone.url}/jwks`) })
    await refuses(ask({ token }, '/v1/account'), 503, 'AUTH_PROVIDER_UNAVAILABLE')
  })

  test('rejects: every route, for every role that it does not name', async () => {
    for (const { method, path, roles } of Object.values(routes)) {
      for (const role of ['analyst', 'officer', 'approver', 'auditor'] as const) {
        if ((roles as readonly Role[]).includes(role)) continue
        const body = method === 'POST' ? {} : undefined
        await refuses(ask(as(role), path.replace(':id', '1'), body), 403, 'ROLE_MISSING')
      }
      const body = method === 'POST' ? {} : undefined
      await refuses(ask({}, path.replace(':id', '1'), body), 401, 'AUTH_REQUIRED')
    }
    const refused = []
    for await (const { action } of readLog(database)) refused.push(action)
    assert.ok(refused.length > 10)
    assert.deepEqual([...new Set(refused)], ['ACCESS_REFUSED'])
  })
})

describe('an alert', () => {
  const rules = aRulesDocument({ largeValue: { perDay: '1000' } })
  beforeEach(async () => {
    await insertRules(database, await signRules(rules, signer))
    await insertL1Block(database, { number: 1n, hash: `0x${'01'.repeat(32)}`, timestamp: 1n })
    await raise('1000')
  })
  function raise(sent: string): Promise<void> {
    return raiseAlerts(database, {
      rulesVersion: 1,
      findings: [
        {
          ...{ rule: 'LARGE_VALUE', pseudonym: 5n, asset: 1n, fromDay: ruleDay, day: ruleDay },
          ...{ facts: { sent }, confidence: 10_000, blockNumber: 1n },
        },
      ],
    })
  }
  const closing = { resolution: 'explained', reason: 'the sale of a flat' }

  test('default: is taken, noted, ordered, proposed and closed by two people', async () => {
    const { body } = await ask(as('analyst'), '/v1/alerts?state=open')
    const [alert] = body['alerts'] as Record<string, unknown>[]
    assert.deepEqual([alert?.['rule'], alert?.['facts']], ['LARGE_VALUE', { sent: '1000' }])
    const path = '/v1/alerts/1'
    const taken = await ask(as('analyst'), `${path}/assign`, { owner: 'officer' })
    assert.equal(taken.body['owner'], 'officer')
    await ask(as('analyst'), `${path}/notes`, { text: 'asked the bank' })
    await refuses(ask(as('officer'), `${path}/order`, { orderNumber: '8' }), 422, 'ORDER_NOT_FILED')
    const ordered = await ask(as('officer'), `${path}/order`, { orderNumber: '7' })
    assert.deepEqual([ordered.body['state'], ordered.body['orderNumber']], ['ordered', '7'])
    await ask(as('officer'), `${path}/closing`, closing)
    const closed = await ask(as('approver'), `${path}/closing/confirm`, {})
    assert.equal(closed.body['state'], 'closed')
    const { body: detail } = await ask(as('auditor'), path)
    assert.equal((detail['notes'] as { text: string }[])[0]?.text, 'asked the bank')
  })

  test('rejects: closing by one person, also where it has both roles, also behind our back', async () => {
    const path = '/v1/alerts/1/closing'
    await ask(as('second'), path, closing)
    await refuses(ask(as('second'), `${path}/confirm`, {}), 403, 'ALERT_FOUR_EYES')
    assert.deepEqual(await refusalsInLog(), [
      ['second', { route: 'confirmClosing', code: 'ALERT_FOUR_EYES', alert: 1 }],
    ])
    await assert.rejects(
      database.query(
        sql`update alert set state = 'closed', closed_by = 'second', closed_at = now()`,
      ),
      { constraint: 'alert_closing_needs_four_eyes' },
    )
    assert.equal((await ask(as('approver'), `${path}/confirm`, {})).body['state'], 'closed')
  })

  test('rejects: what its state does not allow, an unknown one, and an owner who is none', async () => {
    const path = '/v1/alerts/1'
    await refuses(ask(as('approver'), `${path}/closing/confirm`, {}), 409, 'ALERT_STATE')
    await refuses(ask(as('officer'), `${path}/order`, { orderNumber: '7' }), 409, 'ALERT_STATE')
    await refuses(ask(as('analyst'), '/v1/alerts/2'), 404, 'ALERT_UNKNOWN')
    await refuses(ask(as('analyst'), `${path}/assign`, { owner: 'auditor' }), 422, 'OWNER_UNKNOWN')
    await refuses(ask(as('analyst'), `${path}/notes`, { text: '' }), 400, 'REQUEST_INVALID')
    await refuses(ask(as('analyst'), `${path}/notes`, { text: 'a', b: 1 }), 400, 'REQUEST_INVALID')
    const malformed = ['analyst', { route: 'noteAlert', code: 'REQUEST_INVALID', alert: 1 }]
    assert.deepEqual(await refusalsInLog(), [
      ['approver', { route: 'confirmClosing', code: 'ALERT_STATE', alert: 1 }],
      ['officer', { route: 'orderAlert', code: 'ALERT_STATE', alert: 1 }],
      ['analyst', { route: 'getAlert', code: 'ALERT_UNKNOWN', alert: 2 }],
      ['analyst', { route: 'assignAlert', code: 'OWNER_UNKNOWN', alert: 1 }],
      ...[malformed, malformed],
    ])
  })

  test('behavior: refused closing goes back; new facts open a closed alert again', async () => {
    const path = '/v1/alerts/1/closing'
    await ask(as('analyst'), path, closing)
    const refused = await ask(as('approver'), `${path}/refuse`, {})
    assert.deepEqual([refused.body['state'], refused.body['closing']], ['open', undefined])
    await ask(as('analyst'), path, closing)
    await ask(as('approver'), `${path}/confirm`, {})
    await raise('1000')
    assert.equal(await stateOf(), 'closed')
    await raise('2000')
    assert.equal(await stateOf(), 'open')
  })

  test('behavior: an alert keeps its order when a closing is refused and when new facts come', async () => {
    const path = '/v1/alerts/1'
    const kept = async () => {
      const alert = (await ask(as('analyst'), path)).body['alert'] as Record<string, unknown>
      return [alert['state'], alert['orderNumber']]
    }
    await ask(as('analyst'), `${path}/assign`, { owner: 'officer' })
    await ask(as('officer'), `${path}/order`, { orderNumber: '7' })
    await ask(as('officer'), `${path}/closing`, closing)
    await ask(as('approver'), `${path}/closing/refuse`, {})
    assert.deepEqual(await kept(), ['ordered', '7'])
    await ask(as('officer'), `${path}/closing`, closing)
    await raise('2000')
    assert.deepEqual(await kept(), ['ordered', '7'])
    await ask(as('officer'), `${path}/closing`, closing)
    await ask(as('approver'), `${path}/closing/confirm`, {})
    await raise('3000')
    assert.deepEqual(await kept(), ['ordered', '7'])
    await refuses(ask(as('officer'), `${path}/order`, { orderNumber: '7' }), 409, 'ALERT_STATE')
    await assert.rejects(database.query(sql`update alert set state = 'assigned'`), {
      constraint: 'alert_order_must_not_be_forgotten',
    })
  })

  async function stateOf(): Promise<unknown> {
    const { body } = await ask(as('analyst'), '/v1/alerts/1')
    return (body['alert'] as Record<string, unknown>)['state']
  }
})

describe('rules, statistics and the log', () => {
  test('behavior: rules are accepted signed and newer, and back-tested unsigned', async () => {
    await refuses(ask(as('analyst'), '/v1/rules'), 404, 'RULES_MISSING')
    const document = aRulesDocument({ velocity: { payments: 3, days: 1 } })
    await refuses(ask(as('officer'), '/v1/rules', { document }), 422, 'RULES_REFUSED')
    const signed = await signRules(document, signer)
    assert.equal((await ask(as('officer'), '/v1/rules', signed)).status, 200)
    await refuses(ask(as('officer'), '/v1/rules', signed), 409, 'RULES_OLDER')
    const stranger = privateKeyToAccount(`0x${'22'.repeat(32)}`)
    const forged = await signRules({ ...document, version: document.version + 1 }, stranger)
    await refuses(ask(as('officer'), '/v1/rules', forged), 422, 'RULES_SIGNATURE_INVALID')
    assert.deepEqual(await refusalsInLog(), [
      ['analyst', { route: 'getRules', code: 'RULES_MISSING' }],
      ['officer', { route: 'acceptRules', code: 'RULES_REFUSED' }],
      ['officer', { route: 'acceptRules', code: 'RULES_OLDER' }],
      ['officer', { route: 'acceptRules', code: 'RULES_SIGNATURE_INVALID' }],
    ])
    const range = { fromDay: 0, toDay: 300 }
    const { body } = await ask(as('analyst'), '/v1/back-tests', { ...range, document })
    assert.deepEqual([body['records'], body['truncated']], [0, false])
    await refuses(
      ask(as('analyst'), '/v1/back-tests', { ...range, document: { ...document, version: 0 } }),
      422,
      'RULES_REFUSED',
    )
    await refuses(ask(as('analyst'), '/v1/statistics?fromDay=5&toDay=4'), 400, 'RANGE_INVALID')
    const statistics = await ask(as('auditor'), '/v1/statistics?fromDay=4&toDay=5')
    assert.deepEqual(statistics.body, { groups: [] })
  })

  test('default: everything that anybody asked for is in the log, and the log holds', async () => {
    await ask(as('analyst'), '/v1/status')
    await ask(as('analyst'), '/v1/alerts?limit=5')
    const { body } = await ask(as('auditor'), '/v1/log')
    const entries = body['entries'] as { account: string; action: string }[]
    assert.deepEqual(
      entries.map(({ account, action }) => [account, action]),
      [
        ['analyst', 'STATUS_READ'],
        ['analyst', 'ALERTS_LISTED'],
      ],
    )
    const { length } = await verifyLog(readLog(database))
    assert.equal(length, 3n)
  })

  test('behavior: an answer that cannot be logged is not given', async () => {
    await database.query(sql`alter table log_entry add constraint full_up check (number < 1)`)
    const { status, body } = await ask(as('analyst'), '/v1/status')
    assert.deepEqual([status, body['code']], [500, 'INTERNAL'])
    // Nor is a refusal.
    await refuses(ask(as('analyst'), '/v1/alerts/9'), 500, 'INTERNAL')
  })

  test('behavior: an anchor that fails is tried again, less and less often, until it is made', async () => {
    await service.stop()
    const times: number[] = []
    const anchor = () => {
      times.push(performance.now())
      return times.length < 4 ? Promise.reject(new Error('the node is away')) : Promise.resolve()
    }
    service = await start(undefined, { anchor, anchorRetryMs: 50 })
    await waitFor('an anchor that is made', () => Promise.resolve(times[3]))
    const pauses = times.slice(1).map((time, i) => time - times[i]!)
    for (const [i, least] of [49, 99, 199].entries()) {
      assert.ok((pauses[i] ?? 0) >= least, pauses.join(' '))
    }
    // The next one is due in a day.
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.equal(times.length, 4)
  })

  test('default: the interface describes itself, and nothing else without a name', async () => {
    const { body } = await ask({}, '/openapi.json')
    const paths = body['paths'] as Record<string, Record<string, { description: string }>>
    for (const { method, path, roles } of Object.values(routes)) {
      const operation = paths[path.replace(':id', '{id}')]?.[method.toLowerCase()]
      assert.match(operation?.description ?? '', new RegExp(roles.join(', ')))
    }
    await refuses(ask({}, '/v1/nothing'), 404, 'ROUTE_UNKNOWN')
  })
})

type Issuer = {
  readonly url: string
  readonly jwks: { keys: Record<string, unknown>[] }
  token(claims: {
    subject: string
    audience?: string
    claimedIssuer?: string
    issuedAt?: number
    expiresIn?: number
  }): Promise<string>
  stop(): Promise<void>
}

/** An identity provider on loopback, as far as its keys and tokens go. */
async function anIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'one' }] }
  const http: Server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`
  return {
    ...{ url, jwks },
    token: ({
      subject,
      audience: wanted = audience,
      claimedIssuer = url,
      issuedAt,
      expiresIn = 60,
    }) => {
      const now = issuedAt ?? Math.floor(Date.now() / 1000)
      return new SignJWT()
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer(claimedIssuer)
        .setAudience(wanted)
        .setSubject(subject)
        .setIssuedAt(now)
        .setExpirationTime(now + expiresIn)
        .sign(privateKey)
    },
    stop: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}
