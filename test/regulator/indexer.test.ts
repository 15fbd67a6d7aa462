import assert from 'node:assert/strict'
import { writeFile, readFile } from 'node:fs/promises'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChainEvent, ChainReader } from '../../l1/chainEvents.ts'
import type { AssetRules } from '../../regulator/rules/document.ts'
import { signRules } from '../../regulator/rules/signedRules.ts'
import { type Database, sql } from '../../regulator/store/database.ts'
import { insertRules } from '../../regulator/store/insertRules.ts'
import { migrate, readMigrations } from '../../regulator/store/migrate.ts'
import { collect, send, withdraw } from '../../wallet/pay.ts'
import { getAddress } from '../../wallet/wallet.ts'
import { dumpSchema } from '../sequencer/dumpSchema.ts'
import '../support/lightPassphrases.ts'
import { type RecordedChain, recordedDeployment } from '../support/recordedChain.ts'
import { aRulesDocument } from '../support/rules.ts'
import {
  anIndexer,
  aSupervisorServer,
  statisticsRing,
  type SupervisorServer,
} from '../support/supervisors.ts'
import { aChain, aPersonWithWallet, ether, type Person, queueDeposit } from '../support/wallets.ts'

const SNAPSHOT = new URL('schema.sql', import.meta.url)
const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)

let server: SupervisorServer
let database: Database
let close: () => Promise<void>
/** Read only, but for the tests that reorganise copies. */
let chain: RecordedChain
let people: Person[]

before(async () => {
  server = await aSupervisorServer()
  chain = aChain()
  const alice = await aPersonWithWallet(chain, 'alice')
  const bob = await aPersonWithWallet(chain, 'bob')
  people = [alice, bob]
  const pay = (amount: bigint) =>
    send(alice, { asset: ether, payments: [{ address: getAddress(bob.wallet), amount }] })
  queueDeposit(alice, { amount: 500n })
  chain.advance()
  await pay(120n)
  chain.advance()
  await pay(30n)
  chain.advance()
  await collect(bob, { asset: ether })
  chain.advance()
  await withdraw(bob, {
    asset: ether,
    amount: 50n,
    recipient: '0x00000000000000000000000000000000000000aa',
  })
  chain.advance()
})
after(async () => {
  for (const person of people) person.close()
  await server.stop()
})
beforeEach(async () => {
  ;({ database, close } = await server.open())
})
afterEach(() => close())

async function accept(rules: AssetRules, version = 1): Promise<void> {
  await insertRules(database, await signRules(aRulesDocument(rules, { version }), signer))
}
const recordRows = () =>
  database.query<{ status: string; amount_1: string | null; withdrawal_amount: string }>(
    sql`select * from record order by batch_number, slot`,
  )
const alertRows = () =>
  database.query<{ rule: string; facts: Record<string, unknown>; l1_block_number: string | null }>(
    sql`select rule, facts, l1_block_number from alert order by day, rule, pseudonym`,
  )

describe('the store', () => {
  test('default: the schema is the one on record', async () => {
    const schema = await dumpSchema(database)
    if (process.env['CINNABAR_WRITE_SCHEMA'] !== undefined) await writeFile(SNAPSHOT, schema)
    assert.equal(
      schema,
      await readFile(SNAPSHOT, 'utf8'),
      'review the change, then run this test once with CINNABAR_WRITE_SCHEMA=1',
    )
    const numbers = (await readMigrations()).map(({ number }) => number)
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
    )
    assert.deepEqual(await migrate(database), [])
  })

  test('rejects: a version of the rules that is not newer, also behind our back', async () => {
    await accept({}, 3)
    await assert.rejects(accept({}, 3), { code: 'RULES_OLDER' })
    await assert.rejects(accept({}, 2), { code: 'RULES_OLDER' })
    await assert.rejects(
      database.query(sql`
        insert into rules_version (version, document, document_hash, signer, signature)
        select 2, document, document_hash, signer, signature from rules_version
      `),
      { constraint: 'rules_version_must_be_newer' },
    )
    await accept({}, 4)
  })
})

