import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { BatchBody, BatchPage } from '../../api/index.ts'
import type { SettleBatch, SettleForced } from '../../l1/codec.ts'
import { DEPOSITS_PER_SLOT } from '../../protocol/constants.ts'
import { formatField, hexToBytes } from '../../protocol/field.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { packWord } from '../../protocol/words.ts'
import { checkForced } from '../../sequencer/follower/checkSettlement.ts'
import { DivergenceError } from '../../sequencer/follower/divergence.ts'
import { findUsableKey, type KeyEvent } from '../../sequencer/follower/keyHistory.ts'
import type { Follower } from '../../sequencer/follower/follower.ts'
import { SettlementClock } from '../../sequencer/follower/settlementClock.ts'
import { createSigner } from '../../sequencer/signer.ts'
import type { Database } from '../../sequencer/store/database.ts'
import type { QueuedForced } from '../../sequencer/store/listQueuedForced.ts'
import { insertBatch } from '../../sequencer/store/insertBatch.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { publicInputPosition } from '../support/publicInputPosition.ts'
import { anOrderBook, aRemoval } from '../support/removals.ts'
import { aSubmission, testDay, testDeployment } from '../support/sequencers.ts'
import {
  aFollower,
  circuitIdOf,
  depositDelays,
  SettledChain,
  settleWindow,
  type Tampering,
  withdrawalTo,
} from '../support/settledChains.ts'

function nullifierOf({
  kind,
  publicInputs,
}: Pick<BatchBody['transfers'][number], 'kind' | 'publicInputs'>) {
  return publicInputs[publicInputPosition(kind, 'nullifier')]!
}

// Rules, roots and reports, over a chain in memory. pipeline.test.ts follows real proofs and contracts.

