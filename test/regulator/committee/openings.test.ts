// Openings under orders on a real chain with the real contracts, by members with real stores and services. Proofs of transfers
// are simulated; test/regulator/committee/processes.test.ts walks the same path with real ones and members as processes.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { scheduleEpochCall } from '../../../l1/calls.ts'
import { getEpochs } from '../../../l1/reads.ts'
import { submitTransaction } from '../../../l1/submitTransaction.ts'
import { addPoints, BASE8, mulPoint } from '../../../protocol/babyjubjub.ts'
import { canonicalJson } from '../../../protocol/canonicalJson.ts'
import { interpolatePoints } from '../../../protocol/committee/ceremony.ts'
import { deriveTraceKey } from '../../../protocol/keys.ts'
import { buildBundle, tracesOf } from '../../../regulator/bundle/buildBundle.ts'
import { type Bundle } from '../../../regulator/bundle/bundle.ts'
import { describeBundle } from '../../../regulator/bundle/describeBundle.ts'
import { BundleInvalidError } from '../../../regulator/bundle/errors.ts'
import { readPlaintext } from '../../../regulator/bundle/readPlaintext.ts'
import { verifyBundle } from '../../../regulator/bundle/verifyBundle.ts'
import type { AuditKeyKind } from '../../../regulator/auditKeys.ts'
import { answerOpenings } from '../../../regulator/committee/answerOpenings.ts'
import type { Member } from '../../../regulator/committee/advanceCeremony.ts'
import { decodePoint, encodePoint } from '../../../regulator/committee/bodies.ts'
import { committeeId } from '../../../regulator/committee/committeeFile.ts'
import { isDestroyed, readAttestations } from '../../../regulator/committee/destroyShare.ts'
import { openMember } from '../../../regulator/committee/openMember.ts'
import type { PeerClient } from '../../../regulator/committee/peerClient.ts'
import {
  decodeRegistration,
  provePossessionTogether,
} from '../../../regulator/committee/possessionRounds.ts'
import { applyRetention } from '../../../regulator/committee/retention.ts'
import { hashDocument, type Item } from '../../../regulator/orders/documents.ts'
import {
  OpeningIncompleteError,
  type OpeningRefusal,
  OpeningRefusedError,
} from '../../../regulator/orders/errors.ts'
import { findSubjectTransfers } from '../../../regulator/orders/findSubject.ts'
import { openAnnounced } from '../../../regulator/orders/openAnnounced.ts'
import { viewChain } from '../../../regulator/orders/openingChain.ts'
import {
  isAnswerSigned,
  type OpeningAnswer,
  type OpeningReply,
  signAnswer,
} from '../../../regulator/orders/openingMessages.ts'
import { approveOrder, discloseOrder, rejectOrder } from '../../../regulator/orders/orderActions.ts'
import { openKernels } from '../../../prover/kernels.ts'
import { random } from '../../support/committees.ts'
import '../../support/lightPassphrases.ts'
import {
  aGroup,
  describeCeremony,
  type Group,
  holdCeremony,
  PASSPHRASE,
  peersOf,
} from '../../support/memberServices.ts'
import {
  anna,
  announce,
  anOrder,
  bert,
  keyOf,
  startSupervisedChain,
  type SupervisedChain,
  transfersScope,
  type RecordItem,
} from '../../support/supervisedChain.ts'

let world: SupervisedChain
let [toBert, toAnna]: RecordItem[] = []

before(async () => {
  world = await startSupervisedChain()
  ;[toBert, toAnna] = await world.settleRecords(
    { sender: anna, recipients: [bert.index], amounts: [25n], nonce: 0n },
    { sender: bert, recipients: [anna.index], amounts: [9n], nonce: 0n },
    { sender: anna, recipients: [bert.index], amounts: [4n], nonce: 1n },
  )
})
after(() => world.stop())

const openers = (which?: readonly number[]) => [
  {
    file: world.files.investigation,
    peers: peersOf(world.committee, world.committee.office, which),
  },
  { file: world.files.statistics, peers: peersOf(world.holder) },
]

/** What one member says to a request; the code it refuses with, or the reply. */
async function ask(
  member: Member,
  request: object,
  { confirmations = 1 }: { confirmations?: number } = {},
): Promise<OpeningReply | OpeningRefusal> {
  try {
    const chain = await viewChain(world.source, { confirmations })
    return await answerOpenings(member, chain, request)
  } catch (error) {
    if (error instanceof OpeningRefusedError) return error.code
    throw error
  }
}

const refusalsOf = (reply: OpeningReply | OpeningRefusal) =>
  typeof reply === 'string' ? reply : reply.refusals.map(({ code }) => code)