describe('Indexer', () => {
  test('default: every settled transfer becomes a record, with what key S opens', async () => {
    const indexer = anIndexer(database, chain)
    await indexer.prepare()
    await indexer.catchUp()
    const rows = await recordRows()
    assert.deepEqual(
      rows.map(({ status, amount_1, withdrawal_amount }) => [status, amount_1, withdrawal_amount]),
      [
        ['opened', '120', '0'],
        ['opened', '30', '0'],
        ['opened', '0', '0'],
        ['opened', '0', '50'],
      ],
    )
    const [deposit] = await database.query<{ amount: string }>(
      sql`select amount from settled_deposit`,
    )
    assert.equal(deposit?.amount, '500')
    await indexer.catchUp()
    assert.equal((await recordRows()).length, 4)
  })

  test('behavior: any stretches give the same store', async () => {
    await accept({ largeValue: { perDay: '150' } })
    const indexer = anIndexer(database, chain, { maxBlocks: 1n })
    await indexer.prepare()
    await indexer.catchUp()
    const [rows, alerts] = [await recordRows(), await alertRows()]
    assert.equal(rows.length, 4)
    const other = await server.open()
    try {
      await insertRules(
        other.database,
        await signRules(aRulesDocument({ largeValue: { perDay: '150' } }), signer),
      )
      const whole = anIndexer(other.database, chain)
      await whole.prepare()
      await whole.catchUp()
      const query = sql`select * from record order by batch_number, slot`
      assert.deepEqual(await other.database.query(query), rows)
      const found = await other.database.query<{ rule: string; facts: object }>(
        sql`select rule, facts from alert order by day, rule, pseudonym`,
      )
      assert.deepEqual(
        found,
        alerts.map(({ rule, facts }) => ({ rule, facts })),
      )
    } finally {
      await other.close()
    }
  })

  test('behavior: rules run over what is indexed, and alerts grow with their facts', async () => {
    await accept({ largeValue: { perDay: '120' } })
    const indexer = anIndexer(database, upTo(chain, 2), { maxBlocks: 1n })
    await indexer.prepare()
    await indexer.catchUp()
    assert.deepEqual(
      (await alertRows()).map(({ rule, facts }) => [rule, facts['sent']]),
      [['LARGE_VALUE', '120']],
    )
    await anIndexer(database, chain).catchUp()
    // Alice's 120 became 150; Bob took in 150.
    const alerts = await alertRows()
    assert.deepEqual(alerts.map(({ facts }) => facts['sent']).sort(), ['150', '50'])
    assert.equal(alerts.length, 2)
  })

  test('behavior: a reorg takes rows, windows and the ground of alerts; the new chain gives it back', async () => {
    await accept({ velocity: { payments: 2, days: 1 } })
    const forked = await aForkableChain()
    const indexer = anIndexer(database, forked.chain)
    await indexer.prepare()
    await indexer.catchUp()
    assert.equal((await alertRows()).length, 1)

    forked.chain.reorg(forked.secondPaymentBlock, { isDropped: true })
    await indexer.catchUp()
    assert.equal((await recordRows()).length, 1)
    const [alert] = await alertRows()
    assert.deepEqual([alert?.facts['sent'], alert?.l1_block_number], ['150', null])
    const [window] = await database.query<{ facts: { days: { sent: string }[] } }>(
      sql`select facts from subject_window`,
    )
    assert.deepEqual(
      window?.facts.days.map(({ sent }) => sent),
      ['120'],
    )
    forked.close()
  })

  test('behavior: a reorg that brings the same batches back grounds their alerts again', async () => {
    await accept({ velocity: { payments: 2, days: 1 } })
    const forked = await aForkableChain()
    const indexer = anIndexer(database, forked.chain)
    await indexer.prepare()
    await indexer.catchUp()
    forked.chain.reorg(forked.secondPaymentBlock)
    await indexer.catchUp()
    assert.equal((await recordRows()).length, 2)
    const [alert, ...more] = await alertRows()
    assert.notEqual(alert?.l1_block_number, null)
    assert.equal(more.length, 0)
    forked.close()
  })

  test('behavior: a write that fails leaves nothing of its stretch, and the next one goes on', async () => {
    const indexer = anIndexer(database, chain, { maxBlocks: 4n })
    await indexer.prepare()
    await indexer.tick()
    // A constraint that only a later batch violates: the process might as well have been killed there.
    await database.query(sql`alter table record add constraint bad check (withdrawal_amount <> 50)`)
    await assert.rejects(indexer.catchUp(), { constraint: 'bad' })
    const before = await recordRows()
    const [cursor] = await database.query<{ number: string }>(
      sql`select max(number) as number from l1_block`,
    )
    const batches = await database.query<{ block: string }>(
      sql`select l1_block_number as block from settled_batch`,
    )
    assert.ok(batches.every(({ block }) => BigInt(block) <= BigInt(cursor!.number)))
    await database.query(sql`alter table record drop constraint bad`)
    await anIndexer(database, chain).catchUp()
    const rows = await recordRows()
    assert.deepEqual(rows.slice(0, before.length), before)
    assert.equal(rows.length, 4)
  })

  test('behavior: without the key records wait sealed; with it they open, and rules run over them', async () => {
    await accept({ largeValue: { perDay: '150' } })
    const blind = anIndexer(database, chain, { keys: statisticsRing(2n) })
    await blind.prepare()
    await blind.catchUp()
    assert.deepEqual(
      (await recordRows()).map(({ status }) => status),
      ['sealed', 'sealed', 'sealed', 'sealed'],
    )
    assert.equal((await alertRows()).length, 0)
    await anIndexer(database, chain).prepare()
    const late = await recordRows()
    const alerts = await alertRows()

    const other = await server.open()
    try {
      const sighted = anIndexer(other.database, chain)
      await sighted.prepare()
      await sighted.catchUp()
      const query = sql`select * from record order by batch_number, slot`
      assert.deepEqual(late, await other.database.query(query))
    } finally {
      await other.close()
    }
    assert.equal(alerts.length, 2)
  })

  test('alarm: a record that does not open under its own key is kept as unreadable', async () => {
    const tampered = changing(chain, (event) =>
      event.type !== 'batchSettled'
        ? event
        : {
            ...event,
            transfers: event.transfers.map((transfer) => ({
              ...transfer,
              publicInputs: { ...transfer.publicInputs, statisticsCiphertext: [5n, 6n] },
            })),
          },
    )
    const events: [string, Record<string, string | number>][] = []
    const indexer = anIndexer(database, tampered, {
      onProgress: (event, facts) => events.push([event, facts]),
    })
    await indexer.prepare()
    await indexer.catchUp()
    assert.deepEqual([...new Set((await recordRows()).map(({ status }) => status))], ['unreadable'])
    assert.ok(events.some(([, facts]) => facts['unreadable'] === 4))
    // A new start does not take them for sealed ones.
    await indexer.prepare()
    assert.equal((await recordRows()).length, 4)
  })

  test('behavior: what it reports holds no amount and no pseudonym', async () => {
    await accept({ largeValue: { perDay: '1' } })
    const lines: string[] = []
    const indexer = anIndexer(database, chain, {
      onProgress: (event, facts) => lines.push(`${event} ${JSON.stringify(facts)}`),
    })
    await indexer.prepare()
    await indexer.catchUp()
    const text = lines.join('\n')
    const rows = await database.query<{ pseudonym: Buffer }>(sql`select pseudonym from record`)
    assert.ok(text.length > 0)
    for (const { pseudonym } of rows) assert.ok(!text.includes(pseudonym.toString('hex')))
    assert.doesNotMatch(text, /\b(120|500|150)\b/)
  })

  test('rejects: the database of another deployment', async () => {
    await anIndexer(database, chain).prepare()
    const elsewhere = { ...recordedDeployment, chainId: 5n }
    await assert.rejects(anIndexer(database, chain, { deployment: elsewhere }).prepare(), {
      code: 'REGULATOR_WRONG_DATABASE',
    })
  })
})