describe('a follower', () => {
  let server: TestServer
  let database: Database
  let close: () => Promise<void>
  let settled: SettledChain
  let follower: Follower | undefined

  before(async () => {
    server = await aServer()
  })
  after(() => server.stop())
  beforeEach(async () => {
    ;({ database, close } = await server.open())
    settled = new SettledChain()
  })
  afterEach(async () => {
    await follower?.stop()
    follower = undefined
    await close()
  })

  const follow = async (
    ports: Parameters<typeof aFollower>[2] = {},
    settings: Parameters<typeof aFollower>[3] = {},
  ) => {
    await follower?.stop()
    follower = await aFollower(database, settled, ports, settings)
    await follower.loops.observer.tick()
    return follower
  }
  const get = async (path: string) => {
    const answer = await follower?.app.inject({ method: 'GET', url: path })
    return { status: answer?.statusCode, body: JSON.parse(answer?.body ?? '') as never }
  }
  /** What is found when a second batch was settled so. */
  const divergenceOf = async (tampering: Tampering) => {
    settled.settle('first')
    settled.settle('second', { tampering })
    const { state } = await follow()
    assert.equal(state.batchNumber, 1n, 'the batch before stays')
    assert.equal(state.isCaughtUp, false)
    assert.equal(state.divergence?.batchNumber, 2n)
    return state.divergence
  }
  const checkOf = async (tampering: Tampering) => (await divergenceOf(tampering))?.check

  test('default: it rebuilds all trees, finds all right, and serves it', async () => {
    const deposit = settled.queueDeposit()
    settled.settle('first', { depositIds: [deposit] })
    settled.publishIdentity(7)
    settled.settle('second')
    const { state } = await follow()
    assert.equal(state.divergence, undefined)
    assert.equal(state.isCaughtUp, true)
    assert.equal(state.batchNumber, 2n)
    assert.equal(state.noteRoot, settled.state.noteTree.root)
    assert.equal(state.nullifierRoot, settled.state.nullifierTree.root)
    assert.equal(state.identity.version, 2n)
    assert.equal(state.proofs, 4)
    assert.equal((await get('/healthz')).status, 200)
    const { batches } = (await get('/v1/batches')).body as BatchPage
    assert.deepEqual(
      batches.map(({ stage, anchor }) => [stage, anchor.signature, anchor.sequencer]),
      Array(2).fill(['settled', undefined, `0x${'0'.repeat(40)}`]),
    )
    assert.equal(batches[0]?.deposits.length, 1)
    const [transfer] = batches[1]?.transfers ?? []
    const found = await get(`/v1/transfers/${transfer?.statementId ?? ''}`)
    assert.deepEqual((found.body as { status: string }).status, 'settled')
  })

  test('behavior: it admits nothing, and says where to go', async () => {
    settled.settle('first')
    await follow()
    const answer = await follower?.app.inject({
      method: 'POST',
      url: '/v1/transfers',
      payload: aSubmission('any'),
    })
    assert.equal(answer?.statusCode, 403)
    assert.equal((JSON.parse(answer.body) as { code: string }).code, 'FOLLOWER_READ_ONLY')
  })

  test('behavior: a memo that an order removed is left out of its answers too', async () => {
    settled.settle('first')
    await follow()
    const whole = ((await get('/v1/batches')).body as BatchPage).batches[0]?.transfers[0]
    const removal = aRemoval('7', nullifierOf(whole!))
    const removed = new Map([[nullifierOf(whole!), removal]])
    await follow({}, { removals: { read: () => Promise.resolve(removed) } })
    const { memo, ...rest } = whole ?? {}
    const memoHash = formatField(hashMemo(hexToBytes(memo ?? '0x')))
    assert.deepEqual(((await get('/v1/batches')).body as BatchPage).batches[0]?.transfers, [
      { ...rest, memoRemoval: { ...removal, memoHash } },
    ])
  })

  test('behavior: a restart goes on where it was, and verifies nothing twice', async () => {
    settled.settle('first')
    settled.publishIdentity(3)
    await follow()
    settled.settle('second')
    const { state, restoration } = await follow()
    assert.equal(restoration.replayed, 1, 'in memory, so rebuilt from the database')
    assert.deepEqual([state.batchNumber, state.proofs, state.divergence], [2n, 2, undefined])
    assert.equal(state.identity.version, 2n)
  })

  test('behavior: what fails is tried again, though no block came', async () => {
    settled.settle('first')
    let isAway = true
    const tried = await aFollower(database, settled, {
      verifyMany(all) {
        return isAway ? Promise.reject(new Error('away')) : Promise.resolve(all.map(() => true))
      },
    })
    follower = tried
    await assert.rejects(tried.loops.observer.tick(), /away/)
    isAway = false
    await tried.loops.observer.tick()
    assert.equal(tried.state.batchNumber, 1n)
    assert.equal(tried.state.isCaughtUp, true)
  })

  test('behavior: after a reorg the same batch settled by other data is what counts', async () => {
    settled.settle('first')
    const { number } = await settled.chain.getHead()
    const [state, batchNumber] = [settled.state, settled.batchNumber]
    const before = new SettledChain()
    before.settle('first')
    settled.settle('second', { memo: 'before' })
    await follow()
    const memoOf = async () =>
      ((await get('/v1/batches')).body as BatchPage).batches[1]?.transfers[0]?.memo?.slice(2, 4)
    assert.equal(await memoOf(), '06')
    // The same outputs and so the same roots, under another memo.
    settled.chain.reorg(number)
    settled.state = before.state
    settled.batchNumber = batchNumber
    settled.noteRoots.length = 2
    settled.settle('second', { memo: 'after' })
    await follower?.loops.observer.tick()
    assert.equal(follower?.state.divergence, undefined)
    assert.equal(follower?.state.noteRoot, state.noteTree.root)
    assert.equal(await memoOf(), '05')
  })

  test('behavior: what a reorg took back is unknown, not rejected', async () => {
    settled.settle('first')
    await follow()
    const { batches } = (await get('/v1/batches')).body as BatchPage
    const id = batches[0]?.transfers[0]?.statementId ?? ''
    settled.chain.reorg(2n)
    settled.chain.mine()
    settled.state = new SettledChain().state
    settled.batchNumber = 0n
    await follower?.loops.observer.tick()
    assert.deepEqual(follower?.state.batchNumber, 0n)
    assert.equal(follower.state.divergence, undefined)
    assert.equal((await get(`/v1/transfers/${id}`)).status, 404)
  })

  test('behavior: a divergence shows in health and metrics, and goes with its block', async () => {
    settled.settle('first')
    const { number } = await settled.chain.getHead()
    const { state } = new SettledChain()
    settled.settle('second', { tampering: { credits: [] } })
    await follow()
    const health = await get('/healthz')
    assert.equal(health.status, 503)
    assert.match(
      JSON.stringify(health.body),
      /batch 2: S3 credit of asset 1 to 0x0*cc: expected 3, actual 0/,
    )
    assert.equal((await get('/readyz')).status, 200, 'what was found right is served')
    const metrics = await follower?.app.inject({ method: 'GET', url: '/metrics' })
    assert.match(metrics?.body ?? '', /cinnabar_follower_divergences\{where="chain"\} 1/)
    settled.chain.reorg(number - 1n)
    settled.chain.mine()
    settled.state = state
    settled.batchNumber = 0n
    await follower?.loops.observer.tick()
    assert.equal((await get('/healthz')).status, 200)
  })

  test('rejects: a proof that does not hold', async () => {
    settled.settle('first')
    const { state } = await follow({ verifyMany: (all) => Promise.resolve(all.map(() => false)) })
    assert.deepEqual([state.batchNumber, state.divergence?.check], [0n, 'proof of the batch'])
  })

  test('rejects: an anchor that is no earlier batch’s root (S1)', async () => {
    const check = await checkOf({ slot: (slot) => ({ ...slot, anchorBatch: 2n }) })
    assert.equal(check, 'S1 anchor')
  })

  test('rejects: public inputs that do not follow from the chain (S1, S2, S5)', async () => {
    // A node that lies about the root of the anchor's batch.
    const found = await divergenceOf({
      event: (event) => ({
        ...event,
        transfers: event.transfers.map((transfer) => ({
          ...transfer,
          publicInputs: { ...transfer.publicInputs, anchor: 5n },
        })),
      }),
    })
    assert.equal(found?.check, 'public input anchor')
    assert.equal(BigInt(found.actual), 5n)
    assert.equal(BigInt(found.expected), settled.noteRoots[1])
  })

  test('rejects: versions that were never published (S2)', async () => {
    const check = await checkOf({ context: (context) => ({ ...context, policyVersion: 9n }) })
    assert.equal(check, 'S2 policy version')
  })

  test('rejects: a root superseded for longer than the window, and takes one that is not (S2)', async () => {
    settled.settle('first')
    settled.publishIdentity(2)
    settled.chain.time += settleWindow - 1n
    // In the window still.
    settled.settle('second', { identityVersion: 1n })
    settled.chain.time += 10n
    settled.settle('third', { identityVersion: 1n })
    const { state } = await follow()
    assert.equal(state.batchNumber, 2n)
    assert.equal(state.divergence?.check, 'S2 identity window')
  })

  for (const [when, days] of [
    ['in the future', 1n],
    ['before the window', -1n],
  ] as const) {
    test(`rejects: a day ${when} (S2)`, async () => {
      const check = await checkOf({ context: (all) => ({ ...all, day: testDay + days }) })
      assert.equal(check, 'S2 day')
    })
  }

  test('rejects: a fee above the asset’s (S3)', async () => {
    const fee = { amount: 1_001n, asset: 1n }
    assert.equal(await checkOf({ slot: (slot) => ({ ...slot, fee }) }), 'S3 fee')
  })

  test('rejects: an asset that is not listed (S3)', async () => {
    const withdrawal = packWord('withdrawal', { asset: 9n, amount: 1n, recipient: 1n })
    assert.equal(await checkOf({ slot: (slot) => ({ ...slot, withdrawal }) }), 'S3 asset')
  })

  test('rejects: credits that are not what the slots pay out (S3)', async () => {
    const account = withdrawalTo
    assert.match(
      (await checkOf({ credits: [{ account, amount: 4n }] })) ?? '',
      /^S3 credit of asset 1 to 0x0+cc$/,
    )
  })

  test('rejects: roots that the batch does not lead to (B1, B3)', async () => {
    const check = await checkOf({ batch: (batch) => ({ ...batch, newNullifierRoot: 4n }) })
    assert.equal(check, 'B1 nullifier root')
  })

  test('rejects: counts and a position that the batch does not lead to (B5)', async () => {
    const check = await checkOf({
      event: (event) => ({ ...event, newSlotCount: event.newSlotCount + 4n }),
    })
    assert.equal(check, 'B5 new slot count')
  })

  test('rejects: an event that is not what the calldata says (S5)', async () => {
    const check = await checkOf({ event: (event) => ({ ...event, noteRoot: 4n }) })
    assert.equal(check, 'S3 note root')
  })

  test('rejects: a sponge output that is not that of the words (B6)', async () => {
    assert.equal(await checkOf({ batch: (batch) => ({ ...batch, c: 4n }) }), 'B6 c')
  })

  test('rejects: a nullifier that was spent (B1)', async () => {
    let spent = 0n
    settled.settle('zeroth', {
      tampering: {
        slot(slot) {
          spent = slot.nullifier
          return slot
        },
      },
    })
    settled.settle('first')
    // The roots are another's: none could be made with a spent nullifier.
    settled.settle('second', {
      tampering: {
        batch: (batch) => ({
          ...batch,
          slots: batch.slots.map((slot) =>
            slot.kind === 'empty' ? slot : { ...slot, nullifier: spent },
          ),
        }),
        event: (event) => ({
          ...event,
          transfers: event.transfers.map((transfer) => ({
            ...transfer,
            publicInputs: { ...transfer.publicInputs, nullifier: spent },
          })),
        }),
      },
    })
    const { state } = await follow()
    assert.equal(state.batchNumber, 2n)
    assert.equal(state.divergence?.check, 'B1 slots')
    assert.match(state.divergence.actual, /^BATCH_NULLIFIER_SPENT/)
  })

  test('rejects: a deposit passed over (S4)', async () => {
    const [one, two] = [settled.queueDeposit(), settled.queueDeposit()]
    settled.settle('first', { depositIds: [two] })
    assert.equal((await follow()).state.divergence?.expected, `deposit ${String(one)}`)
  })

  test('rejects: a deposit that is due and left (S4)', async () => {
    const due = settled.queueDeposit()
    settled.settle('first')
    settled.chain.time += depositDelays.due
    settled.settle('second')
    const { divergence, batchNumber } = (await follow()).state
    assert.equal(batchNumber, 1n)
    assert.equal(divergence?.expected, `deposit ${String(due)}, which is due`)
  })

  test('behavior: a deposit asked back may be passed over, and one in its last window taken (S4)', async () => {
    const ids = Array.from({ length: DEPOSITS_PER_SLOT }, () => settled.queueDeposit())
    const [first = 0n, second = 0n] = ids
    settled.reclaimDeposit(first)
    settled.settle('first', { depositIds: [second] })
    settled.reclaimDeposit(ids[2] ?? 0n)
    settled.settle('second', { depositIds: [ids[2] ?? 0n] })
    assert.deepEqual((await follow()).state.divergence, undefined)
    settled.reclaimDeposit(ids[3] ?? 0n)
    settled.chain.time += settleWindow + 10n
    settled.settle('third', { depositIds: [ids[3] ?? 0n] })
    await follower?.loops.observer.tick()
    assert.equal(follower?.state.divergence?.expected, 'one that is not refundable')
  })

  test('rejects: an identity root that is not its leaves’', async () => {
    settled.publishIdentity(5, { root: 9n })
    const { divergence } = (await follow()).state
    assert.equal(divergence?.check, 'identity root of version 2')
    assert.equal(BigInt(divergence.actual), 9n)
  })

  test('rejects: a policy root that is not its policies’, and audit keys that are no points', async () => {
    const { number } = await settled.chain.getHead()
    settled.chain.mine({ type: 'policyPublished', version: 2n, root: 9n, policies: [] })
    assert.equal((await follow()).state.divergence?.check, 'policy root of version 2')
    settled.chain.reorg(number)
    const [auditKeyS, auditKeyI] = [
      { x: 1n, y: 2n },
      { x: 0n, y: 1n },
    ]
    const auditKeyL = auditKeyS
    const keys = { auditKeyS, auditKeyI, auditKeyL }
    settled.chain.mine({ type: 'epochScheduled', epoch: 1n, startDay: 9n, ...keys })
    await follower?.loops.observer.tick()
    assert.equal(follower?.state.divergence?.check, 'audit keys of epoch 1')
  })

  test('rejects: a contract that says another state of itself', async () => {
    settled.settle('first')
    const { state } = await follow({
      readContractState: () =>
        Promise.resolve({ batchNumber: 1n, slotCount: 8n, noteRoot: 1n, nullifierRoot: 2n }),
    })
    assert.equal(state.divergence?.check, 'contract note root')
    assert.equal(state.isCaughtUp, false)
  })

  test('rejects: the database of a sequencer', async () => {
    await (await follow()).stop()
    follower = undefined
    await insertBatch(database, {
      batch: {
        ...{ number: 1n, circuit: 'batch-4', position: 4n, oldSlotCount: 1n, newSlotCount: 8n },
        ...{ oldNoteRoot: 1n, newNoteRoot: 2n, oldNullifierRoot: 3n, newNullifierRoot: 4n },
        feeRecipient: withdrawalTo,
        signature: `0x${'00'.repeat(64)}1b`,
        sealedAt: new Date(0),
      },
    })
    await assert.rejects(aFollower(database, settled), { code: 'FOLLOWER_DATABASE_NOT_ITS_OWN' })
  })

  describe('that watches a sequencer', () => {
    const signer = createSigner({
      privateKey: new Uint8Array(32).fill(9),
      domain: testDeployment,
    })
    /** What an honest sequencer gives out of what settled. */
    const honest = async (): Promise<BatchBody[]> => {
      const { batches } = (await get('/v1/batches?count=64')).body as BatchPage
      return batches.map((body) => sign(body))
    }
    const sign = (body: BatchBody): BatchBody => {
      const { anchor } = body
      const signature = signer.signAnchor({
        number: BigInt(anchor.batchNumber),
        oldNoteRoot: BigInt(anchor.parentNoteRoot),
        oldNullifierRoot: BigInt(anchor.parentNullifierRoot),
        newNoteRoot: BigInt(anchor.noteRoot),
        newNullifierRoot: BigInt(anchor.nullifierRoot),
        newSlotCount: BigInt(anchor.slotCount),
      } as Parameters<typeof signer.signAnchor>[0])
      return { ...body, anchor: { ...anchor, sequencer: signer.address, signature } }
    }
    let served: BatchBody[] = []
    let now = 0
    let book = anOrderBook()
    const watch = async () => {
      const watching = await follow({
        now: () => new Date(now),
        watch: {
          api: {
            async getStatus() {
              const { body } = await get('/v1/status')
              return { ...(body as object), sequencer: signer.address } as never
            },
            getBatches: ({ from = 1 } = {}) =>
              Promise.resolve({
                batches: served.filter(({ anchor }) => anchor.batchNumber >= from),
                newestBatch: served.at(-1)?.anchor.batchNumber ?? 0,
              }),
          },
          findOrder: (number) => book.findOrder(number),
        },
      })
      served = await honest()
      return watching.loops.watch
    }
    beforeEach(() => {
      now = (Number(testDay) * 86_400 + 43_200) * 1000
    })
    const changed = (body: BatchBody, noteRoot: bigint): BatchBody => {
      const hex = `0x${noteRoot.toString(16).padStart(64, '0')}` as const
      return sign({ ...body, anchor: { ...body.anchor, noteRoot: hex } })
    }

    test('default: what an honest one serves and signs agrees', async () => {
      settled.settle('first')
      settled.settle('second')
      const loop = await watch()
      await loop?.tick()
      assert.deepEqual(loop?.findings, [])
    })

    test('behavior: a memo that an order removed there agrees by its hash, and by no other', async () => {
      settled.settle('first')
      const loop = await watch()
      const removed = (memoHash: string) =>
        served.map((body) => {
          const transfers = body.transfers.map(({ memo: _, ...rest }) => {
            const removal = aRemoval('7', nullifierOf(rest))
            book = anOrderBook(removal)
            return { ...rest, memoRemoval: { ...removal, memoHash } }
          })
          return sign({ ...body, transfers } as BatchBody)
        })
      const memo = served[0]?.transfers[0]?.memo ?? '0x'
      const honestly = removed(formatField(hashMemo(hexToBytes(memo))))
      const otherwise = removed(formatField(7n))
      served = otherwise
      await loop?.tick()
      assert.deepEqual(
        loop?.findings.map(({ check }) => check),
        ['watched transfers'],
      )
      served = honestly
      await loop?.tick()
      assert.deepEqual(loop?.findings, [])
    })

    test('rejects: a memo that is left out without an order, or under one about another transfer', async () => {
      settled.settle('first')
      const loop = await watch()
      const [body] = served
      const nullifier = nullifierOf(body!.transfers[0]!)
      const memoHash = formatField(hashMemo(hexToBytes(body!.transfers[0]!.memo ?? '0x')))
      const other = aRemoval('7', formatField(BigInt(nullifier) + 1n))
      for (const [removal, known] of [
        [aRemoval('7', nullifier), anOrderBook()],
        [other, anOrderBook(other)],
        [aRemoval('7', nullifier), anOrderBook(other)],
      ] as const) {
        book = known
        const transfers = body!.transfers.map(({ memo: _, ...rest }) => ({
          ...rest,
          memoRemoval: { ...removal, memoHash },
        }))
        served = [sign({ ...body!, transfers })]
        await loop?.tick()
        assert.deepEqual(
          loop?.findings.map(({ check }) => check),
          ['watched removal'],
        )
      }
    })

    test('rejects: a signed anchor that is not what settled', async () => {
      settled.settle('first')
      const loop = await watch()
      served = served.map((body) => changed(body, 77n))
      await loop?.tick()
      assert.deepEqual(
        loop?.findings.map(({ check }) => check),
        ['watched noteRoot', 'signed anchor'],
      )
      assert.equal((await get('/healthz')).status, 503)
      // It serves the right one again: what it signed stays signed.
      served = await honest()
      await loop?.tick()
      assert.deepEqual(loop?.findings.map(({ check }) => check).sort(), [
        'equivocation',
        'signed anchor',
      ])
    })

    test('rejects: two anchors of one number, kept through a restart', async () => {
      settled.settle('first')
      settled.settle('second')
      const loop = await watch()
      const next = served.map((body) => ({
        ...body,
        anchor: {
          ...body.anchor,
          batchNumber: body.anchor.batchNumber + 2,
          parentNoteRoot: served[1]?.anchor.noteRoot ?? '0x',
          parentNullifierRoot: served[1]?.anchor.nullifierRoot ?? '0x',
        },
      })) as BatchBody[]
      const [third] = next
      assert.ok(third !== undefined)
      served.push(changed(third, 5n))
      await loop?.tick()
      assert.deepEqual(loop?.findings, [], 'one that is not settled yet says nothing')
      served.splice(2, 1, changed(third, 6n))
      await loop?.tick()
      assert.deepEqual(
        loop?.findings.map(({ check, batchNumber }) => [check, batchNumber]),
        [['equivocation', 3n]],
      )
      const again = await watch()
      await again?.tick()
      assert.deepEqual(
        again?.findings.map(({ check }) => check),
        ['equivocation'],
      )
    })

    test('behavior: a number signed again after the window is no equivocation (S2)', async () => {
      settled.settle('first')
      const loop = await watch()
      const [first] = served
      assert.ok(first !== undefined)
      const second = {
        ...first,
        anchor: {
          ...first.anchor,
          batchNumber: 2,
          parentNoteRoot: first.anchor.noteRoot,
          parentNullifierRoot: first.anchor.nullifierRoot,
        },
      }
      served.push(changed(second, 5n))
      await loop?.tick()
      now += Number(settleWindow + 1n) * 1000
      served.splice(1, 1, changed(second, 6n))
      await loop?.tick()
      assert.deepEqual(loop?.findings, [])
    })

    test('rejects: other contents, an unsigned anchor, another signer', async () => {
      settled.settle('first')
      const loop = await watch()
      const [body] = served
      assert.ok(body !== undefined)
      served = [sign({ ...body, transfers: [] })]
      await loop?.tick()
      assert.deepEqual(
        loop?.findings.map(({ check }) => check),
        ['watched transfers'],
      )
      const { signature: _, ...anchor } = body.anchor
      served = [{ ...body, anchor }]
      await loop?.tick()
      assert.deepEqual(
        loop?.findings.map(({ check }) => check),
        ['watched signature'],
      )
    })
  })
})

