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
export type KnownHead = { readonly length: bigint; readonly head: string }

/**
 * A known head that the log does not have. Either the log was changed up to there, or cut off, or the head was never the
 * log's: an officer can anchor what it likes. The log alone cannot tell which.
 */
export type Contradiction<K> = { readonly known: K; readonly reason: 'otherHead' | 'beyondEnd' }

export type VerifiedLog<K = KnownHead> = {
  readonly length: bigint
  readonly head: `0x${string}`
  /** Entries that a known head covers; those behind it could still be rewritten by who owns the database. */
  readonly anchoredLength: bigint
  /** By length. */
  readonly contradictions: readonly Contradiction<K>[]
}

/**
 * Recomputes the chain of hashes and compares it with the heads that are known from elsewhere. Finds a changed, missing,
 * inserted or reordered entry, and entries cut off the end as far as a known head reaches. One head that the log does not have
 * ends nothing: the rest is compared with the others.
 *
 * @throws {LogBrokenError} naming the first entry that does not hold by itself.
 */
export async function verifyLog<K extends KnownHead>(
  entries: AsyncIterable<LogEntry> | Iterable<LogEntry>,
  known: readonly K[] = [],
): Promise<VerifiedLog<K>> {
  const byLength = new Map<bigint, K[]>()
  for (const head of known) byLength.set(head.length, [...(byLength.get(head.length) ?? []), head])
  const contradictions: Contradiction<K>[] = []
  let anchoredLength = 0n
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
    for (const one of byLength.get(length) ?? []) {
      if (one.head === head) anchoredLength = length
      else contradictions.push({ known: one, reason: 'otherHead' })
    }
  }
  for (const one of known) {
    if (one.length > length) contradictions.push({ known: one, reason: 'beyondEnd' })
  }
  return { length, head, anchoredLength, contradictions }
}
