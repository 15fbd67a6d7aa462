import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type pg from 'pg'
import { openDatabase } from '../../sequencer/store/database.ts'
import { connectTo, failWrites } from '../support/databaseFaults.ts'
import { type FaultChild, type FaultNetwork, startFaultNetwork } from '../support/faultNetwork.ts'
import { FaultTraffic } from '../support/faultTraffic.ts'
import { waitFor } from '../support/waitFor.ts'

// What a database does to its clients. The server, its crash, its want of connections and its deadlock are
// real. A serialisation failure (nothing here runs at that isolation level) and a full disk come from a
// trigger that raises their codes, as the server would; a state directory on a real full disk is in
// state/lmdbStateStore.test.ts.

describe('a database that fails under a sequencer', () => {
  let network: FaultNetwork
  let traffic: FaultTraffic
  let child: FaultChild
  const clients: pg.Client[] = []

  before(async () => {
    network = await startFaultNetwork()
    traffic = new FaultTraffic(network)
    child = await network.start()
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end()
  })
  after(() => network?.stop())

  const connect = async () => {
    const client = await connectTo(network.databaseUrl)
    clients.push(client)
    return client
  }
  /** Everything promised happens, in the same process, without help. */
  const recovers = async () => {
    const database = await openDatabase({ url: network.databaseUrl, poolSize: 1 })
    try {
      const { lost, doubled, broken, rejected } = await waitFor('an end of all work', async () => {
        await traffic.askAgain(child.api)
        if ((await traffic.countFinal(child.api)) < traffic.ids.length) return undefined
        const now = await traffic.inspect(child.api, database)
        return now.stuck.length === 0 ? now : undefined
      })
      assert.deepEqual(
        { lost, doubled, broken, rejected },
        { lost: [], doubled: [], broken: [], rejected: 0 },
      )
    } finally {
      await database.close()
    }
    assert.equal(child.process.exitCode, null, 'the sequencer ended')
  }

  test('behavior: Postgres killed under load and started again', async () => {
    const sending = Promise.all(Array.from({ length: 8 }, () => traffic.send(child.api)))
    await network.restartPostgres({ downMs: 300 })
    await sending
    await traffic.send(child.api)
    await recovers()
  })

  test('behavior: no connection left', async () => {
    const submission = await traffic.make(child.api)
    const holder = await connect()
    const { rows } = await holder.query<{ max: string }>(
      `select current_setting('max_connections') as max`,
    )
    // Ours is the superuser, so that every connection that the server has can be ours.
    const max = Number(rows[0]?.max)
    const takeAll = async () => {
      while (clients.length < max) {
        try {
          await connect()
        } catch (error) {
          assert.equal((error as { code?: string }).code, '53300')
          return
        }
      }
    }
    // The sequencer's own connections are cut, and others take their places; where it was faster, again.
    await waitFor('all connections in our hands', async () => {
      await holder.query(`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name like 'cinnabar-%'
      `)
      await takeAll()
      return clients.length === max ? true : undefined
    })
    await waitFor('a sequencer that notices', async () =>
      (await fetch(new URL('/readyz', child.url))).status === 503 ? true : undefined,
    )
    await assert.rejects(child.api.submitTransfer(submission), { code: 'SEQUENCER_NOT_READY' })
    const id = await traffic.sendMade(child.api, submission)
    for (const client of clients.splice(0)) await client.end()
    await recovers()
    assert.equal((await child.api.getTransfer(id)).status, 'settled')
  })

  test('behavior: a deadlock ends the sequencer’s transaction, and it seals again', async () => {
    const rival = await connect()
    const watcher = await connect()
    const count = async () => {
      const { rows } = await watcher.query<{ count: string }>(
        `select sum(deadlocks) as count from pg_stat_database`,
      )
      return Number(rows[0]?.count)
    }
    const before = await count()
    // It waits for us on the table while we wait for it on its term; we are patient, so it is the victim.
    await rival.query(`set deadlock_timeout = '10min'; begin; lock table batch in share mode`)
    await traffic.send(child.api)
    await waitFor('a seal that waits', async () => {
      const { rows } = await watcher.query(
        `select 1 from pg_locks where relation = 'batch'::regclass and not granted`,
      )
      return rows.length > 0 ? true : undefined
    })
    await rival.query('select 1 from leadership for update')
    await rival.query('rollback')
    await waitFor('the deadlock in the statistics', async () =>
      (await count()) > before ? true : undefined,
    )
    await recovers()
  })

  test('behavior: serialisation failures while sealing, and a full disk while admitting and settling', async () => {
    for (const [table, code] of [
      ['batch', '40001'],
      ['transfer', '53100'],
      ['settlement', '53100'],
      ['l1_transaction', '53100'],
    ] as const) {
      const end = await failWrites(await connect(), { table, code, times: 2 })
      await traffic.send(child.api)
      await recovers()
      assert.ok((await end()) > 2, `${table} was not written again`)
    }
  })

  test('behavior: a fresh follower’s roots are the contract’s after all of it', () =>
    network.expectFollowed())
})