describe('checkForced', () => {
  const outputs = [1n, 2n, 3n, 4n] as const
  const words = { nullifier: 9n, outputs, withdrawal: 0n }
  const fee = { amount: 5n, asset: 1n }
  const entry = (id: bigint) =>
    ({
      ...{ id, kind: 'transfer' },
      publicInputs: { ...words, fee: packWord('fee', { ...fee, epoch: 3n }) },
    }) as QueuedForced
  const slot = (entryId: bigint, changes: Partial<SettleForced> = {}): SettleForced => ({
    ...{ kind: 'forced', takenAs: 'transfer', entryId, ...words, fee },
    ...changes,
  })
  const check = (slots: SettleForced[], ...ids: bigint[]) => {
    checkForced({ batchNumber: 4n, slots } as unknown as SettleBatch, ids.map(entry))
  }
  const refused = (what: string, slots: SettleForced[], ...ids: bigint[]) => {
    assert.throws(
      () => {
        check(slots, ...ids)
      },
      (error) => error instanceof DivergenceError && error.divergence.check === what,
    )
  }

  test('default: the oldest, live or void, in any order of slots', () => {
    check([slot(8n), slot(7n, { takenAs: 'void' })], 7n, 8n, 9n)
  })

  test('rejects: one passed over, twice, or never queued (S4)', () => {
    refused('S4 forced queue', [slot(8n)], 7n, 8n)
    refused('S4 forced queue', [slot(7n), slot(7n)], 7n, 8n)
    refused('S4 forced queue', [slot(7n)])
  })

  test('rejects: another kind, or other words than were let in (S5)', () => {
    refused('S5 forced kind', [slot(7n, { takenAs: 'collect' })], 7n)
    refused('S5 forced words', [slot(7n, { withdrawal: 1n })], 7n)
    refused('S5 forced words', [slot(7n, { fee: { amount: 6n, asset: 1n } })], 7n)
  })
})

