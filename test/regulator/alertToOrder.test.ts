// A story from end to end: a pattern, an alert, an order, an opening by three of five, a bundle that a process of its own checks with
// the file and a node alone. Real contracts, store, services and commands; proofs of transfers are simulated, and
// test/regulator/committee/processes.test.ts walks the part from the order on with real ones.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import { writeDeployment } from '../../l1/deployment.ts'
import { getOrder, getOrderCount } from '../../l1/orders.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { formatField } from '../../protocol/field.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import { buildBundle } from '../../regulator/bundle/buildBundle.ts'
import { Indexer } from '../../regulator/indexing/indexer.ts'
import { answerOpenings } from '../../regulator/committee/answerOpenings.ts'
import { viewChain } from '../../regulator/orders/openingChain.ts'
import { hashDocument } from '../../regulator/orders/documents.ts'
import { openAnnounced } from '../../regulator/orders/openAnnounced.ts'
import { orderAlert } from '../../regulator/orders/orderAlert.ts'
import { approveOrder, discloseOrder } from '../../regulator/orders/orderActions.ts'
import { OrderFolder } from '../../regulator/orders/orderFolder.ts'
import { signRules } from '../../regulator/rules/signedRules.ts'
import { type RunningService, serve } from '../../regulator/service/serve.ts'
import { createServiceClient, type ServiceClient } from '../../regulator/service/serviceClient.ts'
import type { Role } from '../../regulator/store/account.ts'
import { type Database, sql } from '../../regulator/store/database.ts'
import { insertAccount } from '../../regulator/store/insertAccount.ts'
import { insertRules } from '../../regulator/store/insertRules.ts'
import { readLog } from '../../regulator/store/listLogEntries.ts'
import { anAuditRecord } from '../support/auditRecords.ts'
import { anAuthority, type Authority, type Issued } from '../support/certificates.ts'
import { random } from '../support/committees.ts'
import '../support/lightPassphrases.ts'
import { peersOf } from '../support/memberServices.ts'
import { force, settle } from '../support/settlement.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import {
  anna,
  announce,
  anOrder,
  bert,
  keyOf,
  type RecordItem,
  startSupervisedChain,
  type SupervisedChain,
  transfersScope,
} from '../support/supervisedChain.ts'
import { aSupervisorServer, type SupervisorServer } from '../support/supervisors.ts'

const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const people = ['analyst', 'officer', 'approver', 'auditor'] as const
const confirmations = 1

let world: SupervisedChain
let dir: string
let server: SupervisorServer
let database: Database
let close: () => Promise<void>
let service: RunningService
let authority: Authority
let issued: Record<(typeof people)[number], Issued>
const at = (name: string) => join(dir, name)

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cinnabar-alert-'))
  ;[world, server, authority] = await Promise.all([
    startSupervisedChain(),
    aSupervisorServer(),
    anAuthority('supervisors'),
  ])
  ;({ database, close } = await server.open())
  const names = await Promise.all(
    people.map(async (name) => [name, await authority.issue(name)] as const),
  )
  issued = Object.fromEntries(names) as typeof issued
  for (const [id, { fingerprint }] of names) {
    const roles: Role[] = [id]
    await insertAccount(database, {
      id,
      roles,
      credentials: [{ kind: 'certificate', fingerprint }],
    })
  }
  const { deployment, client } = world.source
  const own = await authority.issue('service')
  service = await serve({
    ...{ database, deployment, host: '127.0.0.1', port: 0, rulesSigners: [signer.address] },
    tls: { key: own.key, certificate: own.certificate, clientAuthority: authority.certificate },
    isOrderFiled: async (order) => order <= (await getOrderCount({ client, deployment })),
  })
  await writeDeployment(at('deployment.json'), deployment)
  await writeFile(at('authority.pem'), authority.certificate)
  await writeFile(at('officer.pem'), issued.officer.certificate)
  await writeFile(at('officer-tls.key'), issued.officer.key)
  await writeFile(at('officer.key'), world.rollup.chain.accounts[0]!.privateKey)
})
after(async () => {
  await service?.stop()
  await close?.()
  await server?.stop()
  await world?.stop()
  await rm(dir, { recursive: true, force: true })
})

function as(name: (typeof people)[number]): ServiceClient {
  const { certificate, key } = issued[name]
  return createServiceClient({
    ...{ url: service.url, certificate, key, authority: authority.certificate },
  })
}

