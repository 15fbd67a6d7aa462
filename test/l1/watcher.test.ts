import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { baseChainClients } from '../../deploy/devnet/baseChain.ts'
import type { ChainEvent, ChainReader } from '../../l1/chainEvents.ts'
import { createChainReader } from '../../l1/chainReader.ts'
import { type ChainClient, createChainClient } from '../../l1/client.ts'
import { BaseChainUnavailableError, ChainChangedError } from '../../l1/errors.ts'
import { type ChainCursor, pollChain } from '../../l1/pollChain.ts'
import { ChainWatcher, type CursorStore, fileCursorStore } from '../../l1/watcher.ts'
import { queueDeposit } from '../support/l1Rollup.ts'
import { ETH_ASSET, startTestRollup } from '../support/settlement.ts'
import type { TestRollup } from '../support/settlement.ts'

/** What a follower keeps: events by block, the cursor beside them. */
class Follower {
  events: ChainEvent[] = []
  readonly reorgs: bigint[] = []
  readonly stretches: [bigint, bigint][] = []
  readonly errors: unknown[] = []
  cursor: ChainCursor | undefined
  readonly store: CursorStore = {
    load: () => Promise.resolve(this.cursor),
    save: (cursor) => {
      this.cursor = cursor
      return Promise.resolve()
    },
  }
  readonly handlers = {
    onEvents: ({
      from,
      to,
      events,
    }: {
      from: bigint
      to: bigint
      events: readonly ChainEvent[]
    }) => {
      this.stretches.push([from, to])
      this.events.push(...events)
      return Promise.resolve()
    },
    onReorg: ({ commonAncestor }: { commonAncestor: bigint }) => {
      this.reorgs.push(commonAncestor)
      this.events = this.events.filter(({ blockNumber }) => blockNumber <= commonAncestor)
      return Promise.resolve()
    },
    onError: (error: unknown) => {
      this.errors.push(error)
    },
  }
}

