import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { createPublicClient } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { baseChainClients } from '../../deploy/devnet/baseChain.ts'
import { createChainClient } from '../../l1/client.ts'
import { ask } from '../../l1/ask.ts'
import { EndpointPool, type EndpointPoolParameters } from '../../l1/endpointPool.ts'
import { BaseChainUnavailableError } from '../../l1/errors.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import { type BaseChain, startChain } from '../support/chain.ts'
import { memoryTransactionStore } from '../support/l1Rollup.ts'
import { type ProxyAnswer, type RpcProxy, startRpcProxy } from '../support/rpcProxy.ts'

for (const name of baseChainClients) {
  describe(`EndpointPool on ${name}`, () => {
    let chain: BaseChain
    let nodes: RpcProxy[] = []
    let events: string[] = []
    let now = 0

    before(async () => {
      chain = await startChain({ client: name })
      await chain.mine(20)
    })
    after(() => chain.stop())
    beforeEach(async () => {
      events = []
      now = 0
      nodes = await Promise.all([1, 2, 3].map(() => startRpcProxy(chain.rpcUrl)))
    })
    afterEach(() => Promise.all(nodes.map((node) => node.stop())))

    const node = (place: number): RpcProxy => nodes[place] as RpcProxy
    const pool = (count: number, parameters: Partial<EndpointPoolParameters> = {}) => {
      const urls = nodes.slice(0, count).map(({ url }) => url)
      return new EndpointPool({
        ...{ urls, timeoutMs: 2_000, agreementDepth: 2n, compareMs: Infinity, now: () => now },
        onEvent: ({ name: which, fault }) => {
          const place = nodes.findIndex((candidate) => candidate.name === which)
          events.push(`${String(place)}: ${fault ?? 'works'}`)
        },
        ...parameters,
      })
    }
    const head = (of: EndpointPool) => of.request({ method: 'eth_blockNumber' })
    const askedFor = (place: number, method: string) =>
      node(place).calls.filter((call) => call === method).length

    test('default: the first in order of trust is asked, and no other', async () => {
      const several = pool(2)
      assert.equal(Number(await head(several)), 20)
      await head(several)
      assert.equal(askedFor(0, 'eth_blockNumber'), 2)
      assert.deepEqual(node(1).calls, [])
      assert.deepEqual(events, [])
    })

    const failures: [string, ProxyAnswer, string][] = [
      ['is away', 'hang up', 'away'],
      ['is silent', 'silent', 'away'],
      ['breaks', { status: 503 }, 'away'],
      ['limits', { status: 429 }, 'rate limited'],
      ['limits in words', { error: { code: -32_005, message: 'limit exceeded' } }, 'rate limited'],
      ['gives no JSON', { text: '<html>' }, 'malformed answer'],
      ['gives no block', { result: { number: null } }, 'malformed answer'],
      ['gives nothing', { result: null }, 'malformed answer'],
    ]
    for (const [what, answer, fault] of failures) {
      test(`behavior: a node that ${what} is passed over and named, and used again later`, async () => {
        const several = pool(2)
        node(0).answer = ({ method }) => (method === 'eth_chainId' ? 'pass' : answer)
        const latest = { method: 'eth_getBlockByNumber', params: ['latest', false] }
        const block = (await several.request(latest)) as { number: string }
        assert.equal(Number(block.number), 20)
        assert.deepEqual(events, [`0: ${fault}`])
        const before = node(0).calls.length
        await head(several)
        assert.equal(node(0).calls.length, before, 'it has a pause')
        node(0).answer = () => 'pass'
        now += 1_000
        await head(several)
        assert.deepEqual(events, [`0: ${fault}`, '0: works'])
      })
    }

    test('behavior: a node of another chain is passed over, whichever comes first', async () => {
      node(0).answer = ({ method }) => (method === 'eth_chainId' ? { result: '0x1' } : 'pass')
      const several = pool(2, { chainId: BigInt(chain.chainId) })
      await head(several)
      assert.deepEqual(events, ['0: wrong chain'])
      assert.equal(askedFor(0, 'eth_blockNumber'), 0)
    })

    test('behavior: a node that falls behind, or goes back alone, is stale', async () => {
      const several = pool(2, { staleBlocks: 3n })
      await several.compare()
      node(0).answer = ({ method }) => (method === 'eth_blockNumber' ? { result: '0x2' } : 'pass')
      assert.equal(Number(await head(several)), 20)
      assert.deepEqual(events, ['0: stale'])
      // All go back together: a reorg, or a chain that was started afresh.
      node(1).answer = node(0).answer
      now += 100_000
      await several.compare()
      assert.equal(Number(await head(several)), 2)
    })

    const otherBlock = (call: { method: string; params?: unknown[] }): ProxyAnswer =>
      call.method === 'eth_getBlockByNumber'
        ? { change: (block: object) => ({ ...block, hash: `0x${'ab'.repeat(32)}` }) }
        : 'pass'

    test('behavior: of three, the one with another block is passed over', async () => {
      const several = pool(3)
      node(0).answer = otherBlock
      await several.compare()
      assert.deepEqual(events, ['0: other blocks'])
      await head(several)
      assert.equal(askedFor(0, 'eth_blockNumber'), 1, 'only to be compared')
      node(0).answer = () => 'pass'
      await several.compare()
      assert.deepEqual(events, ['0: other blocks', '0: works'])
    })

    test('rejects: two that have different blocks, with both names, until they agree', async () => {
      const several = pool(2, { compareMs: 0 })
      node(1).answer = otherBlock
      await assert.rejects(head(several), (error: Error & { code: string }) => {
        assert.equal(error.code, 'L1_ENDPOINTS_DISAGREE')
        assert.ok(nodes.slice(0, 2).every((each) => error.message.includes(each.name)))
        return true
      })
      await assert.rejects(several.request({ method: 'eth_gasPrice' }), {
        code: 'L1_ENDPOINTS_DISAGREE',
      })
      node(1).answer = () => 'pass'
      assert.equal(Number(await head(several)), 20)
    })

    test('rejects: when none answers, with what is wrong with each', async () => {
      node(0).answer = () => 'hang up'
      node(1).answer = () => ({ status: 429 })
      const client = createPublicClient({ transport: pool(2).transport() })
      await assert.rejects(
        ask('newest block', () => client.getBlockNumber()),
        (error: unknown) => {
          assert.ok(error instanceof BaseChainUnavailableError)
          assert.match(error.message, /127\.0\.0\.1:\d+: away; 127\.0\.0\.1:\d+: rate limited/)
          return true
        },
      )
    })

    test('behavior: a refusal is an answer, and no other node is asked', async () => {
      const several = pool(2)
      await assert.rejects(several.request({ method: 'eth_nothing' }))
      assert.deepEqual([askedFor(0, 'eth_nothing'), askedFor(1, 'eth_nothing')], [1, 0])
      assert.deepEqual(events, [])
    })

    test('behavior: a client of several URLs, by comma', async () => {
      node(0).answer = () => 'hang up'
      const faults: string[] = []
      const client = createChainClient({
        rpcUrl: nodes.map(({ url }) => url).join(', '),
        chainId: BigInt(chain.chainId),
        onEndpoint: ({ fault }) => faults.push(fault ?? 'works'),
      })
      assert.equal(await client.getChainId(), chain.chainId)
      assert.equal(await client.getBlockNumber(), 20n)
      assert.deepEqual(faults, ['away'])
    })

    test('behavior: a transaction is given to every node: one that keeps it to itself holds up nothing', async () => {
      node(0).answer = ({ method }) =>
        method === 'eth_sendRawTransaction' ? { result: `0x${'ab'.repeat(32)}` } : 'pass'
      const account = privateKeyToAccount(chain.accounts[3]!.privateKey)
      const client = createChainClient({
        rpcUrl: `${node(0).url},${node(1).url}`,
        chainId: BigInt(chain.chainId),
      })
      const receipt = await submitTransaction({
        ...{ client, account, store: memoryTransactionStore(), purpose: 'pay', value: 5n },
        ...{ chainId: BigInt(chain.chainId), to: account.address, pollMs: 20 },
      })
      assert.equal(receipt.status, 'success')
      assert.ok(askedFor(1, 'eth_sendRawTransaction') > 0)
    })
  })
}
