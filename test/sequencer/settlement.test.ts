import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { type BatchPage, decodeBatchBody, encodeBatchBody } from '../../api/index.ts'
import type { ChainEventOf, EventPosition } from '../../l1/chainEvents.ts'
import { decodeSettleInput } from '../../l1/codec.ts'
import { TransactionRevertedError } from '../../l1/errors.ts'
import { applyBatch } from '../../protocol/applyBatch.ts'
import type { BatchCircuit } from '../../protocol/constants.ts'
import { NOTE_TREE_DEPTH } from '../../protocol/constants.ts'
import { hexToBytes } from '../../protocol/field.ts'
import { publicInputsFromArray } from '../../protocol/publicInputs.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import { listProofJobs } from '../../prover/farm/store/listProofJobs.ts'
import { openFarm } from '../../prover/farm/store/openFarm.ts'
import { requeueProofs } from '../../prover/farm/store/requeueProofs.ts'
import { proofFromWords } from '../../prover/proof.ts'
import type { SettlementChoice } from '../../sequencer/settlement/chooseSettlement.ts'
import { REORG_PATIENCE_MS } from '../../sequencer/settlement/settler.ts'
import { toBatch } from '../../sequencer/state/restoreState.ts'
import { type Database, fromField, sql, toField } from '../../sequencer/store/database.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { fieldOf } from '../support/identities.ts'
import { waitFor } from '../support/waitFor.ts'
import {
  aDepositQueued,
  anIdentityUpdate,
  aSequencer,
  aSubmission,
  makeProofs,
  type SubmissionOptions,
  testFarm,
  type TestSequencer,
} from '../support/sequencers.ts'

// Proofs and contracts are scripted here; pipeline.test.ts and restart.test.ts have the real ones.

const batchAgeMs = 10_000
const hash = `0x${'ab'.repeat(32)}` as const
const reverted = (name: string) =>
  new TransactionRevertedError({ purpose: 'test', revert: { name, args: [] } })

/** A proof of nothing, in the shape of one, with the public signals that the batch was sealed with. */
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