describe('a transfer order', () => {
  let bundle: Bundle

  test('opens what it names, by 3 of 5 and the holder of S, and its bundle verifies', async () => {
    const { order } = await anOrder(world, transfersScope(toBert!, toAnna!))
    await announce(world, order, [toBert!, toAnna!])
    const { folder, source } = world
    const summary = await openAnnounced(source, {
      ...{ folder, order, openers: openers(), confirmations: 1 },
    })
    assert.deepEqual(
      { ...summary, faults: summary.faults.length },
      { opened: 4, withoutCommittee: 0, refused: [], faults: 0, evidence: [] },
    )
    bundle = await buildBundle(source, { confirmations: 1 }, await folder.load(order))
    const opened = bundle.openings.map(({ item, key, plaintext }) => [
      item.type === 'record' && item.slot,
      key,
      plaintext['sender'] ?? plaintext['amount1'],
    ])
    assert.deepEqual(opened, [
      [0, 'statistics', '25'],
      [1, 'statistics', '9'],
      [0, 'investigation', '7'],
      [1, 'investigation', '8'],
    ])
    const before = await verifyBundle(source, { confirmations: 1 }, bundle)
    assert.equal(before.isDisclosed, false)
    assert.equal(before.missing, 0)
    await discloseOrder(world.officer, { order, bundleHash: before.bundleHash })
    const after = await verifyBundle(
      source,
      { confirmations: 1 },
      JSON.parse(canonicalJson(bundle)),
    )
    assert.equal(after.isDisclosed, true)
  })

  test('a bundle with any one value changed does not verify, and says why', async () => {
    const codes = new Set<string>()
    let tried = 0
    // Of a list's elements, which are all alike, the last one's.
    const fields = new Map(
      leaves(bundle).map((path) => [
        path.filter((part) => typeof part === 'string').join('.'),
        path,
      ]),
    )
    for (const path of fields.values()) {
      const changed = JSON.parse(canonicalJson(bundle))
      tamper(changed, path)
      // Under another number nothing fits, disclosed or not; all else must fail by itself, not by the disclosed hash.
      await assert.rejects(verifyBundle(world.source, { confirmations: 1 }, changed), (error) => {
        assert.ok(error instanceof BundleInvalidError, `${path.join('.')}: ${String(error)}`)
        assert.notEqual(error.code, 'BUNDLE_NOT_AS_DISCLOSED', path.join('.'))
        codes.add(error.code)
        return true
      })
      tried += 1
    }
    assert.ok(tried > 80, `${String(tried)} values`)
    assert.deepEqual([...codes].sort(), [
      'BUNDLE_ANNOUNCEMENT_DIFFERS',
      'BUNDLE_CASE_DIFFERS',
      'BUNDLE_CHAIN_OTHER',
      'BUNDLE_COMMITTEE_INVALID',
      'BUNDLE_HISTORY_DIFFERS',
      'BUNDLE_MALFORMED',
      'BUNDLE_OPENING_REFUSED',
      'BUNDLE_ORDER_DIFFERS',
      'BUNDLE_PLAINTEXT_DIFFERS',
      'BUNDLE_RECORD_DIFFERS',
      'BUNDLE_SCOPE_DIFFERS',
      'BUNDLE_SIGNATURE_INVALID',
    ])
  })

  test('a partial that a member signed and that is wrong does not pass for right', async () => {
    const changed = JSON.parse(canonicalJson(bundle)) as Bundle
    const { item, key, committee, answers } = changed.openings.at(-1)!
    const answer = answers[0]!
    answer.partial.response = answer.partial.challenge
    const { log, order } = changed.announcements[0]!
    const signed = signAnswer(
      {
        ...{ version: 1, chainId: changed.chainId, log, order, key, item },
        committee: committeeId(changed.committees[committee]!),
        ...{ partial: answer.partial, at: answer.at },
      },
      world.committee.members[answer.partial.member - 1]!.store.identity.signingSecret,
    )
    answer.signature = signed.signature
    await assert.rejects(verifyBundle(world.source, { confirmations: 1 }, changed), {
      code: 'BUNDLE_PARTIAL_INVALID',
    })
  })

  test('a bundle that leaves something out is not the one that was disclosed', async () => {
    const without = { ...bundle, openings: bundle.openings.slice(0, 3) }
    await assert.rejects(verifyBundle(world.source, { confirmations: 1 }, without), {
      code: 'BUNDLE_NOT_AS_DISCLOSED',
    })
  })
})

