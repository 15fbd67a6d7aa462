import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { type ApiClient, createApiClient } from '../../api/index.ts'
import { defaultLimits } from '../../sequencer/server/limits.ts'
import { type RunningSequencer, startSequencer } from '../../sequencer/startSequencer.ts'
import { type FaultNetwork, startFaultNetwork } from '../support/faultNetwork.ts'
import { faultProver } from '../support/faultProver.ts'
import { FaultTraffic } from '../support/faultTraffic.ts'
import { DUE_DELAY } from '../support/settlement.ts'
import { waitFor } from '../support/waitFor.ts'

// What the base chain does to batches between their sealing and their settlement, with the real contracts, node and
// Postgres. Proofs are simulated and really verified.

describe('a base chain that changes under what is sealed', () => {
  let network: FaultNetwork
  let traffic: FaultTraffic
  let running: RunningSequencer
  let api: ApiClient
  /** While it is closed, no proof is made: sealed batches stay sealed. */
  let gate: PromiseWithResolvers<void>

  const start = async ({ keys = network.rollup.keys, batchAgeMs = 60 } = {}) => {
    const { rollup, databaseUrl } = network
    const { chain, deployment } = rollup
    const prover = await faultProver(keys, databaseUrl)
    gate = Promise.withResolvers()
    const opened = gate.promise
    running = await startSequencer({
      ...{ deployment, rpcUrl: chain.rpcUrl, databaseUrl, batchAgeMs },
      l1PrivateKey: chain.accounts[7]!.privateKey,
      receiptPrivateKey: `0x${'1f'.repeat(32)}`,
      pollMs: 40,
      limits: { ...defaultLimits, requestsPerMinute: 1_000_000 },
      prover: {
        ...prover,
        async prove(...parameters) {
          await opened
          return prover.prove(...parameters)
        },
      },
    })
    closeProver = () => prover.close()
    api = createApiClient({ url: running.url })
  }
  let closeProver: (() => Promise<void>) | undefined
  const stop = async () => {
    gate.resolve()
    await running.stop()
    await closeProver?.()
    closeProver = undefined
  }
  const reach = (id: string, wanted: string) =>
    waitFor(`status ${wanted}`, async () => {
      const state = await api.getTransfer(id)
      assert.notEqual(state.status, 'rejected', JSON.stringify(state.reason))
      return state.status === wanted ? state : undefined
    })
  /** Amounts of the newest batches' deposits, newest first, once there are so many batches. */
  const depositsOnce = (count: number) =>
    waitFor(`${String(count)} batches`, async () => {
      const { batches } = await api.getBatches()
      return batches.length >= count
        ? batches.map(({ deposits }) => deposits.map(({ amount }) => Number(amount)))
        : undefined
    })
  const newestBatch = async () => (await api.getBatches()).newestBatch
  const settledBatch = async () => (await api.getStatus()).settled.batchNumber

  before(async () => {
    network = await startFaultNetwork()
    traffic = new FaultTraffic(network)
  })
  after(() => network?.stop())
  afterEach(async () => {
    if (closeProver !== undefined) await stop()
  })

  test('behavior: a reorg gives a sealed deposit’s id to another: the batch is void, all of it settles', async () => {
    const { chain } = network.rollup
    await start()
    const undo = await chain.snapshot()
    await traffic.deposit(500n)
    await depositsOnce(1)
    const id = await traffic.send(api)
    await reach(id, 'sealed')
    assert.equal(await newestBatch(), 2)
    await undo()
    await chain.increaseTime(7)
    await traffic.deposit(700n)
    await chain.mine(5)
    gate.resolve()
    await reach(id, 'settled')
    await waitFor('the other deposit', async () => {
      const { batches } = await api.getBatches()
      const settled = await settledBatch()
      return batches.some(
        ({ anchor, deposits }) => anchor.batchNumber <= settled && deposits[0]?.amount === '700',
      )
        ? true
        : undefined
    })
    await stop()
    await network.expectFollowed()
  })

  test('behavior: a deposit falls due behind a sealed one: both are sealed again, together', async () => {
    const { chain } = network.rollup
    await start()
    const before = await newestBatch()
    await traffic.deposit(11n)
    await waitFor('the first deposit', async () =>
      (await newestBatch()) === before + 1 ? true : undefined,
    )
    await traffic.deposit(12n)
    await waitFor('the second deposit', async () =>
      (await newestBatch()) === before + 2 ? true : undefined,
    )
    await chain.increaseTime(Number(DUE_DELAY) + 60)
    await chain.mine(1)
    gate.resolve()
    const taken = await waitFor('both in one settled batch', async () => {
      if ((await settledBatch()) <= before) return undefined
      const { batches } = await api.getBatches()
      return batches.find(({ anchor }) => anchor.batchNumber === before + 1)
    })
    assert.deepEqual(
      taken.deposits.map(({ amount }) => amount),
      ['11', '12'],
    )
    await stop()
    await network.expectFollowed()
  })
})
