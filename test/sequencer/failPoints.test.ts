import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ApiUnreachableError } from '../../api/errors.ts'
import { type FailPoint, failPoints } from '../../sequencer/failPoint.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { type FaultChild, type FaultNetwork, startFaultNetwork } from '../support/faultNetwork.ts'
import { ELSEWHERE } from '../support/faultScenarios.ts'
import { FaultTraffic, type Findings } from '../support/faultTraffic.ts'
import { waitFor } from '../support/waitFor.ts'

// kill -9 at every named moment between receiving a transfer and its settlement. Each life begins with
// what the last one left, takes a new transfer and dies at the next moment; at the end everything that was
// promised must have happened, once. Processes, Postgres, base chain, contracts and verification are real; the
// proofs are simulated under keys that the contracts hold (restart.test.ts has real ones).

/** A moment that does not come in this time on any machine does not come. */
const REACH_MS = 60_000
const nothing: Pick<Findings, 'lost' | 'doubled' | 'stuck' | 'broken'> = {
  lost: [],
  doubled: [],
  stuck: [],
  broken: [],
}

describe('a sequencer killed at every step', () => {
  let network: FaultNetwork
  let traffic: FaultTraffic
  let stateDirectory: string
  const died = new Set<FailPoint>()

  before(async () => {
    network = await startFaultNetwork({ spares: 2 })
    traffic = new FaultTraffic(network)
    stateDirectory = join(network.directory, 'state')
  })
  after(() => network?.stop())

  /** One life: ends at the moment, by itself. */
  const dieAt = async (
    point: FailPoint,
    {
      databaseUrl = network.databaseUrl,
      drive = async () => undefined,
      failAt = 1,
      ...settings
    }: {
      databaseUrl?: string
      failAt?: number
      batchAgeMs?: number
      drive?: (child: FaultChild) => Promise<unknown>
    } = {},
  ) => {
    const isHome = databaseUrl === network.databaseUrl
    const child = await network.tryStart({
      failPoint: point,
      failAt,
      databaseUrl,
      ...(isHome ? { stateDirectory } : {}),
      ...settings,
    })
    if (typeof child !== 'string') {
      // It may die meanwhile, which is the point.
      await drive(child).catch((error: unknown) => {
        if (!(error instanceof ApiUnreachableError)) throw error
      })
    }
    const end =
      typeof child === 'string'
        ? child
        : await Promise.race([child.ended, delay(REACH_MS, 'never', { ref: false })])
    assert.equal(end, 'SIGKILL', `${point} was not reached`)
    died.add(point)
  }
  /** One whole life: finishes what there is, and shows that all is well. */
  const finish = async (all: FaultTraffic, databaseUrl = network.databaseUrl) => {
    const isHome = databaseUrl === network.databaseUrl
    const child = await network.start({ databaseUrl, ...(isHome ? { stateDirectory } : {}) })
    const database = await openDatabase({ url: databaseUrl, poolSize: 1 })
    try {
      const findings = await waitFor('an end of all work', async () => {
        await all.askAgain(child.api)
        if ((await all.countFinal(child.api)) < all.ids.length) return undefined
        const now = await all.inspect(child.api, database)
        return now.stuck.length === 0 ? now : undefined
      })
      const { lost, doubled, stuck, broken } = findings
      assert.deepEqual({ lost, doubled, stuck, broken }, nothing)
      return { findings, child }
    } finally {
      await database.close()
      child.process.kill('SIGTERM')
      await child.ended
    }
  }

  test('behavior: a transfer’s life, step by step', async () => {
    for (const point of failPoints.filter((each) => !ELSEWHERE.includes(each))) {
      await dieAt(point, {
        // The first flush is of a state as it was found.
        failAt: point.startsWith('state.') ? 2 : 1,
        async drive({ api }) {
          await traffic.askAgain(api)
          await traffic.send(api)
          await traffic.deposit(5n)
          await network.rollup.chain.mine()
        },
      })
    }
    const { findings } = await finish(traffic)
    assert.ok(findings.sent > failPoints.length / 3, `${String(findings.sent)} sent`)
    assert.deepEqual([findings.settled, findings.rejected], [findings.sent, 0])
  })

  test('behavior: while a base-chain reorg takes its observations back', async () => {
    const { chain } = network.rollup
    const undo = await chain.snapshot()
    const child = await network.start({ stateDirectory })
    const id = await traffic.send(child.api)
    await waitFor('a settlement that is seen', async () =>
      (await child.api.getTransfer(id)).status === 'settled' ? true : undefined,
    )
    await child.kill()
    await undo()
    await chain.mine(5)
    await dieAt('observe.dropped')
    await finish(traffic)
  })

  test('behavior: while another sequencer settles what it had sealed, and in adopting that', async () => {
    const sealedHere = traffic.ids.length
    await dieAt('settle.opened', { drive: ({ api }) => traffic.send(api) })
    assert.equal(traffic.ids.length, sealedHere + 1)

    const other = await network.postgres().createDatabase()
    const others = new FaultTraffic(network, 'other')
    for (const point of ['adopt.applied', 'adopt.written', 'adopt.committed'] as const) {
      await dieAt(point, { databaseUrl: other.url, failAt: 2 })
    }
    await dieAt('settle.closed', {
      databaseUrl: other.url,
      drive: ({ api }) => others.send(api),
    })
    await finish(others, other.url)

    for (const point of [
      'void.written',
      'void.committed',
      'adopt.committed',
      'settle.refused',
    ] as const) {
      await dieAt(point)
    }
    const { findings } = await finish(traffic)
    assert.equal(findings.rejected, 1)
  })

  test('behavior: a fresh follower’s roots are the contract’s after all of it', () =>
    network.expectFollowed())

  test('behavior: no named moment was left out', () => {
    assert.deepEqual([...died].sort(), [...failPoints].sort())
  })
})
