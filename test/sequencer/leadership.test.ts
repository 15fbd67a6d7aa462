import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { ApiClient } from '../../api/index.ts'
import { ApiRequestError } from '../../api/errors.ts'
import { Leadership } from '../../sequencer/leadership.ts'
import { type Database, openDatabase, sql } from '../../sequencer/store/database.ts'
import { findLeaderKeys } from '../../sequencer/store/findLeaderKeys.ts'
import { l1TransactionStore } from '../../sequencer/store/l1TransactionStore.ts'
import { migrate } from '../../sequencer/store/migrate.ts'
import { openSettlement } from '../../sequencer/store/openSettlement.ts'
import { recordLeaderKeys } from '../../sequencer/store/recordLeaderKeys.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { type FaultNetwork, startFaultNetwork } from '../support/faultNetwork.ts'
import { FaultTraffic, findStuck } from '../support/faultTraffic.ts'
import { aSequencer } from '../support/sequencers.ts'
import { waitFor } from '../support/waitFor.ts'

const LONG = 3_600_000
const isLost = { code: 'LEADERSHIP_LOST' }

describe('terms of leadership', () => {
  let server: TestServer
  let url: string
  let close: () => Promise<void>
  let databases: Database[]
  let leaders: Leadership[]

  before(async () => {
    server = await aServer()
  })
  after(() => server.stop())
  beforeEach(async () => {
    databases = []
    leaders = []
    const opened = await server.open()
    ;({ url, close } = opened)
    await migrate(opened.database)
  })
  afterEach(async () => {
    for (const leader of leaders) await leader.release()
    for (const database of databases) await database.close()
    await close()
  })
  const aProcess = async (leaseMs = LONG) => {
    const database = await openDatabase({ url, poolSize: 4 })
    const lost: string[] = []
    const leadership = new Leadership({
      database,
      leaseMs,
      onLost: ({ code }) => lost.push(code),
    })
    databases.push(database)
    leaders.push(leadership)
    return { database, leadership, lost }
  }
  /** Lets the lease of whoever leads lapse, as silence does. */
  const lapse = (database: Database) =>
    database.query(sql`update leadership set lapses_at = clock_timestamp()`)
  const settle = (database: Database) =>
    openSettlement(database, {
      ...{ firstBatch: 1n, lastBatch: 1n, calldata: new Uint8Array(), now: new Date() },
    })

  test('default: one leads; another only when it ends, and then in the next term', async () => {
    const [one, other] = [await aProcess(), await aProcess()]
    assert.equal(await one.leadership.tryTake(), true)
    assert.equal(await other.leadership.tryTake(), false)
    await one.leadership.announce('http://one')
    assert.deepEqual(await other.leadership.findLeader(), {
      ...{ term: 1n, url: 'http://one', hasLapsed: false },
    })
    await one.leadership.release()
    assert.equal(await other.leadership.tryTake(), true)
    assert.equal(other.leadership.term, 2n)
  })

  test('behavior: of many at once, one begins a term', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => aProcess()))
    const taken = await Promise.all(all.map(({ leadership }) => leadership.tryTake()))
    assert.equal(taken.filter(Boolean).length, 1)
  })

  test('rejects: each write of a decision or observation, once the next term began', async () => {
    const [old, next] = [await aProcess(), await aProcess()]
    await old.leadership.tryTake()
    await settle(old.database)
    await lapse(next.database)
    assert.equal(await next.leadership.tryTake(), true)
    const before = await next.database.query(sql`select * from settlement`)

    await assert.rejects(settle(old.database), isLost)
    const transaction = {
      purpose: 'settle 1',
      hash: `0x${'1'.repeat(64)}`,
      sender: `0x${'2'.repeat(40)}`,
      nonce: 0n,
      raw: '0x02',
      maxFeePerGas: 1n,
      signedAt: new Date(),
      status: 'pending',
    } as const
    await assert.rejects(l1TransactionStore(old.database).insert(transaction), isLost)
    // Each table of decisions, and the one that all observations hang on: what writes is refused by the database.
    for (const table of [
      ...['batch', 'batch_deposit', 'batch_forced', 'transfer', 'proving_job'],
      ...['settlement', 'l1_transaction', 'l1_block', 'leader_keys'],
    ]) {
      const text = `delete from ${table}`
      await assert.rejects(old.database.query({ text, values: [] }), isLost, table)
    }
    // A transaction is refused as a whole, before its first statement.
    let hasRun = false
    await assert.rejects(
      old.database.transaction(() => {
        hasRun = true
        return Promise.resolve()
      }),
      isLost,
    )
    assert.equal(hasRun, false)
    assert.deepEqual(old.lost, ['LEADERSHIP_LOST'])
    assert.equal(old.leadership.term, undefined)
    assert.deepEqual(await next.database.query(sql`select * from settlement`), before)
    // Reading is free.
    assert.equal((await old.database.query(sql`select * from settlement`)).length, 1)
  })

  test('behavior: a transaction under way is committed before the next term, or not at all', async () => {
    const [old, next] = [await aProcess(), await aProcess()]
    await old.leadership.tryTake()
    await old.database.transaction(async (connection) => {
      await settle(connection as Database)
      await lapse(next.database)
      assert.equal(await next.leadership.tryTake(), false, 'it waits for the write')
    })
    assert.equal(await next.leadership.tryTake(), true)
    assert.equal((await next.database.query(sql`select * from settlement`)).length, 1)
  })

  test('behavior: a leader whose session breaks leads on, and takes it up again', async () => {
    const [one, other] = [await aProcess(), await aProcess()]
    await one.leadership.tryTake()
    const findHolders = () =>
      other.database.query<{ pid: number }>(
        sql`select pid from pg_locks where locktype = 'advisory' and objid = 1`,
      )
    const [cut, ...more] = await findHolders()
    assert.ok(cut !== undefined && more.length === 0)
    await other.database.query(sql`select pg_terminate_backend(${cut.pid})`)
    // The session cut keeps its lock until the server gets to it.
    await waitFor('another session with the lock', async () => {
      await one.leadership.renew()
      const [holder] = await findHolders()
      return holder !== undefined && holder.pid !== cut.pid ? true : undefined
    })
    assert.equal(await other.leadership.tryTake(), false)
    assert.deepEqual([one.leadership.term, one.lost], [1n, []])
    await settle(one.database)
  })

  test('behavior: without a term, tools write while nobody leads, and only then', async () => {
    const [leader, tool] = [await aProcess(), await aProcess()]
    await settle(tool.database)
    await leader.leadership.tryTake()
    await assert.rejects(tool.database.query(sql`delete from settlement`), { code: 'CNB01' })
    await leader.leadership.release()
    await tool.database.query(sql`delete from settlement`)
  })
})

