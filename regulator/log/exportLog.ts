import type { Json } from '../../protocol/canonicalJson.ts'
import type { LogEntry } from './entry.ts'

/** An entry as a line of an export: what `verifyLog` reads again elsewhere. */
export function logEntryToJson({ number, at, ...rest }: LogEntry): Json {
  return { number: String(number), at: at.toISOString(), ...rest }
}

/** @throws {SyntaxError | TypeError} for what is no entry; its hashes are `verifyLog`'s to check. */
export function logEntryFromJson(line: string): LogEntry {
  const { number, at, ...rest } = JSON.parse(line) as Omit<LogEntry, 'number' | 'at'> & {
    number: string
    at: string
  }
  return { ...rest, number: BigInt(number), at: new Date(at) }
}