/** A chain of its own with two payments of one person, which a test may reorganise. */
async function aForkableChain() {
  const own = aChain()
  const alice = await aPersonWithWallet(own, 'alice')
  const bob = await aPersonWithWallet(own, 'bob')
  queueDeposit(alice, { amount: 500n })
  own.advance()
  const pay = (amount: bigint) =>
    send(alice, { asset: ether, payments: [{ address: getAddress(bob.wallet), amount }] })
  await pay(120n)
  own.advance()
  const { number } = await own.getHead()
  await pay(30n)
  own.advance()
  const close = () => {
    alice.close()
    bob.close()
  }
  return { chain: own, secondPaymentBlock: number + 1n, close }
}

/** The chain up to its `count`-th settled batch. */
function upTo(inner: ChainReader, count: number): ChainReader {
  const lastBlock = async (): Promise<bigint> => {
    const { number } = await inner.getHead()
    const events = await inner.getEvents({ from: 1n, to: number })
    return events.filter(({ type }) => type === 'batchSettled')[count - 1]!.blockNumber
  }
  return {
    getHead: async () => (await inner.getBlock(await lastBlock()))!,
    getBlock: (number) => inner.getBlock(number),
    getEvents: (range) => inner.getEvents(range),
  }
}

/** The same chain with each event passed through `change`. */
function changing(inner: ChainReader, change: (event: ChainEvent) => ChainEvent): ChainReader {
  return {
    getHead: () => inner.getHead(),
    getBlock: (number) => inner.getBlock(number),
    getEvents: async (range) => (await inner.getEvents(range)).map(change),
  }
}
