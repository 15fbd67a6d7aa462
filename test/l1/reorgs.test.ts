// Reorganisations of a real base chain, of every depth and kind, under all that follow it. What an observer made of the
// chain that is gone goes with it, and what it makes of the one that is there is what a fresh observer makes of it.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { deploymentDomain } from '../../protocol/domain.ts'
import { deriveTracePoint } from '../../protocol/keys.ts'
import { createWallet } from '../../wallet/wallet.ts'
import { type ChainObserver, startChainObservers } from '../support/chainObservers.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import '../support/lightPassphrases.ts'
import { ReorgWorld, type WorldEvent, worldEvents } from '../support/reorgWorld.ts'
import { startTestRollup, type TestRollup } from '../support/settlement.ts'
import { aSupervisorServer, type SupervisorServer } from '../support/supervisors.ts'
import { mnemonics, passphrase } from '../support/wallets.ts'

/** 64 is where Ethereum is final; deeper ones need more than a reorg. */
const depths = [1, 2, 12, 64]

/** Who must see which event: for the others nothing changes but the block. */
const seenBy: Readonly<Record<WorldEvent, readonly string[]>> = {
  deposit: ['sequencer', 'follower', 'wallet'],
  settlement: ['sequencer', 'follower', 'supervisor’s indexer', 'wallet'],
  registration: ['sequencer', 'follower', 'wallet', 'registrar'],
  suspension: ['sequencer', 'follower', 'wallet', 'registrar'],
  'key epoch': ['sequencer', 'follower', 'supervisor’s indexer', 'wallet'],
}

describe('reorganisations', () => {
  let rollup: TestRollup
  let server: TestServer
  let supervisorServer: SupervisorServer
  let directory: string
  let world: ReorgWorld
  let observers: ChainObserver[] = []
  let started = 0

  const start = () => {
    const label = `set ${String(started++)}`
    return startChainObservers({ rollup, server, supervisorServer, directory, label })
  }
  /** By name, when each has read all there is. */
  const look = async (
    watching: readonly ChainObserver[],
    what: 'facts' | 'snapshot' = 'facts',
  ): Promise<Map<string, unknown>> => {
    const seen = new Map<string, unknown>()
    for (const observer of watching) {
      await observer.catchUp()
      seen.set(observer.name, await observer[what]())
    }
    return seen
  }

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cinnabar-reorgs-'))
    ;[rollup, server, supervisorServer] = await Promise.all([
      startTestRollup({ config: { auditKeyDelay: 0n } }),
      aServer(),
      aSupervisorServer(),
    ])
    const { deployment } = rollup
    const dir = join(directory, 'keys')
    const keyWallet = await createWallet(
      {},
      { dir, passphrase, deployment, mnemonic: mnemonics.alice },
    )
    const { keys } = keyWallet
    keyWallet.close()
    assert.equal(deployment.domain, deploymentDomain(deployment))
    world = new ReorgWorld(rollup, keys)
    const owner = { ownerKey: keys.ownerKey, identityIndex: 5n }
    await world.fileOwner(deriveTracePoint(keys.nullifierKey, owner))
    await world.happen('deposit', 1n)
    await world.happen('settlement', 1n)
    observers = await start()
  })
  after(async () => {
    for (const observer of observers) await observer.stop()
    await Promise.all([rollup.stop(), server.stop(), supervisorServer.stop()])
    await rm(directory, { recursive: true, force: true })
  })

  for (const depth of depths) {
    for (const event of worldEvents) {
      test(`behavior: ${String(depth)} deep, across a ${event}`, async () => {
        if (event === 'key epoch') await world.letEpochsBegin()
        const before = await look(observers)
        const goBack = await world.mark()
        await world.happen(event, 1n)
        await rollup.chain.mine(depth - 1)
        const first = await look(observers)
        for (const name of seenBy[event]) {
          assert.notDeepEqual(first.get(name), before.get(name), `${name} saw it`)
        }

        await goBack()
        await rollup.chain.mine(depth - 1)
        for (const [name, facts] of await look(observers)) {
          assert.deepEqual(facts, before.get(name), `${name} forgot it, and nothing else`)
        }

        await world.happen(event, 2n)
        const second = await look(observers)
        for (const name of seenBy[event]) {
          assert.notDeepEqual(second.get(name), before.get(name), `${name} saw the other one`)
          assert.notDeepEqual(second.get(name), first.get(name), `… which is another one`)
        }
      })
    }
  }

  test('behavior: who lived through all of them knows and says what a fresh one finds', async () => {
    const fresh = await start()
    try {
      const lived = await look(observers, 'snapshot')
      const found = await look(fresh, 'snapshot')
      assert.deepEqual([...found.keys()], [...lived.keys()])
      for (const [name, state] of found) assert.deepEqual(lived.get(name), state, name)
    } finally {
      for (const observer of fresh) await observer.stop()
    }
  })
})