type Alert = { id: number; state: string; rule: string; orderNumber?: string }
const alerts = async () => {
  const { alerts: listed } = (await as('analyst').get('/v1/alerts')) as { alerts: Alert[] }
  return listed
}

/** What the holder of S reads: a committee of one has the key itself. */
async function index(): Promise<void> {
  const [held] = await world.holder.members[0]!.store.shares()
  const point = mulBase8(held!.share)
  const { source } = world
  const indexer = new Indexer({
    ...{ database, reader: source.reader, deployment: source.deployment },
    keys: { secretOf: ({ x, y }) => (x === point.x && y === point.y ? held!.share : undefined) },
  })
  await indexer.prepare()
  await indexer.catchUp()
}

/** `cinnabar regulator order from-alert`, by the officer. */
const fromAlert = (id: number, ...more: string[]) =>
  runCinnabar([
    ...['regulator', 'order', 'from-alert', String(id), '--service', service.url],
    ...['--certificate', at('officer.pem'), '--certificate-key', at('officer-tls.key')],
    ...['--authority', at('authority.pem'), '--rpc', world.rollup.chain.rpcUrl],
    ...['--deployment', at('deployment.json'), '--key-file', at('officer.key')],
    ...['--dir', at('orders'), '--legal-basis', '2', ...more],
  ])

