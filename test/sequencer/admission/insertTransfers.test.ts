import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { parseSubmission } from '../../../sequencer/admission/parseSubmission.ts'
import { type Database, sql } from '../../../sequencer/store/database.ts'
import { findKnownTransfers } from '../../../sequencer/store/findKnownTransfers.ts'
import { insertTransfers } from '../../../sequencer/store/insertTransfers.ts'
import { listWaitingTransfers } from '../../../sequencer/store/listWaitingTransfers.ts'
import { migrate } from '../../../sequencer/store/migrate.ts'
import { rejectTransfers } from '../../../sequencer/store/rejectTransfers.ts'
import type { Submission } from '../../../sequencer/transfer.ts'
import { computeStatementId } from '../../../api/index.ts'
import { publicInputsToArray } from '../../../protocol/publicInputs.ts'
import { aServer, type TestServer } from '../../support/databases.ts'
import { aSubmission, type SubmissionOptions } from '../../support/sequencers.ts'

let server: TestServer
let database: Database
let close: () => Promise<void>

before(async () => {
  server = await aServer()
})
after(() => server.stop())
beforeEach(async () => {
  ;({ database, close } = await server.open())
  await migrate(database)
})
afterEach(() => close())

const of = (label: string, options: SubmissionOptions = {}) =>
  parseSubmission(aSubmission(label, options))
const admitted = (submission: Submission, at = 1_000) => ({
  submission,
  admission: {
    admittedAt: new Date(at),
    settleBy: at + 3_600,
    receiptSignature: `0x${'ab'.repeat(65)}` as const,
  },
})

describe('parseSubmission', () => {
  test('default: the id is that of the statement', () => {
    for (const circuit of ['transfer', 'collect'] as const) {
      const { id, publicInputs, memo } = of('one', { circuit })
      const elements = publicInputsToArray(circuit, publicInputs)
      assert.equal(id, computeStatementId({ circuit, publicInputs: elements, memo }))
    }
  })
})

describe('insertTransfers', () => {
  test('default: a group, each as it was submitted, in order', async () => {
    const proof = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 2n ** 253n] as const
    const group = [
      of('a', { anchorBatch: 7n }),
      of('bb', { circuit: 'collect' }),
      of('ccc', { proof, fee: 0n }),
      of('dddd', { circuit: 'collect', memo: new Uint8Array(282).map((_, i) => i % 256) }),
    ]
    const outcomes = await insertTransfers(
      database,
      group.map((submission, i) => admitted(submission, 1_000 + i)),
    )
    assert.deepEqual(outcomes, ['admitted', 'admitted', 'admitted', 'admitted'])
    const stored = await listWaitingTransfers(database, 10)
    assert.deepEqual(
      stored,
      group.map(({ proof: _, ...statement }, i) => ({
        ...statement,
        admittedAt: new Date(1_000 + i),
      })),
    )
    const rows = await database.query<{ proof: Buffer; receipt_signature: Buffer }>(
      sql`select proof, receipt_signature from transfer order by arrival`,
    )
    assert.equal(rows[2]?.proof.subarray(224).toString('hex'), (2n ** 253n).toString(16))
    assert.equal(rows[3]?.receipt_signature.toString('hex'), 'ab'.repeat(65))
  })

  test('behavior: what is known, taken, doubled or unfit is told apart, and stops no other', async () => {
    const first = of('first')
    const { nullifier } = first.publicInputs
    const rejected = of('rejected')
    await insertTransfers(database, [admitted(first), admitted(rejected)])
    const reason = { code: 'TX_STALE_DAY', message: 'late' }
    await rejectTransfers(database, { ids: [rejected.id], reason })
    const unfit = { ...of('unfit'), memo: new Uint8Array(281) }
    const twin = of('twin', { nullifier: of('new').publicInputs.nullifier })
    const outcomes = await insertTransfers(
      database,
      [first, of('other', { nullifier }), of('new'), twin, rejected, unfit, of('last')].map((one) =>
        admitted(one, 2_000),
      ),
    )
    assert.deepEqual(
      outcomes.map((outcome) => (outcome instanceof Error ? 'error' : outcome)),
      ['known', 'taken', 'admitted', 'taken', 'admitted', 'error', 'admitted'],
    )
    const rows = await database.query<{ id: Buffer; at: Date }>(
      sql`select id, admitted_at as at from transfer where status = 'admitted' order by arrival`,
    )
    assert.deepEqual(
      rows.map(({ id, at }) => [`0x${id.toString('hex')}`, at.getTime()]),
      [
        [first.id, 1_000],
        [rejected.id, 2_000],
        [of('new').id, 2_000],
        [of('last').id, 2_000],
      ],
    )
  })

  test('behavior: two groups at once admit one of each nullifier', async () => {
    const nullifiers = Array.from(
      { length: 20 },
      (_, i) => of(`n ${String(i)}`).publicInputs.nullifier,
    )
    const groups = ['a', 'b'].map((name) =>
      nullifiers.map((nullifier, i) => admitted(of(`${name} ${String(i)}`, { nullifier }))),
    )
    const outcomes = await Promise.all(groups.map((group) => insertTransfers(database, group)))
    for (const i of nullifiers.keys()) {
      assert.deepEqual(outcomes.map((group) => group[i]).sort(), ['admitted', 'taken'])
    }
  })

  test('behavior: findKnownTransfers leaves out the rejected and the unknown', async () => {
    const [live, rejected, unknown] = ['live', 'rejected', 'unknown'].map((label) => of(label))
    assert.ok(live !== undefined && rejected !== undefined && unknown !== undefined)
    await insertTransfers(database, [admitted(live), admitted(rejected)])
    const reason = { code: 'TX_STALE_DAY', message: 'late' }
    await rejectTransfers(database, { ids: [rejected.id], reason })
    const known = await findKnownTransfers(database, [live.id, rejected.id, unknown.id])
    assert.deepEqual([...known], [live.id])
  })
})