describe('an emergency', () => {
  const confirmations = 1
  /** Opened on the reviewer's approval, bundled and disclosed before the judge said anything. */
  async function disclosed() {
    const { folder, source, officer } = world
    const { order } = await anOrder(
      world,
      { ...transfersScope(toBert!), keys: ['investigation'] },
      { approvals: 1, isEmergency: true },
    )
    await announce(world, order, [toBert!])
    await openAnnounced(source, { folder, order, openers: openers(), confirmations })
    const bundle = await buildBundle(source, { confirmations }, await folder.load(order))
    const { bundleHash, since } = await verifyBundle(source, { confirmations }, bundle)
    assert.deepEqual(since, [])
    await discloseOrder(officer, { order, bundleHash })
    return { order, bundle }
  }
  const verify = (bundle: Bundle) =>
    verifyBundle(world.source, { confirmations }, JSON.parse(canonicalJson(bundle)))

  test('a bundle that was disclosed before the ratification verifies after it, and shows it', async () => {
    const { order, bundle } = await disclosed()
    await approveOrder(world.judge, { order, role: 'judge' })
    const verified = await verify(bundle)
    assert.equal(verified.isDisclosed, true)
    assert.deepEqual(
      verified.since.map(({ act }) => act),
      ['disclosed', 'approvedAsJudge', 'ratified'],
    )
    const text = describeBundle(verified, { isRollupGiven: true }).join('\n')
    assert.match(
      text,
      /After the bundle was made:\n.* disclosed .*\n.* approvedAsJudge .*\n.* ratified /,
    )
    // Nobody had approved as a judge when it was made.
    const { judge } = verified.order
    const claimed = { ...bundle, order: { ...bundle.order, judge } }
    await assert.rejects(verify(claimed), { code: 'BUNDLE_ORDER_DIFFERS' })
  })

  test('a bundle verifies after a refusal, and shows it; a history that ends too early does not', async () => {
    const { order, bundle } = await disclosed()
    await rejectOrder(world.judge, { order, role: 'judge', reason: 'there was time to ask' })
    const { since, order: now } = await verify(bundle)
    assert.deepEqual(
      since.map(({ act }) => act),
      ['disclosed', 'violated', 'rejected'],
    )
    assert.deepEqual([now.state, now.isViolation, now.isRefused], ['disclosed', true, true])
    const history = bundle.order.history.slice(0, -1)
    const cut = { ...bundle, order: { ...bundle.order, history } }
    await assert.rejects(verify(cut), { code: 'BUNDLE_HISTORY_DIFFERS' })
  })
})

