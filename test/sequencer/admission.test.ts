import assert from 'node:assert/strict'
import { after, before, beforeEach, afterEach, describe, test } from 'node:test'
import { FIELD_ORDER, SECONDS_PER_DAY } from '../../protocol/constants.ts'
import { packWord } from '../../protocol/words.ts'
import { verifyReceipt, type Receipt } from '../../api/index.ts'
import type { OperatorBondState } from '../../l1/operatorBond.ts'
import type { Database } from '../../sequencer/store/database.ts'
import { fieldOf } from '../support/identities.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import {
  anIdentityUpdate,
  aSequencer,
  aSubmission,
  noon,
  type SubmissionOptions,
  testDay,
  testDeployment,
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
  here = await aSequencer(database, { settings: { minimumFees: new Map([[2n, 5n]]) } })
})
afterEach(async () => {
  await here.sequencer.stop()
  await close()
})

const fee = (amount: bigint, asset: bigint, epoch = 0n) => packWord('fee', { amount, asset, epoch })
/** Asset 2 has a minimum fee, so a valid submission pays one. */
const valid: SubmissionOptions = { fee: fee(3n, 1n) }
/** A bond whose clock was stopped for 50 s once. */
const aBond = (): OperatorBondState => ({
  ...{ owner: `0x${'0b'.repeat(20)}`, amount: 20n, withdrawableAt: undefined, isBonded: true },
  ...{ promiseTime: 3_600n, holdTime: 300n, notice: 700_000n, payout: 5n, minBond: 10n },
  time: BigInt(noon / 1000 - 50),
  blockTime: BigInt(noon / 1000),
})
const refused = async (options: SubmissionOptions, status: number, code: string) => {
  const answer = await here.post(aSubmission('refused', { ...valid, ...options }))
  assert.deepEqual([answer.status, answer.body['code']], [status, code])
  // Nothing was promised, so nothing is known of it.
  const rows = await database.query({ text: 'select 1 from transfer', values: [] })
  assert.equal(rows.length, 0)
}

