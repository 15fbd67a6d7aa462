import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { baseChainClients } from '../../deploy/devnet/baseChain.ts'
import { createChainClient } from '../../l1/client.ts'
import { BaseChainUnavailableError } from '../../l1/errors.ts'
import { type NewestBlock, oncePerBlock } from '../../l1/oncePerBlock.ts'
import { type BaseChain, startChain } from '../support/chain.ts'
import { type RpcProxy, startRpcProxy } from '../support/rpcProxy.ts'

for (const name of baseChainClients) {
  describe(`oncePerBlock on ${name}`, () => {
    let chain: BaseChain
    let node: RpcProxy
    before(async () => {
      chain = await startChain({ client: name })
      await chain.mine(3)
    })
    after(() => chain.stop())
    beforeEach(async () => {
      node = await startRpcProxy(chain.rpcUrl)
    })
    afterEach(() => node.stop())

    /** A read that says the block it was made at, and how often it was made. */
    function aRead(during = async () => {}) {
      let reads = 0
      const client = createChainClient({ rpcUrl: node.url })
      const get = oncePerBlock(client, async ({ number }: NewestBlock) => {
        reads += 1
        await during()
        return number
      })
      return { get, reads: () => reads }
    }

    test('default: reads once while the block is the same, and again at the next', async () => {
      const { get, reads } = aRead()
      const first = await get()
      assert.equal(await get(), first)
      assert.equal(await get(), first)
      assert.equal(reads(), 1)
      // Two for the first, one for each other.
      assert.deepEqual(node.calls, Array<string>(4).fill('eth_getBlockByNumber'))
      await chain.mine()
      assert.equal(await get(), first + 1n)
      assert.equal(reads(), 2)
    })

    test('behavior: another block of the same number is read again', async () => {
      const { get, reads } = aRead()
      const goBack = await chain.snapshot()
      await chain.mine()
      const number = await get()
      await goBack()
      await chain.increaseTime(1_000)
      assert.equal(await get(), number)
      assert.equal(reads(), 2)
    })

    test('behavior: what the chain changed under is not kept', async () => {
      const goBack = await chain.snapshot()
      await chain.mine()
      let isFirst = true
      const { get, reads } = aRead(async () => {
        if (!isFirst) return
        isFirst = false
        await goBack()
        await chain.increaseTime(5_000)
      })
      await get()
      await get()
      assert.equal(reads(), 2)
      await get()
      assert.equal(reads(), 2)
    })

    test('behavior: a read that failed is made again', async () => {
      let isAway = true
      const { get, reads } = aRead(() =>
        isAway ? Promise.reject(new Error('away')) : Promise.resolve(),
      )
      await assert.rejects(get(), { message: 'away' })
      isAway = false
      await get()
      assert.equal(reads(), 2)
    })

    test('rejects: a node that is away, in our words', async () => {
      const { get, reads } = aRead()
      await get()
      await node.stop()
      await assert.rejects(get(), BaseChainUnavailableError)
      assert.equal(reads(), 1)
      node = await startRpcProxy(chain.rpcUrl)
    })
  })
}