describe('from proof to settlement', () => {
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

  const tick = (loop: 'observer' | 'sealer' | 'prover' | 'settler') =>
    loop === 'prover' ? makeProofs(here.sequencer) : here.sequencer.loops[loop].tick()
  const admit = async (label: string, options: SubmissionOptions = {}) => {
    const { status, body } = await here.post(aSubmission(label, options))
    assert.equal(status, 202, JSON.stringify(body))
    return body['id'] as string
  }
  const seal = async () => {
    here.clock.now += batchAgeMs
    await tick('sealer')
  }
  const statusOf = async (id: string) => (await here.get(`/v1/transfers/${id}`)).body
  const codeOf = async (id: string) => ((await statusOf(id))['reason'] as { code: string }).code
  const batches = async () =>
    ((await here.get('/v1/batches?count=64')).body as unknown as BatchPage).batches
  /** Three batches of one transfer, proved. */
  const threeProved = async () => {
    const ids = []
    for (const label of ['one', 'two', 'three']) {
      ids.push(await admit(label))
      await seal()
    }
    await tick('prover')
    return ids as [string, string, string]
  }
  /** The event that the contract would emit for one of our batches, or for another's. */
  const settledEvent = (
    batch: Awaited<ReturnType<typeof batches>>[number],
  ): Omit<ChainEventOf<'batchSettled'>, keyof EventPosition> => {
    const decoded = decodeBatchBody(batch)
    return {
      type: 'batchSettled',
      batchNumber: decoded.batchNumber,
      circuit: decoded.circuit,
      feeRecipient: decoded.feeRecipient,
      position: decoded.position,
      oldSlotCount: decoded.oldSlotCount,
      newSlotCount: decoded.newSlotCount,
      noteRoot: decoded.noteRoot,
      nullifierRoot: decoded.nullifierRoot,
      transfers: decoded.transfers,
      voids: [],
      deposits: decoded.deposits,
    }
  }
  const accept = () => {
    here.settlement.answer = async ({ data }) => {
      const call = decodeSettleInput(data)
      const last = call.batches.at(-1)
      assert.ok(last !== undefined)
      const all = await batches()
      here.chain.mine(
        ...all
          .filter(({ anchor }) =>
            call.batches.some(({ batchNumber }) => Number(batchNumber) === anchor.batchNumber),
          )
          .map(settledEvent),
      )
      here.settlement.settled = { batchNumber: last.batchNumber, noteRoot: last.newNoteRoot }
      return { transaction: hash, gasUsed: 1n }
    }
  }

  test('default: proved batches go in one call, in order, and are settled when observed', async () => {
    const ids = await threeProved()
    accept()
    await tick('settler')
    assert.equal(here.settlement.calls.length, 1)
    const [call] = here.settlement.calls
    assert.ok(call !== undefined)
    const { batches: sent, contexts } = decodeSettleInput(call.data)
    assert.deepEqual(
      sent.map(({ batchNumber }) => batchNumber),
      [1n, 2n, 3n],
    )
    assert.deepEqual(contexts, [{ identityVersion: 1n, policyVersion: 1n, day: 20_780n }])
    assert.equal((await statusOf(ids[0]))['status'], 'sealed')
    await tick('observer')
    for (const id of ids) assert.equal((await statusOf(id))['status'], 'settled')
    await tick('settler')
    assert.equal(here.settlement.calls.length, 1)
  })

  test('behavior: never more batches in a call than allowed', async () => {
    await threeProved()
    await here.sequencer.stop()
    here = await aSequencer(database, {
      chain: here.chain,
      clock: here.clock,
      settings: { maxBatchesPerSettle: 2 },
    })
    accept()
    await tick('settler')
    const numbers = here.settlement.calls.map(({ data }) =>
      decodeSettleInput(data).batches.map(({ batchNumber }) => Number(batchNumber)),
    )
    assert.deepEqual(numbers, [[1, 2], [3]])
  })

  test('behavior: a batch that is not proved holds back those after it only', async () => {
    await threeProved()
    await database.query(sql`update batch set status = 'sealed' where number = 2`)
    accept()
    await tick('settler')
    const numbers = here.settlement.calls.map(({ data }) =>
      decodeSettleInput(data).batches.map(({ batchNumber }) => Number(batchNumber)),
    )
    assert.deepEqual(numbers, [[1]])
  })

  const sentBatches = () =>
    here.settlement.calls.map(({ data }) =>
      decodeSettleInput(data).batches.map(({ batchNumber }) => Number(batchNumber)),
    )
  const lastSettlement = async () =>
    (await here.get('/decisions')).body['settlement'] as SettlementChoice

  test('behavior: proofs that come out of order settle as far as they follow each other', async () => {
    await threeProved()
    await admit('four')
    await seal()
    await tick('prover')
    const setStatus = (status: string, number: number) =>
      database.query(sql`update batch set status = ${status} where number = ${number}`)
    await setStatus('sealed', 1)
    await setStatus('sealed', 3)
    accept()
    await tick('settler')
    assert.deepEqual(sentBatches(), [])
    assert.equal((await lastSettlement()).reason, 'nothing-proved')
    await setStatus('proved', 1)
    await tick('settler')
    assert.deepEqual(sentBatches(), [[1, 2]])
    await setStatus('proved', 3)
    await tick('settler')
    assert.deepEqual(sentBatches(), [
      [1, 2],
      [3, 4],
    ])
  })

  test('behavior: a call waits for a proof that is near, and says why; never beyond its age', async () => {
    const ids = await threeProved()
    await here.sequencer.stop()
    const settings = { delayPrice: 100n * 10n ** 9n, settleAgeMs: 60_000 }
    const { chain, clock, settlement } = here
    settlement.baseFee = 10n ** 9n
    here = await aSequencer(database, { chain, clock, settlement, settings })
    await database.query(sql`update batch set status = 'sealed' where number = 3`)
    accept()
    await tick('settler')
    assert.deepEqual(sentBatches(), [])
    const { count, reason, facts } = await lastSettlement()
    assert.deepEqual([count, reason], [0, 'next-proof-saves-more'])
    assert.deepEqual([facts.proved, facts.transfers, facts.baseFee], [2, 2, '1000000000'])
    const metrics = await here.sequencer.app.inject({ method: 'GET', url: '/metrics' })
    assert.match(
      metrics.body,
      /cinnabar_choices_total\{what="settle",reason="next-proof-saves-more"\} 1/,
    )
    assert.match(metrics.body, /cinnabar_base_fee_wei 1000000000/)
    // The proof comes: all three share a call.
    await database.query(sql`update batch set status = 'proved' where number = 3`)
    await tick('settler')
    assert.deepEqual(sentBatches(), [[1, 2, 3]])
    await tick('observer')
    assert.equal((await statusOf(ids[2]))['status'], 'settled')
    // Another that never comes is waited for until the one before it is due.
    await admit('four')
    await seal()
    await admit('five')
    await seal()
    await database.query(sql`
      update batch set status = 'proved', c = ${toField(1n)}, y = ${toField(1n)},
        proof = (select proof from batch where number = 1)
      where number = 4
    `)
    await tick('settler')
    assert.equal((await lastSettlement()).reason, 'next-proof-saves-more')
    clock.now += 60_000
    await tick('settler')
    assert.deepEqual(sentBatches(), [[1, 2, 3], [4]])
    const { body } = await here.sequencer.app.inject({ method: 'GET', url: '/metrics' })
    assert.match(body, /cinnabar_choices_total\{what="settle",reason="due"\} 1/)
  })

  test('behavior: a void one and those after it are never sent; their numbers come again', async () => {
    await threeProved()
    await database.query(sql`
      update batch set status = 'void', void_code = 'TX_BATCH_EXPIRED', void_at = now()
      where number >= 2
    `)
    await database.query(sql`
      update transfer set status = 'rejected', batch_id = null, slot = null,
        reject_code = 'TX_BATCH_EXPIRED', reject_message = 'expired'
      where batch_id in (select id from batch where status = 'void')
    `)
    here = await here.restart()
    accept()
    await tick('settler')
    assert.deepEqual(sentBatches(), [[1]])
    await tick('observer')
    await admit('two again')
    await seal()
    await makeProofs(here.sequencer)
    await tick('settler')
    assert.deepEqual(sentBatches(), [[1], [2]])
  })

  test('behavior: contexts are shared within a call', async () => {
    await admit('one')
    await seal()
    here.chain.mine(anIdentityUpdate(2n, fieldOf('second')))
    await tick('observer')
    await admit('two', { identityRoot: fieldOf('second') })
    await admit('three', { identityRoot: fieldOf('second') })
    await seal()
    await tick('prover')
    accept()
    await tick('settler')
    const { contexts, batches: sent } = decodeSettleInput(here.settlement.calls[0]?.data ?? '0x')
    assert.deepEqual(
      contexts.map(({ identityVersion }) => identityVersion),
      [1n, 2n],
    )
    assert.deepEqual(
      sent.map(({ slots }) => slots.map((slot) => ('context' in slot ? slot.context : -1))),
      [[0], [1, 1]],
    )
  })

  test('behavior: a call under way is taken up again after a restart, unchanged', async () => {
    await threeProved()
    here.settlement.answer = () => Promise.reject(new Error('the base chain is down'))
    await assert.rejects(tick('settler'), /base chain is down/)
    const fourth = await admit('four')
    await seal()
    await tick('prover')
    here = await here.restart()
    accept()
    await tick('settler')
    await tick('observer')
    const [before, after, next] = here.settlement.calls
    assert.deepEqual(after, before)
    assert.notEqual(next?.purpose, before?.purpose)
    assert.equal((await statusOf(fourth))['status'], 'settled')
  })

  test('behavior: an expired batch voids itself and all after it, and state resumes (S2)', async () => {
    here.chain.mine(aDepositQueued(1n))
    await tick('observer')
    const ids = await threeProved()
    const sealed = await batches()
    accept()
    const settle = here.settlement.answer
    // Together they are refused; alone the first is fine and the second is not.
    here.settlement.answer = (call) => {
      const numbers = decodeSettleInput(call.data).batches.map(({ batchNumber }) => batchNumber)
      return numbers.includes(2n) ? Promise.reject(reverted('DayOutdated')) : settle(call)
    }
    await tick('settler')
    await tick('observer')
    assert.equal((await statusOf(ids[0]))['status'], 'settled')
    assert.deepEqual(
      [await codeOf(ids[1]), await codeOf(ids[2])],
      ['TX_BATCH_EXPIRED', 'TX_BATCH_EXPIRED'],
    )
    const status = (await here.get('/v1/status')).body as unknown as {
      sealed: { noteRoot: string; batchNumber: number }
    }
    assert.equal(status.sealed.batchNumber, 1)
    assert.equal(status.sealed.noteRoot, sealed[0]?.anchor.noteRoot)
    // The account states are free again, and the number too.
    const again = await admit('two')
    assert.equal(again, ids[1])
    await seal()
    await tick('prover')
    accept()
    await tick('settler')
    await tick('observer')
    const renewed = await statusOf(ids[1])
    assert.deepEqual([renewed['status'], renewed['batchNumber']], ['settled', 2])
  })

  test('behavior: the deposits of a void batch are taken again', async () => {
    here.chain.mine(aDepositQueued(1n))
    await tick('observer')
    await seal()
    await tick('prover')
    here.settlement.answer = () => Promise.reject(reverted('IdentityVersionOutdated'))
    await tick('settler')
    assert.deepEqual(await batches(), [])
    await seal()
    assert.deepEqual(
      (await batches()).map(({ deposits }) => deposits.map(({ id }) => id)),
      [[1]],
    )
  })

  test('behavior: a refusal for another reason voids nothing and shows in health', async () => {
    const ids = await threeProved()
    here.settlement.answer = () => Promise.reject(reverted('ProofsInvalid'))
    await assert.rejects(tick('settler'), { code: 'L1_WOULD_REVERT' })
    await assert.rejects(tick('settler'), { code: 'L1_WOULD_REVERT' })
    const numbers = here.settlement.calls.map(({ data }) => decodeSettleInput(data).batches.length)
    // Then one by one, so that the batch at fault is the one refused.
    assert.deepEqual(numbers, [3, 1])
    assert.equal((await statusOf(ids[0]))['status'], 'sealed')
    // Admission goes on.
    await admit('four')
    accept()
    await tick('settler')
    await tick('observer')
    assert.equal((await statusOf(ids[2]))['status'], 'settled')
  })

  test('behavior: a root that a reorg took away holds back its batch, and for a time only (S2)', async () => {
    const before = await admit('before')
    await seal()
    const head = await here.chain.getHead()
    const update = anIdentityUpdate(2n, fieldOf('second root'))
    here.chain.mine(update)
    await tick('observer')
    const ids: string[] = []
    for (const label of ['one', 'two']) {
      ids.push(await admit(label, { identityRoot: fieldOf('second root') }))
      await seal()
    }
    await tick('prover')
    here.chain.reorg(head.number)
    here.chain.mine()
    here.chain.mine()
    await tick('observer')
    accept()
    // What stands before it is settled.
    await assert.rejects(tick('settler'), { code: 'SETTLEMENT_ROOT_VERSION_UNKNOWN' })
    assert.deepEqual(sentBatches(), [[1]])
    await tick('observer')
    assert.equal((await statusOf(before))['status'], 'settled')
    here.clock.now += REORG_PATIENCE_MS - 1
    await assert.rejects(tick('settler'), { code: 'SETTLEMENT_ROOT_VERSION_UNKNOWN' })
    // Published again, as a transaction is that waited in the nodes' pools.
    here.chain.mine(update)
    await tick('observer')
    accept()
    await tick('settler')
    await tick('observer')
    assert.deepEqual(sentBatches(), [[1], [2, 3]])
    for (const id of ids) assert.equal((await statusOf(id))['status'], 'settled')
  })

  test('behavior: a batch whose root stays away is void, with all after it (S2)', async () => {
    const head = await here.chain.getHead()
    here.chain.mine(anIdentityUpdate(2n, fieldOf('second root')))
    await tick('observer')
    const gone = await admit('gone', { identityRoot: fieldOf('second root') })
    await seal()
    await tick('prover')
    here.chain.reorg(head.number)
    here.chain.mine()
    here.chain.mine()
    await tick('observer')
    await assert.rejects(tick('settler'), { code: 'SETTLEMENT_ROOT_VERSION_UNKNOWN' })
    here.clock.now += REORG_PATIENCE_MS
    await tick('settler')
    assert.equal(await codeOf(gone), 'TX_BATCH_EXPIRED')
    // State resumes.
    await admit('next')
    await seal()
    await tick('prover')
    accept()
    await tick('settler')
    assert.deepEqual(sentBatches(), [[1]])
  })

  const refuse = (name: string) => {
    here.settlement.answer = () => Promise.reject(reverted(name))
  }
  const depositIds = async () =>
    (await batches()).map(({ deposits }) => deposits.map(({ id }) => id))

  test('behavior: a deposit that fell due behind a sealed batch voids it, and all is sealed again (S4)', async () => {
    here.chain.mine(aDepositQueued(1n))
    await tick('observer')
    // Deposits alone: nothing of it ever goes stale.
    await seal()
    const paid = await admit('paid')
    await seal()
    await tick('prover')
    here.chain.mine(aDepositQueued(2n))
    await tick('observer')
    assert.deepEqual(await depositIds(), [[1], []])
    refuse('DepositOverdue')
    // Together, then the first one alone.
    await tick('settler')
    assert.deepEqual(sentBatches(), [[1, 2], [1]])
    assert.equal((await statusOf(paid))['status'], 'admitted')
    await seal()
    assert.deepEqual(await depositIds(), [[1, 2]])
    await tick('prover')
    accept()
    await tick('settler')
    await tick('observer')
    const { status, batchNumber } = await statusOf(paid)
    assert.deepEqual([status, batchNumber], ['settled', 1])
  })

  test('behavior: of a void batch only what still fits is sealed again', async () => {
    here.chain.mine(aDepositQueued(1n))
    await tick('observer')
    await seal()
    const [first] = await batches()
    assert.ok(first !== undefined)
    const kept = await admit('kept')
    const built = await admit('built on the void batch', {
      anchor: BigInt(first.anchor.noteRoot),
      anchorBatch: 1n,
    })
    await seal()
    await tick('prover')
    refuse('DepositSkipped')
    await tick('settler')
    for (const id of [kept, built]) assert.equal((await statusOf(id))['status'], 'admitted')
    const receipts = [(await statusOf(kept))['receipt'], (await statusOf(built))['receipt']]
    assert.ok(receipts.every((receipt) => receipt !== undefined))
    await seal()
    assert.equal((await statusOf(kept))['status'], 'sealed')
    assert.equal(await codeOf(built), 'TX_UNKNOWN_ANCHOR')
  })

  test('behavior: a sign of life that comes under a lease of ours is void, and makes room', async () => {
    const { right } = here.settlement
    here.settlement.right = { ...right, time: right.aliveAt + 86_400n }
    await here.sequencer.loops.right.tick()
    await tick('sealer')
    await tick('prover')
    assert.equal((await batches()).length, 1)
    const lease = { mode: 'lease', leaseEndsAt: right.aliveAt + 90_000n } as const
    here.settlement.right = { ...here.settlement.right, ...lease }
    await here.sequencer.loops.right.tick()
    refuse('BatchEmpty')
    await tick('settler')
    assert.deepEqual(await batches(), [])
    const id = await admit('under the lease')
    await seal()
    await tick('prover')
    accept()
    await tick('settler')
    await tick('observer')
    assert.equal((await statusOf(id))['status'], 'settled')
  })

  test('behavior: a refusal of a call whose batches are void already says nothing about new ones', async () => {
    here.chain.mine(aDepositQueued(1n))
    await tick('observer')
    await seal()
    await tick('prover')
    here.settlement.answer = () => Promise.reject(new Error('the base chain is down'))
    await assert.rejects(tick('settler'), /base chain is down/)
    // Another deposit takes the id, and the batch is void while its call is open.
    here.chain.reorg((await here.chain.getHead()).number - 1n)
    here.chain.mine({ ...aDepositQueued(1n), amount: 9_999n } as never)
    here.chain.mine()
    await tick('observer')
    await seal()
    await tick('prover')
    const sealed = await batches()
    assert.deepEqual(
      sealed.map(({ deposits }) => deposits.map(({ amount }) => Number(amount))),
      [[9_999]],
    )
    accept()
    const settle = here.settlement.answer
    let refused = 0
    here.settlement.answer = (call) =>
      refused++ === 0 ? Promise.reject(reverted('DepositSkipped')) : settle(call)
    await tick('settler')
    await tick('observer')
    const [settled] = await batches()
    assert.equal(settled?.stage, 'settled')
    assert.deepEqual(settled.anchor, sealed[0]?.anchor)
    assert.deepEqual(sentBatches(), [[1], [1], [1]])
  })

  describe('a reorg after which a sealed deposit', () => {
    let id: string
    let base: bigint
    /** A batch of a transfer alone, then one with deposit and transfer, proved. */
    const sealWithDeposit = async () => {
      await admit('before')
      await seal()
      base = (await here.chain.getHead()).number
      here.chain.mine(aDepositQueued(1n))
      await tick('observer')
      id = await admit('beside the deposit')
      await seal()
      await tick('prover')
      assert.deepEqual(await depositIds(), [[], [1]])
    }
    const reorg = async (...events: Parameters<typeof here.chain.mine>) => {
      here.chain.reorg(base)
      here.chain.mine(...events)
      here.chain.mine()
      await tick('observer')
    }

    test('is another’s: its batch is void and all of it is sealed again', async () => {
      await sealWithDeposit()
      await reorg({ ...aDepositQueued(1n), recipient: fieldOf('somebody else') } as never)
      assert.deepEqual(await depositIds(), [[]])
      assert.equal((await statusOf(id))['status'], 'admitted')
      await seal()
      await tick('prover')
      accept()
      await tick('settler')
      await tick('observer')
      assert.equal((await statusOf(id))['status'], 'settled')
      const all = await batches()
      assert.deepEqual(
        all.map(({ deposits }) => deposits.map(({ recipient }) => BigInt(recipient))),
        [[], [fieldOf('somebody else')]],
      )
    })

    test('is another’s is seen by a start, too, that did not see the reorg', async () => {
      await sealWithDeposit()
      await database.query(sql`update l1_deposit set amount = amount + 1`)
      here = await here.restart()
      assert.deepEqual(await depositIds(), [[]])
    })

    test('is the same again stays as it was', async () => {
      await sealWithDeposit()
      const sealed = await batches()
      await reorg(aDepositQueued(1n))
      assert.deepEqual(await batches(), sealed)
    })

    test('is absent: it is waited for, and what stands before is settled', async () => {
      await sealWithDeposit()
      await reorg()
      accept()
      await assert.rejects(tick('settler'), { code: 'SETTLEMENT_QUEUED_ITEM_ABSENT' })
      assert.deepEqual(sentBatches(), [[1]])
      await tick('observer')
      here.clock.now += REORG_PATIENCE_MS - 1
      await assert.rejects(tick('settler'), { code: 'SETTLEMENT_QUEUED_ITEM_ABSENT' })
      here.chain.mine(aDepositQueued(1n))
      await tick('observer')
      accept()
      await tick('settler')
      await tick('observer')
      assert.deepEqual(sentBatches(), [[1], [2]])
      assert.equal((await statusOf(id))['status'], 'settled')
    })

    test('stays away: its batch is void, its transfers are sealed again without it', async () => {
      await sealWithDeposit()
      await reorg()
      accept()
      await assert.rejects(tick('settler'), { code: 'SETTLEMENT_QUEUED_ITEM_ABSENT' })
      await tick('observer')
      here.clock.now += REORG_PATIENCE_MS
      await tick('settler')
      assert.equal((await statusOf(id))['status'], 'admitted')
      await seal()
      assert.deepEqual(await depositIds(), [[], []])
      assert.equal((await statusOf(id))['status'], 'sealed')
    })

    test('is refused before the reorg is seen: nothing is void at once', async () => {
      await sealWithDeposit()
      const sealed = await batches()
      accept()
      const settle = here.settlement.answer
      here.settlement.answer = (call) =>
        decodeSettleInput(call.data).batches.some(({ batchNumber }) => batchNumber === 2n)
          ? Promise.reject(
              new TransactionRevertedError({
                purpose: 'test',
                revert: { name: 'DepositNotTakeable', args: [1n] },
              }),
            )
          : settle(call)
      await assert.rejects(tick('settler'), { code: 'L1_WOULD_REVERT' })
      assert.deepEqual(await batches(), sealed)
      // Asked back for too long, it never comes.
      const refundableAt = BigInt(here.clock.now / 1000)
      here.chain.mine({ type: 'depositReclaimRequested', id: 1n, refundableAt })
      await tick('observer')
      await tick('settler')
      assert.equal((await statusOf(id))['status'], 'admitted')
    })
  })

  test('behavior: what was settled by an earlier life is not an expiry', async () => {
    const ids = await threeProved()
    here.settlement.answer = () => {
      here.settlement.settled = { batchNumber: 0n, noteRoot: 1n }
      return Promise.reject(reverted('BatchOutOfOrder'))
    }
    await tick('settler')
    for (const id of ids) assert.equal((await statusOf(id))['status'], 'sealed')
  })

  test('behavior: a failed proof stops neither admission nor other proofs, and waits for an operator', async () => {
    await here.sequencer.stop()
    let isBroken = true
    const prove = fakeProver(database)
    const farm = { ...testFarm(), settings: { attempts: 2, retrySeconds: 0 } }
    let first: unknown
    here = await aSequencer(database, {
      ports: {
        farm,
        prover: {
          prove(circuit, inputs) {
            first ??= inputs['rho']
            return isBroken && inputs['rho'] === first
              ? Promise.reject(new Error('out of memory'))
              : prove(circuit, inputs)
          },
          verifyMany: (all) => Promise.resolve(all.map(() => true)),
        },
      },
    })
    const proved = () =>
      database
        .query<{ number: string }>(
          sql`select number from batch where status = 'proved' order by number`,
        )
        .then((rows) => rows.map(({ number }) => Number(number)))
    const id = await admit('one')
    await seal()
    await tick('prover')
    await admit('two')
    await seal()
    // The second batch does not wait for the first, whose attempts get used up.
    await tick('prover')
    assert.deepEqual(await proved(), [2])
    const jobs = await waitFor('a dead job', async () => {
      await tick('prover')
      const all = await listProofJobs(database)
      return all[0]?.state === 'dead' ? all : undefined
    })
    assert.deepEqual(
      jobs.map(({ state, attempts, lastError }) => [state, attempts, lastError]),
      [['dead', 2, 'PROVING_FAILED']],
    )
    const worker = jobs[0]?.lastWorker ?? ''
    const health = await here.get('/healthz')
    const check = (
      health.body['checks'] as { name: string; isOk: boolean; detail?: string }[]
    ).find(({ name }) => name === 'proving queue')
    const detail = `1 dead; last PROVING_FAILED (${worker})`
    assert.deepEqual(check, { name: 'proving queue', isOk: false, detail })
    assert.equal(health.status, 503)
    assert.equal((await here.get('/readyz')).status, 200)

    isBroken = false
    const operator = await openFarm({ url: database.url, name: 'operator', isKeeper: false })
    await requeueProofs(
      operator,
      jobs.map(({ job }) => job),
    )
    await operator.close()
    await tick('prover')
    assert.deepEqual(await proved(), [1, 2])
    assert.deepEqual(await listProofJobs(database), [])
    accept()
    await tick('settler')
    await tick('observer')
    assert.equal((await statusOf(id))['status'], 'settled')
    assert.equal((await here.get('/healthz')).status, 200)
  })

  test('behavior: a result that does not verify, or is of another batch, is a failed attempt', async () => {
    await here.sequencer.stop()
    const prove = fakeProver(database)
    let round = 0
    here = await aSequencer(database, {
      ports: {
        farm: { ...testFarm(), settings: { retrySeconds: 0 } },
        prover: {
          async prove(circuit: string, inputs: Record<string, unknown>) {
            round += 1
            const proved = await prove(circuit, inputs)
            const [c, y, rho] = (proved as { publicSignals: bigint[] }).publicSignals
            return round === 1
              ? { ...(proved as object), publicSignals: [c, y! ^ 1n, rho] }
              : proved
          },
          verifyMany: (all: readonly unknown[]) => Promise.resolve(all.map(() => round !== 2)),
        } as never,
      },
    })
    await admit('one')
    await seal()
    for (const attempts of [1, 2]) {
      await tick('prover')
      const [job] = await listProofJobs(database)
      assert.deepEqual([job?.attempts, job?.lastError], [attempts, 'PROOF_REJECTED'])
      assert.equal(job?.lastWorker, 'sequencer')
    }
    await tick('prover')
    assert.deepEqual(await listProofJobs(database), [])
    assert.equal(round, 3)
  })

  test('behavior: what is stored for the farm is sealed, and goes with the proof or the batch', async () => {
    const witnesses = () => database.query<{ witness: Buffer }>(sql`select witness from proof_job`)
    here.chain.mine(aDepositQueued(1n))
    await tick('observer')
    await admit('one')
    await seal()
    const [stored] = await witnesses()
    assert.ok(stored !== undefined)
    const [row] = await database.query<{ rho: Buffer }>(sql`select rho from proving_job`)
    assert.ok(row !== undefined)
    assert.equal(stored.witness.includes(row.rho), false)
    await tick('prover')
    assert.deepEqual(await witnesses(), [])
    await admit('two')
    await seal()
    assert.equal((await witnesses()).length, 1)
    here.settlement.answer = () => Promise.reject(reverted('DayOutdated'))
    await tick('settler')
    assert.deepEqual(await batches(), [])
    assert.deepEqual(await witnesses(), [])
    // The worker finds the lease on what nobody wants, and ends it.
    await tick('prover')
    assert.deepEqual(await listProofJobs(database), [])
  })

  test('behavior: a lost answer to the commit of a seal leaves memory and database equal', async () => {
    await here.sequencer.stop()
    let isLost = false
    const flaky: Database = {
      ...database,
      async transaction(work) {
        const result = await database.transaction(work)
        if (isLost) {
          isLost = false
          throw new Error('connection lost')
        }
        return result
      },
    }
    here = await aSequencer(flaky)
    const one = await admit('one')
    isLost = true
    await assert.rejects(seal(), /connection lost/)
    assert.equal((await statusOf(one))['status'], 'sealed')
    const two = await admit('two')
    await seal()
    assert.equal((await statusOf(two))['batchNumber'], 2)
    const restarted = (await here.get('/v1/status')).body
    here = await here.restart()
    assert.deepEqual((await here.get('/v1/status')).body, restarted)
  })

  test('behavior: a batch settled by another sequencer replaces what was sealed here', async () => {
    const shared = aSubmission('shared')
    const nullifier = BigInt(shared.publicInputs[5] ?? 0)
    // Here: "rival" with the shared nullifier sealed, and "kept" waiting.
    const rival = await admit('rival', { nullifier })
    await seal()
    const kept = await admit('kept')
    // There: "shared" with the same nullifier, and "kept" too.
    const other = [shared, aSubmission('kept')].map((submission) => ({
      id: '0x' as const,
      circuit: 'transfer' as const,
      publicInputs: publicInputsFromArray('transfer', submission.publicInputs.map(BigInt)),
      memo: hexToBytes(submission.memo),
      anchorBatch: 0n,
    }))
    other.sort((a, b) => (a.publicInputs.nullifier > b.publicInputs.nullifier ? -1 : 1))
    const circuit: BatchCircuit = 'batch-4'
    const feeRecipient = '0x00000000000000000000000000000000000000ee'
    const state = initialState()
    const applied = applyBatch(state, toBatch({ circuit, number: 1n, feeRecipient }, other, []))
    here.chain.mine({
      type: 'batchSettled',
      batchNumber: 1n,
      circuit,
      feeRecipient,
      position: BigInt(applied.position),
      oldSlotCount: applied.oldSlotCount,
      newSlotCount: applied.newSlotCount,
      noteRoot: applied.newNoteRoot,
      nullifierRoot: applied.newNullifierRoot,
      transfers: other.map(({ publicInputs, memo }, slot) => ({
        kind: 'transfer' as const,
        slot,
        firstLeafIndex: 4n * BigInt(applied.position + slot),
        publicInputs,
        memo,
        anchorBatch: 0n,
      })),
      voids: [],
      deposits: [],
    })
    await tick('observer')
    assert.equal(await codeOf(rival), 'TX_BATCH_OVERTAKEN')
    assert.equal((await statusOf(kept))['status'], 'settled')
    const [adopted] = await batches()
    assert.ok(adopted !== undefined)
    assert.equal(BigInt(adopted.anchor.noteRoot), applied.newNoteRoot)
    assert.deepEqual(encodeBatchBody(decodeBatchBody(adopted)), adopted)
    const refused = await here.post(aSubmission('rival again', { nullifier }))
    assert.equal(refused.body['code'], 'TX_NULLIFIER_SPENT')
    // The chain goes on from there.
    const next = await admit('next', { anchor: applied.newNoteRoot, anchorBatch: 1n })
    await seal()
    assert.equal((await statusOf(next))['batchNumber'], 2)
    // A reorg takes the other's batch away: everything sealed on it is void.
    const head = await here.chain.getHead()
    here.chain.reorg(head.number - 1n)
    here.chain.mine()
    here.chain.mine()
    await tick('observer')
    assert.equal(await codeOf(next), 'TX_BATCH_OVERTAKEN')
    const status = (await here.get('/v1/status')).body as { sealed: { noteRoot: string } }
    assert.equal(BigInt(status.sealed.noteRoot), emptyRoot(NOTE_TREE_DEPTH))
  })

  test('behavior: an answer that never comes does not hold up a stop', async () => {
    await threeProved()
    const asked = Promise.withResolvers<true>()
    here.settlement.submit = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'))
        })
        asked.resolve(true)
      })
    here.sequencer.loops.settler.start()
    await asked.promise
    await here.sequencer.stop()
    here = await aSequencer(database)
  })
})
