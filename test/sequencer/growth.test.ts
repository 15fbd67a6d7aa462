import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { type Connection, type Database, sql } from '../../sequencer/store/database.ts'
import { findFigures } from '../../sequencer/store/findFigures.ts'
import { findForcedHealth } from '../../sequencer/store/findForcedHealth.ts'
import { findForeignBatch } from '../../sequencer/store/findForeignBatch.ts'
import { findNewestTakenDeposit } from '../../sequencer/store/findNewestTakenDeposit.ts'
import { findRootVersions } from '../../sequencer/store/findRootVersions.ts'
import { findUnsettledAdoptedBatch } from '../../sequencer/store/findUnsettledAdoptedBatch.ts'
import { listQueuedForced } from '../../sequencer/store/listQueuedForced.ts'
import { migrate } from '../../sequencer/store/migrate.ts'
import { aServer, type TestServer } from '../support/databases.ts'

// What is asked with every block or batch, over a history that is long: it must be right, and read none of it.

const LENGTH = 20_000n

let server: TestServer
let database: Database
let close: () => Promise<void>
before(async () => {
  server = await aServer()
})
after(() => server.stop())
beforeEach(async () => {
  ;({ database, close } = await server.open())
  await migrate(database)
})
afterEach(() => close())

/** Batches that are own or taken over, each with a deposit, a forced entry and an identity update of its number. */
async function aHistory({
  own,
  settled,
  isAdopted,
}: {
  own: bigint
  settled: bigint
  isAdopted: boolean
}): Promise<void> {
  const run = (text: string) => database.query({ text, values: [] })
  const field = (number: string) => `decode(lpad(to_hex(${number}), 64, '0'), 'hex')`
  await run(`insert into l1_block (number, hash, mined_at) values (1, ${field('1')}, now())`)
  const most = String(own > settled ? own : settled)
  await run(`
    insert into batch (
      number, status, circuit, position, old_slot_count, new_slot_count, fee_recipient,
      old_note_root, new_note_root, old_nullifier_root, new_nullifier_root,
      signature, signer, sealed_at, is_adopted, c, y, proof
    )
    select n, 'proved', 'batch-4', 4 * n, 4 * n, 4 * n + 4, decode(repeat('00', 20), 'hex'),
      ${field('n')}, ${field('n + 1')}, ${field('n')}, ${field('n + 1')},
      decode(repeat('00', 65), 'hex'), decode(repeat('00', 20), 'hex'), now(), ${String(isAdopted)},
      ${field('1')}, ${field('1')}, decode(repeat('00', 256), 'hex')
    from generate_series(1, ${String(own)}) n`)
  await run(`
    insert into batch_on_l1 (batch_number, note_root, nullifier_root, l1_transaction, l1_block_number)
    select n, ${field('n + 1')}, ${field('n + 1')}, ${field('n')}, 1
    from generate_series(1, ${String(settled)}) n`)
  await run(`
    insert into l1_deposit (id, asset, amount, recipient, ciphertext, deadline_at, l1_block_number)
    select n, 1, 1, ${field('1')}, decode(repeat('00', 92), 'hex'), now(), 1
    from generate_series(1, ${most}) n`)
  await run(`
    insert into batch_deposit (batch_id, place, deposit_id, asset, amount, recipient, ciphertext)
    select id, 0, number, 1, 1, ${field('1')}, decode(repeat('00', 92), 'hex') from batch`)
  await run(`
    insert into l1_forced_transfer (
      id, statement_id, circuit, public_inputs, memo, anchor_batch, deadline_at, l1_block_number
    )
    select n, ${field('n')}, 'transfer', array_fill(${field('1')}, array[25])::bytea[]::field_element[],
      '', 0, now(), 1
    from generate_series(1, ${most}) n`)
  await run(`
    insert into batch_forced (batch_id, slot, entry_id, taken_as, nullifier, outputs, withdrawal, fee)
    select id, 1, number, 'transfer', ${field('number')},
      array_fill(${field('1')}, array[4])::bytea[]::field_element[], ${field('0')}, ${field('0')}
    from batch`)
  await run(`
    insert into l1_identity_update (version, identity_index, leaf, root, l1_block_number)
    select n, n, ${field('1')}, ${field('n')}, 1 from generate_series(1, ${most}) n`)
  await run('analyze')
}

const voidFrom = (number: bigint) =>
  database.query(sql`
    update batch set status = 'void', void_code = 'X', void_at = now() where number >= ${number}
  `)
const setRoot = (number: bigint, table: 'batch' | 'batch_on_l1') =>
  database.query(
    table === 'batch'
      ? sql`update batch set new_note_root = ${Buffer.alloc(32)} where number >= ${number}`
      : sql`update batch_on_l1 set note_root = ${Buffer.alloc(32)} where batch_number >= ${number}`,
  )

