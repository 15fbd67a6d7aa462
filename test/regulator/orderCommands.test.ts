// `cinnabar regulator order` by command, on a real chain with the real contracts: what is filed once however often it is given, and
// what of a subject is announced. Proofs of transfers are simulated.
import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { writeDeployment } from '../../l1/deployment.ts'
import { getOrder, getOrderCount } from '../../l1/orders.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import { buildBundle } from '../../regulator/bundle/buildBundle.ts'
import { verifyBundle } from '../../regulator/bundle/verifyBundle.ts'
import { hashDocument } from '../../regulator/orders/documents.ts'
import { openAnnounced } from '../../regulator/orders/openAnnounced.ts'
import { approveOrder, rejectOrder } from '../../regulator/orders/orderActions.ts'
import { OrderFolder } from '../../regulator/orders/orderFolder.ts'
import '../support/lightPassphrases.ts'
import { peersOf } from '../support/memberServices.ts'
import { type CommandResult, runCinnabar } from '../support/runCinnabar.ts'
import {
  anna,
  bert,
  type RecordItem,
  startSupervisedChain,
  type SupervisedChain,
} from '../support/supervisedChain.ts'

let world: SupervisedChain
let firstDay: bigint
/** Anna's, by day; the last one is on the second. */
let annas: RecordItem[]
let ofBert: RecordItem
let dir: string
const at = (name: string) => join(dir, name)
const nameOf = ({ batch, slot }: RecordItem) => `${batch}:${String(slot)}`

before(async () => {
  world = await startSupervisedChain()
  dir = world.committee.dir
  firstDay = dayOf(await world.rollup.now())
  const early = await world.settleRecords(
    { sender: anna, recipients: [bert.index], amounts: [25n], nonce: 0n },
    { sender: bert, recipients: [anna.index], amounts: [9n], nonce: 0n },
    { sender: anna, recipients: [bert.index], amounts: [4n], nonce: 1n },
  )
  await world.rollup.chain.increaseTime(86_400)
  const [late] = await world.settleRecords({
    ...{ sender: anna, recipients: [bert.index], amounts: [3n], nonce: 2n },
  })
  annas = [early[0]!, early[2]!, late!]
  ofBert = early[1]!
  await writeDeployment(at('deployment.json'), world.source.deployment)
  await writeFile(at('officer.key'), world.rollup.chain.accounts[0]!.privateKey)
  await writeFile(at('case.txt'), 'the case')
})
after(() => world.stop())

const actor = () => [
  ...['--rpc', world.rollup.chain.rpcUrl, '--deployment', at('deployment.json')],
  ...['--key-file', at('officer.key'), '--dir', at('filed')],
]
const order = (...args: string[]) => runCinnabar(['regulator', 'order', ...args, ...actor()])
const file = (...scope: string[]) =>
  order('file', '--case', at('case.txt'), '--legal-basis', '2', ...scope)

async function numberOf(filed: Promise<CommandResult>): Promise<bigint> {
  const result = await filed
  assert.equal(result.code, 0, result.stderr)
  return BigInt(String(result.json()['order']))
}

describe('order file', () => {
  test('behavior: given again it is the same order, wherever it was ended; after a rejection it is another', async () => {
    const scope = ['--transfer', nameOf(annas[0]!), '--limit', '2']
    const first = await numberOf(file(...scope))
    const path = at(`filed/order-${first.toString()}.json`)
    const kept = await readFile(path, 'utf8')
    assert.equal(await numberOf(file(...scope)), first)
    // Ended between the chain and the disk: the documents are there, and can be executed.
    await rm(path)
    assert.equal(await numberOf(file(...scope)), first)
    assert.equal(await readFile(path, 'utf8'), kept)
    assert.equal(await getOrderCount(world.source), first)
    const stored = await new OrderFolder(at('filed')).load(first)
    const filed = await getOrder(world.source, first)
    assert.equal(filed?.scopeHash, hashDocument(stored.scope))
    assert.equal(filed.caseHash, hashDocument(stored.caseDocument))

    assert.equal(await numberOf(file('--transfer', nameOf(ofBert), '--limit', '2')), first + 1n)
    await rejectOrder(world.reviewer, { order: first, role: 'reviewer', reason: 'no cause' })
    assert.equal(await numberOf(file(...scope)), first + 2n)
    assert.equal(await numberOf(file(...scope)), first + 2n)
  })

  test('behavior: the documents are on the disk before anything is sent', async () => {
    // An account without the role: the chain refuses, and what would have been filed is kept.
    await writeFile(at('stranger.key'), world.rollup.chain.accounts[5]!.privateKey)
    const refused = await runCinnabar([
      ...['regulator', 'order', 'file', '--case', at('case.txt'), '--legal-basis', '2'],
      ...['--transfer', nameOf(annas[0]!), '--limit', '1', '--rpc', world.rollup.chain.rpcUrl],
      ...['--deployment', at('deployment.json'), '--key-file', at('stranger.key')],
      ...['--dir', at('refused')],
    ])
    assert.equal(refused.code, 1)
    const names = await readdir(at('refused'))
    assert.equal(names.filter((name) => name.startsWith('pending-order-')).length, 1)
  })

  test('rejects: half a period, and a transfer outside it', async () => {
    const before = await getOrderCount(world.source)
    const [day, next] = [firstDay.toString(), (firstDay + 1n).toString()]
    const subject = ['--subject', '7', '--epoch', '0', '--limit', '9']
    for (const half of [
      ['--from-day', day],
      ['--to-day', day],
      ['--from-day', next, '--to-day', day],
    ]) {
      const { code, stderr } = await file(...subject, ...half)
      assert.deepEqual([code, /A period has/.test(stderr)], [1, true], stderr)
    }
    const period = ['--from-day', next, '--to-day', next]
    const outside = await file('--transfer', nameOf(annas[0]!), '--limit', '1', ...period)
    assert.match(outside.stderr, /outside the order’s period[^]*ORDER_ITEMS_UNKNOWN/)
    assert.equal(await getOrderCount(world.source), before)
  })
})