describe('a suspicious pattern', () => {
  let id: number

  test('default: becomes an alert, an order, an opening by three of five, and a bundle that verifies elsewhere', async () => {
    const { source, committee, files, holder, reviewer, judge, officer } = world
    const document = {
      ...{ type: 'cinnabar.rules', format: 1, version: 1, remark: 'for a story' },
      chainId: String(source.deployment.chainId),
      rollup: source.deployment.rollup,
      assets: {
        1: { structuring: { below: '1000', bandPercent: 20, payments: 3, days: 7 } },
      },
    }
    await insertRules(database, await signRules(document, signer))
    // Three payments just below the line, and somebody else's ordinary one.
    await world.settleRecords(
      { sender: anna, recipients: [bert.index], amounts: [950n], nonce: 0n },
      { sender: bert, recipients: [anna.index], amounts: [10n], nonce: 0n },
      { sender: anna, recipients: [bert.index], amounts: [960n], nonce: 1n },
    )
    await world.settleRecords({
      ...{ sender: anna, recipients: [bert.index], amounts: [970n], nonce: 2n },
    })
    await index()
    const [alert, ...others] = await alerts()
    assert.deepEqual([alert?.rule, alert?.state, others.length], ['STRUCTURING', 'open', 0])
    id = alert!.id

    // Nobody has taken it: nothing is filed.
    const early = await fromAlert(id)
    assert.equal(early.code, 1)
    assert.match(early.stderr, /it is open[^]*ALERT_NOT_ORDERABLE/)
    assert.equal(await getOrderCount(source), 0n)

    await as('analyst').post(`/v1/alerts/${String(id)}/assign`, { owner: 'officer' })
    const filed = await fromAlert(id)
    assert.equal(filed.code, 0, filed.stderr)
    assert.deepEqual(filed.json(), { alert: id, order: '1', transfers: 3 })
    assert.deepEqual(
      (await alerts()).map(({ state, orderNumber }) => [state, orderNumber]),
      [['ordered', '1']],
    )
    // The case file that the officer keeps is the one whose hash, salted, was filed.
    const folder = new OrderFolder(at('orders'))
    const { scope, caseDocument } = await folder.load(1n)
    const caseFile = await readFile(at('orders/order-1-case.json'), 'utf8')
    const digest = createHash('sha256').update(caseFile).digest('hex')
    assert.equal(caseDocument.file, `0x${digest}`)
    assert.match(caseFile, /STRUCTURING/)
    const order = await getOrder(source, 1n)
    assert.deepEqual(
      [order?.caseHash, order?.scopeHash, order?.limit, order?.state],
      [hashDocument(caseDocument), hashDocument(scope), 3, 'filed'],
    )

    await approveOrder(reviewer, { order: 1n, role: 'reviewer' })
    await approveOrder(judge, { order: 1n, role: 'judge' })
    const named = scope.kind === 'transfers' ? scope.transfers : []
    const items = named.map((transfer) => ({ type: 'record' as const, ...transfer }))
    await announce({ ...world, folder }, 1n, items)
    const openers = [
      { file: files.investigation, peers: peersOf(committee, committee.office, [1, 3, 4]) },
      { file: files.statistics, peers: peersOf(holder) },
    ]
    const opened = await openAnnounced(source, { folder, order: 1n, openers, confirmations })
    assert.deepEqual([opened.opened, opened.faults], [6, []])
    const bundle = await buildBundle(source, { confirmations }, await folder.load(1n))
    const people = bundle.openings.flatMap(({ plaintext }) => plaintext['sender'] ?? [])
    assert.deepEqual(people, ['7', '7', '7'])
    await writeFile(at('bundle.json'), canonicalJson(bundle))
    await discloseOrder(officer, { order: 1n, bundleHash: hashDocument(bundle) })

    // Another machine: the file and a node.
    const verified = await runCinnabar([
      ...['verify', at('bundle.json'), '--rpc', world.rollup.chain.rpcUrl, '--json'],
    ])
    assert.equal(verified.code, 0, verified.stderr)
    const { holds, isDisclosed, openings, missing } = verified.json()
    assert.deepEqual([holds, isDisclosed, openings, missing], [true, true, 6, 0])
    await writeFile(
      at('tampered.json'),
      canonicalJson(bundle).replace('"sender":"7"', '"sender":"8"'),
    )
    const refused = await runCinnabar([
      ...['verify', at('tampered.json'), '--rpc', world.rollup.chain.rpcUrl],
    ])
    assert.equal(refused.code, 2)
    assert.match(refused.stdout, /BUNDLE_PLAINTEXT_DIFFERS/)

    const closing = { resolution: 'reported', reason: 'order 1 was disclosed' }
    await as('officer').post(`/v1/alerts/${String(id)}/closing`, closing)
    await as('approver').post(`/v1/alerts/${String(id)}/closing/confirm`, {})
    const done: string[] = []
    for await (const { account, action } of readLog(database)) {
      if (!action.endsWith('_LISTED') && action !== 'ALERT_READ') done.push(`${account} ${action}`)
    }
    assert.deepEqual(done, [
      'analyst ALERT_ASSIGNED',
      'officer ALERT_ORDERED',
      'officer CLOSING_PROPOSED',
      'approver CLOSING_CONFIRMED',
    ])
  })

  test('behavior: a filing that was ended anywhere goes on, and files one order', async () => {
    // A fourth payment: the alert has new facts, and keeps its order. Somebody else begins the same pattern.
    await world.settleRecords({
      ...{ sender: anna, recipients: [bert.index], amounts: [980n], nonce: 3n },
    })
    await world.settleRecords(
      { sender: bert, recipients: [anna.index], amounts: [951n], nonce: 1n },
      { sender: bert, recipients: [anna.index], amounts: [961n], nonce: 2n },
      { sender: bert, recipients: [anna.index], amounts: [971n], nonce: 3n },
    )
    await index()
    const listed = await alerts()
    const ordered = listed.find((each) => each.id === id)
    const alert = listed.find(({ state }) => state === 'open')
    assert.deepEqual([ordered?.state, ordered?.orderNumber], ['ordered', '1'])
    const { source, officer } = world
    const before = await getOrderCount(source)
    const second = await fromAlert(id)
    assert.match(second.stderr, /it is ordered[^]*ALERT_NOT_ORDERABLE/)
    assert.equal(await getOrderCount(source), before)
    await as('analyst').post(`/v1/alerts/${String(alert!.id)}/assign`, { owner: 'officer' })
    const folder = new OrderFolder(at('again'))
    const wanted = { alert: alert!.id, legalBasis: 12, keys: ['investigation'] as const }
    const officerService = as('officer')
    let isAnswerLost = false
    const ended: ServiceClient = {
      get: (path) => officerService.get(path),
      async post(path, body) {
        // First nothing reaches the service, then it records the order and the answer is lost.
        if (isAnswerLost) await officerService.post(path, body)
        isAnswerLost = true
        throw new Error('ended')
      },
    }
    const dependencies = { actor: officer, source, folder, randomBytes: random }
    for (let i = 0; i < 2; i++) {
      await assert.rejects(orderAlert({ ...dependencies, service: ended }, wanted), /ended/)
      assert.equal(await getOrderCount(source), before + 1n)
    }
    const { order } = await orderAlert({ ...dependencies, service: officerService }, wanted)
    assert.equal(order, before + 1n)
    assert.equal(await getOrderCount(source), before + 1n)
    const left = (await readdir(at('again'))).filter((name) => name.startsWith('pending'))
    assert.deepEqual(left, [])
    // Once more, it is no alert that waits for an order.
    await assert.rejects(orderAlert({ ...dependencies, service: officerService }, wanted), {
      code: 'ALERT_NOT_ORDERABLE',
    })
  })

  test('rejects: who is no officer, and evidence that the chain does not have', async () => {
    const { source, officer } = world
    const dependencies = { actor: officer, source, folder: new OrderFolder(at('other')) }
    const wanted = { alert: id, legalBasis: 12, keys: ['investigation'] as const }
    const before = await getOrderCount(source)
    const detail = (await as('auditor').get(`/v1/alerts/${String(id)}`)) as {
      alert: Alert
      evidence: { transactionHash: string }[]
    }
    const forged = {
      alert: { ...detail.alert, state: 'assigned' },
      notes: [],
      evidence: detail.evidence.map((each) => ({
        ...each,
        transactionHash: `0x${'ab'.repeat(32)}`,
      })),
    }
    for (const evidence of [forged.evidence, []]) {
      const service: ServiceClient = {
        get: () => Promise.resolve({ ...forged, evidence }),
        post: () => Promise.reject(new Error('unreachable')),
      }
      await assert.rejects(orderAlert({ ...dependencies, service, randomBytes: random }, wanted), {
        code: 'ALERT_NOT_ORDERABLE',
      })
    }
    assert.equal(await getOrderCount(source), before)
    await assert.rejects(
      as('auditor').post(`/v1/alerts/${String(id)}/order`, { orderNumber: '1' }),
      {
        code: 'SUPERVISION_REFUSED',
      },
    )
    const { certificate, key } = issued.officer
    const gone = createServiceClient({ url: 'https://127.0.0.1:1', certificate, key })
    await assert.rejects(gone.get('/v1/alerts'), { code: 'SUPERVISION_UNAVAILABLE' })
  })
})

