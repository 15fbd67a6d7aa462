import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { openDatabase, sql, type Database } from '../../sequencer/store/database.ts'
import { l1TransactionStore } from '../../sequencer/store/l1TransactionStore.ts'
import { migrate, readMigrations } from '../../sequencer/store/migrate.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { dumpSchema } from './dumpSchema.ts'

const SNAPSHOT = new URL('schema.sql', import.meta.url)

let server: TestServer
let database: Database
let close: () => Promise<void>

before(async () => {
  server = await aServer()
})
after(() => server.stop())
beforeEach(async () => {
  ;({ database, close } = await server.open())
})
afterEach(() => close())

const violates = (constraint: string) => (error: unknown) => {
  assert.equal((error as { constraint?: string }).constraint, constraint)
  return true
}

describe('migrate', () => {
  test('default: the schema is the one on record', async () => {
    const names = (await readMigrations()).map(({ name }) => name)
    assert.deepEqual(await migrate(database), names)
    const schema = await dumpSchema(database)
    if (process.env['CINNABAR_WRITE_SCHEMA'] !== undefined) await writeFile(SNAPSHOT, schema)
    assert.equal(
      schema,
      await readFile(SNAPSHOT, 'utf8'),
      'review the change, then run this test once with CINNABAR_WRITE_SCHEMA=1',
    )
  })

  test('behavior: numbers are consecutive from 1', async () => {
    const numbers = (await readMigrations()).map(({ number }) => number)
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
    )
  })

  test('behavior: again, and twice at once, it changes nothing', async () => {
    const [one, other] = await Promise.all([migrate(database), migrate(database)])
    const names = (await readMigrations()).map(({ name }) => name)
    assert.deepEqual([...one, ...other].sort(), names)
    const before = await dumpSchema(database)
    assert.deepEqual(await migrate(database), [])
    assert.equal(await dumpSchema(database), before)
  })

  test('behavior: a failing migration leaves nothing of itself', async () => {
    const text = 'create table half (a integer); select 1 / 0;'
    await assert.rejects(migrate(database, [{ number: 1, name: '000001_bad.sql', text }]))
    const rows = await database.query(
      sql`select 1 from pg_class where relname = 'half' and relkind = 'r'`,
    )
    assert.equal(rows.length, 0)
  })

  test('rejects: an applied migration that was changed', async () => {
    const migration = { number: 1, name: '000001_a.sql', text: 'create table a (b integer);' }
    await migrate(database, [migration])
    await assert.rejects(
      migrate(database, [{ ...migration, text: 'create table a (c integer);' }]),
      { code: 'DATABASE_MIGRATION_CHANGED' },
    )
  })
})

describe('schema', () => {
  beforeEach(() => migrate(database))
  const bytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

  test('rejects: field elements that are not canonical', async () => {
    const store = (value: Buffer) => database.query(sql`select ${value}::bytea::field_element`)
    await store(bytes(0n))
    await store(bytes(FIELD_ORDER - 1n))
    const refused = violates('field_element_must_be_canonical')
    await assert.rejects(store(bytes(FIELD_ORDER)), refused)
    await assert.rejects(store(bytes((1n << 256n) - 1n)), refused)
    await assert.rejects(store(Buffer.alloc(31)), refused)
    await assert.rejects(store(Buffer.alloc(33)), refused)
  })

  test('rejects: nullifiers of 0 or above 248 bits', async () => {
    const store = (value: Buffer) => database.query(sql`select ${value}::bytea::nullifier`)
    await store(bytes(1n))
    await store(bytes((1n << 248n) - 1n))
    const refused = violates('nullifier_must_be_canonical')
    await assert.rejects(store(bytes(0n)), refused)
    await assert.rejects(store(bytes(1n << 248n)), refused)
  })

  test('rejects: amounts outside u64', async () => {
    const store = (value: string) => database.query(sql`select ${value}::numeric::amount`)
    await store('0')
    await store('18446744073709551615')
    const refused = violates('amount_must_fit_64_bits')
    await assert.rejects(store('18446744073709551616'), refused)
    await assert.rejects(store('-1'), refused)
  })

  test('rejects: two open settle calls', async () => {
    const open = () =>
      database.query(sql`
        insert into settlement (first_batch, last_batch, calldata, opened_at)
        values (1, 1, ''::bytea, now())
      `)
    await open()
    await assert.rejects(open(), violates('settlement_only_one_open'))
  })

  test('behavior: a reorg is one statement; deposits go with their block', async () => {
    const zeros = Buffer.alloc(32)
    for (const number of [1, 2]) {
      await database.query(
        sql`insert into l1_block (number, hash, mined_at) values (${number}, ${zeros}, now())`,
      )
      await database.query(sql`
        insert into l1_deposit
          (id, asset, amount, recipient, ciphertext, deadline_at, l1_block_number)
        values (${number}, 1, 1, ${bytes(5n)}, ${Buffer.alloc(92)}, now(), ${number})
      `)
      await database.query(sql`
        insert into l1_deposit_reclaim (deposit_id, refundable_at, l1_block_number)
        values (${number}, now(), ${number})
      `)
    }
    await database.query(sql`delete from l1_block where number > 1`)
    const [left] = await database.query(sql`
      select
        (select array_agg(id::integer) from l1_deposit) as deposits,
        (select array_agg(deposit_id::integer) from l1_deposit_reclaim) as reclaims
    `)
    assert.deepEqual(left, { deposits: [1], reclaims: [1] })
  })
})

