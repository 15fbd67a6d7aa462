import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { EMPTY_LOG_HASH, hashLogEntry, type LogEntry } from '../../regulator/log/entry.ts'
import { logEntryFromJson, logEntryToJson } from '../../regulator/log/exportLog.ts'
import { verifyLog } from '../../regulator/log/verifyLog.ts'
import { appendLogEntry } from '../../regulator/store/appendLogEntry.ts'
import { type Database, sql } from '../../regulator/store/database.ts'
import { readLog } from '../../regulator/store/listLogEntries.ts'
import { aSupervisorServer, type SupervisorServer } from '../support/supervisors.ts'

function aLog(count: number): LogEntry[] {
  const entries: LogEntry[] = []
  for (let i = 1; i <= count; i++) {
    const unhashed = {
      number: BigInt(i),
      at: new Date(1_800_000_000_000 + i),
      account: 'li.wei',
      action: 'ALERT_READ',
      facts: { alert: i },
      previousHash: entries.at(-1)?.hash ?? EMPTY_LOG_HASH,
    }
    entries.push({ ...unhashed, hash: hashLogEntry(unhashed) })
  }
  return entries
}
const log = aLog(5)
const headAt = (length: number, head: string = log[length - 1]!.hash) => ({
  ...{ length: BigInt(length), head },
})

describe('verifyLog', () => {
  test('default: a whole log, as far as anchors cover it', async () => {
    const verified = await verifyLog(log, [headAt(2), headAt(4)])
    const contradictions: never[] = []
    const whole = { length: 5n, head: log[4]!.hash, anchoredLength: 4n, contradictions }
    assert.deepEqual(verified, whole)
    const empty = { length: 0n, head: EMPTY_LOG_HASH, anchoredLength: 0n, contradictions }
    assert.deepEqual(await verifyLog([]), empty)
  })

  const changes: [string, Partial<LogEntry>][] = [
    ['number', { number: 9n }],
    ['time', { at: new Date(0) }],
    ['account', { account: 'system' }],
    ['action', { action: 'ALERT_NOTED' }],
    ['facts', { facts: { alert: 4 } }],
    ['previous hash', { previousHash: EMPTY_LOG_HASH }],
    ['hash', { hash: `0x${'ab'.repeat(32)}` }],
  ]
  for (const [name, change] of changes) {
    test(`rejects: another ${name}`, async () => {
      const changed = log.map((entry, i) => (i === 2 ? { ...entry, ...change } : entry))
      await assert.rejects(verifyLog(changed), {
        code: 'SUPERVISION_LOG_BROKEN',
        message: /Entry: +3/,
      })
    })
  }

  test('rejects: an entry removed, doubled or put elsewhere', async () => {
    const [one, two, three, four, five] = log as [LogEntry, LogEntry, LogEntry, LogEntry, LogEntry]
    for (const broken of [
      [one, two, four, five],
      [two, three, four, five],
      [one, two, two, three],
      [one, three, two, four, five],
    ]) {
      await assert.rejects(verifyLog(broken), { code: 'SUPERVISION_LOG_BROKEN' })
    }
  })

  test('rejects: a log written anew from some entry on, where an anchor covers it', async () => {
    const rewritten: LogEntry[] = log.slice(0, 2)
    for (const entry of log.slice(2)) {
      const unhashed = { ...entry, facts: {}, previousHash: rewritten.at(-1)!.hash }
      rewritten.push({ ...unhashed, hash: hashLogEntry(unhashed) })
    }
    assert.deepEqual((await verifyLog(rewritten, [headAt(2)])).contradictions, [])
    const { anchoredLength, contradictions } = await verifyLog(rewritten, [headAt(2), headAt(4)])
    assert.equal(anchoredLength, 2n)
    assert.deepEqual(contradictions, [{ known: headAt(4), reason: 'otherHead' }])
  })

  test('rejects: a log cut off, where an anchor covers what is gone', async () => {
    const cut = log.slice(0, 3)
    assert.deepEqual((await verifyLog(cut, [headAt(3)])).contradictions, [])
    for (const [entries, known] of [
      [cut, headAt(4)],
      [[], headAt(1)],
    ] as const) {
      const { contradictions, anchoredLength } = await verifyLog(entries, [known])
      assert.deepEqual(contradictions, [{ known, reason: 'beyondEnd' }])
      assert.equal(anchoredLength, 0n)
    }
  })

  test('behavior: anchors that say something else end nothing: the others are compared', async () => {
    const beyond = headAt(99, `0x${'ab'.repeat(32)}`)
    const other = headAt(2, `0x${'cd'.repeat(32)}`)
    const { length, anchoredLength, contradictions } = await verifyLog(log, [
      ...[headAt(1), other, headAt(4), beyond],
    ])
    assert.deepEqual([length, anchoredLength], [5n, 4n])
    assert.deepEqual(contradictions, [
      { known: other, reason: 'otherHead' },
      { known: beyond, reason: 'beyondEnd' },
    ])
  })

  test('behavior: an export reads back', async () => {
    const lines = log.map((entry) => JSON.stringify(logEntryToJson(entry)))
    assert.deepEqual(lines.map(logEntryFromJson), log)
  })
})

describe('the log in the store', () => {
  let server: SupervisorServer
  let database: Database
  let close: () => Promise<void>
  before(async () => {
    server = await aSupervisorServer()
    ;({ database, close } = await server.open())
  })
  after(async () => {
    await close()
    await server.stop()
  })
  const append = (action: string) =>
    database.transaction((connection) =>
      appendLogEntry(connection, {
        ...{ account: 'li.wei', action, now: new Date() },
        facts: { alert: 1, note: 'schön "äöü"', order: '7' },
      }),
    )

  test('default: entries of many at once make one chain, and a failed act leaves none', async () => {
    await Promise.all(Array.from({ length: 20 }, () => append('ALERT_READ')))
    await assert.rejects(
      database.transaction(async (connection) => {
        await appendLogEntry(connection, {
          ...{ account: 'li.wei', action: 'ALERT_READ', facts: {}, now: new Date() },
        })
        throw new Error('the act failed')
      }),
    )
    assert.equal((await verifyLog(readLog(database, 7))).length, 20n)
  })

  test('rejects: changing, deleting, emptying, and an entry that does not continue', async () => {
    const appendOnly = { constraint: 'log_is_append_only' }
    await assert.rejects(database.query(sql`update log_entry set account_id = 'x'`), appendOnly)
    await assert.rejects(database.query(sql`delete from log_entry where number = 20`), appendOnly)
    await assert.rejects(database.query(sql`truncate log_entry`), appendOnly)
    await assert.rejects(
      database.query(sql`
        insert into log_entry (number, written_at, account_id, action, facts, previous_hash, hash)
        select 22, written_at, account_id, action, facts, hash, previous_hash
        from log_entry where number = 20
      `),
      { constraint: 'log_entry_must_continue' },
    )
    await verifyLog(readLog(database))
  })

  test('alarm: an owner of the database who goes around the triggers is found out', async () => {
    await database.query(sql`alter table log_entry disable trigger user`)
    await database.query(sql`update log_entry set account_id = 'x' where number = 11`)
    await assert.rejects(verifyLog(readLog(database)), {
      code: 'SUPERVISION_LOG_BROKEN',
      message: /Entry: +11/,
    })
  })
})