/** What each query would read, as Postgres plans it. */
function planned(): { connection: Connection; rowsRead: number[] } {
  const rowsRead: number[] = []
  const connection: Connection = {
    async query<Row extends object>(query: Parameters<Connection['query']>[0]) {
      const [row] = await database.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>({
        text: `explain (analyze, format json) ${query.text}`,
        values: query.values,
      })
      rowsRead.push(countRows(row!['QUERY PLAN'][0]!.Plan))
      return database.query<Row>(query)
    },
  }
  return { connection, rowsRead }
}

type PlanNode = {
  'Node Type': string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: PlanNode[]
}

function countRows(node: PlanNode): number {
  const below = (node.Plans ?? []).reduce((sum, plan) => sum + countRows(plan), 0)
  if (!node['Node Type'].includes('Scan')) return below
  const each = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)
  return below + each * node['Actual Loops']
}

describe('findForeignBatch', () => {
  const foreign = async () => (await findForeignBatch(database))?.batchNumber

  test('default: none, the one after our last, or the first that we have otherwise', async () => {
    assert.equal(await foreign(), undefined)
    await aHistory({ own: 9n, settled: 7n, isAdopted: false })
    assert.equal(await foreign(), undefined, 'ours go further')
    await setRoot(6n, 'batch_on_l1')
    assert.equal(await foreign(), 6n, 'another settled 6 and 7')
    await voidFrom(6n)
    assert.equal(await foreign(), 6n, 'ours are void')
    await voidFrom(1n)
    assert.equal(await foreign(), 1n)
  })

  test('behavior: what is settled beyond ours, in order', async () => {
    await aHistory({ own: 3n, settled: 7n, isAdopted: false })
    assert.equal(await foreign(), 4n)
    await setRoot(2n, 'batch')
    assert.equal(await foreign(), 2n)
  })
})

describe('findUnsettledAdoptedBatch', () => {
  test('default: none, or the first that a reorg took', async () => {
    assert.equal(await findUnsettledAdoptedBatch(database), undefined)
    await aHistory({ own: 9n, settled: 9n, isAdopted: true })
    assert.equal(await findUnsettledAdoptedBatch(database), undefined)
    await setRoot(8n, 'batch_on_l1')
    assert.equal(await findUnsettledAdoptedBatch(database), 8n)
    await database.query(sql`delete from batch_on_l1 where batch_number >= 5`)
    assert.equal(await findUnsettledAdoptedBatch(database), 5n)
    await voidFrom(5n)
    assert.equal(await findUnsettledAdoptedBatch(database), undefined)
  })

  test('behavior: our own that are not settled yet are none', async () => {
    await aHistory({ own: 9n, settled: 3n, isAdopted: false })
    assert.equal(await findUnsettledAdoptedBatch(database), undefined)
  })
})

describe('deposits and entries that were taken', () => {
  test('default: the newest before a batch, and what stands behind it', async () => {
    assert.equal(await findNewestTakenDeposit(database, 5n), undefined)
    await aHistory({ own: 9n, settled: 7n, isAdopted: false })
    assert.equal(await findNewestTakenDeposit(database, 1n), undefined)
    assert.equal(await findNewestTakenDeposit(database, 5n), 4n)
    assert.equal(await findNewestTakenDeposit(database, 99n), 9n)
    const queued = await listQueuedForced(database, { batchNumber: 8n, block: 1n, limit: 1 })
    assert.deepEqual(
      queued.map(({ id }) => id),
      [8n],
    )
    // 8 and 9 are taken, and not settled yet.
    assert.equal((await findForcedHealth(database)).waiting, 2)
    await database.query(sql`delete from batch_on_l1`)
    assert.equal((await findForcedHealth(database)).waiting, 9)
  })
})

describe('a long history', () => {
  for (const isAdopted of [false, true]) {
    test(`behavior: is not read with every block, ${isAdopted ? 'by a follower' : 'by whoever sealed it'}`, async () => {
      await aHistory({ own: LENGTH, settled: LENGTH - 2n, isAdopted: false })
      if (isAdopted) {
        await database.query(sql`update batch set is_adopted = true where number < ${LENGTH - 2n}`)
        await database.query(sql`vacuum analyze batch`)
      }
      const ask: Record<string, (connection: Connection) => Promise<unknown>> = {
        foreign: findForeignBatch,
        unsettled: findUnsettledAdoptedBatch,
        figures: findFigures,
        forcedHealth: findForcedHealth,
        deposit: (connection) => findNewestTakenDeposit(connection, LENGTH),
        forced: (connection) =>
          listQueuedForced(connection, { batchNumber: LENGTH, block: 1n, limit: 8 }),
        rootVersions: (connection) =>
          findRootVersions(connection, { kind: 'identity', roots: [LENGTH - 5n, LENGTH - 1n] }),
      }
      const read: Record<string, number> = {}
      for (const [name, question] of Object.entries(ask)) {
        const { connection, rowsRead } = planned()
        await question(connection)
        read[name] = rowsRead.reduce((sum, rows) => sum + rows, 0)
      }
      for (const [name, rows] of Object.entries(read)) {
        assert.ok(rows < 60, `${name} reads ${String(rows)} rows: ${JSON.stringify(read)}`)
      }
    })
  }
})
