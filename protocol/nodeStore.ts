import { NonCanonicalFieldElementError } from './errors.ts'
import { FIELD_ORDER, TREE_ARITY } from './constants.ts'

/** Bytes of a node: a canonical field element, little endian. */
export const NODE_BYTES = 32
/** Bytes of four siblings. Nodes are read and written by groups, since a path needs whole groups. */
export const GROUP_BYTES = TREE_ARITY * NODE_BYTES

/**
 * Where a tree's nodes are kept, by groups of four siblings. A group is named by the level of its
 * nodes, leaves at 0, and the index of their parent; the root is the first of the group (depth, 0).
 */
export type NodeStore = {
  /**
   * The group's 128 bytes, not to be changed, good until the next call; undefined where nothing was
   * ever written.
   */
  read(level: number, index: number): Uint8Array | undefined
  /** Keeps a copy. */
  write(level: number, index: number, group: Uint8Array): void
}

/** Groups that a segment holds: 2 KiB, so that a small tree is small and a large one has little on top. */
const SEGMENT_GROUPS = 16

/** All nodes in memory: 32 bytes each, and a tenth more for the segments that hold them. */
export class MemoryNodes implements NodeStore {
  /** By level, then by number; groups never written are zeros, marked in `written`. */
  readonly #levels: Map<number, { bytes: Uint8Array; written: number }>[] = []

  read(level: number, index: number): Uint8Array | undefined {
    const at = index % SEGMENT_GROUPS
    const segment = this.#levels[level]?.get((index - at) / SEGMENT_GROUPS)
    if (segment === undefined || (segment.written & (1 << at)) === 0) return undefined
    return segment.bytes.subarray(at * GROUP_BYTES, (at + 1) * GROUP_BYTES)
  }

  write(level: number, index: number, group: Uint8Array): void {
    const segments = (this.#levels[level] ??= new Map())
    const at = index % SEGMENT_GROUPS
    const number = (index - at) / SEGMENT_GROUPS
    let segment = segments.get(number)
    if (segment === undefined) {
      segment = { bytes: new Uint8Array(SEGMENT_GROUPS * GROUP_BYTES), written: 0 }
      segments.set(number, segment)
    }
    segment.bytes.set(group, at * GROUP_BYTES)
    segment.written |= 1 << at
  }
}

/** Reads through to another store and writes to itself. */
export class OverlayNodes implements NodeStore {
  readonly #under: NodeStore
  readonly #levels: Map<number, Uint8Array>[] = []

  constructor(under: NodeStore) {
    this.#under = under
  }

  read(level: number, index: number): Uint8Array | undefined {
    return this.#levels[level]?.get(index) ?? this.#under.read(level, index)
  }

  write(level: number, index: number, group: Uint8Array): void {
    const groups = (this.#levels[level] ??= new Map())
    const own = groups.get(index)
    if (own === undefined) groups.set(index, new Uint8Array(group))
    else own.set(group)
  }

  /** Writes what was written here to another store, which is most often the one below. */
  writeTo(store: NodeStore): void {
    // The array has holes where nothing was written; forEach passes over them.
    this.#levels.forEach((groups, level) => {
      for (const [index, group] of groups) store.write(level, index, group)
    })
  }
}

/** The node at `offset`. */
export function readNode(bytes: Uint8Array, offset: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, NODE_BYTES)
  const high = (view.getBigUint64(24, true) << 64n) | view.getBigUint64(16, true)
  return (high << 128n) | (view.getBigUint64(8, true) << 64n) | view.getBigUint64(0, true)
}

/** @throws {NonCanonicalFieldElementError} */
export function writeNode(bytes: Uint8Array, offset: number, node: bigint): void {
  if (node < 0n || node >= FIELD_ORDER) throw new NonCanonicalFieldElementError()
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, NODE_BYTES)
  view.setBigUint64(0, node & LOW_64, true)
  view.setBigUint64(8, (node >> 64n) & LOW_64, true)
  view.setBigUint64(16, (node >> 128n) & LOW_64, true)
  view.setBigUint64(24, node >> 192n, true)
}

const LOW_64 = (1n << 64n) - 1n
