import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  baseChainClientFromEnvironment,
  baseChainClients,
  devAccounts,
  genesisTime,
  startBaseChain,
} from '../../deploy/devnet/baseChain.ts'
import type { BaseChain } from '../../deploy/devnet/baseChain.ts'
import { isAlive } from '../support/isAlive.ts'

for (const client of baseChainClients) {
  describe(`startBaseChain on ${client}`, () => {
    const beforeStart = Date.now()
    let chain: BaseChain
    before(async () => {
      chain = await startBaseChain({ client, chainId: 4242 })
    })
    after(() => chain.stop())

    const blockNumber = async () => Number(await chain.request('eth_blockNumber'))
    const [sender, payee] = devAccounts()
    const send = () =>
      chain.request('eth_sendTransaction', [
        { from: sender?.address, to: payee?.address, value: '0x1' },
      ])

    test('answers with the chain id and the accounts asked for', async () => {
      assert.equal(Number(await chain.request('eth_chainId')), 4242)
      const known = (await chain.request('eth_accounts')) as string[]
      assert.deepEqual(
        known.map((address) => address.toLowerCase()),
        chain.accounts.map(({ address }) => address.toLowerCase()),
      )
      const balance = await chain.request('eth_getBalance', [sender?.address, 'latest'])
      assert.equal(BigInt(balance as string), 10_000n * 10n ** 18n)
    })

    test('mines a transaction without being asked to', async () => {
      const earlier = await blockNumber()
      const hash = await send()
      // Anvil answers before the block is there, Hardhat after.
      await waitUntil(async () => (await blockNumber()) > earlier)
      const receipt = (await chain.request('eth_getTransactionReceipt', [hash])) as {
        status: string
        blockNumber: string
      }
      assert.equal(receipt.status, '0x1')
      assert.equal(Number(receipt.blockNumber), earlier + 1)
    })

    test('has the block gas limit and the finality both clients share', async () => {
      await chain.mine(3)
      const latest = (await chain.request('eth_getBlockByNumber', ['latest', false])) as {
        gasLimit: string
        number: string
      }
      assert.equal(Number(latest.gasLimit), 60_000_000)
      const finalized = (await chain.request('eth_getBlockByNumber', ['finalized', false])) as {
        number: string
      }
      assert.ok(Number(latest.number) - Number(finalized.number) <= 2)
    })

    test('begins now, or at a midnight that is near', async () => {
      const genesis = (await chain.request('eth_getBlockByNumber', ['0x0', false])) as {
        timestamp: string
      }
      const time = Number(genesis.timestamp)
      assert.ok(time >= genesisTime(beforeStart) && time <= genesisTime(Date.now()))
    })

    test('moves its clock', async () => {
      const now = async () => {
        const block = await chain.request('eth_getBlockByNumber', ['latest', false])
        return Number((block as { timestamp: string }).timestamp)
      }
      const earlier = await now()
      await chain.increaseTime(86_400)
      assert.ok((await now()) >= earlier + 86_400)
    })

    test('goes back to a snapshot, and to genesis more than once', async () => {
      const earlier = await blockNumber()
      const goBack = await chain.snapshot()
      await chain.mine(2)
      await goBack()
      assert.equal(await blockNumber(), earlier)
      for (const round of [1, 2]) {
        const before = await blockNumber()
        await send()
        // Anvil answers before the block is there: what it mines after going back would stand on genesis.
        await waitUntil(async () => (await blockNumber()) > before)
        await chain.reset()
        assert.equal(await blockNumber(), 0, `round ${round}`)
      }
    })

    test('refuses: a taken port, with the reason', async () => {
      const port = Number(new URL(chain.rpcUrl).port)
      await assert.rejects(startBaseChain({ client, port }), {
        code: 'DEVNET_BASE_CHAIN_START_FAILED',
        message: /in use/i,
      })
    })

    test('is gone after kill', async () => {
      const victim = await startBaseChain({ client })
      await victim.kill()
      assert.equal(isAlive(victim.pid), false)
      await assert.rejects(fetch(victim.rpcUrl))
    })

    test('dies with a parent that was killed', async () => {
      const parent = spawn(
        process.execPath,
        ['--input-type=module-typescript', '--eval', parentProgram(client)],
        { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
      )
      const [line] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string]
      const pid = Number(line)
      assert.ok(isAlive(pid))
      parent.kill('SIGKILL')
      await waitUntil(() => !isAlive(pid))
    })
  })
}

describe('genesisTime', () => {
  const at = (time: string) => Date.parse(`2026-11-30T${time}Z`)
  const isoOf = (seconds: number) => new Date(seconds * 1000).toISOString()

  test('is now while half an hour of the day is left', () => {
    assert.equal(isoOf(genesisTime(at('00:00:00.900'))), '2026-11-30T00:00:00.000Z')
    assert.equal(isoOf(genesisTime(at('23:30:00'))), '2026-11-30T23:30:00.000Z')
  })

  test('is the midnight after the last half hour', () => {
    assert.equal(isoOf(genesisTime(at('23:30:01'))), '2026-12-01T00:00:00.000Z')
    assert.equal(isoOf(genesisTime(at('23:59:59.999'))), '2026-12-01T00:00:00.000Z')
  })
})

describe('baseChainClientFromEnvironment', () => {
  test('takes hardhat by default and refuses a name it does not know', (t) => {
    const configured = process.env['CINNABAR_L1']
    t.after(() => {
      if (configured === undefined) delete process.env['CINNABAR_L1']
      else process.env['CINNABAR_L1'] = configured
    })
    delete process.env['CINNABAR_L1']
    assert.equal(baseChainClientFromEnvironment(), 'hardhat')
    process.env['CINNABAR_L1'] = 'anvil'
    assert.equal(baseChainClientFromEnvironment(), 'anvil')
    process.env['CINNABAR_L1'] = 'geth'
    assert.throws(baseChainClientFromEnvironment, { code: 'DEVNET_BASE_CHAIN_CLIENT_UNKNOWN' })
  })
})

function parentProgram(client: string): string {
  return `
    import { startBaseChain } from '../../deploy/devnet/baseChain.ts'
    const chain = await startBaseChain({ client: '${client}' })
    console.log(chain.pid)
    setInterval(() => {}, 1000)`
}

async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'it did not happen within 10 s')
    await delay(20)
  }
}
