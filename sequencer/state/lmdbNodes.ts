import { crc32 } from 'node:zlib'
import type { Database } from 'lmdb'
import { GROUP_BYTES, type NodeStore } from '../../protocol/nodeStore.ts'
import { StateDamagedError } from './errors.ts'

/** One table for two levels of a tree: keys are block numbers. */
export type NodeTable = Database<Uint8Array, number>

/**
 * Two levels in one record: the four groups of the lower one, and above them the group of their
 * parents. Then a bit for each that was written, and a checksum.
 */
const GROUPS = 5
const MASK_AT = GROUPS * GROUP_BYTES
const CHECKSUM_AT = MASK_AT + 1
const RECORD_BYTES = CHECKSUM_AT + 4

/** Blocks kept in memory without need, some 4 MB: the upper levels, which every path goes through. */
const CLEAN_BLOCKS = 4_096

/** Tables of a tree of this depth. */
export function tableCount(depth: number): number {
  return Math.floor(depth / 2) + 1
}

/**
 * A tree's nodes in LMDB. Writes stay in memory until `put`, which the owner of the transaction calls,
 * and `settle`, once it is committed.
 */
export class LmdbNodes implements NodeStore {
  /** Leaves first. */
  readonly #tables: readonly NodeTable[]
  readonly #dirty: Map<number, Uint8Array>[]
  readonly #clean: Map<number, Uint8Array>[]

  constructor(tables: readonly NodeTable[]) {
    this.#tables = tables
    this.#dirty = tables.map(() => new Map<number, Uint8Array>())
    this.#clean = tables.map(() => new Map<number, Uint8Array>())
  }

  read(level: number, index: number): Uint8Array | undefined {
    const { table, block, group } = locate(level, index)
    const bytes = this.#block(table, block)
    if (bytes === undefined || ((bytes[MASK_AT] ?? 0) & (1 << group)) === 0) return undefined
    return bytes.subarray(GROUP_BYTES * group, GROUP_BYTES * (group + 1))
  }

  write(level: number, index: number, group: Uint8Array): void {
    const at = locate(level, index)
    const dirty = pick(this.#dirty, at.table)
    let bytes = dirty.get(at.block)
    if (bytes === undefined) {
      bytes = this.#block(at.table, at.block) ?? new Uint8Array(RECORD_BYTES)
      pick(this.#clean, at.table).delete(at.block)
      dirty.set(at.block, bytes)
    }
    bytes.set(group, GROUP_BYTES * at.group)
    bytes[MASK_AT] = (bytes[MASK_AT] ?? 0) | (1 << at.group)
  }

  /** Puts what was written into the tables; inside a transaction. */
  put(): void {
    this.#dirty.forEach((blocks, table) => {
      // In order, appended blocks fill their pages.
      for (const [block, bytes] of [...blocks].sort(([a], [b]) => a - b)) {
        const view = new DataView(bytes.buffer, bytes.byteOffset)
        view.setUint32(CHECKSUM_AT, crc32(bytes.subarray(0, CHECKSUM_AT)), true)
        pick(this.#tables, table).putSync(block, bytes)
      }
    })
  }

  /** The transaction is committed: what was put need not be kept. */
  settle(): void {
    this.#dirty.forEach((blocks, table) => {
      const clean = pick(this.#clean, table)
      for (const [block, bytes] of blocks) clean.set(block, bytes)
      blocks.clear()
      trim(clean)
    })
  }

  #block(table: number, block: number): Uint8Array | undefined {
    const clean = pick(this.#clean, table)
    const known = pick(this.#dirty, table).get(block) ?? clean.get(block)
    if (known !== undefined) return known
    const stored = pick(this.#tables, table).getBinaryFast(block)
    if (stored === undefined) return undefined
    // The bytes are LMDB's until the next read, and `length` is less than the buffer's own.
    const bytes = new Uint8Array(stored.length)
    bytes.set(stored.subarray(0, stored.length))
    const isSound =
      bytes.length === RECORD_BYTES &&
      new DataView(bytes.buffer).getUint32(CHECKSUM_AT, true) ===
        crc32(bytes.subarray(0, CHECKSUM_AT))
    if (!isSound) throw new StateDamagedError({ what: `block ${String(block)} of a tree` })
    clean.set(block, bytes)
    trim(clean)
    return bytes
  }
}

function trim(clean: Map<number, Uint8Array>): void {
  for (const oldest of clean.keys()) {
    if (clean.size <= CLEAN_BLOCKS) return
    clean.delete(oldest)
  }
}

function locate(level: number, index: number): { table: number; block: number; group: number } {
  const table = level >> 1
  if ((level & 1) === 1) return { table, block: index, group: GROUPS - 1 }
  const group = index % (GROUPS - 1)
  return { table, block: (index - group) / (GROUPS - 1), group }
}

function pick<T>(list: readonly T[], i: number): T {
  const one = list[i]
  if (one === undefined) throw new RangeError('no such level')
  return one
}