describe('l1TransactionStore', () => {
  beforeEach(() => migrate(database))
  const sender = '0x00000000000000000000000000000000000000aa'
  const transaction = (nonce: bigint, purpose: string, n: number) => ({
    purpose,
    hash: `0x${String(n).padStart(64, '0')}` as const,
    sender: sender as `0x${string}`,
    nonce,
    raw: '0x02aabb' as const,
    maxFeePerGas: (1n << 100n) + 7n,
    signedAt: new Date('2026-11-23T00:00:00.123Z'),
    status: 'pending' as const,
  })

  test('default: what was inserted comes back, oldest first, and is pending until told', async () => {
    const store = l1TransactionStore(database)
    const [first, raised, other] = [
      transaction(5n, 'settle 1', 1),
      transaction(5n, 'settle 1', 2),
      transaction(4n, 'settle 2', 3),
    ]
    for (const one of [first, raised, other]) await store.insert(one)
    await store.insert(first)
    assert.deepEqual(await store.listByPurpose('settle 1'), [first, raised])
    assert.deepEqual(await store.listPending(sender), [other, first, raised])
    await store.setStatus('settle 1', 5n, 'mined')
    assert.deepEqual(
      (await store.listByPurpose('settle 1')).map(({ status }) => status),
      ['mined', 'mined'],
    )
    assert.deepEqual(await store.listPending(sender), [other])
    assert.deepEqual(await store.listByPurpose('settle 3'), [])
  })

  test('behavior: the very bytes signed again for another purpose stand for that one', async () => {
    const store = l1TransactionStore(database)
    const first = transaction(5n, 'settle 1', 1)
    await store.insert(first)
    await store.setStatus('settle 1', 5n, 'mined')
    const again = { ...first, purpose: 'settle 2' }
    await store.insert(again)
    assert.deepEqual(await store.listByPurpose('settle 2'), [again])
    assert.deepEqual(await store.listPending(sender), [again])
    assert.deepEqual(await store.listByPurpose('settle 1'), [])
  })
})

describe('openDatabase', () => {
  test('rejects: a database that does not answer, without its password', async () => {
    await assert.rejects(
      openDatabase({ url: 'postgres://user:secret@127.0.0.1:1/none' }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'DATABASE_UNREACHABLE')
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
    )
  })

  test('behavior: a failed transaction leaves nothing, and the pool works on', async () => {
    await migrate(database)
    await assert.rejects(
      database.transaction(async (connection) => {
        await connection.query(
          sql`insert into deployment (chain_id, rollup) values (1, ${Buffer.alloc(20)})`,
        )
        throw new Error('no')
      }),
      /no/,
    )
    assert.deepEqual(await database.query(sql`select 1 from deployment`), [])
  })
})