describe('the forced queue', () => {
  test('behavior: what was taken live is a record like any other; a void slot is none, for rules and members alike', async () => {
    const { rollup, builder, files, source, committee } = world
    const record = anAuditRecord({
      ...{ auditKeyS: keyOf(files.statistics), auditKeyI: keyOf(files.investigation) },
      ...{ sender: bert, recipients: [anna.index], amounts: [33n], nonce: 9n },
      ephemeralSecret: 77_777n,
    })
    // One statement queued twice, which the contract cannot know: the second one is void.
    const forced = await builder.entry({ record })
    const first = { forced, entryId: (await force(rollup, forced)).id }
    const second = { forced, entryId: (await force(rollup, forced, { gasLimit: 1_000_000n })).id }
    const slots = [first, { ...second, takenAs: 'void' as const }]
    const call = await builder.call([{ slots }])
    await settle(rollup, call)
    await index()
    const batch = call.batches[0]!.batchNumber
    const rows = await database.query<{ slot: number; status: string; amount_1: string }>(
      sql`select slot, status, amount_1 from record where batch_number = ${batch}`,
    )
    assert.deepEqual(rows, [{ slot: 0, status: 'opened', amount_1: '33' }])

    const nullifier = formatField(forced.transfer.nullifier)
    const [live, isVoid] = [0, 1].map((slot): RecordItem => ({
      type: 'record',
      batch: String(batch),
      slot,
      nullifier,
    }))
    const scope = { ...transfersScope(live!, isVoid!), keys: ['investigation'] }
    const filed = await anOrder(world, scope)
    const announcement = await announce(world, filed.order, [live!, isVoid!])
    const chain = await viewChain(source, { confirmations })
    const request = { version: 1, order: filed.order.toString(), scope: filed.scope, announcement }
    for (const member of committee.members) {
      const { answers, refusals } = await answerOpenings(member, chain, {
        ...{ ...request, key: 'investigation', items: [0, 1] },
      })
      assert.deepEqual(
        [answers.length, refusals.map(({ item, code }) => [item, code])],
        [1, [[1, 'OPENING_NOT_SETTLED']]],
      )
    }
  })
})