describe('a member refuses', () => {
  /** A request that every member answers, for one item. */
  async function aRequest(items: Item[], rest: Parameters<typeof anOrder>[1], limit = 10) {
    const { order, scope } = await anOrder(world, rest, { limit })
    const announcement = await announce(world, order, items)
    const asked = items.map((_, i) => i)
    return {
      ...{ version: 1, order: order.toString(), scope, announcement },
      ...{ key: 'investigation', items: asked },
    }
  }
  const member = () => world.committee.members[0]!
  const everybody = (request: object) =>
    Promise.all(world.committee.members.map(async (asked) => refusalsOf(await ask(asked, request))))

  test('what is malformed, and an order that is not there', async () => {
    const good = await aRequest([toBert!], transfersScope(toBert!))
    assert.deepEqual(refusalsOf(await ask(member(), good)), [])
    assert.equal(await ask(member(), { ...good, more: 1 }), 'OPENING_REQUEST_INVALID')
    assert.equal(await ask(member(), { ...good, key: 'spending' }), 'OPENING_REQUEST_INVALID')
    assert.equal(
      await ask(member(), { ...good, items: [1] })
        .then(refusalsOf)
        .then(String),
      'OPENING_NOT_ANNOUNCED',
    )
    assert.equal(await ask(member(), { ...good, order: '999' }), 'OPENING_ORDER_UNKNOWN')
  })

  test('every one of them, a supervisor without an authorised order', async () => {
    const { order, scope } = await anOrder(world, transfersScope(toBert!), { approvals: 1 })
    const announcement = {
      ...(await aRequest([toBert!], transfersScope(toBert!))).announcement,
      order: order.toString(),
    }
    const request = {
      version: 1,
      order: order.toString(),
      scope,
      announcement,
      key: 'investigation',
      items: [0],
    }
    // One approval: nothing could be announced, so nobody answers.
    assert.deepEqual(new Set(await everybody(request)), new Set(['OPENING_NOT_ANNOUNCED']))
  })

  test('an order that was rejected after its announcement, at once', async () => {
    const { officer, judge, rollup } = world
    const good = await aRequest([toBert!], transfersScope(toBert!))
    const undo = await rollup.chain.snapshot()
    await discloseOrder(officer, { order: BigInt(good.order), bundleHash: hashDocument('x') })
    assert.deepEqual(new Set(await everybody(good)), new Set(['OPENING_NOT_EXECUTABLE']))
    await undo()
    await assert.rejects(
      rejectOrder(judge, { order: BigInt(good.order), role: 'judge', reason: 'no' }),
    )
  })

  test('an emergency that was refused while it was under way, at once', async () => {
    const emergency = { approvals: 1, isEmergency: true } as const
    const { order, scope } = await anOrder(world, transfersScope(toBert!), emergency)
    const announcement = await announce(world, order, [toBert!])
    const request = {
      ...{ version: 1, order: order.toString(), scope, announcement },
      ...{ key: 'investigation', items: [0] },
    }
    assert.deepEqual(refusalsOf(await ask(member(), request)), [])
    await rejectOrder(world.judge, { order, role: 'judge', reason: 'no' })
    assert.deepEqual(new Set(await everybody(request)), new Set(['OPENING_NOT_EXECUTABLE']))
  })

  test('another scope than was filed, and a list that was not announced', async () => {
    const good = await aRequest([toBert!], transfersScope(toBert!))
    const wider = {
      ...good.scope,
      transfers: [toBert!, toAnna!].map(({ type: _, ...named }) => named),
    }
    assert.equal(await ask(member(), { ...good, scope: wider }), 'OPENING_SCOPE_DIFFERS')
    const longer = { ...good.announcement, items: [toBert!, toAnna!] }
    assert.equal(await ask(member(), { ...good, announcement: longer }), 'OPENING_NOT_ANNOUNCED')
    const other = { ...good.announcement, log: `0x${'11'.repeat(20)}` }
    assert.equal(await ask(member(), { ...good, announcement: other }), 'OPENING_NOT_ANNOUNCED')
  })

  test('what is announced and out of scope: a transfer, a key, a day', async () => {
    const both = await aRequest([toBert!, toAnna!], transfersScope(toBert!))
    const reply = (await ask(member(), both)) as OpeningReply
    assert.deepEqual(
      reply.refusals.map(({ item, code }) => [item, code]),
      [[1, 'OPENING_OUT_OF_SCOPE']],
    )
    assert.equal(reply.answers.length, 1)
    const onlyS = await aRequest([toBert!], { ...transfersScope(toBert!), keys: ['statistics'] })
    assert.deepEqual(refusalsOf(await ask(member(), onlyS)), ['OPENING_OUT_OF_SCOPE'])
    const day = Number((await world.builder.context()).day)
    const before = { ...transfersScope(toBert!), period: { from: 0, to: day - 1 } }
    assert.deepEqual(refusalsOf(await ask(member(), await aRequest([toBert!], before))), [
      'OPENING_OUT_OF_SCOPE',
    ])
    const within = { ...transfersScope(toBert!), period: { from: day, to: day } }
    assert.deepEqual(refusalsOf(await ask(member(), await aRequest([toBert!], within))), [])
  })

  test('what is not settled: another batch, an empty slot, another nullifier, not deep enough', async () => {
    const wrong = [
      { ...toBert!, batch: '99' },
      { ...toBert!, slot: 3 },
      { ...toBert!, nullifier: toAnna!.nullifier },
    ]
    for (const item of wrong) {
      const request = await aRequest([item], transfersScope(item))
      assert.deepEqual(refusalsOf(await ask(member(), request)), ['OPENING_NOT_SETTLED'])
    }
    const good = await aRequest([toBert!], transfersScope(toBert!))
    assert.equal(await ask(member(), good, { confirmations: 2 }), 'OPENING_NOT_ANNOUNCED')
    await world.rollup.chain.mine(1)
    assert.deepEqual(refusalsOf(await ask(member(), good, { confirmations: 2 })), [])
    // An order of old for a batch of a moment ago.
    const late = { ...toBert!, batch: '2' }
    const early = await aRequest([late], transfersScope(late))
    await world.rollup.chain.mine(3)
    assert.deepEqual(refusalsOf(await ask(member(), early, { confirmations: 3 })), [
      'OPENING_NOT_SETTLED',
    ])
  })

  test('points off the curve, outside the subgroup, and the identity', async () => {
    const twoTorsion = {
      x: 0n,
      y: 21888242871839275222246405745257275088548364400416034343698204186575808495616n,
    }
    const { ephemeral } = (
      await world.source.reader
        .getEvents({ from: 0n, to: (await world.source.reader.getHead()).number })
        .then((events) => events.find((event) => event.type === 'batchSettled')!.transfers[0]!)
    ).publicInputs
    const outside = addPoints({ x: ephemeral[0], y: ephemeral[1] }, twoTorsion)
    const points = [
      [5n, 6n],
      [0n, 1n],
      [twoTorsion.x, twoTorsion.y],
      [outside.x, outside.y],
    ] as const
    const items: RecordItem[] = []
    for (const chunk of [points.slice(0, 3), points.slice(3)]) {
      items.push(
        ...(await world.settleRecords(...chunk.map((ephemeral) => ({ record: { ephemeral } })))),
      )
    }
    const request = await aRequest(items, transfersScope(...items))
    assert.deepEqual(
      refusalsOf(await ask(member(), request)),
      Array(4).fill('OPENING_POINT_INVALID'),
    )
  })

  test('more items than the order allows, as it counts for itself', async () => {
    // The contract would not let it come so far; a member does not rely on that.
    const request = await aRequest([toBert!, toAnna!], transfersScope(toBert!, toAnna!), 2)
    const chain = await viewChain(world.source, { confirmations: 1 })
    const narrow = {
      ...chain,
      order: async (number: bigint) => ({ ...(await chain.order(number))!, limit: 1 }),
    }
    const reply = await answerOpenings(member(), narrow, request)
    assert.deepEqual([reply.answers.length, refusalsOf(reply)], [1, ['OPENING_LIMIT_EXCEEDED']])
    // The same item again is the same opening.
    const again = await answerOpenings(member(), narrow, { ...request, items: [0] })
    assert.equal(again.answers.length, 1)
  })

  test('a key that it has no share of; and every refusal is in its journal', async () => {
    const request = await aRequest([toBert!], transfersScope(toBert!))
    const holder = world.holder.members[0]!
    assert.deepEqual(refusalsOf(await ask(holder, request)), ['OPENING_KEY_OTHER'])
    const last = holder.journal.entries.at(-1)?.fact
    assert.equal(last?.what === 'refused' && last.code, 'OPENING_KEY_OTHER')
    const answered = member().journal.entries.filter(({ fact }) => fact.what === 'answered')
    assert.ok(answered.length > 0)
  })
})

