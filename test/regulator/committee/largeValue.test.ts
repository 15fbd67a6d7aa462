// Orders that reach records for key L, which a committee of its own holds: which of I and L a record is for shows only when it is
// opened. Real contracts, members, services; proofs of transfers are simulated. That the circuit chooses the key as it should:
// test/circuits/transferClauses.test.ts (T11). The same path with real ones: processes.test.ts.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { canonicalJson } from '../../../protocol/canonicalJson.ts'
import { openKernels } from '../../../prover/kernels.ts'
import { buildBundle } from '../../../regulator/bundle/buildBundle.ts'
import type { Bundle } from '../../../regulator/bundle/bundle.ts'
import { describeBundle } from '../../../regulator/bundle/describeBundle.ts'
import { verifyBundle } from '../../../regulator/bundle/verifyBundle.ts'
import type { AuditKeyKind } from '../../../regulator/auditKeys.ts'
import { findSubjectTransfers } from '../../../regulator/orders/findSubject.ts'
import { openAnnounced } from '../../../regulator/orders/openAnnounced.ts'
import type { OpeningReply } from '../../../regulator/orders/openingMessages.ts'
import '../../support/lightPassphrases.ts'
import { type Group, peersOf } from '../../support/memberServices.ts'
import {
  anna,
  announce,
  anOrder,
  bert,
  type RecordItem,
  startSupervisedChain,
  type SupervisedChain,
  transfersScope,
} from '../../support/supervisedChain.ts'

let world: SupervisedChain
let [small, large]: RecordItem[] = []
const confirmations = 1

before(async () => {
  world = await startSupervisedChain()
  ;[small, large] = await world.settleRecords(
    { sender: anna, recipients: [bert.index], amounts: [25n], nonce: 0n },
    { sender: anna, recipients: [bert.index], amounts: [9_000n], nonce: 1n, isReported: true },
  )
})
after(() => world.stop())

const bothKeys: AuditKeyKind[] = ['investigation', 'largeValue']

function openers({ isWithL = true } = {}) {
  const { committee, largeValue, holder, files } = world
  const named = (group: Group, kind: AuditKeyKind) => ({ file: files[kind], peers: peersOf(group) })
  return [
    named(holder, 'statistics'),
    named(committee, 'investigation'),
    ...(isWithL ? [named(largeValue, 'largeValue')] : []),
  ]
}

async function open(keys: AuditKeyKind[], options?: { isWithL?: boolean }) {
  const { folder, source } = world
  const { order } = await anOrder(world, { ...transfersScope(small!, large!), keys })
  await announce(world, order, [small!, large!])
  const summary = await openAnnounced(source, {
    ...{ folder, order, openers: openers(options), confirmations },
  })
  const bundle = await buildBundle(source, { confirmations }, await folder.load(order))
  return { order, summary, bundle }
}

const verify = (bundle: Bundle) =>
  verifyBundle(world.source, { confirmations }, JSON.parse(canonicalJson(bundle)))

const shown = ({ openings }: Bundle) =>
  openings.map(({ item, key, plaintext }) => [
    item.type === 'record' && item.slot,
    key,
    plaintext['sealedTo'] ?? plaintext['sender'],
  ])

/** Slots that the members of a group have answered for under an order, under whichever key. */
function answeredBy({ members }: Group, order: bigint): Set<number> {
  const facts = members.flatMap(({ journal }) => journal.entries.map(({ fact }) => fact))
  const answered = facts.filter(
    (fact) => fact.what === 'answered' && fact.order === order.toString(),
  )
  return new Set(answered.map((fact) => (fact as unknown as { item: RecordItem }).item.slot))
}