describe('admission', () => {
  test('default: durable, with a receipt that verifies', async () => {
    const { status, body } = await here.post(aSubmission('one', valid))
    assert.equal(status, 202)
    assert.equal(body['status'], 'admitted')
    const receipt = body['receipt'] as Receipt
    assert.equal(receipt.statementId, body['id'])
    assert.equal(receipt.admittedAt, here.clock.now)
    assert.equal(verifyReceipt(testDeployment, receipt, here.sequencer.address), true)
    const found = await here.get(`/v1/transfers/${String(body['id'])}`)
    assert.deepEqual(found.body, { id: body['id'], status: 'admitted', receipt })
  })

  test('behavior: collect, with its longer record', async () => {
    const { status } = await here.post(aSubmission('one', { ...valid, circuit: 'collect' }))
    assert.equal(status, 202)
  })

  test('behavior: the same statement again, with another proof, gives the same receipt', async () => {
    const first = await here.post(aSubmission('one', valid))
    here.clock.now += 5_000
    const again = await here.post(
      aSubmission('one', { ...valid, proof: [9n, 9n, 9n, 9n, 9n, 9n, 9n, 9n] }),
    )
    assert.deepEqual(again, first)
    here = await here.restart()
    assert.deepEqual(await here.post(aSubmission('one', valid)), first)
  })

  test('behavior: while a bond answers for it, the receipt promises a time, and keeps it', async () => {
    await here.sequencer.stop()
    const settings = { batchAgeMs: 1_000 }
    here = await aSequencer(database, {
      settings,
      ports: { getBond: () => Promise.resolve(aBond()) },
    })
    const { promise } = (await here.get('/v1/status')).body
    assert.deepEqual(promise, { seconds: 3_600, bond: '20', payout: '5' })
    const first = await here.post(aSubmission('one', valid))
    const receipt = first.body['receipt'] as Receipt
    assert.equal(receipt.settleBy, here.clock.now / 1000 - 50 + 3_600)
    assert.equal(verifyReceipt(testDeployment, receipt, here.sequencer.address), true)
    const found = await here.get(`/v1/transfers/${String(first.body['id'])}`)
    assert.deepEqual(found.body['receipt'], receipt)
    here.clock.now += 5_000
    here = await here.restart()
    assert.deepEqual(await here.post(aSubmission('one', valid)), first)
  })

  test('rejects: more than can be proved in half of the promised time, and keeps to what it promised', async () => {
    await here.sequencer.stop()
    here = await aSequencer(database, {
      settings: { batchAgeMs: 1_000 },
      ports: { getBond: () => Promise.resolve({ ...aBond(), promiseTime: 2n }) },
    })
    // One prover, taken to need 2.5 s for 15 transfers: the seventh is the first beyond one second.
    const all = Array.from({ length: 7 }, (_, i) => aSubmission(`waiting ${String(i)}`, valid))
    for (const submission of all) assert.equal((await here.post(submission)).status, 202)
    for (let restarts = 0; restarts < 2; restarts++) {
      const refused = await here.sequencer.app.inject({
        method: 'POST',
        url: '/v1/transfers',
        payload: aSubmission('one too many', valid),
      })
      assert.equal(refused.statusCode, 429)
      assert.equal(refused.headers['retry-after'], '1')
      assert.equal(refused.json<{ code: string }>().code, 'SEQUENCER_BACKLOG')
      assert.equal((await here.post(all[3])).status, 202)
      const metrics = await here.sequencer.app.inject({ method: 'GET', url: '/metrics' })
      assert.match(metrics.body, /^cinnabar_backlog_seconds 1\.16/m)
      here = await here.restart()
    }
    await here.sequencer.loops.sealer.tick()
    await here.sequencer.loops.backlog.tick()
    // Sealed is not proved.
    assert.equal((await here.post(aSubmission('one too many', valid))).status, 429)
  })

  test('behavior: one statement many times at once is admitted once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => here.post(aSubmission('one', valid))),
    )
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1)
    const rows = await database.query({ text: 'select 1 from transfer', values: [] })
    assert.equal(rows.length, 1)
  })

  test('behavior: received while its proof is being verified', async (t) => {
    const gate = Promise.withResolvers<boolean[]>()
    await here.sequencer.stop()
    here = await aSequencer(database, {
      ports: {
        prover: { prove: () => Promise.reject(new Error()), verifyMany: () => gate.promise },
      },
    })
    const submission = aSubmission('one')
    const answer = here.post(submission)
    t.after(() => {
      gate.resolve([true])
    })
    const { computeStatementId } = await import('../../api/index.ts')
    const { hexToBytes } = await import('../../protocol/field.ts')
    const id = computeStatementId({
      circuit: 'transfer',
      publicInputs: submission.publicInputs.map(BigInt),
      memo: hexToBytes(submission.memo),
    })
    for (;;) {
      const { body } = await here.get(`/v1/transfers/${id}`)
      if (body['status'] === 'received') break
      assert.equal(body['code'], 'TX_UNKNOWN')
    }
    gate.resolve([true])
    assert.equal((await answer).body['status'], 'admitted')
  })

  test('rejects: malformed requests', async () => {
    const submission = aSubmission('one', valid)
    const { memo: _memo, ...withoutMemo } = submission
    for (const broken of [
      {},
      withoutMemo,
      { ...submission, extra: 1 },
      { ...submission, circuit: 'batch-4' },
      { ...submission, memo: `${submission.memo}00` },
      { ...submission, memo: submission.memo.slice(0, -2) },
      { ...submission, anchorBatch: -1 },
      { ...submission, proof: submission.proof.slice(1) },
      { ...submission, publicInputs: submission.publicInputs.slice(1) },
      { ...submission, publicInputs: [...submission.publicInputs.slice(1), '0x1'] },
    ]) {
      const { status, body } = await here.post(broken)
      assert.deepEqual([status, body['code']], [400, 'REQUEST_INVALID'])
    }
    const tooMany = await here.post({
      ...submission,
      publicInputs: [...submission.publicInputs, submission.publicInputs[0]],
    })
    assert.deepEqual([tooMany.status, tooMany.body['code']], [400, 'TX_INPUT_COUNT_WRONG'])
  })

  test('rejects: every public input + r', async () => {
    const submission = aSubmission('one', valid)
    for (let i = 0; i < submission.publicInputs.length; i++) {
      const publicInputs = submission.publicInputs.map((input, j) =>
        i === j
          ? (`0x${(BigInt(input) + FIELD_ORDER).toString(16).padStart(64, '0')}` as const)
          : input,
      )
      const { status, body } = await here.post({ ...submission, publicInputs })
      assert.deepEqual([status, body['code']], [400, 'TX_FIELD_NOT_CANONICAL'])
    }
  })

  test('rejects: another deployment', () =>
    refused({ domain: fieldOf('elsewhere') >> 8n }, 422, 'TX_DOMAIN_WRONG'))
  test('rejects: a nullifier of 0 or of 249 bits', async () => {
    await refused({ nullifier: 0n }, 422, 'TX_NULLIFIER_INVALID')
    await refused({ nullifier: 1n << 248n }, 422, 'TX_NULLIFIER_INVALID')
  })
  test('rejects: malformed words', async () => {
    const withdrawal = (asset: bigint, amount: bigint, recipient: bigint) =>
      packWord('withdrawal', { asset, amount, recipient })
    for (const options of [
      { fee: fee(0n, 1n) },
      { fee: 1n << 96n },
      { withdrawal: withdrawal(1n, 0n, 0n) },
      { withdrawal: withdrawal(0n, 0n, 1n) },
      { withdrawal: withdrawal(1n, 5n, 0n) },
      { withdrawal: 1n << 240n },
      { day: 65_536n },
    ]) {
      await refused(options, 422, 'TX_WORD_MALFORMED')
    }
  })
  test('rejects: another memo than the statement binds', () =>
    refused({ memoHash: fieldOf('another') >> 8n }, 422, 'TX_MEMO_HASH_WRONG'))
  test('rejects: unknown assets', async () => {
    await refused({ fee: fee(5n, 9n) }, 422, 'TX_ASSET_UNKNOWN')
    const withdrawal = packWord('withdrawal', { asset: 9n, amount: 1n, recipient: 1n })
    await refused({ withdrawal }, 422, 'TX_ASSET_UNKNOWN')
  })
  test('rejects: fees out of bounds, and takes those on them', async () => {
    await refused({ fee: fee(4n, 2n) }, 422, 'TX_FEE_TOO_LOW')
    // It names no asset, and one asset has a minimum.
    await refused({ fee: fee(0n, 0n) }, 422, 'TX_FEE_TOO_LOW')
    await refused({ fee: fee(1_001n, 1n) }, 422, 'TX_FEE_TOO_HIGH')
    assert.equal((await here.post(aSubmission('low', { fee: fee(5n, 2n) }))).status, 202)
    assert.equal((await here.post(aSubmission('high', { fee: fee(1_000n, 1n) }))).status, 202)
  })
  test('rejects: anchors that are no sealed root (S1)', async () => {
    await refused({ anchor: fieldOf('no root') }, 409, 'TX_UNKNOWN_ANCHOR')
    await refused({ anchorBatch: 1n }, 409, 'TX_UNKNOWN_ANCHOR')
  })
  test('rejects: what is not current (S2)', async () => {
    await refused({ identityRoot: fieldOf('old') }, 409, 'TX_STALE_IDENTITY_ROOT')
    await refused({ policyRoot: fieldOf('old') }, 409, 'TX_STALE_POLICY_ROOT')
    await refused({ day: testDay - 1n }, 409, 'TX_STALE_DAY')
    await refused({ day: testDay + 1n }, 409, 'TX_STALE_DAY')
    await refused({ fee: fee(3n, 1n, 1n) }, 409, 'TX_STALE_EPOCH')
    await refused({ auditKeyS: [1n, 2n] }, 409, 'TX_STALE_EPOCH')
    await refused({ auditKeyI: [1n, 2n] }, 409, 'TX_STALE_EPOCH')
    await refused({ auditKeyL: [1n, 2n] }, 409, 'TX_STALE_EPOCH')
  })
  test('behavior: what is current changes with the chain and the clock', async () => {
    here.chain.mine(anIdentityUpdate(2n, fieldOf('second')))
    await here.sequencer.loops.observer.tick()
    await refused({}, 409, 'TX_STALE_IDENTITY_ROOT')
    const second = { ...valid, identityRoot: fieldOf('second') }
    assert.equal((await here.post(aSubmission('two', second))).status, 202)
    // The last millisecond of the day, then midnight.
    here.clock.now = Number(testDay + 1n) * SECONDS_PER_DAY * 1000 - 1
    assert.equal((await here.post(aSubmission('three', second))).status, 202)
    here.clock.now += 1
    const late = await here.post(aSubmission('four', second))
    assert.equal(late.body['code'], 'TX_STALE_DAY')
    const next = { ...second, day: testDay + 1n }
    assert.equal((await here.post(aSubmission('five', next))).status, 202)
  })
  test('behavior: a new epoch begins with its day', async () => {
    here.chain.mine({
      type: 'epochScheduled',
      epoch: 1n,
      startDay: testDay + 1n,
      auditKeyS: { x: 1n, y: 2n },
      auditKeyI: { x: 3n, y: 4n },
      auditKeyL: { x: 5n, y: 6n },
    })
    await here.sequencer.loops.observer.tick()
    assert.equal((await here.post(aSubmission('before', valid))).status, 202)
    here.clock.now += SECONDS_PER_DAY * 1000
    const late = await here.post(aSubmission('late', { ...valid, day: testDay + 1n }))
    assert.equal(late.body['code'], 'TX_STALE_EPOCH')
    const renewed: SubmissionOptions = {
      day: testDay + 1n,
      fee: fee(3n, 1n, 1n),
      auditKeyS: [1n, 2n],
      auditKeyI: [3n, 4n],
      auditKeyL: [5n, 6n],
    }
    assert.equal((await here.post(aSubmission('renewed', renewed))).status, 202)
  })
  test('rejects: a second statement with a nullifier, pending or spent (W4)', async () => {
    const nullifier = fieldOf('shared') >> 8n
    const first = await here.post(aSubmission('first', { ...valid, nullifier }))
    const second = await here.post(aSubmission('second', { ...valid, nullifier }))
    assert.deepEqual([second.status, second.body['code']], [409, 'TX_NULLIFIER_PENDING'])
    assert.ok((second.body['details'] as string[])[0]?.includes(String(first.body['id'])))
    here.clock.now += 60_000
    await here.sequencer.loops.sealer.tick()
    const third = await here.post(aSubmission('third', { ...valid, nullifier }))
    assert.deepEqual([third.status, third.body['code']], [409, 'TX_NULLIFIER_SPENT'])
  })
  test('behavior: of many statements with one nullifier at once, one is admitted', async () => {
    const nullifier = fieldOf('shared') >> 8n
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        here.post(aSubmission(`statement ${String(i)}`, { ...valid, nullifier })),
      ),
    )
    const codes = answers.map(({ body }) => body['code'] ?? 'admitted').sort()
    assert.deepEqual(codes, [...Array<string>(9).fill('TX_NULLIFIER_PENDING'), 'admitted'])
  })
  test('rejects: a proof that does not hold', async () => {
    await here.sequencer.stop()
    here = await aSequencer(database, {
      ports: {
        prover: {
          prove: () => Promise.reject(new Error()),
          verifyMany: (all) => Promise.resolve(all.map(() => false)),
        },
      },
    })
    await refused({}, 422, 'TX_PROOF_INVALID')
  })
  test('rejects: everything before audit keys are in force', async () => {
    await here.sequencer.stop()
    const { ScriptedChain } = await import('../support/sequencers.ts')
    const chain = new ScriptedChain()
    chain.mine()
    const { database: another, close: closeAnother } = await server.open()
    here = await aSequencer(another, { chain })
    const { status, body } = await here.post(aSubmission('early'))
    assert.deepEqual([status, body['code']], [503, 'SEQUENCER_NOT_READY'])
    assert.equal((await here.get('/readyz')).status, 503)
    assert.equal((await here.get('/livez')).status, 200)
    await here.sequencer.stop()
    await closeAnother()
    here = await aSequencer(database)
  })
})