describe('members who do not play by the rules', () => {
  /** The member's service as it would be if its operator wanted openings to fail: signed, and wrong. */
  function corrupt(index: number): PeerClient {
    const [peer] = peersOf(world.committee, world.committee.office, [index])
    const { signingSecret } = world.committee.members[index - 1]!.store.identity
    return {
      ...peer!,
      async post(path, body) {
        const reply = (await peer!.post(path, body)) as OpeningReply
        const answers = reply.answers.map(({ signature: _, ...unsigned }) => {
          const result = encodePoint(addPoints(decodePoint(unsigned.partial.result), BASE8))
          const partial = { ...unsigned.partial, result }
          return signAnswer({ ...unsigned, partial }, signingSecret)
        })
        return { ...reply, answers }
      },
    }
  }
  let lastOrder: bigint | undefined
  async function open(peers: readonly PeerClient[]) {
    const { order } = await anOrder(world, { ...transfersScope(toBert!), keys: ['investigation'] })
    lastOrder = order
    await announce(world, order, [toBert!])
    const { folder, source } = world
    const named = [{ file: world.files.investigation, peers }]
    return openAnnounced(source, { folder, order, openers: named, confirmations: 1 })
  }

  test('a wrong partial names its author, and does not stop the others', async () => {
    const honest = peersOf(world.committee, world.committee.office, [1, 3, 4, 5])
    const { opened, faults, evidence } = await open([corrupt(2), ...honest])
    assert.equal(opened, 1)
    assert.deepEqual(
      faults.map(({ member, code }) => [member, code]),
      [['Member 2', 'partialWrong']],
    )
    assert.deepEqual(
      evidence.map(({ partial }) => partial.member),
      [2],
    )
    const two = await open([
      corrupt(2),
      corrupt(4),
      ...peersOf(world.committee, undefined, [1, 3, 5]),
    ])
    assert.deepEqual(
      [two.opened, two.faults.map(({ member }) => member)],
      [1, ['Member 2', 'Member 4']],
    )
  })

  test('two corrupt ones and two honest ones open nothing; all corrupt ones are named', async () => {
    const honest = peersOf(world.committee, world.committee.office, [1, 3])
    await assert.rejects(open([corrupt(2), corrupt(4), ...honest]), (error) => {
      assert.ok(error instanceof OpeningIncompleteError)
      assert.match(
        error.message,
        /Needed: 3\nValid: {2}2\nMember 2: partialWrong.*\nMember 4: partialWrong/,
      )
      assert.deepEqual(
        error.evidence.map(({ partial }) => partial.member),
        [2, 4],
      )
      return true
    })
    const order = lastOrder!
    const kept = JSON.parse(await readFile(world.folder.evidencePath(order), 'utf8'))
    assert.equal(kept.length, 2)
    for (const answer of kept as OpeningAnswer[]) {
      assert.equal(answer.order, order.toString())
      assert.ok(isAnswerSigned(answer, world.files.investigation.committee))
    }
  })

  test('an item that too few answer does not stop the others', async () => {
    const { folder, source } = world
    const { order } = await anOrder(world, {
      ...{ ...transfersScope(toBert!, toAnna!), keys: ['investigation'] },
    })
    await announce(world, order, [toBert!, toAnna!])
    const silentOn = (slot: number, index: number): PeerClient => {
      const [peer] = peersOf(world.committee, world.committee.office, [index])
      return {
        ...peer!,
        async post(path, body) {
          const reply = (await peer!.post(path, body)) as OpeningReply
          const answers = reply.answers.filter(
            ({ item }) => item.type !== 'record' || item.slot !== slot,
          )
          return { ...reply, answers }
        },
      }
    }
    const honest = peersOf(world.committee, world.committee.office, [1, 2])
    const peers = [...honest, silentOn(toBert!.slot, 3)]
    const named = [{ file: world.files.investigation, peers }]
    const options = { folder, order, openers: named, confirmations: 1 }
    await assert.rejects(openAnnounced(source, options), /Valid: {2}2\nLeft: {3}batch 1 slot 0/)
    const { collected } = await folder.load(order)
    assert.deepEqual(
      collected.map(({ item }) => item),
      [toAnna],
    )
    // Asked again, with all members, only the one that is left is opened.
    const again = await openAnnounced(source, { ...options, openers: openers() })
    assert.equal(again.opened, 1)
  })

  test('what was announced and nobody may open is named, and does not stop the others', async () => {
    const { folder, source } = world
    const { order } = await anOrder(world, { ...transfersScope(toBert!), keys: ['investigation'] })
    await announce(world, order, [toAnna!, toBert!])
    const options = { folder, order, openers: openers(), confirmations: 1 }
    const { opened, refused } = await openAnnounced(source, options)
    assert.deepEqual(
      [opened, refused],
      [1, [{ item: toAnna, key: 'investigation', code: 'OPENING_OUT_OF_SCOPE' }]],
    )
    const bundle = await buildBundle(source, options, await folder.load(order))
    assert.equal((await verifyBundle(source, options, bundle)).missing, 1)
  })

  test('two who collude have less than they need: what their shares give is not the record', async () => {
    const shares = await Promise.all(
      world.committee.members.slice(0, 2).map(async ({ store }) => (await store.shares())[0]!),
    )
    const [batch] = (
      await world.source.reader.getEvents({
        from: 0n,
        to: (await world.source.reader.getHead()).number,
      })
    ).filter((event) => event.type === 'batchSettled')
    const transfer = batch!.transfers[0]!
    const [x, y] = transfer.publicInputs.ephemeral
    const guess = interpolatePoints(
      shares.map(({ member }) => member),
      shares.map(({ share }) => mulPoint({ x, y }, share)),
    )
    const sender = (() => {
      try {
        return readPlaintext('investigation', guess, transfer)['sender']
      } catch {
        return undefined
      }
    })()
    assert.notEqual(sender, anna.index.toString())
  })

  test('nobody gets a connection whose certificate is not in the address book', async () => {
    const strangers = await aGroup(0)
    const [peer] = peersOf(world.committee, strangers.office, [1])
    await assert.rejects(peer!.get('/v1/status'), { code: 'COMMITTEE_PEER_UNAVAILABLE' })
    await strangers.stop()
    // A member is let in, and may not ask for openings.
    const [asMember] = peersOf(world.committee, world.committee.members[1], [1])
    await assert.rejects(asMember!.post('/v1/openings', {}), { reason: 'COMMITTEE_CALLER_REFUSED' })
    const [asOffice] = peersOf(world.committee, world.committee.office, [1])
    await assert.rejects(asOffice!.get(`/v1/ceremonies/${'0x'.padEnd(66, '0')}/messages`), {
      reason: 'COMMITTEE_CALLER_REFUSED',
    })
    await assert.rejects(asOffice!.post('/v1/openings', {}), { reason: 'OPENING_REQUEST_INVALID' })
  })
})

