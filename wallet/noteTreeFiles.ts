import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { NOTE_TREE_DEPTH, TREE_ARITY } from '../protocol/constants.ts'
import {
  GROUP_BYTES,
  NODE_BYTES,
  type NodeStore,
  readNode,
  writeNode,
} from '../protocol/nodeStore.ts'
import { emptyRoot } from '../protocol/tree.ts'
import type { Kernels } from '../prover/kernels.ts'

const LEAVES_FILE = 'leaves.bin'
/** Inner nodes, one file a level: they follow from the leaves. */
const NODES_FOLDER = 'nodes'
/** Groups hashed in this thread at once; more go to all cores. */
const HASHED_INLINE = 8
/** Leaves read at once when all is hashed anew: 8 MiB. */
const LEAVES_AT_ONCE = 262_144

/** New nodes, not written yet. */
export type AppendedLeaves = {
  /** Root of the tree with them. */
  readonly root: bigint
  readonly leafCount: number
  /** By level, consecutive groups of four from `first` on. */
  readonly levels: readonly { readonly first: number; readonly groups: Uint8Array }[]
}

/**
 * The settled note tree on disk, append-only: leaves in `leaves.bin`, inner nodes in `nodes/`, 32 bytes
 * each, little endian. What is kept in memory is the right edge. All of it is public and none of it is
 * trusted: the edge is hashed anew when the files are opened, and whoever uses a path hashes it to the root.
 */
export class NoteTreeFiles implements NodeStore {
  readonly #dir: string
  readonly #files: (number | undefined)[] = []
  /** Groups on disk, by level. */
  readonly #counts: number[] = []
  /** The last group of each level. */
  readonly #edge: (Uint8Array | undefined)[] = []
  #leafCount = 0