describe('a subject order with a period and a limit', () => {
  test('default: announces the period’s transfers, or those that are named, and all of them open', async () => {
    const { source, committee, files, reviewer, judge } = world
    const folder = new OrderFolder(at('filed'))
    const day = firstDay.toString()
    const number = await numberOf(
      file(
        ...['--subject', '7', '--epoch', '0', '--from-day', day, '--to-day', day],
        ...['--limit', '2', '--key', 'investigation'],
      ),
    )
    const name = number.toString()
    await approveOrder(reviewer, { order: number, role: 'reviewer' })
    await approveOrder(judge, { order: number, role: 'judge' })
    const nothing = await order('announce', name)
    assert.match(nothing.stderr, /ORDER_ITEMS_UNKNOWN/)
    const early = await order('announce', name, '--subject-records')
    assert.match(early.stderr, /OPENING_TRACE_MISSING/)
    assert.equal((await order('announce', name, '--traces')).json()['count'], 1)
    const options = {
      ...{ folder, order: number, confirmations: 1 },
      openers: [{ file: files.investigation, peers: peersOf(committee) }],
    }
    assert.equal((await openAnnounced(source, options)).opened, 1)

    // Two in the period, and room for one: nothing is announced, and nothing spent.
    const tooMany = await order('announce', name, '--subject-records')
    assert.match(tooMany.stderr, /Asked for: 2\n.*Left: {6}1\n[^]*ORDER_LIMIT/)
    for (const other of [annas[2]!, ofBert]) {
      const { stderr } = await order('announce', name, '--transfer', nameOf(other))
      assert.match(stderr, /no transfer of the subject[^]*ORDER_ITEMS_UNKNOWN/)
    }
    assert.equal((await folder.load(number)).announcements.length, 1)
    assert.equal((await getOrder(source, number))?.opened, 1)

    // Twice: the same announcement.
    for (let i = 0; i < 2; i++) {
      const named = await order('announce', name, '--transfer', nameOf(annas[1]!))
      assert.equal(named.code, 0, named.stderr)
      assert.equal(named.json()['count'], 1)
    }
    assert.equal((await getOrder(source, number))?.opened, 2)
    const { opened, refused } = await openAnnounced(source, options)
    assert.deepEqual([opened, refused], [1, []])
    const bundle = await buildBundle(source, options, await folder.load(number))
    const verified = await verifyBundle(source, options, JSON.parse(canonicalJson(bundle)))
    assert.equal(verified.missing, 0)
    assert.deepEqual(
      bundle.openings.map(({ item, plaintext }) => [item.type, plaintext['sender']]),
      [
        ['trace', undefined],
        ['record', '7'],
      ],
    )
  })

  test('behavior: with room for them the period’s transfers are announced together, and no other day’s', async () => {
    const { source, committee, files, reviewer, judge } = world
    const folder = new OrderFolder(at('filed'))
    const day = firstDay.toString()
    const number = await numberOf(
      file(
        ...['--subject', '7', '--epoch', '0', '--from-day', day, '--to-day', day],
        ...['--limit', '5', '--key', 'investigation'],
      ),
    )
    const name = number.toString()
    await approveOrder(reviewer, { order: number, role: 'reviewer' })
    await approveOrder(judge, { order: number, role: 'judge' })
    await order('announce', name, '--traces')
    const options = {
      ...{ folder, order: number, confirmations: 1 },
      openers: [{ file: files.investigation, peers: peersOf(committee) }],
    }
    await openAnnounced(source, options)
    assert.equal((await order('announce', name, '--subject-records')).json()['count'], 2)
    assert.equal((await openAnnounced(source, options)).opened, 2)
  })
})
