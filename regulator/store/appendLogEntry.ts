import { EMPTY_LOG_HASH, hashLogEntry, type LogEntry } from '../log/entry.ts'
import { type Connection, sql, toBytes, toJson } from './database.ts'
import { findLogHead } from './findLogHead.ts'

/** Any number will do, as long as every process uses the same. */
const LOCK = 0x63_6e_62_02

export type NewLogEntry = Pick<LogEntry, 'account' | 'action' | 'facts'> & { readonly now: Date }

/**
 * Writes the next entry, in the transaction of what it tells of: both are there or neither. The lock makes
 * entries wait for each other until that transaction ends.
 */
export async function appendLogEntry(
  connection: Connection,
  { account, action, facts, now }: NewLogEntry,
): Promise<LogEntry> {
  await connection.query(sql`select pg_advisory_xact_lock(${LOCK})`)
  const head = await findLogHead(connection)
  const unhashed = {
    ...{ number: head.length + 1n, at: now, account, action, facts },
    previousHash: head.length === 0n ? EMPTY_LOG_HASH : head.hash,
  }
  const entry = { ...unhashed, hash: hashLogEntry(unhashed) }
  await connection.query(sql`
    insert into log_entry (number, written_at, account_id, action, facts, previous_hash, hash)
    values (
      ${entry.number}, ${now}, ${account}, ${action}, ${toJson(facts)}::jsonb,
      ${toBytes(entry.previousHash)}, ${toBytes(entry.hash)}
    )
  `)
  return entry
}
