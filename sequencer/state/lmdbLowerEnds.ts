import type { Database } from 'lmdb'
import { NULLIFIER_BITS } from '../../protocol/constants.ts'
import { bigintToBytes, bytesToBigint } from '../../protocol/field.ts'
import {
  type Interval,
  type LowerEnds,
  NULLIFIER_LIMIT,
  OverlayLowerEnds,
} from '../../protocol/lowerEnds.ts'
import { StateDamagedError } from './errors.ts'

/** Lower ends, big endian so that their order is the table's, to leaf indexes. */
export type EndTable = Database<Uint8Array, Uint8Array>

const END_BYTES = NULLIFIER_BITS / 8
/** 4^17 leaves need 34 bits. */
const INDEX_BYTES = 5

/** The intervals in LMDB. Changes stay in memory until `put` and `settle`, as those of `LmdbNodes`. */
export class LmdbLowerEnds implements LowerEnds {
  readonly #stored: StoredLowerEnds
  #changes: OverlayLowerEnds

  constructor(table: EndTable) {
    this.#stored = new StoredLowerEnds(table)
    this.#changes = new OverlayLowerEnds(this.#stored)
  }

  /** Writes the first interval to an empty table; inside a transaction. */
  static putFirst(table: EndTable): void {
    table.putSync(endToBytes(0n), indexToBytes(0))
  }

  /** Writes an interval behind all others; inside a transaction. */
  static append(table: EndTable, { from, index }: { from: bigint; index: number }): void {
    table.putSync(endToBytes(from), indexToBytes(index), { append: true })
  }

  get size(): number {
    return this.#changes.size
  }
  find(value: bigint): Interval {
    return this.#changes.find(value)
  }
  insert(from: bigint, index: number): void {
    this.#changes.insert(from, index)
  }
  remove(from: bigint): void {
    this.#changes.remove(from)
  }

  put(): void {
    this.#changes.writeTo(this.#stored)
  }
  settle(): void {
    this.#stored.forgetFound()
    this.#changes = new OverlayLowerEnds(this.#stored)
  }
}

/** What stands in the table, which changes in transactions only. */
class StoredLowerEnds implements LowerEnds {
  readonly #table: EndTable
  /** A slot's interval is asked for several times before anything is written. */
  readonly #found = new Map<bigint, Interval>()

  constructor(table: EndTable) {
    this.#table = table
  }

  get size(): number {
    return (this.#table.getStats() as { entryCount: number }).entryCount
  }

  find(value: bigint): Interval {
    const known = this.#found.get(value)
    if (known !== undefined) return known
    const [low] = [...this.#table.getRange({ start: endToBytes(value), reverse: true, limit: 1 })]
    // The first interval is always there.
    if (low?.value.length !== INDEX_BYTES) throw new StateDamagedError({ what: 'the intervals' })
    const [next] =
      value === NULLIFIER_LIMIT - 1n
        ? []
        : [...this.#table.getKeys({ start: endToBytes(value + 1n), limit: 1 })]
    const interval = {
      index: Buffer.from(low.value).readUIntLE(0, INDEX_BYTES),
      from: bytesToBigint(low.key),
      to: next === undefined ? NULLIFIER_LIMIT : bytesToBigint(next),
    }
    if (this.#found.size >= FOUND_KEPT) this.#found.clear()
    this.#found.set(value, interval)
    return interval
  }

  insert(from: bigint, index: number): void {
    this.#table.putSync(endToBytes(from), indexToBytes(index))
  }
  remove(from: bigint): void {
    this.#table.removeSync(endToBytes(from))
  }
  forgetFound(): void {
    this.#found.clear()
  }
}

const FOUND_KEPT = 4_096

function endToBytes(end: bigint): Uint8Array {
  return Buffer.from(bigintToBytes(end, END_BYTES))
}

function indexToBytes(index: number): Uint8Array {
  const bytes = Buffer.alloc(INDEX_BYTES)
  bytes.writeUIntLE(index, 0, INDEX_BYTES)
  return bytes
}