  constructor(dir: string) {
    this.#dir = dir
    mkdirSync(join(dir, NODES_FOLDER), { recursive: true, mode: 0o700 })
    for (let level = 0; level <= NOTE_TREE_DEPTH; level++) {
      const { size } = fstatSync(this.#file(level))
      this.#counts.push(Math.floor(size / GROUP_BYTES))
    }
  }

  get leafCount(): number {
    return this.#leafCount
  }

  get root(): bigint {
    const group = this.read(NOTE_TREE_DEPTH, 0)
    return group === undefined ? emptyRoot(NOTE_TREE_DEPTH) : readNode(group, 0)
  }

  read(level: number, index: number): Uint8Array | undefined {
    const count = this.#counts[level] ?? 0
    if (index >= count) return undefined
    if (index === count - 1) {
      const known = this.#edge[level]
      if (known !== undefined) return known
    }
    const group = new Uint8Array(GROUP_BYTES)
    readFully(this.#file(level), group, index * GROUP_BYTES)
    return group
  }

  /** Appending is what this store is for; anything else is a mistake. */
  write(): never {
    throw new TypeError('the stored note tree is extended by append and commit')
  }

  /** Whether the file has so many leaves. */
  hasLeaves(leafCount: number): boolean {
    return leafCount <= (this.#counts[0] ?? 0) * TREE_ARITY
  }

  /**
   * Cuts off what was written beyond `leafCount` leaves and computes the right edge anew, a hash a level.
   * The caller compares the root.
   *
   * @returns whether all nodes are there; if not, nothing has changed.
   */
  restore(kernels: Kernels, leafCount: number): boolean {
    const groupCounts: number[] = []
    for (let level = 0, nodes = leafCount; level <= NOTE_TREE_DEPTH; level++) {
      nodes = Math.ceil(nodes / TREE_ARITY)
      groupCounts.push(nodes)
    }
    if (groupCounts.some((count, level) => count > (this.#counts[level] ?? 0))) return false
    this.#edge.length = 0
    groupCounts.forEach((count, level) => this.#cut(level, count))
    this.#leafCount = leafCount
    for (let level = 0, nodes = leafCount; level <= NOTE_TREE_DEPTH && nodes > 0; level++) {
      const index = Math.ceil(nodes / TREE_ARITY) - 1
      const group = new Uint8Array(this.read(level, index) ?? emptyGroup(level))
      const below = this.#edge[level - 1]
      const last = nodes - 1 - index * TREE_ARITY
      if (below !== undefined) group.set(hashGroups(kernels, below), last * NODE_BYTES)
      // Behind the last node there is nothing, whatever the file says.
      for (let child = last + 1; child < TREE_ARITY; child++) {
        writeNode(group, child * NODE_BYTES, emptyRoot(level))
      }
      this.#edge[level] = group
      this.#writeAt(level, index, group)
      nodes = index + 1
    }
    return true
  }

  /** Hashes all inner nodes from the leaves. */
  async rebuild(kernels: Kernels, leafCount: number): Promise<void> {
    for (let level = 1; level <= NOTE_TREE_DEPTH; level++) this.#cut(level, 0)
    this.#edge.length = 0
    this.#leafCount = 0
    for (let from = 0; from < leafCount; from += LEAVES_AT_ONCE) {
      const bytes = new Uint8Array(Math.min(LEAVES_AT_ONCE, leafCount - from) * NODE_BYTES)
      readFully(this.#file(0), bytes, from * NODE_BYTES)
      this.commit(await this.append(kernels, bytes))
    }
  }

  /**
   * Computes what `leaves` behind the last one make of the tree; a whole number of groups of four.
   * Each new node is hashed once. Writes nothing: see `commit`.
   */
  async append(kernels: Kernels, leaves: Uint8Array): Promise<AppendedLeaves> {
    const levels: { first: number; groups: Uint8Array }[] = []
    let at = this.#leafCount
    let nodes = leaves
    for (let level = 0; ; level++) {
      const first = Math.floor(at / TREE_ARITY)
      const before = at - first * TREE_ARITY
      const count = nodes.length / NODE_BYTES
      const groups = new Uint8Array(Math.ceil((before + count) / TREE_ARITY) * GROUP_BYTES)
      if (before > 0) groups.set(this.read(level, first) ?? emptyGroup(level))
      groups.set(nodes, before * NODE_BYTES)
      const end = groups.length / NODE_BYTES
      for (let child = before + count; child < end; child++) {
        writeNode(groups, child * NODE_BYTES, emptyRoot(level))
      }
      levels.push({ first, groups })
      if (level === NOTE_TREE_DEPTH) break
      at = first
      nodes = await hashAll(kernels, groups)
    }
    const root = readNode(nodes, 0)
    return { root, leafCount: this.#leafCount + leaves.length / NODE_BYTES, levels }
  }

  /** Writes them; the leaves are durable when it returns, the rest follows from them. */
  commit({ levels, leafCount }: AppendedLeaves): void {
    levels.forEach(({ first, groups }, level) => {
      this.#writeAt(level, first, groups)
      this.#counts[level] = first + groups.length / GROUP_BYTES
      this.#edge[level] = groups.slice(-GROUP_BYTES)
    })
    this.#leafCount = leafCount
    fdatasyncSync(this.#file(0))
  }

  clear(): void {
    for (let level = 0; level <= NOTE_TREE_DEPTH; level++) this.#cut(level, 0)
    this.#edge.length = 0
    this.#leafCount = 0
  }

  close(): void {
    for (const file of this.#files) if (file !== undefined) closeSync(file)
    this.#files.length = 0
  }

  #cut(level: number, groups: number): void {
    ftruncateSync(this.#file(level), groups * GROUP_BYTES)
    this.#counts[level] = groups
  }

  #writeAt(level: number, index: number, bytes: Uint8Array): void {
    const file = this.#file(level)
    for (let written = 0; written < bytes.length;) {
      const at = index * GROUP_BYTES + written
      written += writeSync(file, bytes, written, bytes.length - written, at)
    }
  }

  #file(level: number): number {
    const known = this.#files[level]
    if (known !== undefined) return known
    const name = level === 0 ? LEAVES_FILE : join(NODES_FOLDER, `${String(level)}.bin`)
    const path = join(this.#dir, name)
    const file = openSync(path, 'a+', 0o600)
    closeSync(file)
    return (this.#files[level] = openSync(path, 'r+', 0o600))
  }
}

function hashGroups(kernels: Kernels, groups: Uint8Array): Uint8Array {
  return kernels.hash({ initialState: 'NODE', arity: TREE_ARITY, inputs: groups })
}

async function hashAll(kernels: Kernels, groups: Uint8Array): Promise<Uint8Array> {
  return groups.length <= HASHED_INLINE * GROUP_BYTES
    ? hashGroups(kernels, groups)
    : kernels.hashMany({ initialState: 'NODE', arity: TREE_ARITY, inputs: groups })
}

function emptyGroup(level: number): Uint8Array {
  const group = new Uint8Array(GROUP_BYTES)
  for (let child = 0; child < TREE_ARITY; child++) {
    writeNode(group, child * NODE_BYTES, emptyRoot(level))
  }
  return group
}

/** Zeros where the file ends, which no honest node is. */
function readFully(file: number, bytes: Uint8Array, position: number): void {
  for (let read = 0; read < bytes.length;) {
    const count = readSync(file, bytes, read, bytes.length - read, position + read)
    if (count === 0) return
    read += count
  }
}
