import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { type BatchPage, createApiClient, decodeBatchBody } from '../../api/index.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { formatField, hexToBytes } from '../../protocol/field.ts'
import { ROLE_IDS } from '../../deploy/contracts/roles.ts'
import { createChainClient } from '../../l1/client.ts'
import { writeDeployment } from '../../l1/deployment.ts'
import { createTransactionAccount } from '../../l1/transactionAccount.ts'
import { fileTransactionStore } from '../../l1/transactionStore.ts'
import {
  type Actor,
  approveOrder,
  closeOrder,
  fileOrder,
  rejectOrder,
} from '../../regulator/orders/orderActions.ts'
import { fileRemovals, openRemovals, type Removal } from '../../sequencer/server/removals.ts'
import type { Database } from '../../sequencer/store/database.ts'
import { send as sendPayments } from '../../wallet/pay.ts'
import { getAddress } from '../../wallet/wallet.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { send } from '../support/expectRevert.ts'
import '../support/lightPassphrases.ts'
import { publicInputPosition } from '../support/publicInputPosition.ts'
import { anOrderBook, aRemoval } from '../support/removals.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import { aSequencer, aSubmission } from '../support/sequencers.ts'
import { startTestRollup, type TestRollup } from '../support/settlement.ts'
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

/** In one step, as an editor would: no reader finds half a list. */
async function write(name: string, contents: unknown): Promise<string> {
  const path = join(folder, name)
  const text = typeof contents === 'string' ? contents : JSON.stringify(contents)
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
  return path
}
const listOf = (...removals: unknown[]) => ({ type: 'cinnabar.removals', removals })
const [one, two] = [`0x${'01'.repeat(32)}`, `0x${'02'.repeat(32)}`] as const

describe('fileRemovals', () => {
  const first = aRemoval('7', one)
  const second = aRemoval('8', two)
  const orders = anOrderBook(first, second)

  test('default: the list, and what it becomes', async () => {
    const path = await write('list.json', listOf(first))
    const removals = await fileRemovals(path, orders)
    assert.deepEqual([...(await removals.read())], [[one, first]])
    await write('list.json', listOf(first, second))
    assert.deepEqual([...(await removals.read()).keys()], [one, two])
    await write('list.json', listOf())
    assert.equal((await removals.read()).size, 0)
  })

  test('behavior: a list that became unreadable or went away brings nothing back', async () => {
    const path = await write('spoilt.json', listOf(first))
    const failures: string[] = []
    const onFailure = ({ code }: { code: string }) => failures.push(code)
    const removals = await fileRemovals(path, { ...orders, onFailure })
    await write('spoilt.json', '{"type":')
    assert.equal((await removals.read()).size, 1)
    assert.equal((await removals.read()).size, 1)
    await rm(path)
    assert.equal((await removals.read()).size, 1)
    assert.deepEqual(failures, ['REMOVALS_FILE_INVALID', 'REMOVALS_FILE_INVALID'])
  })

  test('behavior: a change whose order is not there yet comes into force a minute after it is', async () => {
    const path = await write('early.json', listOf(first))
    let now = 0
    let isApproved = false
    const failures: string[] = []
    const removals = await fileRemovals(path, {
      findOrder: (number) =>
        number === 8n && !isApproved ? Promise.resolve(undefined) : orders.findOrder(number),
      onFailure: ({ code }) => failures.push(code),
      now: () => now,
    })
    await write('early.json', listOf(first, second))
    assert.equal((await removals.read()).size, 1)
    isApproved = true
    assert.equal((await removals.read()).size, 1)
    now += 60_000
    assert.equal((await removals.read()).size, 2)
    assert.deepEqual(failures, ['REMOVAL_NOT_ORDERED'])
  })

  test('rejects: at the start, what is no list', async () => {
    const free = { statementId: one, order: 'Order 2026/17' }
    const unscoped = { order: '7' }
    for (const contents of ['[]', 'x', { ...listOf(), extra: 1 }, listOf(free), listOf(unscoped)]) {
      const path = await write('bad.json', contents)
      await assert.rejects(fileRemovals(path, orders), { code: 'REMOVALS_FILE_INVALID' })
    }
    await assert.rejects(fileRemovals(join(folder, 'nowhere'), orders), {
      code: 'REMOVALS_FILE_INVALID',
    })
  })
})

