import { createHash } from 'node:crypto'
import { canonicalBytes, type Json } from '../../protocol/canonicalJson.ts'

/** What somebody did, in the order in which it was done. */
export type LogEntry = {
  /** From 1, without gaps. */
  readonly number: bigint
  readonly at: Date
  /** An account, or `system` for a command on the machine itself. */
  readonly account: string
  /** Upper snake case, past or asked for: ALERT_READ, CLOSING_CONFIRMED. */
  readonly action: string
  /** References and counts: never an amount, a name or a key. */
  readonly facts: { readonly [name: string]: Json }
  /** Of the entry before; zeros for the first. */
  readonly previousHash: `0x${string}`
  readonly hash: `0x${string}`
}

export const SYSTEM_ACCOUNT = 'system'
export const EMPTY_LOG_HASH: `0x${string}` = `0x${'00'.repeat(32)}`
const LABEL = 'cinnabar.supervisionLog\n'

/** SHA-256 of a label and the entry's canonical JSON, so that anybody can recompute it with common tools. */
export function hashLogEntry(entry: Omit<LogEntry, 'hash'>): `0x${string}` {
  const bytes = canonicalBytes({
    number: String(entry.number),
    at: entry.at.toISOString(),
    account: entry.account,
    action: entry.action,
    facts: entry.facts,
    previousHash: entry.previousHash,
  })
  return `0x${createHash('sha256').update(LABEL).update(bytes).digest('hex')}`
}
