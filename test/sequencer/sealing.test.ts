import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import {
  decodeBatchBody,
  verifyAnchor,
  type BatchPage,
  type SignedAnchor,
} from '../../api/index.ts'
import { applyBatch } from '../../protocol/applyBatch.ts'
import { SECONDS_PER_DAY } from '../../protocol/constants.ts'
import { formatField } from '../../protocol/field.ts'
import { commitToRecipient } from '../../protocol/note.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { toBatch } from '../../sequencer/state/restoreState.ts'
import { restoreState } from '../../sequencer/state/restoreState.ts'
import { SealedState } from '../../sequencer/state/sealedState.ts'
import { type Database, sql } from '../../sequencer/store/database.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { fieldOf } from '../support/identities.ts'
import {
  aDepositQueued,
  anIdentityUpdate,
  aSequencer,
  aSubmission,
  ScriptedChain,
  type SubmissionOptions,
  testDay,
  testDeployment,
  type TestSequencer,
} from '../support/sequencers.ts'

const batchAgeMs = 10_000

describe('sealBatch', () => {
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
    here = await aSequencer(database)
  })
  afterEach(async () => {
    await here.sequencer.stop()
    await close()
  })

  const admit = async (label: string, options: SubmissionOptions = {}) => {
    const { status, body } = await here.post(aSubmission(label, options))
    assert.equal(status, 202, JSON.stringify(body))
    return body['id'] as `0x${string}`
  }
  const seal = async () => {
    here.clock.now += batchAgeMs
    await here.sequencer.loops.sealer.tick()
  }
  const observe = () => here.sequencer.loops.observer.tick()
  const statusOf = async (id: string) => (await here.get(`/v1/transfers/${id}`)).body
  const batches = async () => (await here.get('/v1/batches?count=64')).body as unknown as BatchPage

  test('default: slots in descending order of nullifier, deposits last, all signed', async () => {
    const nullifiers = [5n, (1n << 248n) - 1n, 1n]
    const ids = []
    for (const [i, nullifier] of nullifiers.entries()) {
      ids.push(await admit(`transfer ${String(i)}`, { nullifier }))
    }
    here.chain.mine(aDepositQueued(1n), aDepositQueued(2n))
    await observe()
    await seal()

    const page = await batches()
    const [body] = page.batches
    assert.ok(body !== undefined && page.batches.length === 1 && page.newestBatch === 1)
    const batch = decodeBatchBody(body)
    assert.equal(batch.circuit, 'batch-4')
    assert.equal(batch.stage, 'sealed')
    // One slot is the sentinel's, so the first aligned position of four slots is 4.
    assert.deepEqual([batch.position, batch.oldSlotCount, batch.newSlotCount], [4n, 1n, 8n])
    assert.deepEqual(
      batch.transfers.map(({ publicInputs }) => publicInputs.nullifier),
      [nullifiers[1], nullifiers[0], nullifiers[2]],
    )
    assert.deepEqual(
      batch.transfers.map(({ firstLeafIndex }) => firstLeafIndex),
      [16n, 20n, 24n],
    )
    assert.deepEqual(
      batch.deposits.map(({ id, leafIndex }) => [id, leafIndex]),
      [
        [1n, 28n],
        [2n, 29n],
      ],
    )
    assert.equal(verifyAnchor(testDeployment, body.anchor, here.sequencer.address), true)

    // The oracle: the protocol's own application to the initial state.
    const state = initialState()
    applyBatch(
      state,
      toBatch(
        { circuit: 'batch-4', number: 1n, feeRecipient: body.feeRecipient },
        batch.transfers.map(({ kind: circuit, publicInputs, memo, statementId, anchorBatch }) => ({
          id: statementId,
          circuit,
          publicInputs,
          memo,
          anchorBatch,
        })),
        batch.deposits,
      ),
    )
    assert.equal(batch.noteRoot, state.noteTree.root)
    assert.equal(batch.nullifierRoot, state.nullifierTree.root)

    const first = await statusOf(ids[0] ?? '')
    assert.deepEqual(
      [first['status'], first['batchNumber'], first['slot'], first['firstLeafIndex']],
      ['sealed', 1, 1, 20],
    )
    const leaves = (await here.get('/v1/leaves?from=16&count=100')).body
    assert.equal(leaves['leafCount'], 32)
    const listed = leaves['leaves'] as string[]
    assert.equal(listed.length, 16)
    const deposit = batch.deposits[0]
    assert.ok(deposit !== undefined)
    assert.equal(listed[12], formatField(commitToRecipient(deposit)))
    assert.equal(listed[14], formatField(0n))
    const latest = (await here.get('/v1/anchors/latest')).body as unknown as SignedAnchor
    assert.deepEqual(latest, body.anchor)
    assert.deepEqual((await here.get('/v1/anchors/1')).body, latest)
    assert.equal((await here.get('/v1/anchors/2')).body['code'], 'ANCHOR_UNKNOWN')
  })

  test('behavior: the signed chain links, and an anchor of a sealed batch is admitted', async () => {
    await admit('one')
    await seal()
    const [first] = (await batches()).batches
    assert.ok(first !== undefined)
    const anchor = BigInt(first.anchor.noteRoot)
    await admit('two', { anchor, anchorBatch: 1n })
    // The right root under the wrong number: the contract would look up the number.
    const wrong = await here.post(aSubmission('three', { anchor, anchorBatch: 0n }))
    assert.equal(wrong.body['code'], 'TX_UNKNOWN_ANCHOR')
    await seal()
    const [, second] = (await batches()).batches
    assert.equal(second?.anchor.parentNoteRoot, first.anchor.noteRoot)
    assert.equal(second?.anchor.parentNullifierRoot, first.anchor.nullifierRoot)
  })

  test('behavior: more than three make a batch of 16, and what is full is sealed at once', async () => {
    for (let i = 0; i < 19; i++) await admit(`transfer ${String(i)}`)
    await here.sequencer.loops.sealer.tick()
    assert.deepEqual(
      (await batches()).batches.map(({ circuit, transfers }) => [circuit, transfers.length]),
      [['batch-16', 15]],
    )
    await seal()
    assert.deepEqual(
      (await batches()).batches.map(({ circuit, transfers }) => [circuit, transfers.length]),
      [
        ['batch-16', 15],
        ['batch-16', 4],
      ],
    )
  })

  test('behavior: the base fee decides when, and the choice is there to read', async () => {
    const { chain, clock, settlement } = here
    await here.sequencer.stop()
    settlement.baseFee = 20n * 10n ** 9n
    const settings = { delayPrice: 100n * 10n ** 9n }
    here = await aSequencer(database, { chain, clock, settlement, settings })
    const sealing = async () =>
      (await here.get('/decisions')).body['sealing'] as {
        circuit?: string
        reason: string
        facts: { transfers: number; baseFee: string }
      }
    await admit('one')
    await here.sequencer.loops.sealer.tick()
    const dear = await sealing()
    assert.deepEqual([dear.circuit, dear.reason], [undefined, 'more-may-come'])
    assert.deepEqual([dear.facts.transfers, dear.facts.baseFee], [1, '20000000000'])
    // It falls, and is read again: sealed at once, a prover being idle.
    settlement.baseFee = 1_000n
    clock.now += 7_000
    await here.sequencer.loops.sealer.tick()
    assert.deepEqual(
      (await batches()).batches.map(({ circuit }) => circuit),
      ['batch-4'],
    )
    const metrics = await here.sequencer.app.inject({ method: 'GET', url: '/metrics' })
    assert.match(metrics.body, /cinnabar_choices_total\{what="seal",reason="delay-costs-more"\} 1/)
    // The next one waits: the prover is busy.
    await admit('two')
    await here.sequencer.loops.sealer.tick()
    assert.equal((await sealing()).reason, 'provers-busy')
  })

  test('behavior: a batch of 64 where its key is, and only there', async () => {
    const { chain, clock } = here
    for (let i = 0; i < 14; i++) await admit(`transfer ${String(i)}`)
    await here.sequencer.stop()
    const batchCircuits = ['batch-4', 'batch-16', 'batch-64'] as const
    here = await aSequencer(database, { chain, clock, ports: { batchCircuits } })
    for (let i = 14; i < 30; i++) await admit(`transfer ${String(i)}`)
    await here.sequencer.loops.sealer.tick()
    assert.deepEqual((await batches()).batches, [])
    await seal()
    const [batch] = (await batches()).batches
    assert.ok(batch !== undefined)
    assert.deepEqual([batch.circuit, batch.position, batch.transfers.length], ['batch-64', 64, 30])
    // The deposits' slot is the last of 64.
    assert.equal(batch.anchor.slotCount, 128)
    here = await here.restart()
    assert.equal((await here.get('/v1/status')).status, 200)
  })

  test('behavior: what went stale is rejected with its reason and stops nobody else (S2)', async () => {
    const stale = await admit('stale')
    here.chain.mine(anIdentityUpdate(2n, fieldOf('second')))
    await observe()
    const fresh = await admit('fresh', { identityRoot: fieldOf('second') })
    await seal()
    assert.equal((await statusOf(fresh))['status'], 'sealed')
    const { status, reason, receipt } = await statusOf(stale)
    assert.equal(status, 'rejected')
    assert.equal((reason as { code: string }).code, 'TX_STALE_IDENTITY_ROOT')
    // The promise stays on record.
    assert.ok(receipt !== undefined)
  })

  test('behavior: midnight makes yesterday stale', async () => {
    here.clock.now = Number(testDay + 1n) * SECONDS_PER_DAY * 1000 - 5_000
    const late = await admit('late')
    await seal()
    assert.equal(((await statusOf(late))['reason'] as { code: string }).code, 'TX_STALE_DAY')
    assert.deepEqual((await batches()).batches, [])
  })

  test('behavior: more stale ones than are read at a time hide nobody', async () => {
    for (let i = 0; i < 70; i++) await admit(`stale ${String(i)}`)
    here.chain.mine(anIdentityUpdate(2n, fieldOf('second')))
    await observe()
    const fresh = await admit('fresh', { identityRoot: fieldOf('second') })
    await seal()
    assert.equal((await statusOf(fresh))['status'], 'sealed')
    const rows = await database.query(sql`select 1 from transfer where status = 'rejected'`)
    assert.equal(rows.length, 70)
  })

  test('behavior: a rejected statement may be admitted again once it is current', async () => {
    const id = await admit('one')
    here.chain.mine(anIdentityUpdate(2n, fieldOf('second')))
    await observe()
    await seal()
    assert.equal((await statusOf(id))['status'], 'rejected')
    const refused = await here.post(aSubmission('one'))
    assert.equal(refused.body['code'], 'TX_STALE_IDENTITY_ROOT')
    // A reorg takes the update back.
    const head = await here.chain.getHead()
    here.chain.reorg(head.number - 1n)
    here.chain.mine()
    await observe()
    assert.equal(await admit('one'), id)
    await seal()
    const { status, reason } = await statusOf(id)
    assert.deepEqual([status, reason], ['sealed', undefined])
  })

  test('behavior: deposits in queue order, four a batch, those asked back left out (S4)', async () => {
    here.chain.mine(...[1n, 2n, 3n, 4n, 5n, 6n].map(aDepositQueued))
    here.chain.mine({ type: 'depositReclaimRequested', id: 2n, refundableAt: 0n })
    await observe()
    await seal()
    await seal()
    const taken = (await batches()).batches.map(({ deposits }) => deposits.map(({ id }) => id))
    assert.deepEqual(taken, [[1, 3, 4, 5], [6]])
    await seal()
    assert.equal((await batches()).batches.length, 2)
  })

  test('behavior: a deposit of a chain whose clock runs ahead waits no longer than another', async () => {
    here.chain.time = BigInt(Math.floor(here.clock.now / 1000)) + 3_600n
    here.chain.mine(aDepositQueued(1n))
    await observe()
    await here.sequencer.loops.sealer.tick()
    assert.equal((await batches()).batches.length, 0)
    await seal()
    assert.equal((await batches()).batches.length, 1)
  })

  test('behavior: a transfer that no batch can hold is rejected and stops nobody else', async () => {
    const good = await admit('good')
    here.clock.now += 1
    const bad = await admit('bad')
    // As after a fault of ours: a nullifier that differs from the column the constraint watches.
    const good2 = aSubmission('good')
    const position = 5
    const inputs = [...aSubmission('bad').publicInputs]
    inputs[position] = good2.publicInputs[position] ?? '0x'
    await database.query(sql`
      update transfer
      set public_inputs = ${inputs.map((hex) => Buffer.from(hex.slice(2), 'hex'))}::bytea[]::field_element[]
      where id = ${Buffer.from(bad.slice(2), 'hex')}
    `)
    await seal()
    assert.equal((await statusOf(good))['status'], 'sealed')
    const { status, reason } = await statusOf(bad)
    assert.deepEqual([status, (reason as { code: string }).code], ['rejected', 'TX_UNSEALABLE'])
  })

  test('behavior: a restart rebuilds the same state', async () => {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i <= round * 2; i++) await admit(`transfer ${String(round)} ${String(i)}`)
      await seal()
    }
    const before = (await here.get('/v1/status')).body
    here = await here.restart()
    assert.deepEqual((await here.get('/v1/status')).body, before)
    const waiting = await admit('after the restart')
    await seal()
    assert.equal((await statusOf(waiting))['batchNumber'], 4)
  })

  test('rejects: to start on batches that do not give the signed roots', async () => {
    await admit('one')
    await seal()
    await admit('two')
    await seal()
    const tampered = async (query: ReturnType<typeof sql>) => {
      await assert.rejects(
        database.transaction(async (connection) => {
          await connection.query(query)
          await restoreState(connection, new SealedState())
        }),
        { code: 'STATE_INCONSISTENT' },
      )
    }
    await tampered(sql`update batch set new_note_root = ${Buffer.alloc(32, 1)} where number = 2`)
    await tampered(
      sql`update batch set new_nullifier_root = ${Buffer.alloc(32, 1)} where number = 2`,
    )
    await tampered(sql`update batch set new_slot_count = 99 where number = 2`)
    await tampered(sql`update batch set status = 'void', void_code = 'X' where number = 1`)
    await tampered(
      sql`update transfer set public_inputs[7] = ${Buffer.alloc(32, 1)}::bytea::field_element where batch_id = 1`,
    )
    // Untouched, it starts.
    await restoreState(database, new SealedState())
  })

  test('behavior: a second sequencer on the same database is refused', async () => {
    await assert.rejects(aSequencer(database, { chain: here.chain, ports: { lockWaitMs: 200 } }), {
      code: 'DATABASE_IN_USE',
    })
  })

  test('behavior: a database of another deployment is refused', async () => {
    await here.sequencer.stop()
    await database.query(sql`update deployment set chain_id = 1`)
    await assert.rejects(aSequencer(database, { chain: ScriptedChain.deployed() }), {
      code: 'DEPLOYMENT_MISMATCH',
    })
    await database.query(sql`update deployment set chain_id = ${testDeployment.chainId}`)
    here = await aSequencer(database)
  })
})
