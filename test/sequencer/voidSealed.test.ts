import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { BatchPage } from '../../api/index.ts'
import type { Database } from '../../sequencer/store/database.ts'
import { closeSettlement } from '../../sequencer/store/closeSettlement.ts'
import { openSettlement } from '../../sequencer/store/openSettlement.ts'
import { voidSealed } from '../../sequencer/voidSealed.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import {
  aDepositQueued,
  aSequencer,
  aSubmission,
  batchSettled,
  type TestSequencer,
} from '../support/sequencers.ts'

// The operator's word against batches that cannot settle.

describe('cinnabar sequencer void', () => {
  let server: TestServer
  let database: Database
  let url: string
  let close: () => Promise<void>
  let here: TestSequencer

  before(async () => {
    server = await aServer()
  })
  after(() => server.stop())
  beforeEach(async () => {
    ;({ database, url, close } = await server.open())
    here = await aSequencer(database)
  })
  afterEach(async () => {
    await here.sequencer.stop()
    await close()
  })

  const submit = async (label: string) => {
    const { status, body } = await here.post(aSubmission(label))
    assert.equal(status, 202, JSON.stringify(body))
    return body['id'] as string
  }
  const seal = async () => {
    here.clock.now += 60_000
    await here.sequencer.loops.sealer.tick()
  }
  const batches = async () =>
    ((await here.get('/v1/batches?count=64')).body as unknown as BatchPage).batches
  const stateOf = async (id: string) => (await here.get(`/v1/transfers/${id}`)).body
  const startAgain = async () => {
    const { chain, settlement, clock } = here
    here = await aSequencer(database, { chain, settlement, clock })
  }
  const run = (from: string, ...options: string[]) =>
    runCinnabar(['sequencer', 'void', '--from', from, ...options], { DATABASE_URL: url })
  /** Three batches of a transfer, the second with a deposit. */
  const threeSealed = async () => {
    const ids = [await submit('one')]
    await seal()
    here.chain.mine(aDepositQueued(1n))
    await here.sequencer.loops.observer.tick()
    for (const label of ['two', 'three']) {
      ids.push(await submit(label))
      await seal()
    }
    return ids as [string, string, string]
  }

  test('default: the batch and all after it are void, and all of it is sealed again', async () => {
    const [one, two, three] = await threeSealed()
    const receipt = (await stateOf(two))['receipt']
    const [first] = await batches()
    await here.sequencer.stop()
    const { code, stdout, stderr } = await run('2')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^Void: 2, 3\. Their transfers wait to be sealed again\.$/m)
    await startAgain()
    assert.deepEqual(await batches(), [first])
    assert.equal((await stateOf(one))['status'], 'sealed')
    for (const id of [two, three]) assert.equal((await stateOf(id))['status'], 'admitted')
    assert.deepEqual((await stateOf(two))['receipt'], receipt)
    await seal()
    const [, again] = await batches()
    assert.deepEqual([again?.transfers.length, again?.deposits.map(({ id }) => id)], [2, [1]])
  })

  test('behavior: says it as one JSON object, and by its status whether there was anything', async () => {
    await threeSealed()
    await here.sequencer.stop()
    const { code, stdout } = await run('3', '--json')
    assert.deepEqual([code, JSON.parse(stdout)], [0, { voided: ['3'] }])
    const nothing = await run('3')
    assert.deepEqual([nothing.code, nothing.stdout.trim().split('\n').length], [1, 1])
    await startAgain()
    assert.equal((await batches()).length, 2)
  })

  test('rejects: while a sequencer leads', async () => {
    await threeSealed()
    const { code, stderr } = await run('2')
    assert.notEqual(code, 0)
    assert.match(stderr, /DATABASE_IN_USE/)
    assert.equal((await batches()).length, 3)
  })

  test('rejects: what is settled', async () => {
    await threeSealed()
    const [first] = await batches()
    assert.ok(first !== undefined)
    here.chain.mine(batchSettled(first))
    await here.sequencer.loops.observer.tick()
    await here.sequencer.stop()
    const { code, stderr } = await run('1')
    assert.notEqual(code, 0)
    assert.match(stderr, /VOID_SETTLED/)
    assert.match(stderr, /first that can be voided is 2/)
    await startAgain()
    assert.equal((await batches()).length, 3)
  })

  test('rejects: what a settle call has under way, open or mined and not observed', async () => {
    await threeSealed()
    const now = new Date(here.clock.now)
    const range = { firstBatch: 1n, lastBatch: 2n, calldata: Uint8Array.of(1) }
    const { id } = await openSettlement(database, { ...range, now })
    await here.sequencer.stop()
    await assert.rejects(voidSealed(database, { from: 2n }), { code: 'VOID_IN_FLIGHT' })
    await closeSettlement(database, { id, outcome: 'mined', now })
    await assert.rejects(voidSealed(database, { from: 2n }), {
      code: 'VOID_IN_FLIGHT',
      message: /not observed yet/,
    })
    assert.deepEqual(await voidSealed(database, { from: 3n }), [3n])
    // Its block was read, and a reorg took it back: nothing is under way.
    here.chain.time = BigInt(here.clock.now / 1000) + 60n
    here.chain.mine()
    await startAgain()
    await here.sequencer.stop()
    assert.deepEqual(await voidSealed(database, { from: 2n }), [2n])
    await startAgain()
    assert.equal((await batches()).length, 1)
  })
})
