import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { type ApiClient, createApiClient, type TransferSubmission } from '../../api/index.ts'
import { checkVerificationKeys } from '../../deploy/contracts/checkVerificationKeys.ts'
import { CIRCUIT_IDS, SECONDS_PER_DAY } from '../../protocol/constants.ts'
import { formatField } from '../../protocol/field.ts'
import { defaultLimits } from '../../sequencer/server/limits.ts'
import { type RunningSequencer, startSequencer } from '../../sequencer/startSequencer.ts'
import { send } from '../support/expectRevert.ts'
import { type FaultNetwork, startFaultNetwork } from '../support/faultNetwork.ts'
import { faultProver } from '../support/faultProver.ts'
import { FaultTraffic } from '../support/faultTraffic.ts'
import { DUE_DELAY } from '../support/settlement.ts'
import type { SimulatedKeys } from '../support/simulatedKeys.ts'
import { waitFor } from '../support/waitFor.ts'

// What the base chain does to batches between their sealing and their settlement, with the real contracts, node and
// Postgres. Proofs are simulated and really verified.

/** Of settlement, of users and of batches. */
const rotated = ['transfer', 'collect', 'batch-4', 'batch-16', 'batch-64'] as const

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

  test('behavior: keys are replaced: what was proved for the old ones settles, nothing more is admitted under them', async () => {
    const { rollup } = network
    const registry = rollup.contract('verifierRegistry')
    const seconds = new Map(
      rotated.map((circuit) => [circuit as string, rollup.keys.secondKey(circuit)]),
    )
    const newKeys: SimulatedKeys = {
      ...rollup.keys,
      verificationKeys: {
        ...rollup.keys.verificationKeys,
        ...Object.fromEntries(
          [...seconds].map(([circuit, { verificationKey }]) => [circuit, verificationKey]),
        ),
      },
      prove: (circuit, inputs) =>
        seconds.get(circuit)?.prove(inputs) ?? rollup.keys.prove(circuit, inputs),
    }
    const words = checkVerificationKeys(newKeys.verificationKeys)
    for (const circuit of rotated) {
      const { delta, ic } = words[circuit]!
      await send(registry, 'announceKey', CIRCUIT_IDS[circuit], { delta, ic: [...ic] })
    }
    await rollup.chain.increaseTime(8 * SECONDS_PER_DAY)
    await rollup.chain.mine(1)

    await start({ batchAgeMs: 4_000 })
    const sealed = await traffic.send(api)
    await reach(sealed, 'sealed')
    const admitted = await traffic.send(api)
    const late = await traffic.make(api)
    for (const circuit of rotated) await send(registry, 'activateKey', CIRCUIT_IDS[circuit], 2)
    await running.sequencer.loops.keys?.tick()

    await assert.rejects(api.submitTransfer(late), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'SEQUENCER_NOT_READY')
      assert.match(error.message, /active verification key of transfer, collect, batch-4/)
      return true
    })
    const ready = await fetch(`${running.url}/readyz`)
    assert.equal(ready.status, 503)
    const { checks } = (await ready.json()) as { checks: { name: string; detail?: string }[] }
    assert.match(
      checks.find(({ name }) => name === 'keys')?.detail ?? '',
      /^SEQUENCER_KEY_MISMATCH/,
    )

    // Proved after the change, for the key that was active when it was sealed.
    gate.resolve()
    await reach(sealed, 'settled')
    assert.equal((await api.getTransfer(admitted)).status, 'admitted')
    // What is left may be settled by it too: a start with keys in sunset is none with foreign ones.
    await stop()
    await start()
    assert.equal((await fetch(`${running.url}/readyz`)).status, 503)
    await stop()

    await start({ keys: newKeys })
    gate.resolve()
    await reach(admitted, 'settled')
    const submission = await traffic.make(api)
    await assert.rejects(api.submitTransfer(submission), { code: 'TX_PROOF_INVALID' })
    const renewed: TransferSubmission = {
      ...submission,
      proof: newKeys.prove('transfer', submission.publicInputs.map(BigInt)).map(formatField),
    }
    await reach((await api.submitTransfer(renewed)).id, 'settled')
    await stop()
    await network.expectFollowed()
  })
})
