import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { BatchPage } from '../../api/index.ts'
import { TransactionRevertedError } from '../../l1/errors.ts'
import type { SettlementRight } from '../../l1/settlementRight.ts'
import { proofFromWords } from '../../prover/proof.ts'
import { type Database, fromField, sql, toField } from '../../sequencer/store/database.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import {
  aDepositQueued,
  aSequencer,
  aSubmission,
  makeProofs,
  type TestSequencer,
} from '../support/sequencers.ts'

// What a sequencer does when settlement is leased to others. The contracts are scripted here;
// takeover/takeover.test.ts has the real ones.

const batchAgeMs = 10_000
const other = '0x00000000000000000000000000000000000000bb' as const
const leasedOut = (right: SettlementRight): SettlementRight => ({
  ...right,
  mode: 'lease',
  maySettle: false,
  holder: other,
  leaseEndsAt: right.time + 3_600n,
})

const fakeProver = (database: Database) => async (_: string, inputs: Record<string, unknown>) => {
  const rho = inputs['rho'] as bigint
  const [row] = await database.query<{ c: Buffer; y: Buffer }>(
    sql`select c, y from proving_job where rho = ${toField(rho)}`,
  )
  assert.ok(row !== undefined)
  return {
    proof: proofFromWords([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]),
    publicSignals: [fromField(row.c), fromField(row.y), rho],
    timings: { queuedMs: 0 },
  } as never
}

