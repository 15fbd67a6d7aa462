import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { computeStatementId } from '../../api/index.ts'
import type { SettledVoid } from '../../l1/chainEvents.ts'
import { decodeSettleInput, type SettleForced } from '../../l1/codec.ts'
import { TransactionRevertedError } from '../../l1/errors.ts'
import { applyBatch } from '../../protocol/applyBatch.ts'
import { hexToBytes } from '../../protocol/field.ts'
import { publicInputsFromArray, publicInputsToArray } from '../../protocol/publicInputs.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { packWord } from '../../protocol/words.ts'
import { proofFromWords } from '../../prover/proof.ts'
import { toBatch } from '../../sequencer/state/restoreState.ts'
import { type Database, fromField, sql, toField } from '../../sequencer/store/database.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { fieldOf } from '../support/identities.ts'
import {
  aSequencer,
  aSubmission,
  makeProofs,
  noon,
  type SubmissionOptions,
  type TestSequencer,
} from '../support/sequencers.ts'

// Proofs and contracts are scripted here; test/contracts and the forced tests of the wallet have the real ones.

const batchAgeMs = 10_000

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

describe('forced transfers', () => {
  let server: TestServer
  let database: Database
  let close: () => Promise<void>
  let here: TestSequencer
  let nextId: bigint

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
    nextId = 1n
  })
  afterEach(async () => {
    await here.sequencer.stop()
    await close()
  })

  const hash = `0x${'ab'.repeat(32)}` as const
  const statementOf = (label: string, options: SubmissionOptions = {}) => {
    const { circuit, publicInputs, memo, anchorBatch } = aSubmission(label, options)
    const inputs = publicInputsFromArray(circuit, publicInputs.map(BigInt))
    const bytes = hexToBytes(memo)
    const id = computeStatementId({
      circuit,
      publicInputs: publicInputsToArray(circuit, inputs),
      memo: bytes,
    })
    return { id, circuit, publicInputs: inputs, memo: bytes, anchorBatch: BigInt(anchorBatch) }
  }
  /** An event of the queue. */
  const queued = (label: string, options: SubmissionOptions = {}) => {
    const { id: statementId, circuit: kind, ...rest } = statementOf(label, options)
    const id = nextId++
    here.chain.mine({
      type: 'forcedTransferQueued',
      ...{ id, statementId, kind, ...rest },
      queuedAt: BigInt(noon / 1000),
      dueAt: BigInt(noon / 1000) + 10_800n,
      deadline: BigInt(noon / 1000) + 86_400n,
      wasCurrent: true,
    })
    return statementId
  }
  const admit = async (label: string, options: SubmissionOptions = {}) => {
    const { status, body } = await here.post(aSubmission(label, options))
    assert.equal(status, 202, JSON.stringify(body))
    return body['id'] as string
  }
  const observe = () => here.sequencer.loops.observer.tick()
  const seal = async () => {
    here.clock.now += batchAgeMs
    await here.sequencer.loops.sealer.tick()
  }
  const statusOf = async (id: string) => (await here.get(`/v1/transfers/${id}`)).body
  const accept = () => {
    here.settlement.answer = async ({ data }) => {
      const last = decodeSettleInput(data).batches.at(-1)
      assert.ok(last !== undefined)
      here.settlement.settled = { batchNumber: last.batchNumber, noteRoot: last.newNoteRoot }
      return { transaction: hash, gasUsed: 1n }
    }
  }
  /** Proves and settles; the slots that were sent. */
  const settle = async () => {
    await makeProofs(here.sequencer)
    await here.sequencer.loops.settler.tick()
    return decodeSettleInput(here.settlement.calls.at(-1)?.data ?? '0x').batches.map(
      ({ slots }) => slots,
    )
  }
  const forcedOf = (slots: readonly object[]): SettleForced[] =>
    slots.filter((slot): slot is SettleForced => 'entryId' in slot)

  test('default: are sealed live before all others, and settled without proof', async () => {
    const fee = packWord('fee', { amount: 7n, asset: 1n, epoch: 0n })
    for (const label of ['a', 'b', 'c', 'd', 'e']) await admit(label)
    const forced = queued('forced', { fee })
    assert.equal((await here.get(`/v1/transfers/${forced}`)).status, 404)
    await observe()
    assert.deepEqual(await statusOf(forced), {
      id: forced,
      status: 'forced',
      forced: { entry: 1, deadline: noon / 1000 + 86_400 },
    })
    await seal()
    const sealed = await statusOf(forced)
    assert.equal(sealed['status'], 'sealed')
    accept()
    const [slots = []] = await settle()
    assert.equal(slots.length, 6)
    const [slot] = forcedOf(slots)
    const { nullifier, outputs } = statementOf('forced', { fee }).publicInputs
    assert.deepEqual(slot, {
      ...{ kind: 'forced', entryId: 1n, takenAs: 'transfer', nullifier, outputs },
      ...{ withdrawal: 0n, fee: { amount: 7n, asset: 1n } },
    })
    const nullifiers = slots.map((one) => ('nullifier' in one ? one.nullifier : 0n))
    assert.deepEqual(
      nullifiers,
      [...nullifiers].sort((one, other) => (one > other ? -1 : 1)),
    )
  })

  test('behavior: an admitted transfer whose twin was forced is sealed by force, with its receipt', async () => {
    const id = await admit('twin')
    assert.equal(queued('twin'), id)
    await observe()
    await seal()
    const state = await statusOf(id)
    assert.equal(state['status'], 'sealed')
    assert.notEqual(state['receipt'], undefined)
    accept()
    const [slots = []] = await settle()
    assert.equal(slots.length, 1)
    assert.equal(forcedOf(slots)[0]?.takenAs, 'transfer')
  })

  test('behavior: another admitted transfer of the same account is rejected as spent', async () => {
    const nullifier = fieldOf('shared') >> 8n
    const rival = await admit('rival', { nullifier })
    const forced = queued('forced', { nullifier })
    await observe()
    await seal()
    assert.equal((await statusOf(forced))['status'], 'sealed')
    assert.equal(((await statusOf(rival))['reason'] as { code: string }).code, 'TX_NULLIFIER_SPENT')
  })

  test('behavior: what was spent before is void, also by an older entry of the same batch', async () => {
    const ordinary = await admit('ordinary')
    await seal()
    queued('ordinary')
    queued('twice')
    queued('twice')
    await observe()
    await seal()
    assert.equal((await statusOf(ordinary))['status'], 'sealed')
    accept()
    const all = await settle()
    assert.deepEqual(
      forcedOf(all.flat())
        .map(({ entryId, takenAs }) => [entryId, takenAs] as const)
        .sort(([one], [other]) => Number(one - other)),
      [
        [1n, 'void'],
        [2n, 'transfer'],
        [3n, 'void'],
      ],
    )
    // The state comes back from the database with void slots in it.
    const { noteRoot } = here.settlement.settled
    here = await here.restart()
    const { body } = await here.get('/v1/anchors/latest')
    assert.equal(BigInt(body['noteRoot'] as string), noteRoot)
  })

  test('behavior: live or void is decided anew when batches are voided', async () => {
    const ordinary = await admit('ordinary')
    await seal()
    queued('ordinary')
    await observe()
    await seal()
    here.settlement.answer = () =>
      Promise.reject(
        new TransactionRevertedError({
          purpose: 'test',
          revert: { name: 'DayOutdated', args: [] },
        }),
      )
    // Both together, then the first alone, which voids both.
    await settle().catch(() => undefined)
    const [row] = await database.query<{ count: string }>(sql`select count(*) from batch_forced`)
    assert.equal(row?.count, '0')
    assert.equal((await statusOf(ordinary))['status'], 'forced')
    await seal()
    assert.equal((await statusOf(ordinary))['status'], 'sealed')
    const [taken] = await database.query<{ taken_as: string }>(
      sql`select taken_as from batch_forced`,
    )
    assert.equal(taken?.taken_as, 'transfer')
  })

  test('behavior: a reorg that gives the id of a taken entry to another voids its batch, and no other', async () => {
    const kept = await admit('kept')
    await seal()
    const { number } = await here.chain.getHead()
    const first = queued('first')
    await observe()
    const beside = await admit('beside')
    await seal()
    assert.equal((await statusOf(first))['status'], 'sealed')
    nextId = 1n
    here.chain.reorg(number)
    const second = queued('second')
    here.chain.mine()
    await observe()
    assert.equal((await statusOf(kept))['status'], 'sealed')
    assert.equal((await statusOf(beside))['status'], 'admitted')
    await seal()
    for (const id of [beside, second]) {
      const { status, batchNumber } = await statusOf(id)
      assert.deepEqual([status, batchNumber], ['sealed', 2])
    }
    // It came by force alone: its sender forces it again.
    assert.equal(((await statusOf(first))['reason'] as { code: string }).code, 'TX_BATCH_VOID')
  })

  test('behavior: a void entry that becomes another by a reorg voids its batch too, the same again does not', async () => {
    await admit('ordinary')
    await seal()
    const { number } = await here.chain.getHead()
    queued('ordinary')
    await observe()
    await seal()
    const takenAs = async () =>
      (await database.query<{ taken_as: string }>(sql`select taken_as from batch_forced`)).map(
        ({ taken_as: kind }) => kind,
      )
    assert.deepEqual(await takenAs(), ['void'])
    const again = async (label: string) => {
      nextId = 1n
      here.chain.reorg(number)
      queued(label)
      here.chain.mine()
      await observe()
    }
    await again('ordinary')
    assert.deepEqual(await takenAs(), ['void'])
    await again('another')
    assert.deepEqual(await takenAs(), [])
  })

  test('behavior: more than a batch has room for goes on in the next, oldest first', async () => {
    for (let i = 0; i < 70; i++) queued(`flood ${String(i)}`)
    await observe()
    await seal()
    await seal()
    const rows = await database.query<{ number: string; entries: string[] }>(sql`
      select batch.number, array_agg(entry_id order by entry_id) as entries
      from batch_forced join batch on batch.id = batch_id group by batch.number order by batch.number
    `)
    assert.deepEqual(
      rows.flatMap(({ entries }) => entries.map(Number)),
      Array.from({ length: 70 }, (_, i) => i + 1),
    )
  })

  test('behavior: a reorg takes a waiting entry back, and its id is given again', async () => {
    const head = (await here.chain.getHead()).number
    const forced = queued('gone')
    await observe()
    here.chain.reorg(head)
    here.chain.mine()
    here.chain.mine()
    await observe()
    assert.equal((await here.get(`/v1/transfers/${forced}`)).status, 404)
    nextId = 1n
    queued('other')
    await observe()
    await seal()
    const [row] = await database.query<{ count: string }>(sql`select count(*) from batch_forced`)
    assert.equal(row?.count, '1')
  })

  test('behavior: a foreign batch with live and void slots is adopted, with gaps', async () => {
    const live = statementOf('live')
    const voided = statementOf('live')
    queued('live')
    queued('live')
    const circuit = 'batch-4'
    const feeRecipient = '0x00000000000000000000000000000000000000ee'
    const { nullifier, outputs } = voided.publicInputs
    const voids: SettledVoid[] = [{ slot: 2, forcedEntry: 2n, nullifier, outputs }]
    const applied = applyBatch(
      initialState(),
      toBatch({ circuit, number: 1n, feeRecipient }, [{ ...live, slot: 0 }], [], voids),
    )
    here.chain.mine({
      type: 'batchSettled',
      ...{ batchNumber: 1n, circuit, feeRecipient, voids, deposits: [] },
      position: BigInt(applied.position),
      oldSlotCount: applied.oldSlotCount,
      newSlotCount: applied.newSlotCount,
      noteRoot: applied.newNoteRoot,
      nullifierRoot: applied.newNullifierRoot,
      transfers: [
        {
          ...{ kind: 'transfer', slot: 0, forcedEntry: 1n },
          firstLeafIndex: 4n * BigInt(applied.position),
          publicInputs: live.publicInputs,
          memo: live.memo,
          anchorBatch: 0n,
        },
      ],
    })
    await observe()
    const { assurance, ...status } = await statusOf(live.id)
    assert.equal((assurance as { level: string }).level, 'committed')
    assert.deepEqual(
      { ...status, receipt: undefined, l1Transaction: undefined },
      {
        id: live.id,
        status: 'settled',
        forced: { entry: 1, deadline: noon / 1000 + 86_400 },
        batchNumber: 1,
        slot: 0,
        firstLeafIndex: 4 * applied.position,
        receipt: undefined,
        l1Transaction: undefined,
      },
    )
    // Nothing of the queue is left.
    queued('next')
    await observe()
    await seal()
    const rows = await database.query<{ entry_id: string }>(
      sql`select entry_id from batch_forced order by entry_id`,
    )
    assert.deepEqual(
      rows.map(({ entry_id: id }) => id),
      ['1', '2', '3'],
    )
  })

  test('behavior: metrics and health tell how long the oldest has waited, and has left', async () => {
    queued('slow')
    await observe()
    const figures = async () => {
      await here.get('/healthz').catch(() => undefined)
      const { body } = await here.sequencer.app.inject({ method: 'GET', url: '/metrics' })
      return new Map(
        body
          .split('\n')
          .filter((line) => line.startsWith('cinnabar_forced'))
          .map((line) => line.split(' ') as [string, string]),
      )
    }
    assert.equal((await figures()).get('cinnabar_forced_transfers_waiting'), '1')
    here.clock.now += 20 * 3_600_000
    const late = await figures()
    assert.equal(late.get('cinnabar_forced_transfers_time_left_seconds'), String(4 * 3_600))
    const { body } = await here.get('/healthz')
    const checks = body['checks'] as { name: string; isOk: boolean }[]
    assert.equal(checks.find(({ name }) => name === 'forced queue')?.isOk, false)
  })

  test('behavior: the time left is the settlement clock’s, which a guardian can stop', async () => {
    queued('held')
    await observe()
    const { right } = here.settlement
    const timeLeft = async (changes: Partial<typeof right>) => {
      here.settlement.right = { ...right, ...changes }
      await here.sequencer.loops.right.tick()
      // Figures are fresh for a second.
      here.clock.now += 3_600_000
      const { body } = await here.sequencer.app.inject({ method: 'GET', url: '/metrics' })
      return /^cinnabar_forced_transfers_time_left_seconds (.*)$/m.exec(body)?.[1]
    }
    // An hour has gone by, two hours of stops before that.
    assert.equal(await timeLeft({ time: right.time - 7_200n }), String(25 * 3_600))
    assert.equal(await timeLeft({ time: right.time, isClockStopped: true }), String(24 * 3_600))
    assert.equal(await timeLeft({}), String(21 * 3_600))
  })
})