describe('an order that names transfers', () => {
  test('accepts: both keys: I is asked for all, L for what is not for I, and the bundle says which', async () => {
    const { order, summary, bundle } = await open(bothKeys)
    assert.deepEqual([summary.opened, summary.withoutCommittee], [3, 0])
    assert.deepEqual(shown(bundle), [
      [0, 'investigation', '7'],
      [1, 'investigation', 'largeValue'],
      [1, 'largeValue', '7'],
    ])
    const { missing, ...verified } = await verify(bundle)
    assert.equal(missing, 0)
    // The committee of L learns nothing of a record that is not for it, not even that it is asked for.
    assert.deepEqual(answeredBy(world.largeValue, order), new Set([1]))
    const text = describeBundle({ missing, ...verified }, { isRollupGiven: true }).join('\n')
    assert.match(text, /slot 1, investigation record, .*: it is for key largeValue/)
    // Asked once more, nothing is left to ask.
    const { folder, source } = world
    const again = await openAnnounced(source, { folder, order, openers: openers(), confirmations })
    assert.deepEqual([again.opened, again.withoutCommittee], [0, 0])
  })

  test('accepts: the same with L first in the scope', async () => {
    const { order, bundle } = await open(['largeValue', 'investigation'])
    assert.deepEqual(shown(bundle), [
      [0, 'largeValue', 'investigation'],
      [1, 'largeValue', '7'],
      [0, 'investigation', '7'],
    ])
    assert.equal((await verify(bundle)).missing, 0)
    assert.deepEqual(answeredBy(world.committee, order), new Set([0]))
  })

  test('behavior: without the committee of L the bundle holds, and says that an opening is missing', async () => {
    const { summary, bundle } = await open(bothKeys, { isWithL: false })
    assert.deepEqual([summary.opened, summary.withoutCommittee], [2, 1])
    assert.equal((await verify(bundle)).missing, 1)
  })

  test('rejects: a record said to be for the other key, or for none', async () => {
    const { bundle } = await open(['investigation'])
    const claims: [number, Record<string, string>][] = [
      [0, { sealedTo: 'largeValue' }],
      [1, { sealedTo: 'investigation' }],
      [1, {}],
      [1, { ...bundle.openings[0]!.plaintext }],
    ]
    for (const [at, plaintext] of claims) {
      const changed = JSON.parse(canonicalJson(bundle)) as Bundle
      changed.openings[at]!.plaintext = plaintext
      await assert.rejects(verify(changed), { code: 'BUNDLE_PLAINTEXT_DIFFERS' })
    }
    const unknown = JSON.parse(canonicalJson(bundle))
    unknown.openings[1].plaintext = { sealedTo: 'nobody' }
    await assert.rejects(verify(unknown), { code: 'BUNDLE_MALFORMED' })
  })

  test('rejects: L’s committee, for what the scope does not give it', async () => {
    const { folder, largeValue } = world
    const { order } = await open(['investigation'])
    const { scope, announcements } = await folder.load(order)
    const request = { version: 1, order: order.toString(), scope, announcement: announcements[0] }
    const [peer] = peersOf(largeValue)
    const refusalsOf = async (key: AuditKeyKind) => {
      const reply = await peer!.post('/v1/openings', { ...request, key, items: [1] })
      return (reply as OpeningReply).refusals.map(({ code }) => code)
    }
    assert.deepEqual(await refusalsOf('largeValue'), ['OPENING_OUT_OF_SCOPE'])
    // Nor has it a share of I.
    assert.deepEqual(await refusalsOf('investigation'), ['OPENING_KEY_OTHER'])
  })
})

describe('a subject order', () => {
  test('accepts: the trace key of I finds records for L too, which L’s committee then opens', async () => {
    const { folder, source } = world
    const scope = { kind: 'subject' as const, index: 7, epochs: [0], keys: bothKeys }
    const { order } = await anOrder(world, scope)
    await announce(world, order, [{ type: 'trace', epoch: 0 }])
    const options = { folder, order, openers: openers(), confirmations }
    await openAnnounced(source, options)
    const traced = await buildBundle(source, options, await folder.load(order))
    const traceKey = BigInt(traced.openings[0]!.plaintext['traceKey']!)
    const { number: to } = await source.reader.getHead()
    const events = await source.reader.getEvents({ from: 0n, to })
    const batches = events.filter((event) => event.type === 'batchSettled')
    const search = { batches, epoch: 0, traceKey, assets: [1n] }
    const found = await findSubjectTransfers(openKernels(), search)
    assert.deepEqual(
      found.map(({ slot }) => slot),
      [0, 1],
    )
    await announce(world, order, found)
    assert.equal((await openAnnounced(source, options)).opened, 3)
    const bundle = await buildBundle(source, options, await folder.load(order))
    const { missing } = await verify(bundle)
    assert.equal(missing, 0)
    assert.deepEqual(shown(bundle).slice(1), [
      [0, 'investigation', '7'],
      [1, 'investigation', 'largeValue'],
      [1, 'largeValue', '7'],
    ])
  })
})
