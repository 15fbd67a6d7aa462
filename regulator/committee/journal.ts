import { sha256 } from '@noble/hashes/sha2.js'
import { mkdir, open, readFile, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { canonicalBytes, canonicalJson, type Json } from '../../protocol/canonicalJson.ts'
import { bytesToHex } from '../../protocol/field.ts'
import { JournalDamagedError } from './errors.ts'

export const destructionReasons = ['retention', 'handedOver', 'order'] as const
export type DestructionReason = (typeof destructionReasons)[number]

/** What a member did, as its journal tells it. No private value. */
export type JournalFact =
  | { readonly what: 'answered'; readonly order: string; readonly key: string; readonly item: Json }
  | {
      readonly what: 'refused'
      readonly order: string
      readonly key: string
      readonly code: string
      readonly item?: Json
    }
  | {
      readonly what: 'shareKept'
      readonly transcript: string
      readonly epoch: number
      readonly key: string
    }
  | {
      readonly what: 'shareDestroyed'
      readonly transcript: string
      readonly epoch: number
      readonly key: string
      readonly reason: DestructionReason
    }
  | { readonly what: 'possessionProved'; readonly transcript: string; readonly session: string }

export type JournalEntry = {
  /** 0, 1, 2, … */
  readonly number: number
  /** ISO 8601, by the member's clock. */
  readonly at: string
  readonly fact: JournalFact
  /** Hash of the entry before; zeros for the first. */
  readonly previous: string
  /** SHA-256 over the rest in canonical form. */
  readonly hash: string
}

const START = `0x${'00'.repeat(32)}`

/**
 * An append-only, hash-chained file of one entry a line. An entry is on the disk before `append` returns, so a member answers
 * nothing that its journal does not show.
 */
export class Journal {
  readonly #path: string
  readonly #entries: JournalEntry[]
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(path: string, entries: JournalEntry[]) {
    this.#path = path
    this.#entries = entries
  }

  /**
   * A last line without its end is what a crash left of an entry that nobody was told of: it is taken off. For who has the
   * member's lock: of another process it is the entry being written.
   *
   * @throws {JournalDamagedError} when an entry was changed or taken out.
   */
  static async open(path: string): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const { journal, isCut, bytes } = await Journal.#load(path)
    if (isCut) await truncate(path, bytes)
    return journal
  }

  /** As it stands, beside a process that writes to it. @throws {JournalDamagedError} */
  static async read(path: string): Promise<Pick<Journal, 'entries' | 'head'>> {
    return (await Journal.#load(path)).journal
  }

  static async #load(path: string): Promise<{ journal: Journal; isCut: boolean; bytes: number }> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
      throw error
    })
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    const lines = whole.split('\n').slice(0, -1)
    return {
      journal: new Journal(path, checkChain(path, lines)),
      isCut: whole.length < text.length,
      bytes: Buffer.byteLength(whole),
    }
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries
  }

  /** Hash of the newest entry, which stands for all of them. */
  get head(): string {
    return this.#entries.at(-1)?.hash ?? START
  }

  /** Writes facts together, with one wait for the disk. */
  append(facts: readonly JournalFact[], now = new Date()): Promise<void> {
    const written = this.#queue.then(async () => {
      let previous = this.head
      const added = facts.map((fact, i) => {
        const entry = entryOf({
          number: this.#entries.length + i,
          at: now.toISOString(),
          fact,
          previous,
        })
        previous = entry.hash
        return entry
      })
      const file = await open(this.#path, 'a', 0o600)
      try {
        await file.writeFile(added.map((entry) => `${canonicalJson(entry)}\n`).join(''))
        await file.sync()
      } finally {
        await file.close()
      }
      this.#entries.push(...added)
    })
    this.#queue = written.catch(() => undefined)
    return written
  }
}

function entryOf(rest: Omit<JournalEntry, 'hash'>): JournalEntry {
  return { ...rest, hash: bytesToHex(sha256(canonicalBytes(rest))) }
}

function checkChain(path: string, lines: readonly string[]): JournalEntry[] {
  let previous = START
  return lines.map((line, number) => {
    let entry: JournalEntry
    try {
      entry = JSON.parse(line) as JournalEntry
    } catch {
      throw new JournalDamagedError({ path, number })
    }
    const { hash, ...rest } = entry
    if (rest.number !== number || rest.previous !== previous || entryOf(rest).hash !== hash) {
      throw new JournalDamagedError({ path, number })
    }
    previous = hash
    return entry
  })
}
