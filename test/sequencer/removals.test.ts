import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { type BatchPage, createApiClient, decodeBatchBody } from '../../api/index.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { hexToBytes } from '../../protocol/field.ts'
import { fileRemovals } from '../../sequencer/server/removals.ts'
import type { Database } from '../../sequencer/store/database.ts'
import { send } from '../../wallet/pay.ts'
import { getAddress } from '../../wallet/wallet.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { aSequencer, aSubmission } from '../support/sequencers.ts'
import { aChain, aPersonWithWallet, ether, queueDeposit } from '../support/wallets.ts'

let server: TestServer
let folder: string
before(async () => {
  server = await aServer()
  folder = await mkdtemp(join(tmpdir(), 'cinnabar-removals-'))
})
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

const removal = (statementId: string) => ({ statementId, order: 'Order 2026/17' })
/** In one step, as an editor would: no reader finds half a list. */
async function write(name: string, contents: unknown): Promise<string> {
  const path = join(folder, name)
  const text = typeof contents === 'string' ? contents : JSON.stringify(contents)
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
  return path
}
const listOf = (...ids: string[]) => ({ type: 'cinnabar.removals', removals: ids.map(removal) })

describe('fileRemovals', () => {
  test('default: the list, and what it becomes', async () => {
    const [one, two] = [`0x${'01'.repeat(32)}`, `0x${'02'.repeat(32)}`]
    const path = await write('list.json', listOf(one))
    const removals = await fileRemovals(path)
    assert.deepEqual([...(await removals.read())], [[one, 'Order 2026/17']])
    await write('list.json', listOf(one, two))
    assert.equal((await removals.read()).size, 2)
    await write('list.json', listOf())
    assert.equal((await removals.read()).size, 0)
  })

  test('behavior: a list that became unreadable or went away brings nothing back', async () => {
    const path = await write('spoilt.json', listOf(`0x${'01'.repeat(32)}`))
    const failures: string[] = []
    const removals = await fileRemovals(path, ({ code }) => failures.push(code))
    await write('spoilt.json', '{"type":')
    assert.equal((await removals.read()).size, 1)
    assert.equal((await removals.read()).size, 1)
    await rm(path)
    assert.equal((await removals.read()).size, 1)
    assert.deepEqual(failures, ['REMOVALS_FILE_INVALID', 'REMOVALS_FILE_INVALID'])
  })

  test('rejects: at the start, what is no list', async () => {
    for (const contents of ['[]', 'x', { ...listOf(), extra: 1 }, listOf('0x12')]) {
      const path = await write('bad.json', contents)
      await assert.rejects(fileRemovals(path), { code: 'REMOVALS_FILE_INVALID' })
    }
    await assert.rejects(fileRemovals(join(folder, 'nowhere')), { code: 'REMOVALS_FILE_INVALID' })
  })
})

describe('a removed memo', () => {
  let database: Database
  let close: () => Promise<void>
  beforeEach(async () => {
    ;({ database, close } = await server.open())
  })
  afterEach(() => close())

  test('default: is gone from the answers, provable by its hash, and others stay', async () => {
    const path = await write('orders.json', listOf())
    const here = await aSequencer(database, { settings: { removals: await fileRemovals(path) } })
    try {
      const url = await here.sequencer.app.listen({ host: '127.0.0.1', port: 0 })
      const api = createApiClient({ url })
      const removed = aSubmission('a removed one')
      const { id } = await api.submitTransfer(removed)
      await api.submitTransfer(aSubmission('another'))
      here.clock.now += 60_000
      await here.sequencer.loops.sealer.tick()
      const all = (await api.getBatches()).batches[0]!.transfers
      assert.ok(all.every(({ memo }) => memo !== undefined))

      await write('orders.json', listOf(id))
      const page = (await here.get('/v1/batches?from=1')).body as BatchPage
      const [batch] = page.batches
      const transfer = batch!.transfers.find(({ statementId }) => statementId === id)
      assert.equal(transfer?.memo, undefined)
      assert.deepEqual(transfer?.memoRemoval, {
        order: 'Order 2026/17',
        memoHash: `0x${hashMemo(hexToBytes(removed.memo)).toString(16).padStart(64, '0')}`,
      })
      assert.ok(!JSON.stringify(page).includes(removed.memo.slice(2)))
      assert.equal(batch?.transfers.filter(({ memo }) => memo !== undefined).length, 1)
      // What a client decodes says so too, and keeps all that roots depend on.
      const decoded = decodeBatchBody((await api.getBatches()).batches[0]!)
      const found = decoded.transfers.find(({ statementId }) => statementId === id)
      assert.deepEqual([found?.memo.length, found?.memoRemoval?.order], [0, 'Order 2026/17'])
      assert.deepEqual(
        found?.publicInputs,
        decodeBatchBody({ ...batch, transfers: all }).transfers.find(
          ({ statementId }) => statementId === id,
        )?.publicInputs,
      )
    } finally {
      await here.sequencer.stop()
    }
  })

  test('rejects: a transfer without a memo that no order removed', async () => {
    const here = await aSequencer(database)
    try {
      await here.post(aSubmission('one'))
      here.clock.now += 60_000
      await here.sequencer.loops.sealer.tick()
      const [batch] = ((await here.get('/v1/batches?from=1')).body as BatchPage).batches
      const { memo: _memo, ...bare } = batch!.transfers[0]!
      assert.throws(() => decodeBatchBody({ ...batch!, transfers: [bare] }), {
        code: 'ENCODING_INVALID',
      })
    } finally {
      await here.sequencer.stop()
    }
  })

  test('behavior: wallets pay on, and a payee finds its note on the base chain', async () => {
    const chain = aChain()
    // The service removes every memo there is.
    chain.tamperBatch = (batch) => ({
      ...batch,
      transfers: batch.transfers.map((transfer) => ({
        ...transfer,
        memoRemoval: { order: 'Order 2026/17' },
      })),
    })
    const alice = await aPersonWithWallet(chain, 'alice')
    const bob = await aPersonWithWallet(chain, 'bob')
    try {
      queueDeposit(alice, { amount: 500n })
      chain.advance()
      const pay = (amount: bigint) =>
        send(alice, { asset: ether, payments: [{ address: getAddress(bob.wallet), amount }] })
      await pay(120n)
      chain.seal()
      // On sealed data alone, all memos gone.
      await pay(30n)
      chain.advance()
      await bob.sync()
      const received = bob.wallet.state.ledger.notes.map(({ amount }) => amount)
      assert.deepEqual(received, [120n, 30n])
    } finally {
      alice.close()
      bob.close()
    }
  })
})