describe('a subject order', () => {
  const kernels = openKernels()

  test('finds all transfers of its subject and none of anybody else’s, and opens only those', async () => {
    const { folder, source, files } = world
    const { order, scope } = await anOrder(world, { kind: 'subject', index: 7, epochs: [0] })
    const trace = await announce(world, order, [{ type: 'trace', epoch: 0 }])
    const common = { folder, order, openers: openers(), confirmations: 1 }
    assert.equal((await openAnnounced(source, common)).opened, 1)
    const bundled = await buildBundle(source, common, await folder.load(order))
    const traceKey = BigInt(bundled.openings[0]!.plaintext['traceKey']!)
    assert.equal(traceKey, deriveTraceKey(anna.traceSecret, keyOf(files.investigation)))

    const { number: to } = await source.reader.getHead()
    const batches = (await source.reader.getEvents({ from: 0n, to })).filter(
      (event) => event.type === 'batchSettled',
    )
    const search = { batches, epoch: 0, traceKey, assets: [1n, 2n] }
    const found = await findSubjectTransfers(kernels, search)
    assert.deepEqual(
      found.map(({ batch, slot, asset, nonce }) => [batch, slot, asset, nonce]),
      [
        ['1', 0, '1', '0'],
        ['1', 2, '1', '1'],
      ],
    )
    await announce(world, order, found)
    assert.equal((await openAnnounced(source, common)).opened, 4)
    const bundle = await buildBundle(source, common, await folder.load(order))
    const { missing } = await verifyBundle(source, common, JSON.parse(canonicalJson(bundle)))
    assert.equal(missing, 0)
    const senders = bundle.openings.flatMap(({ plaintext }) => plaintext['sender'] ?? [])
    assert.deepEqual(senders, ['7', '7'])

    // The same order and key, for the counterparty's payment, with whatever asset and nonce.
    const traces = tracesOf(await folder.load(order))
    const claims = [
      { ...toAnna!, asset: '1', nonce: '0' },
      { ...toAnna!, asset: '1', nonce: '1' },
      { ...toAnna!, asset: '70000', nonce: '0' },
      toAnna!,
    ]
    const others = await announce(world, order, claims)
    const request = { version: 1, order: order.toString(), scope, key: 'investigation' }
    const asked = { ...request, announcement: others, items: [0, 1, 2, 3] }
    for (const member of world.committee.members) {
      const reply = await ask(member, { ...asked, traces })
      assert.deepEqual(refusalsOf(reply), Array(4).fill('OPENING_NOT_OF_SUBJECT'))
    }
    const [member] = world.committee.members
    assert.deepEqual(refusalsOf(await ask(member!, asked)), Array(4).fill('OPENING_TRACE_MISSING'))
    // Partials of which one is not what its proof says.
    const [first, ...rest] = traces[0]!.partials
    const forged = [{ ...traces[0]!, partials: [{ ...first!, member: 5 }, ...rest] }]
    assert.equal(await ask(member!, { ...asked, traces: forged }), 'OPENING_TRACE_MISSING')
    // A committee that somebody made up, with a key of its own.
    const own = { ...traces[0]!, committee: files.statistics.committee }
    assert.equal(await ask(member!, { ...asked, traces: [own] }), 'OPENING_TRACE_MISSING')
    assert.ok(trace)
  })

  test('of another epoch or of nobody is refused', async () => {
    const [member] = world.committee.members
    const cases: [object, Item, OpeningRefusal][] = [
      [
        { kind: 'subject', index: 7, epochs: [1] },
        { type: 'trace', epoch: 0 },
        'OPENING_OUT_OF_SCOPE',
      ],
      [
        { kind: 'subject', index: 7, epochs: [5] },
        { type: 'trace', epoch: 5 },
        'OPENING_KEY_OTHER',
      ],
      [
        { kind: 'subject', index: 9, epochs: [0] },
        { type: 'trace', epoch: 0 },
        'OPENING_SUBJECT_UNKNOWN',
      ],
      [transfersScope(toBert!), { type: 'trace', epoch: 0 }, 'OPENING_OUT_OF_SCOPE'],
    ]
    for (const [rest, item, code] of cases) {
      const { order, scope } = await anOrder(world, rest as Parameters<typeof anOrder>[1])
      const announcement = await announce(world, order, [item])
      const request = { version: 1, order: order.toString(), scope, announcement, items: [0] }
      assert.deepEqual(refusalsOf(await ask(member!, { ...request, key: 'investigation' })), [code])
      // S has no part in a trace.
      const asS = await ask(world.holder.members[0]!, { ...request, key: 'statistics' })
      assert.deepEqual(refusalsOf(asS), ['OPENING_OUT_OF_SCOPE'])
    }
  })
})

