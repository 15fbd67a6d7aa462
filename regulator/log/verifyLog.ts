import { BaseError } from '../../protocol/errors.ts'
import { EMPTY_LOG_HASH, hashLogEntry, type LogEntry } from './entry.ts'

export class LogBrokenError extends BaseError {
  override readonly name = 'LogBrokenError'
  constructor({ number, reason }: { number: bigint; reason: string }) {
    super('The log was changed after it was written.', {
      code: 'SUPERVISION_LOG_BROKEN',
      metaMessages: [
        `Entry:  ${number}`,
        `Reason: ${reason}`,
        'Keep the database as evidence. What stands before the entry is proved by the anchors up to it.',
      ],
    })
  }
}

/** A head that is known from elsewhere: the base chain, or an earlier export. */
export type KnownHead = { readonly length: bigint; readonly head: string; readonly where: string }

export type VerifiedLog = {
  readonly length: bigint
  readonly head: `0x${string}`
  /** Entries that a known head covers; those behind it could still be rewritten by who owns the database. */
  readonly anchoredLength: bigint
}

/**
 * Recomputes the chain of hashes and compares it with the heads that are known from elsewhere. Finds a changed, missing,
 * inserted or reordered entry, and entries cut off the end as far as a known head reaches.
 *
 * @throws {LogBrokenError} naming the first entry that does not hold.
 */
export async function verifyLog(
  entries: AsyncIterable<LogEntry> | Iterable<LogEntry>,
  known: readonly KnownHead[] = [],
): Promise<VerifiedLog> {
  const byLength = new Map<bigint, KnownHead[]>()
  for (const head of known) byLength.set(head.length, [...(byLength.get(head.length) ?? []), head])
  const check = (length: bigint, head: string): void => {
    for (const expected of byLength.get(length) ?? []) {
      if (expected.head === head) continue
      throw new LogBrokenError({ number: length, reason: `${expected.where} has another head` })
    }
  }
  let length = 0n
  let head = EMPTY_LOG_HASH
  for await (const entry of entries) {
    const fail = (reason: string): never => {
      throw new LogBrokenError({ number: length + 1n, reason })
    }
    if (entry.number !== length + 1n) fail('it is missing')
    if (entry.previousHash !== head) fail('it does not continue the one before')
    if (hashLogEntry(entry) !== entry.hash) fail('its contents are not what was hashed')
    length = entry.number
    head = entry.hash
    check(length, head)
  }
  const anchoredLength = known.reduce(
    (longest, { length: anchored }) => (anchored > longest ? anchored : longest),
    0n,
  )
  if (anchoredLength > length) {
    throw new LogBrokenError({ number: length + 1n, reason: 'it was cut off: an anchor covers it' })
  }
  return { length, head, anchoredLength }
}
