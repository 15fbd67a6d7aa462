import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { Assurance, BatchPage, StatusBody, TransferState } from '../../api/index.ts'
import type { MinedTransaction } from '../../l1/findReceipt.ts'
import type { Database } from '../../sequencer/store/database.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import {
  aSequencer,
  aSubmission,
  batchSettled,
  ScriptedChain,
  type TestSequencer,
} from '../support/sequencers.ts'

const finalityDepth = 4n

describe('assurance', () => {
  let server: TestServer
  let database: Database
  let close: () => Promise<void>
  let here: TestSequencer
  let id: string
  /** What the base chain says of a receipt; undefined: the truth. */
  let receipt: ((truth: MinedTransaction | undefined) => MinedTransaction | undefined) | undefined
  let asked: number

  const start = async (confirmations = 0n) => {
    const chain = ScriptedChain.deployed()
    // So that the deployment is read.
    for (let i = 0n; i < confirmations; i++) chain.mine()
    here = await aSequencer(database, {
      chain,
      settings: { finalityDepth, confirmations },
      ports: {
        async findReceipt(transaction) {
          asked += 1
          const truth = await chain.findReceipt(transaction)
          return receipt === undefined ? truth : receipt(truth)
        },
      },
    })
    const { body } = await here.post(aSubmission('one'))
    id = body['id'] as string
    here.clock.now += 60_000
    await here.sequencer.loops.sealer.tick()
  }

  before(async () => {
    server = await aServer()
  })
  after(() => server.stop())
  beforeEach(async () => {
    ;({ database, close } = await server.open())
    receipt = undefined
    asked = 0
    await start()
  })
  afterEach(async () => {
    await here.sequencer.stop()
    await close()
  })

  const batchOf = async () => ((await here.get('/v1/batches')).body as BatchPage).batches[0]
  /** What is said of the transfer; the same must be said of its batch. */
  const assurance = async (): Promise<Assurance | undefined> => {
    const { body } = await here.get(`/v1/transfers/${id}`)
    const { assurance: said } = body as TransferState
    assert.deepEqual((await batchOf())?.assurance, said)
    return said
  }
  const settle = async () => {
    const batch = await batchOf()
    assert.ok(batch !== undefined)
    return here.chain.mine(batchSettled(batch))
  }
  const look = async () => {
    await here.sequencer.loops.observer.tick()
    await here.sequencer.loops.finality.tick()
  }
  const mine = (blocks: number) => {
    for (let i = 0; i < blocks; i++) here.chain.mine()
  }
  const finalBatch = async () =>
    ((await here.get('/v1/status')).body as StatusBody).finality.batchNumber
  const figure = async (name: string) =>
    Number(
      new RegExp(`^${name} (\\d+)`, 'm').exec(await here.sequencer.registry.metrics())?.[1] ?? NaN,
    )

  test('default: included, committed, final, each with the block that it counts on', async () => {
    const depth = Number(finalityDepth)
    assert.deepEqual(await assurance(), { level: 'included', finalityDepth: depth })
    const { number, hash } = await settle()
    const l1Block = { number: Number(number), hash }
    for (let confirmations = 1; confirmations < depth; confirmations++) {
      await look()
      assert.deepEqual(await assurance(), {
        ...{ level: 'committed', l1Block, confirmations, finalityDepth: depth },
      })
      assert.equal(asked, 0, 'not looked at before it is deep enough')
      mine(1)
    }
    await here.sequencer.loops.observer.tick()
    assert.equal((await assurance())?.level, 'committed', 'deep, and not looked at again yet')
    assert.equal(await finalBatch(), 0)
    await look()
    assert.deepEqual(await assurance(), {
      ...{ level: 'final', l1Block, confirmations: depth, finalityDepth: depth },
    })
    assert.equal(await finalBatch(), 1)
    assert.equal(await figure('cinnabar_final_batch'), 1)
    mine(3)
    await look()
    assert.equal((await assurance())?.confirmations, depth + 3)
    assert.equal(asked, 1, 'one receipt is asked for once')
  })

  for (const [what, say] of [
    ['is not there', () => undefined],
    [
      'stands in another block',
      (truth: MinedTransaction | undefined) =>
        truth && { ...truth, blockHash: `0x${'ee'.repeat(32)}` as const },
    ],
    [
      'says that it reverted',
      (truth: MinedTransaction | undefined) => truth && { ...truth, isSuccess: false },
    ],
  ] as const) {
    test(`rejects: a settlement whose receipt ${what}, until it is as it was observed`, async () => {
      await settle()
      mine(Number(finalityDepth))
      await here.sequencer.loops.observer.tick()
      receipt = say
      await assert.rejects(here.sequencer.loops.finality.tick(), {
        code: 'FINALITY_RECEIPT_DIFFERS',
      })
      assert.equal((await assurance())?.level, 'committed')
      receipt = undefined
      await look()
      assert.equal((await assurance())?.level, 'final')
    })
  }

  test('behavior: a reorg moves it back, visibly, and the next settlement counts anew', async () => {
    const { number } = await settle()
    mine(Number(finalityDepth))
    await look()
    assert.equal((await assurance())?.level, 'final')
    const depth = Number(finalityDepth)

    here.chain.reorg(number - 1n)
    mine(depth + 2)
    await here.sequencer.loops.observer.tick()
    assert.deepEqual(await assurance(), { level: 'included', finalityDepth: depth })
    await look()
    assert.equal(await finalBatch(), 0)
    assert.equal(await figure('cinnabar_finality_taken_back_total'), 1)
    assert.equal(await figure('cinnabar_final_batch'), 0)

    await settle()
    await look()
    assert.deepEqual((await assurance())?.confirmations, 1)
    assert.equal((await assurance())?.level, 'committed')
    mine(depth)
    await look()
    assert.equal((await assurance())?.level, 'final')
    assert.equal(await figure('cinnabar_finality_taken_back_total'), 1)
  })

  test('behavior: settled again in a younger block it is committed, before anybody looked again', async () => {
    const { number } = await settle()
    mine(Number(finalityDepth))
    await look()
    here.chain.reorg(number - 1n)
    // At the same height as before, and alone at the top.
    await settle()
    await here.sequencer.loops.observer.tick()
    const said = await assurance()
    assert.deepEqual([said?.level, said?.confirmations], ['committed', 1])
  })

  test('behavior: after a start nothing is final until the receipt was looked at again', async () => {
    await settle()
    mine(Number(finalityDepth))
    await look()
    here = await here.restart()
    assert.equal((await assurance())?.level, 'committed')
    await look()
    assert.equal((await assurance())?.level, 'final')
  })

  test('behavior: blocks that are left unread count as well', async () => {
    await here.sequencer.stop()
    await close()
    ;({ database, close } = await server.open())
    await start(2n)
    await settle()
    mine(2)
    await look()
    const said = await assurance()
    assert.deepEqual([said?.level, said?.confirmations], ['committed', 3])
    mine(1)
    await look()
    assert.equal((await assurance())?.level, 'final')
  })
})