describe('epochs', () => {
  test('a rotated key opens its own records, a refreshed one the same, a destroyed one none', async () => {
    const { committee, holder, rollup, source, folder } = world
    const context = (kind: AuditKeyKind) => ({
      chainId: rollup.deployment.chainId,
      registry: rollup.deployment.contracts.supervisionRegistry,
      ...{ epoch: 1n, kind },
    })
    const make = async (group: Group, kind: AuditKeyKind, threshold: number) => {
      const id = await describeCeremony(group, { context: context(kind), threshold })
      const file = await holdCeremony(group, id)
      const which = Array.from({ length: threshold }, (_, i) => i + 1)
      const proof = await provePossessionTogether(file, peersOf(group, group.office, which), random)
      return { file, registration: decodeRegistration(proof) }
    }
    const i = await make(committee, 'investigation', 3)
    const s = await make(holder, 'statistics', 1)
    const l = await make(holder, 'largeValue', 1)
    const startDay = (await builderDay()) + 1n
    await submitTransaction({
      ...world.officer,
      purpose: 'epoch 1',
      chainId: rollup.deployment.chainId,
      ...scheduleEpochCall(rollup.deployment, {
        ...{ startDay, statistics: s.registration, investigation: i.registration },
        largeValue: l.registration,
      }),
    })
    await rollup.chain.increaseTime(86_400)
    const [late] = await world.settleRecords({
      sender: bert,
      recipients: [7n],
      amounts: [3n],
      nonce: 1n,
    })

    const { order } = await anOrder(world, transfersScope(toBert!, late!))
    await announce(world, order, [toBert!, late!])
    const all = [
      ...openers(),
      { file: i.file, peers: peersOf(committee) },
      { file: s.file, peers: peersOf(holder) },
    ]
    const summary = await openAnnounced(source, { folder, order, openers: all, confirmations: 1 })
    assert.deepEqual([summary.opened, summary.withoutCommittee], [4, 0])
    const bundle = await buildBundle(source, { confirmations: 1 }, await folder.load(order))
    const verified = await verifyBundle(
      source,
      { confirmations: 1 },
      JSON.parse(canonicalJson(bundle)),
    )
    assert.equal(verified.bundle.committees.length, 4)

    // Handed over to members 1 to 4, 2 of them to open: the key stays, the shares of before are gone.
    const refreshed = await holdCeremony(
      committee,
      await describeCeremony(committee, {
        ...{ context: context('investigation'), threshold: 2 },
        ...{ members: committee.members.slice(0, 4), from: i.file },
      }),
    )
    assert.deepEqual(refreshed.committee.publicKey, i.file.committee.publicKey)
    for (const { store, journal } of committee.members) {
      assert.equal(await store.shareOf(i.file.transcript), undefined)
      assert.ok(isDestroyed(journal, i.file.transcript))
    }
    const again = await anOrder(world, { ...transfersScope(late!), keys: ['investigation'] })
    await announce(world, again.order, [late!])
    const two = [{ file: refreshed, peers: peersOf(committee, committee.office, [2, 4]) }]
    const reopened = await openAnnounced(source, {
      folder,
      order: again.order,
      openers: two,
      confirmations: 1,
    })
    assert.equal(reopened.opened, 1)
    const [, , , , fifth] = committee.members
    assert.deepEqual(refusalsOf(await askFor(fifth!, again, late!)), ['OPENING_SHARE_DESTROYED'])

    // Epoch 0 ended a day ago and is not kept.
    const epochs = await getEpochs(source)
    const retention = { epochs, today: startDay + 30n, retentionDays: 31 }
    for (const member of committee.members)
      assert.deepEqual(await applyRetention(member, retention), [])
    const attestations = await Promise.all(
      committee.members.map((member) =>
        applyRetention(member, { ...retention, retentionDays: 30 }),
      ),
    )
    const state = readAttestations(world.files.investigation, attestations.flat())
    assert.deepEqual(state, { destroyed: [1, 2, 3, 4, 5], left: 0, isClosed: true })
    const three = readAttestations(world.files.investigation, attestations.slice(0, 2).flat())
    assert.deepEqual(three, { destroyed: [1, 2], left: 3, isClosed: false })
    const changed = { ...attestations[0]![0]!, member: 2 }
    assert.throws(() => readAttestations(world.files.investigation, [changed]), {
      code: 'COMMITTEE_ATTESTATION_INVALID',
    })
    const closed = await anOrder(world, { ...transfersScope(toBert!), keys: ['investigation'] })
    await announce(world, closed.order, [toBert!])
    for (const member of committee.members) {
      assert.deepEqual(refusalsOf(await askFor(member, closed, toBert!)), [
        'OPENING_SHARE_DESTROYED',
      ])
    }
    await assert.rejects(
      openAnnounced(source, { folder, order: closed.order, openers: openers(), confirmations: 1 }),
      { code: 'OPENING_INCOMPLETE' },
    )
    // A member that starts again with its journal and its folder knows what it did.
    const reopenedMember = await openMember(committee.members[0]!.store.dir, PASSPHRASE)
    assert.equal((await reopenedMember.store.shares()).length, 1)
    assert.ok(isDestroyed(reopenedMember.journal, world.files.investigation.transcript))
  })

  test('a journal of which a line was changed is not taken', async () => {
    const { dir } = world.committee.members[0]!.store
    const path = join(dir, 'journal.jsonl')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('shareDestroyed', 'shareKept'))
    await assert.rejects(openMember(dir, PASSPHRASE), { code: 'COMMITTEE_JOURNAL_DAMAGED' })
    // What a crash left of a last line was answered to nobody.
    await writeFile(path, `${text}{"number":`)
    const { journal } = await openMember(dir, PASSPHRASE)
    assert.equal(journal.entries.length, text.split('\n').length - 1)
  })

  async function askFor(
    member: Member,
    { order, scope }: { order: bigint; scope: object },
    item: RecordItem,
  ) {
    const [announcement] = (await world.folder.load(order)).announcements
    assert.deepEqual(announcement!.items, [item])
    const request = { version: 1, order: order.toString(), scope, announcement }
    return ask(member, { ...request, key: 'investigation', items: [0] })
  }
})

async function builderDay(): Promise<bigint> {
  return (await world.builder.context()).day
}

/** Paths of all strings, numbers and booleans of a value. */
function leaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(name) : name]),
  )
}

/** Another value of the same form. */
function tamper(value: unknown, path: readonly (string | number)[]): void {
  let at = value as Record<string | number, unknown>
  for (const name of path.slice(0, -1)) at = at[name] as typeof at
  const last = path.at(-1)!
  const old = at[last]
  if (typeof old === 'boolean') at[last] = !old
  else if (typeof old === 'number') at[last] = old + 1
  else if (typeof old === 'string') {
    const end = old.at(-1)!
    at[last] = old.slice(0, -1) + (end === '1' ? '2' : '1')
  }
}
