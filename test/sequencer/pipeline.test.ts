import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type ApiClient, createApiClient, decodeBatchBody } from '../../api/index.ts'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import type { ChainEventOf } from '../../l1/chainEvents.ts'
import { getClaimable, getSettledState } from '../../l1/reads.ts'
import { BaseError } from '../../protocol/errors.ts'
import { formatField } from '../../protocol/field.ts'
import { defaultLimits } from '../../sequencer/server/limits.ts'
import { type RunningSequencer, startSequencer } from '../../sequencer/startSequencer.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { runCinnabar, startCinnabar } from '../support/runCinnabar.ts'
import { expectFollowerAgrees } from '../support/expectFollowerAgrees.ts'
import { depositEther, type LivePayer, provePayment, registerPayer } from '../support/livePayers.ts'
import { publicInputPosition } from '../support/publicInputPosition.ts'
import { waitFor } from '../support/waitFor.ts'

// The whole path of the sequencer with real circuits, proofs, Postgres, contracts and a base-chain node.

describe('from submission to settlement', () => {
  let devnet: Devnet
  let running: RunningSequencer
  let api: ApiClient
  let ann: LivePayer
  let bob: LivePayer
  let databaseUrl: string

  const start = () =>
    startSequencer({
      deployment: devnet.deployment,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: `0x${'1f'.repeat(32)}`,
      feeRecipient: devnet.accounts.feeRecipient.address,
      batchAgeMs: 300,
      pollMs: 50,
      prover: devnet.prover,
      // Tests ask more often than people do.
      limits: { ...defaultLimits, requestsPerMinute: 100_000 },
      ...(process.env['CINNABAR_TEST_LOG'] === undefined ? {} : { logger: { level: 'info' } }),
    })
  const statusOf = (id: string) => api.getTransfer(id)
  const reach = (id: string, wanted: string) =>
    waitFor(`status ${wanted}`, async () => {
      const state = await statusOf(id)
      assert.notEqual(state.status, 'rejected', JSON.stringify(state.reason))
      return state.status === wanted ? state : undefined
    })

  before(async () => {
    devnet = await startDevnet({ onProgress: () => undefined })
    databaseUrl = devnet.postgres.url
    ann = await registerPayer(devnet, { name: 'ann', index: 3n })
    bob = await registerPayer(devnet, { name: 'bob', index: 9n })
    running = await start()
    api = createApiClient({ url: running.url })
  })
  after(async () => {
    await running?.stop()
    await devnet?.stop()
  })

  test('behavior: deposit, payments chained on an unsettled batch, withdrawal, all settled', async () => {
    const note = await depositEther(devnet, ann, { amount: 1_000_000n, counter: 0n })
    const sealed = await waitFor('sealed deposit', async () => {
      const { batches } = await api.getBatches()
      return batches[0]
    })
    assert.equal(decodeBatchBody(sealed).deposits[0]?.amount, 1_000_000n)

    const first = await provePayment(devnet, api, ann, {
      inputs: [note],
      payments: [{ to: bob.person, amount: 300_000n }],
      fee: 1_000n,
    })
    const { id } = await api.submitTransfer(first.submission)
    first.accept()
    assert.equal((await statusOf(id)).status, 'admitted')
    await reach(id, 'sealed')

    // On the sealed batch, whether or not it is settled by now.
    const received = first.notes[0]
    assert.ok(received !== undefined)
    const [second, third] = [
      await provePayment(devnet, api, ann, { payments: [{ to: bob.person, amount: 5n }] }),
      await provePayment(devnet, api, bob, {
        inputs: [received],
        withdrawal: { amount: 100_000n, recipient: BigInt(devnet.accounts.ben.address) },
      }),
    ]
    const ids = [
      (await api.submitTransfer(second.submission)).id,
      (await api.submitTransfer(third.submission)).id,
    ]
    for (const each of [id, ...ids]) await reach(each, 'settled')

    const settled = await getSettledState(devnet)
    const status = await waitFor('observed settlement', async () => {
      const answer = await api.getStatus()
      return answer.settled.batchNumber === Number(settled.batchNumber) ? answer : undefined
    })
    assert.equal(status.settled.noteRoot, formatField(settled.noteRoot))
    assert.equal(status.settled.nullifierRoot, formatField(settled.nullifierRoot))
    assert.deepEqual(status.settled, status.sealed)
    const claimable = (account: `0x${string}`) =>
      getClaimable(devnet, { account: account.toLowerCase() as `0x${string}`, asset: 1n })
    assert.equal(await claimable(devnet.accounts.ben.address), 100_000n)
    assert.equal(await claimable(devnet.accounts.feeRecipient.address), 1_000n)
  })

  test('rejects: a changed statement under a real proof', async () => {
    const { submission } = await provePayment(devnet, api, ann, { asset: 2n })
    const publicInputs = [...submission.publicInputs]
    const position = publicInputPosition('transfer', 'traceTag')
    publicInputs[position] = formatField(BigInt(publicInputs[position] ?? 0) ^ 1n)
    await assert.rejects(api.submitTransfer({ ...submission, publicInputs }), {
      code: 'TX_PROOF_INVALID',
    })
    // Unchanged, the same proof is accepted.
    const { id } = await api.submitTransfer(submission)
    await reach(id, 'settled')
  })

  test('behavior: a sequencer with an empty database rebuilds everything from the base chain', async () => {
    const before = await waitFor('observed settlement', async () => {
      const answer = await api.getStatus()
      return answer.settled.batchNumber === answer.sealed.batchNumber ? answer : undefined
    })
    const { batches } = await api.getBatches()
    await running.stop()
    const fresh = await devnet.postgres.createDatabase()
    const kept = databaseUrl
    databaseUrl = fresh.url
    running = await start()
    api = createApiClient({ url: running.url })
    const after = await api.getStatus()
    assert.deepEqual(after.sealed, before.sealed)
    assert.deepEqual(after.settled, before.settled)
    assert.deepEqual(after.identity, before.identity)
    const rebuilt = (await api.getBatches()).batches
    assert.deepEqual(
      rebuilt.map(({ transfers }) => transfers),
      batches.map(({ transfers }) => transfers),
    )
    assert.deepEqual(
      rebuilt.map(({ deposits }) => deposits),
      batches.map(({ deposits }) => deposits),
    )
    // Every transfer is known again, as settled.
    for (const { statementId } of rebuilt.flatMap(({ transfers }) => transfers)) {
      assert.equal((await statusOf(statementId)).status, 'settled')
    }
    await running.stop()
    await fresh.drop()
    databaseUrl = kept
    running = await start()
    api = createApiClient({ url: running.url })
  })

  /** What the base chain has settled, in its present history. */
  async function readSettled(): Promise<ChainEventOf<'batchSettled'>[]> {
    const head = await devnet.reader.getHead()
    const events = await devnet.reader.getEvents({
      from: devnet.deployment.startBlock,
      to: head.number,
    })
    return events.filter(
      (event): event is ChainEventOf<'batchSettled'> => event.type === 'batchSettled',
    )
  }

  test('behavior: a base-chain reorg takes settlement back, and the batch is settled again, once', async () => {
    const payment = await provePayment(devnet, api, bob, { asset: 2n })
    const undo = await devnet.chain.snapshot()
    const { id } = await api.submitTransfer(payment.submission)
    const first = await reach(id, 'settled')
    await undo()
    // Another history of the same length and more, without the settlement.
    await devnet.chain.mine(5)
    // It may be the same transaction once more: what counts is that the new history has it.
    const again = await waitFor('second settlement', async () => {
      const state = await statusOf(id)
      const settled = await readSettled()
      const event = settled.find(({ batchNumber }) => Number(batchNumber) === first.batchNumber)
      return state.status === 'settled' &&
        event !== undefined &&
        state.l1Transaction === event.transactionHash
        ? state
        : undefined
    })
    assert.equal(again.batchNumber, first.batchNumber)
    const numbers = (await readSettled()).map(({ batchNumber }) => Number(batchNumber))
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
    )
  })

  test('behavior: a fresh follower rebuilds the same from the base chain alone', async () => {
    const { proofs, batchNumber } = await expectFollowerAgrees({
      ...{ client: devnet.client, deployment: devnet.deployment, rpcUrl: devnet.chain.rpcUrl },
      createDatabase: () => devnet.postgres.createDatabase(),
      sequencerUrl: running.url,
    })
    const transfers = (await readSettled()).flatMap((batch) => batch.transfers)
    assert.equal(proofs, Number(batchNumber) + transfers.length)
  })

  test('behavior: the command, killed while it serves, replays nothing and gives its verdict', async () => {
    const fresh = await devnet.postgres.createDatabase()
    const stateDir = join(devnet.dir, 'follower')
    const options = [
      ...['follow', '--rpc', devnet.chain.rpcUrl, '--deployment', devnet.deploymentFile],
      ...['--state-dir', stateDir, '--database-url', fresh.url, '--port', '0'],
    ]
    const child = startCinnabar([...options, '--poll', '50ms'])
    const follower = createApiClient({ url: await child.url })
    const { batchNumber } = await getSettledState(devnet)
    const status = await waitFor('follower that caught up', async () => {
      const answer = await follower.getStatus().catch((error: unknown) => {
        if (error instanceof BaseError && error.code === 'SEQUENCER_NOT_READY') return undefined
        throw error
      })
      return BigInt(answer?.settled.batchNumber ?? -1) === batchNumber ? answer : undefined
    })
    await assert.rejects(
      follower.submitTransfer((await provePayment(devnet, api, ann, { asset: 2n })).submission),
      { code: 'FOLLOWER_READ_ONLY' },
    )
    await child.kill()
    const { stdout, code } = await runCinnabar([
      ...options,
      '--once',
      '--json',
      '--watch',
      running.url,
    ])
    assert.equal(code, 0)
    const verdict = JSON.parse(stdout) as Record<string, unknown>
    assert.deepEqual([verdict['agrees'], verdict['isCaughtUp'], verdict['proofs']], [true, true, 0])
    assert.deepEqual(
      [verdict['batchNumber'], verdict['noteRoot']],
      [status.settled.batchNumber, status.settled.noteRoot],
    )
    await fresh.drop()
  })

  test('behavior: nothing private is in the database', async () => {
    const database = await openDatabase({ url: databaseUrl })
    try {
      const tables = await database.query<{ name: string }>({
        text: `select table_name as name from information_schema.tables
          where table_schema = 'public' and table_type = 'BASE TABLE'`,
        values: [],
      })
      assert.ok(tables.length > 10)
      const secrets = [ann, bob].flatMap(({ person: { keys } }) =>
        [keys.spendingKey, keys.nullifierKey, keys.viewingKey].map((key) =>
          formatField(key).slice(2),
        ),
      )
      for (const { name } of tables) {
        const rows = await database.query<{ row: string }>({
          text: `select row_to_json(t)::text as row from ${name} t`,
          values: [],
        })
        for (const { row } of rows) {
          for (const secret of secrets) assert.equal(row.includes(secret), false)
        }
      }
    } finally {
      await database.close()
    }
  })
})