describe('SettlementClock', () => {
  test('default: block time while nobody stopped it', () => {
    const clock = new SettlementClock([])
    assert.equal(clock.timeAt(1_000n), 1_000n)
    assert.equal(clock.windowStart(1_000n, 100n), 900n)
    assert.equal(clock.isStoppedAt(1_000n), false)
  })

  test('behavior: stops do not count, and windows reach back over them', () => {
    const clock = new SettlementClock([
      { from: 100n, until: 150n },
      { from: 1_000n, until: 1_200n },
    ])
    assert.deepEqual(
      [99n, 120n, 150n, 1_100n, 1_300n].map((time) => clock.timeAt(time)),
      [99n, 100n, 100n, 950n, 1_050n],
    )
    assert.deepEqual(
      [999n, 1_000n, 1_199n, 1_200n].map((time) => clock.isStoppedAt(time)),
      [false, true, true, false],
    )
    assert.equal(clock.windowStart(1_300n, 100n), 1_200n)
    assert.equal(clock.windowStart(1_250n, 100n), 950n)
    assert.equal(clock.timeAt(1_250n) - clock.timeAt(950n), 100n)
  })
})

describe('findUsableKey', () => {
  const circuitId = circuitIdOf('transfer')
  const at = (blockNumber: bigint) => ({ blockNumber, logIndex: 0 })
  const hash = (digit: string) => `0x${digit.repeat(64)}` as const
  const events: KeyEvent[] = [
    { ...at(1n), kind: 'announced', circuitId: 99, version: 1, keyHash: hash('9') },
    { ...at(2n), kind: 'announced', circuitId, version: 1, keyHash: hash('1') },
    { ...at(3n), kind: 'activated', circuitId, version: 1, until: 10n },
    { ...at(4n), kind: 'announced', circuitId, version: 2, keyHash: hash('2') },
    { ...at(5n), kind: 'activated', circuitId, version: 2, until: 500n },
    { ...at(6n), kind: 'stopped', circuitId, version: 2, until: 900n },
    { ...at(8n), kind: 'retired', circuitId, version: 1 },
  ]
  const find = (block: bigint, isSunset: boolean, time = 400n, isClockStopped = block === 6n) =>
    findUsableKey(events, {
      ...{ circuit: 'transfer', isSunset, at: { blockNumber: block, logIndex: 9 } },
      ...{ blockTime: time, clockTime: time, isClockStopped },
    })?.version

  test('default: the active one at that place, with its ordinal among all keys', () => {
    assert.equal(find(2n, false), undefined, 'announced is not active')
    assert.equal(find(3n, false), 1)
    assert.equal(find(5n, false), 2)
    const key = findUsableKey(events, {
      ...{ circuit: 'transfer', isSunset: false, at: at(4n), blockTime: 1n, clockTime: 1n },
      isClockStopped: false,
    })
    assert.deepEqual(key, { ordinal: 2, version: 1, keyHash: hash('1') })
  })

  test('behavior: the one before it, for its sunset and until it is retired', () => {
    assert.equal(find(3n, true), undefined)
    assert.equal(find(5n, true), 1)
    assert.equal(find(5n, true, 500n), 1)
    assert.equal(find(5n, true, 501n), undefined)
    assert.equal(find(8n, true), undefined)
  })

  test('behavior: a stopped one not, until the stop lapses or the clock runs again', () => {
    assert.equal(find(6n, false), undefined)
    assert.equal(find(6n, false, 900n), 2)
    assert.equal(find(6n, false, 400n, false), 2, 'a guardian lets the clock run again')
    assert.equal(find(6n, true), 1)
  })
})