for (const name of baseChainClients) {
  describe(`ChainWatcher on ${name}`, () => {
    let rollup: TestRollup
    let client: ChainClient
    let reader: ChainReader
    let startBlock: bigint
    let directory: string
    let depositCount = 0
    before(async () => {
      rollup = await startTestRollup({ client: name })
      client = createChainClient({ rpcUrl: rollup.chain.rpcUrl })
      reader = createChainReader({ client, deployment: rollup.deployment })
      startBlock = rollup.deployment.startBlock
      directory = mkdtempSync(join(tmpdir(), 'cinnabar-watcher-'))
    })
    after(async () => {
      await rollup.stop()
      rmSync(directory, { recursive: true })
    })

    const watcher = (
      follower: Follower,
      changes: Partial<ConstructorParameters<typeof ChainWatcher>[0]> = {},
    ): ChainWatcher =>
      new ChainWatcher({
        ...{ reader, startBlock, store: follower.store, handlers: follower.handlers, pollMs: 20 },
        ...changes,
      })
    const deposit = (): Promise<unknown> =>
      queueDeposit(rollup, client, {
        asset: ETH_ASSET,
        amount: 1n,
        label: `deposit ${String(++depositCount)}`,
      })
    const catchUp = async (each: ChainWatcher): Promise<void> => {
      while (await each.tick());
    }
    const readAll = async (): Promise<readonly ChainEvent[]> =>
      reader.getEvents({ from: startBlock, to: (await reader.getHead()).number })

    test('default: it reads everything once, in stretches, and resumes where it stopped', async () => {
      const follower = new Follower()
      await catchUp(watcher(follower, { maxBlocks: 7n }))
      assert.deepEqual(follower.events, await readAll())
      assert.ok(follower.stretches.length > 1)
      follower.stretches.forEach(([from, to], i) => {
        assert.ok(to - from < 7n)
        const before = follower.stretches[i - 1]
        assert.equal(from, before === undefined ? startBlock : before[1] + 1n)
      })

      await deposit()
      await deposit()
      const stretches = follower.stretches.length
      // Another watcher, as after a restart, with the same store.
      await catchUp(watcher(follower))
      assert.equal(follower.stretches.length, stretches + 1)
      assert.deepEqual(follower.events, await readAll())
      assert.deepEqual(follower.reorgs, [])
      assert.equal(await watcher(follower).tick(), false)
    })

    test('behavior: after a crash between handler and cursor a stretch comes again', async () => {
      const follower = new Follower()
      await catchUp(watcher(follower))
      await deposit()
      const crash = new Error('crash')
      const store = { ...follower.store, save: () => Promise.reject(crash) }
      await assert.rejects(watcher(follower, { store }).tick(), crash)
      const last = follower.stretches.at(-1)
      await catchUp(watcher(follower))
      assert.deepEqual(follower.stretches.at(-1), last)
    })

    test('behavior: a handler that fails keeps the cursor where it was', async () => {
      const follower = new Follower()
      await catchUp(watcher(follower))
      const { cursor } = follower
      await deposit()
      const refusal = new Error('database is full')
      const handlers = { ...follower.handlers, onEvents: () => Promise.reject(refusal) }
      await assert.rejects(watcher(follower, { handlers }).tick(), refusal)
      assert.equal(follower.cursor, cursor)
      await catchUp(watcher(follower))
      assert.deepEqual(follower.events, await readAll())
    })

    test('behavior: a reorg is found, undone to the common ancestor, and read anew', async () => {
      const follower = new Follower()
      const watching = watcher(follower)
      await deposit()
      await catchUp(watching)
      const ancestor = follower.cursor?.number
      const revert = await rollup.chain.snapshot()
      await deposit()
      await catchUp(watching)
      await deposit()
      await catchUp(watching)
      const gone = follower.events.at(-1)
      await revert()
      // One block where there were two: the chain is shorter than what was read, too.
      await deposit()
      await catchUp(watching)
      assert.deepEqual(follower.reorgs, [ancestor])
      assert.deepEqual(follower.events, await readAll())
      assert.ok(!follower.events.some(({ blockHash }) => blockHash === gone?.blockHash))
    })

    test('behavior: a reorg to a chain of the same length is found as well', async () => {
      const follower = new Follower()
      const watching = watcher(follower)
      await catchUp(watching)
      const ancestor = follower.cursor?.number
      const revert = await rollup.chain.snapshot()
      await deposit()
      await catchUp(watching)
      const replaced = follower.cursor
      await revert()
      await deposit()
      await catchUp(watching)
      assert.equal(follower.cursor?.number, replaced?.number)
      assert.notEqual(follower.cursor?.hash, replaced?.hash)
      assert.deepEqual(follower.reorgs, [ancestor])
      assert.deepEqual(follower.events, await readAll())
    })

    test('behavior: where no block read is left, everything is read again', async () => {
      const follower = new Follower()
      follower.cursor = {
        number: startBlock + 1n,
        hash: `0x${'11'.repeat(32)}`,
        trail: [{ number: startBlock, hash: `0x${'22'.repeat(32)}` }],
      }
      await catchUp(watcher(follower))
      assert.deepEqual(follower.reorgs, [startBlock - 1n])
      assert.deepEqual(follower.events, await readAll())
    })

    test('behavior: a long trail reaches back, thinner and thinner', async () => {
      const follower = new Follower()
      const watching = watcher(follower, { maxBlocks: 1n })
      await rollup.chain.mine(160)
      await catchUp(watching)
      const { trail = [], number = 0n } = follower.cursor ?? {}
      assert.ok(trail.length <= 128)
      assert.equal(trail.at(-1)?.number, number - 1n)
      assert.ok((trail[0]?.number ?? number) < startBlock + 8n)
      // The last 64 are all there.
      assert.equal(trail.at(-64)?.number, number - 64n)
    })

    test('behavior: blocks without enough others on top are not read yet', async () => {
      const follower = new Follower()
      await deposit()
      const head = await reader.getHead()
      const watching = watcher(follower, { confirmations: 2n })
      await catchUp(watching)
      assert.equal(follower.cursor?.number, head.number - 2n)
      assert.ok(!follower.events.some(({ blockNumber }) => blockNumber === head.number))
      await rollup.chain.mine(2)
      await catchUp(watching)
      assert.deepEqual(follower.events, await readAll())
    })

    test('rejects: events of a chain that changed during the read', async () => {
      const follower = new Follower()
      await catchUp(watcher(follower))
      const { cursor } = follower
      const revert = await rollup.chain.snapshot()
      await deposit()
      const moving: ChainReader = {
        ...reader,
        getEvents: async (range) => {
          const events = await reader.getEvents(range)
          await revert()
          await deposit()
          return events
        },
      }
      await assert.rejects(pollChain(moving, cursor, { startBlock }), ChainChangedError)
      await catchUp(watcher(follower))
      assert.deepEqual(follower.events, await readAll())
      assert.deepEqual(follower.reorgs, [])
    })

    test('behavior: it runs by itself, outlives errors, and stops when told', async () => {
      const follower = new Follower()
      let failures = 2
      const flaky: ChainReader = {
        ...reader,
        getHead: () =>
          failures-- > 0
            ? Promise.reject(new BaseChainUnavailableError({ what: 'newest block' }))
            : reader.getHead(),
      }
      const running = watcher(follower, { reader: flaky })
      running.start()
      running.start()
      const deadline = Date.now() + 20_000
      const expected = (await readAll()).length + 1
      await deposit()
      while (follower.events.length < expected) {
        assert.ok(Date.now() < deadline, 'it did not catch up within 20 s')
        await delay(20)
      }
      await running.stop()
      assert.equal(follower.errors.length, 2)
      assert.ok(follower.errors.every((error) => error instanceof BaseChainUnavailableError))
      const { length } = follower.stretches
      await deposit()
      await delay(100)
      assert.equal(follower.stretches.length, length)
      assert.equal(
        new Set(follower.events.map(({ logIndex, blockNumber }) => `${blockNumber}/${logIndex}`))
          .size,
        expected,
      )
    })

    test('behavior: the file of a cursor brings it back as it was', async () => {
      const path = join(directory, 'cursor.json')
      const store = fileCursorStore(path)
      assert.equal(await store.load(), undefined)
      const follower = new Follower()
      await catchUp(watcher(follower, { maxBlocks: 5n, store }))
      const cursor = await store.load()
      assert.equal(cursor?.number, (await reader.getHead()).number)
      assert.ok(cursor.trail.length > 1)
      await deposit()
      const resumed = new Follower()
      await catchUp(watcher(resumed, { store: fileCursorStore(path) }))
      assert.equal(resumed.events.length, 1)
      await store.save(undefined)
      assert.equal(await store.load(), undefined)
      writeFileSync(path, '{"cursor": {"numb')
      assert.equal(await store.load(), undefined)
    })
  })
}