describe('the keys of a standby', () => {
  let server: TestServer
  before(async () => {
    server = await aServer()
  })
  after(() => server.stop())

  test('rejects: other keys than the leader’s, at its start and when the leader’s change', async () => {
    const { url, database: first, close } = await server.open()
    const databases: Database[] = []
    const connect = async () => {
      const database = await openDatabase({ url, poolSize: 4 })
      databases.push(database)
      return database
    }
    const leader = await aSequencer(first)
    const l1Account = `0x${'b2'.repeat(20)}` as const
    const receiptKey = new Uint8Array(32).fill(9)
    for (const [ports, name] of [
      [{ l1Account }, /Key: {5}base chain\nLeader: {2}0x0{38}a1\nStandby: 0x(b2){20}\n/],
      [{ receiptKey }, /Key: {5}receipts\n/],
    ] as const) {
      await assert.rejects(
        aSequencer(await connect(), { ports: { ...ports, isStandby: true } }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'STANDBY_KEYS')
          assert.match(error.message, name)
          return true
        },
      )
    }
    const ended = Promise.withResolvers<Error & { code?: string }>()
    const standby = await aSequencer(await connect(), {
      ports: { isStandby: true, onLockLost: ended.resolve },
    })
    standby.sequencer.start()
    const { address } = leader.sequencer
    await recordLeaderKeys(first, { l1Account, receiptSigner: address })
    assert.equal((await ended.promise).code, 'STANDBY_KEYS')
    assert.equal(standby.sequencer.leadership.term, undefined)
    await standby.sequencer.stop()
    // Whoever starts as the leader may have new keys: that is how they are changed.
    await leader.sequencer.stop()
    const next = await aSequencer(await connect(), { ports: { l1Account, receiptKey } })
    const { address: receiptSigner } = next.sequencer
    assert.deepEqual(await findLeaderKeys(first), { l1Account, receiptSigner })
    await next.sequencer.stop()
    for (const database of databases) await database.close()
    await close()
  })
})

