import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type ApiClient, createApiClient, type TransferAdmitted } from '../../api/index.ts'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import type { ChainEventOf } from '../../l1/chainEvents.ts'
import { type Database, openDatabase, sql } from '../../sequencer/store/database.ts'
import { expectFollowerAgrees } from '../support/expectFollowerAgrees.ts'
import { type LivePayer, provePayment, registerPayer } from '../support/livePayers.ts'
import type { SequencerChildSettings } from '../support/sequencerChild.ts'
import { waitFor } from '../support/waitFor.ts'

// kill -9 at every stage of a transfer's life, with real proofs, Postgres, contracts and node. After each
// the sequencer starts again and must neither lose what it promised nor settle it twice.

const NEVER = 3_600_000
const SOON = 100

describe('a sequencer killed at any moment', () => {
  let devnet: Devnet
  let database: Database
  let child: ChildProcess | undefined
  let api: ApiClient
  let payers: LivePayer[]
  const admitted: TransferAdmitted[] = []

  const start = async (batchAgeMs: number) => {
    const settings: SequencerChildSettings = {
      deploymentFile: devnet.deploymentFile,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl: devnet.postgres.url,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      batchAgeMs,
    }
    const file = fileURLToPath(new URL('../support/sequencerChild.ts', import.meta.url))
    const started = spawn(process.execPath, [file, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = started
    const lines = createInterface({ input: started.stdout })
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(started, 'exit').then(([code]) => {
        throw new Error(`the sequencer exited with code ${String(code)}`)
      }),
    ])) as [string]
    api = createApiClient({ url: line.replace('listening on ', '') })
  }
  const kill = async () => {
    const ended = child
    child = undefined
    if (ended === undefined) return
    const gone = once(ended, 'exit')
    ended.kill('SIGKILL')
    await gone
  }
  const submit = async (payer: LivePayer, asset: bigint) => {
    const payment = await provePayment(devnet, api, payer, { asset })
    const answer = await api.submitTransfer(payment.submission)
    payment.accept()
    admitted.push(answer)
    return { ...answer, submission: payment.submission }
  }
  const reach = (id: string, ...wanted: string[]) =>
    waitFor(`status ${wanted.join(' or ')}`, async () => {
      const state = await api.getTransfer(id)
      return wanted.includes(state.status) ? state : undefined
    })
  const setAutomine = (isOn: boolean) => devnet.chain.request('evm_setAutomine', [isOn])
  const pendingTransaction = async () => {
    const [row] = await database.query<{ hash: Buffer }>(
      sql`select hash from l1_transaction where status = 'pending' order by arrival desc limit 1`,
    )
    return row === undefined ? undefined : (`0x${row.hash.toString('hex')}` as const)
  }
  const isInPool = async (hash: string) =>
    (await devnet.chain.request('eth_getTransactionByHash', [hash])) === null ? undefined : true

  before(async () => {
    devnet = await startDevnet({ onProgress: () => undefined })
    database = await openDatabase({ url: devnet.postgres.url })
    payers = [
      await registerPayer(devnet, { name: 'ann', index: 3n }),
      await registerPayer(devnet, { name: 'bob', index: 9n }),
    ]
  })
  after(async () => {
    await kill()
    await database?.close()
    await devnet?.stop()
  })
  const payer = (i: number) => payers[i] as LivePayer

  test('behavior: after the receipt, before anything else', async () => {
    await start(NEVER)
    const { id, receipt, submission } = await submit(payer(0), 1n)
    await kill()
    await start(NEVER)
    const state = await api.getTransfer(id)
    assert.deepEqual([state.status, state.receipt], ['admitted', receipt])
    // The client that never got its answer asks again, and gets the same.
    assert.deepEqual(await api.submitTransfer(submission), { id, status: 'admitted', receipt })
    await kill()
  })

  test('behavior: after sealing, and again while the batch is proved', async () => {
    const [first] = admitted
    assert.ok(first !== undefined)
    await start(SOON)
    await reach(first.id, 'sealed', 'settled')
    await kill()
    const sealed = await database.query<{ number: string; root: Buffer }>(
      sql`select number, new_note_root as root from batch`,
    )
    assert.equal(sealed.length, 1)
    await start(SOON)
    await waitFor('a worker at the proof', async () => {
      const rows = await database.query(sql`select 1 from proof_job where worker is not null`)
      const done = await database.query(sql`select 1 from batch where status = 'proved'`)
      return rows.length + done.length > 0 ? true : undefined
    })
    await kill()
    await start(SOON)
    const settled = await reach(first.id, 'settled')
    assert.equal(settled.batchNumber, 1)
    // What was signed stands: the same batch with the same root.
    assert.deepEqual(
      await database.query(sql`select number, new_note_root as root from batch`),
      sealed,
    )
  })

  test('behavior: between signing and sending', async () => {
    await setAutomine(false)
    const { id } = await submit(payer(0), 2n)
    const hash = await waitFor('signed transaction', pendingTransaction)
    await kill()
    // What was signed had not left the process yet.
    await devnet.chain.request(
      devnet.chain.client === 'anvil' ? 'anvil_dropTransaction' : 'hardhat_dropTransaction',
      [hash],
    )
    assert.equal(await isInPool(hash), undefined)
    await start(SOON)
    await waitFor('the same transaction in the pool', () => isInPool(hash))
    await devnet.chain.mine()
    await setAutomine(true)
    const { l1Transaction } = await reach(id, 'settled')
    assert.equal(l1Transaction, hash)
  })

  test('behavior: after sending, and mined while it was down', async () => {
    await setAutomine(false)
    const { id } = await submit(payer(1), 1n)
    const hash = await waitFor('signed transaction', pendingTransaction)
    await waitFor('transaction in the pool', () => isInPool(hash))
    await kill()
    await devnet.chain.mine()
    await setAutomine(true)
    await start(SOON)
    const { l1Transaction } = await reach(id, 'settled')
    assert.equal(l1Transaction, hash)
    await waitFor('end of the settle call', async () => {
      const open = await database.query(sql`select 1 from settlement where status = 'open'`)
      return open.length === 0 ? true : undefined
    })
  })

  test('behavior: nothing promised was lost, and nothing was settled twice', async () => {
    const head = await devnet.reader.getHead()
    const events = await devnet.reader.getEvents({
      from: devnet.deployment.startBlock,
      to: head.number,
    })
    const settled = events.filter(
      (event): event is ChainEventOf<'batchSettled'> => event.type === 'batchSettled',
    )
    assert.deepEqual(
      settled.map(({ batchNumber }) => batchNumber),
      settled.map((_, i) => BigInt(i + 1)),
    )
    const nullifiers = settled.flatMap(({ transfers }) =>
      transfers.map(({ publicInputs }) => publicInputs.nullifier),
    )
    assert.equal(new Set(nullifiers).size, nullifiers.length)
    assert.equal(nullifiers.length, admitted.length)
    for (const { id, receipt } of admitted) {
      const state = await api.getTransfer(id)
      assert.deepEqual([state.status, state.receipt], ['settled', receipt])
    }
    // One transaction a call, whatever was killed.
    const [calls] = await database.query<{ calls: string; transactions: string }>(sql`
      select
        (select count(*) from settlement where status = 'mined') as calls,
        (select count(distinct nonce) from l1_transaction where status = 'mined') as transactions
    `)
    assert.equal(calls?.calls, calls?.transactions)
    assert.equal((await api.getStatus()).settled.batchNumber, settled.length)
    await expectFollowerAgrees({
      ...{ client: devnet.client, deployment: devnet.deployment, rpcUrl: devnet.chain.rpcUrl },
      createDatabase: () => devnet.postgres.createDatabase(),
    })
  })
})