describe('a sequencer that may not settle', () => {
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
    here = await aSequencer(database, {
      ports: {
        prover: {
          prove: fakeProver(database),
          verifyMany: (all) => Promise.resolve(all.map(() => true)),
        },
      },
    })
  })
  afterEach(async () => {
    await here.sequencer.stop()
    await close()
  })

  const tick = (loop: 'observer' | 'sealer' | 'settler' | 'right') =>
    here.sequencer.loops[loop].tick()
  const newestBatch = async () => (await here.get('/v1/batches?count=1')).body['newestBatch']
  const settlementCheck = async () =>
    ((await here.get('/healthz')).body['checks'] as { name: string; isOk: boolean }[]).find(
      ({ name }) => name === 'settlement',
    )
  const lose = async () => {
    here.settlement.right = leasedOut(here.settlement.right)
    await tick('right')
  }
  const regain = async () => {
    const { time, blockTime, aliveAt } = here.settlement.right
    here.settlement.right = {
      ...{ mode: 'sequencer', maySettle: true, holder: undefined, leaseEndsAt: undefined },
      ...{ time, blockTime, aliveAt, isClockStopped: false, livenessGap: 259_200n },
    }
    await tick('right')
  }

  test('promises nothing, and says who may', async () => {
    await lose()
    const { status, body } = await here.post(aSubmission('one'))
    assert.equal(status, 503)
    assert.equal(body['code'], 'SETTLEMENT_NOT_OURS')
    assert.match((body['details'] as string[]).join(' '), new RegExp(other))
    assert.deepEqual((await here.get('/v1/status')).body['settlement'], {
      mode: 'lease',
      isOurs: false,
      leaseHolder: other,
      leaseEndsAt: Number(here.settlement.right.leaseEndsAt),
    })
    assert.deepEqual(await settlementCheck(), {
      name: 'settlement',
      isOk: false,
      detail: 'SETTLEMENT_NOT_OURS',
    })
  })

  test('seals nothing, keeps what it admitted, and goes on when it may again', async () => {
    const admitted = await here.post(aSubmission('one'))
    assert.equal(admitted.status, 202)
    here.clock.now += batchAgeMs
    await lose()
    await tick('sealer')
    assert.equal(await newestBatch(), 0)
    // What was promised is still known, and is no new promise.
    assert.equal((await here.post(aSubmission('one'))).status, 202)
    await regain()
    assert.equal((await settlementCheck())?.isOk, true)
    await tick('sealer')
    assert.equal(await newestBatch(), 1)
  })

  test('sends nothing that would be refused', async () => {
    await here.post(aSubmission('one'))
    here.clock.now += batchAgeMs
    await tick('sealer')
    await makeProofs(here.sequencer)
    await lose()
    await tick('settler')
    assert.equal(here.settlement.calls.length, 0)
    await regain()
    const { batchNumber, noteRoot } = here.settlement.settled
    here.settlement.answer = (call) => {
      here.settlement.settled = { batchNumber: batchNumber + 1n, noteRoot: noteRoot + 1n }
      return Promise.resolve({ transaction: `0x${call.data.slice(2, 66)}`, gasUsed: 1n })
    }
    await tick('settler')
    assert.equal(here.settlement.calls.length, 1)
  })

  test('learns it from a refused call, and does not fail over it', async () => {
    await here.post(aSubmission('one'))
    here.clock.now += batchAgeMs
    await tick('sealer')
    await makeProofs(here.sequencer)
    here.settlement.answer = () => {
      here.settlement.right = leasedOut(here.settlement.right)
      const revert = { name: 'LeaseNotHeld', args: [] }
      return Promise.reject(new TransactionRevertedError({ purpose: 'test', revert }))
    }
    await tick('settler')
    assert.equal(here.settlement.calls.length, 1)
    assert.equal((await here.post(aSubmission('two'))).body['code'], 'SETTLEMENT_NOT_OURS')
  })

  test('a role that was taken away reads the same', async () => {
    here.settlement.right = { ...here.settlement.right, maySettle: false }
    await tick('right')
    const { body } = await here.post(aSubmission('one'))
    assert.equal(body['code'], 'SETTLEMENT_NOT_OURS')
    assert.match((body['details'] as string[]).join(' '), /SEQUENCER/)
  })

  test('of its own lease it leaves the last minutes to what is sealed', async () => {
    const { time } = here.settlement.right
    const lease = { mode: 'lease', maySettle: true, holder: other } as const
    here.settlement.right = { ...here.settlement.right, ...lease, leaseEndsAt: time + 300n }
    await tick('right')
    assert.equal((await here.post(aSubmission('one'))).status, 202)
    here.settlement.right = { ...here.settlement.right, time: time + 1n }
    await tick('right')
    assert.equal((await here.post(aSubmission('two'))).body['code'], 'SETTLEMENT_NOT_OURS')
    here.clock.now += batchAgeMs
    await tick('sealer')
    assert.equal(await newestBatch(), 0)
  })

  describe('that has nothing to do', () => {
    const silence = async (seconds: bigint) => {
      const { right } = here.settlement
      here.settlement.right = { ...right, time: right.aliveAt + seconds }
      await tick('right')
      await tick('sealer')
    }

    test('seals an empty batch when a third of the gap is over, and one only', async () => {
      await silence(86_399n)
      assert.equal(await newestBatch(), 0)
      await silence(86_400n)
      assert.equal(await newestBatch(), 1)
      await silence(90_000n)
      assert.equal(await newestBatch(), 1, 'the next is due when this one has settled')
    })

    test('seals none under a lease, or while the clock stands', async () => {
      const { right } = here.settlement
      const time = right.aliveAt + 86_400n
      const lease = { mode: 'lease', holder: other, leaseEndsAt: time + 3_600n } as const
      here.settlement.right = { ...right, ...lease, time }
      await tick('right')
      await tick('sealer')
      here.settlement.right = { ...right, time, isClockStopped: true }
      await tick('right')
      await tick('sealer')
      assert.equal(await newestBatch(), 0)
    })

    test('seals what waits, and no empty batch beside it', async () => {
      here.chain.mine(aDepositQueued(1n))
      await tick('observer')
      await silence(86_400n)
      const { batches } = (await here.get('/v1/batches?count=1')).body as unknown as BatchPage
      assert.deepEqual(
        batches.map(({ deposits }) => deposits.length),
        [1],
      )
    })
  })
})