describe('the order behind a removal', { timeout: 300_000 }, () => {
  let rollup: TestRollup
  let actors: Record<'officer' | 'reviewer' | 'judge', Actor>
  before(async () => {
    rollup = await startTestRollup()
    const { deployment, chain } = rollup
    const client = createChainClient({ rpcUrl: chain.rpcUrl })
    const manager = rollup.contract('accessManager')
    await send(manager, 'grantRole', ROLE_IDS.reviewer, chain.accounts[1]!.address, 0)
    await send(manager, 'grantRole', ROLE_IDS.judge, chain.accounts[2]!.address, 0)
    const actorOf = (i: number): Actor => ({
      ...{ client, deployment },
      account: createTransactionAccount(chain.accounts[i]!.privateKey),
      store: fileTransactionStore(join(folder, `transactions-${String(i)}.json`)),
    })
    actors = { officer: actorOf(0), reviewer: actorOf(1), judge: actorOf(2) }
    await writeDeployment(join(folder, 'deployment.json'), deployment)
  })
  after(() => rollup.stop())

  let filed = 0
  /** Files an order about one transfer. */
  async function file(nullifier: `0x${string}`): Promise<Removal> {
    const { chainId, contracts } = rollup.deployment
    const { scope } = aRemoval('1', nullifier)
    const salt = formatField(BigInt(++filed))
    const placed = { ...scope, chainId: String(chainId), log: contracts.disclosureLog, salt }
    const { order } = await fileOrder(actors.officer, {
      scope: placed,
      caseDocument: { type: 'cinnabar.case', version: 1, file: salt, salt },
      ...{ legalBasis: 12, limit: 1 },
    })
    return { order: String(order), scope: placed }
  }
  async function approve({ order }: Removal): Promise<void> {
    await approveOrder(actors.reviewer, { order: BigInt(order), role: 'reviewer' })
    await approveOrder(actors.judge, { order: BigInt(order), role: 'judge' })
  }
  const source = () => ({ rpc: rollup.chain.rpcUrl, deployment: rollup.deployment })
  const refuses = async (removal: Removal, reason: RegExp) => {
    const path = await write('refused.json', listOf(removal))
    await assert.rejects(openRemovals(path, source()), {
      code: 'REMOVAL_NOT_ORDERED',
      message: reason,
    })
  }

  test('default: two approvers let it be removed, and who filed alone removes nothing', async () => {
    const removal = await file(one)
    await refuses(removal, /it is filed/)
    await approveOrder(actors.reviewer, { order: BigInt(removal.order), role: 'reviewer' })
    await refuses(removal, /it is filed/)
    await approveOrder(actors.judge, { order: BigInt(removal.order), role: 'judge' })
    const removals = await openRemovals(await write('approved.json', listOf(removal)), source())
    assert.deepEqual([...(await removals.read())], [[one, removal]])
  })

  test('rejects: an order that is not there, one about another transfer, one that was rejected', async () => {
    const approved = await file(one)
    await approve(approved)
    await refuses({ ...approved, order: '99' }, /no order with that number/)
    await refuses({ ...approved, scope: aRemoval('1', two).scope }, /filed for another scope/)
    const rejected = await file(two)
    const order = BigInt(rejected.order)
    await rejectOrder(actors.judge, { order, role: 'judge', reason: 'no cause' })
    await refuses(rejected, /it is rejected/)
  })

  test('rejects: an order that its officer closed before anybody approved it; a closed one that two approved stands', async () => {
    const alone = await file(two)
    await closeOrder(actors.officer, BigInt(alone.order))
    await refuses(alone, /it is closed and was not approved/)
    const half = await file(two)
    await approveOrder(actors.reviewer, { order: BigInt(half.order), role: 'reviewer' })
    await closeOrder(actors.officer, BigInt(half.order))
    await refuses(half, /it is closed and was not approved/)
    const approved = await file(two)
    await approve(approved)
    await closeOrder(actors.officer, BigInt(approved.order))
    const path = await write('closed.json', listOf(approved))
    assert.equal((await (await openRemovals(path, source())).read()).size, 1)
  })

  test('rejects: a service started by command with a removal that nobody approved; the doctor says so too', async () => {
    const removal = await file(two)
    const path = await write('command.json', listOf(removal))
    const chain = ['--rpc', rollup.chain.rpcUrl, '--deployment', join(folder, 'deployment.json')]
    const started = await runCinnabar([
      ...['follow', ...chain, '--removals', path, '--once'],
      ...['--database-url', 'postgres://127.0.0.1:1/none', '--state-dir', join(folder, 'state')],
    ])
    assert.deepEqual([started.code, /REMOVAL_NOT_ORDERED/.test(started.stderr)], [1, true])
    const doctor = async () => {
      const { stdout } = await runCinnabar(['doctor', ...chain, '--removals', path, '--json'])
      const { findings } = JSON.parse(stdout) as { findings: { check: string; status: string }[] }
      return findings.filter(({ check }) => check === 'removals').map(({ status }) => status)
    }
    assert.deepEqual(await doctor(), ['failure'])
    await approve(removal)
    assert.deepEqual(await doctor(), ['ok'])
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
    const book = anOrderBook()
    const removals = await fileRemovals(path, book)
    const here = await aSequencer(database, { settings: { removals } })
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

      const { publicInputs } = all.find(({ statementId }) => statementId === id)!
      const removal = aRemoval('7', publicInputs[publicInputPosition('transfer', 'nullifier')]!)
      book.add(removal)
      await write('orders.json', listOf(removal))
      const page = (await here.get('/v1/batches?from=1')).body as BatchPage
      const [batch] = page.batches
      const transfer = batch!.transfers.find(({ statementId }) => statementId === id)
      assert.equal(transfer?.memo, undefined)
      assert.deepEqual(transfer?.memoRemoval, {
        ...removal,
        memoHash: `0x${hashMemo(hexToBytes(removed.memo)).toString(16).padStart(64, '0')}`,
      })
      assert.ok(!JSON.stringify(page).includes(removed.memo.slice(2)))
      assert.equal(batch?.transfers.filter(({ memo }) => memo !== undefined).length, 1)
      // What a client decodes says so too, and keeps all that roots depend on.
      const decoded = decodeBatchBody((await api.getBatches()).batches[0]!)
      const found = decoded.transfers.find(({ statementId }) => statementId === id)
      assert.deepEqual([found?.memo.length, found?.memoRemoval?.order], [0, '7'])
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
        memoRemoval: aRemoval('7', formatField(transfer.publicInputs.nullifier)),
      })),
    })
    const alice = await aPersonWithWallet(chain, 'alice')
    const bob = await aPersonWithWallet(chain, 'bob')
    try {
      queueDeposit(alice, { amount: 500n })
      chain.advance()
      const pay = (amount: bigint) =>
        sendPayments(alice, {
          asset: ether,
          payments: [{ address: getAddress(bob.wallet), amount }],
        })
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
