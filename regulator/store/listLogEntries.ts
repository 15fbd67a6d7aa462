import type { LogEntry } from '../log/entry.ts'
import { type Connection, fromBytes, sql } from './database.ts'

/** Entries with numbers from `from` on, ascending. */
export async function listLogEntries(
  connection: Connection,
  { from, limit }: { from: bigint; limit: number },
): Promise<LogEntry[]> {
  const rows = await connection.query<{
    number: string
    written_at: Date
    account_id: string
    action: string
    facts: LogEntry['facts']
    previous_hash: Buffer
    hash: Buffer
  }>(sql`
    select number, written_at, account_id, action, facts, previous_hash, hash
    from log_entry where number >= ${from} order by number limit ${limit}
  `)
  return rows.map((row) => ({
    number: BigInt(row.number),
    at: row.written_at,
    account: row.account_id,
    action: row.action,
    facts: row.facts,
    previousHash: fromBytes(row.previous_hash),
    hash: fromBytes(row.hash),
  }))
}

/** All entries, a page at a time. */
export async function* readLog(connection: Connection, page = 1_000): AsyncGenerator<LogEntry> {
  for (let from = 1n; ;) {
    const entries = await listLogEntries(connection, { from, limit: page })
    yield* entries
    const last = entries.at(-1)
    if (last === undefined || entries.length < page) return
    from = last.number + 1n
  }
}