describe('two sequencers', () => {
  let network: FaultNetwork
  let traffic: FaultTraffic
  let database: Database
  before(async () => {
    network = await startFaultNetwork()
    traffic = new FaultTraffic(network)
    database = await openDatabase({ url: network.databaseUrl, poolSize: 1 })
  })
  after(async () => {
    await database?.close()
    await network?.stop()
  })

  /** A transfer that is admitted as soon as it can be. */
  const takenOver = (api: ApiClient) =>
    waitFor(
      'an admission by the standby',
      async () => {
        const submission = await traffic.make(api)
        return api.submitTransfer(submission).catch((error: unknown) => {
          if (error instanceof ApiRequestError && error.httpStatus === 503) return undefined
          throw error
        })
      },
      { everyMs: 20 },
    )

  test('behavior: a standby answers reads, refuses writes, and takes over from a killed leader within 10 s', async (t) => {
    const leader = await network.start()
    const id = await traffic.send(leader.api)
    await waitFor('a settlement', async () =>
      (await leader.api.getTransfer(id)).status === 'settled' ? true : undefined,
    )
    const standby = await network.start({ isStandby: true })
    const sealed = (await leader.api.getStatus()).sealed
    await waitFor('the same state', async () =>
      (await standby.api.getStatus()).sealed.noteRoot === sealed.noteRoot ? true : undefined,
    )
    assert.equal((await standby.api.getTransfer(id)).status, 'settled')
    await waitFor('the leader’s address', async () => {
      const refusal = await standby.api
        .submitTransfer(await traffic.make(standby.api))
        .catch((error: unknown) => error)
      assert.ok(refusal instanceof ApiRequestError)
      assert.deepEqual([refusal.code, refusal.httpStatus], ['SEQUENCER_STANDBY', 503])
      return refusal.metaMessages[0] === `Leader: ${leader.url}` ? true : undefined
    })
    const killedAt = performance.now()
    await leader.kill()
    await takenOver(standby.api)
    const took = performance.now() - killedAt
    t.diagnostic(`taken over after ${String(Math.round(took))} ms`)
    assert.ok(took < 10_000, `it took ${String(Math.round(took))} ms`)
    await waitFor('an end of all work', async () =>
      (await findStuck(database)).length === 0 ? true : undefined,
    )
    await standby.kill()
  })

  test('behavior: a leader that was paused does no harm when it wakes, and says why it ends', async (t) => {
    // It stops in the middle of sending: what it signed is stored, and it would send it when it wakes.
    const leader = await network.start({ pauseAt: 'settle.stored' })
    const standby = await network.start({ isStandby: true })
    await traffic.send(leader.api)
    await waitFor('a pause', async () => (leader.isPaused() ? true : undefined))
    const pausedAt = performance.now()
    await takenOver(standby.api)
    const took = performance.now() - pausedAt
    t.diagnostic(`taken over after ${String(Math.round(took))} ms`)
    assert.ok(took < 10_000, `it took ${String(Math.round(took))} ms`)

    leader.process.kill('SIGCONT')
    assert.equal(await leader.ended, 3)
    assert.deepEqual(leader.lines.slice(1), ['stopped: Another sequencer has taken over.'])

    const findings = await waitFor('an end of all work', async () => {
      if ((await traffic.countFinal(standby.api)) < traffic.ids.length) return undefined
      const now = await traffic.inspect(standby.api, database)
      return now.stuck.length === 0 ? now : undefined
    })
    const { lost, doubled, broken } = findings
    assert.deepEqual({ lost, doubled, broken }, { lost: [], doubled: [], broken: [] })
    // Both sent the same bytes: one transaction of that nonce.
    const [sent] = await database.query<{ hashes: string; nonces: string }>(sql`
      select count(*) as hashes, count(distinct nonce) as nonces from l1_transaction
    `)
    assert.equal(sent?.hashes, sent?.nonces)
    await standby.kill()
  })

  test('behavior: a fresh follower’s roots are the contract’s after all of it', () =>
    network.expectFollowed())
})
