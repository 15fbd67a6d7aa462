import { TREE_ARITY } from './constants.ts'
import { OutOfRangeError } from './errors.ts'
import { type FieldElement } from './field.ts'
import {
  GROUP_BYTES,
  MemoryNodes,
  NODE_BYTES,
  type NodeStore,
  OverlayNodes,
  readNode,
  writeNode,
} from './nodeStore.ts'
import { hash } from './poseidon.ts'
import { type TreeHasher, portableHasher } from './treeHasher.ts'

/** Children of every node from a leaf's parent up to the root; the path itself is among them. */
export type MerklePath = {
  /** One digit 0..3 a level, leaf level first. */
  readonly digits: readonly number[]
  /** All four children a level, leaf level first. */
  readonly children: readonly (readonly [bigint, bigint, bigint, bigint])[]
}

type Four = [bigint, bigint, bigint, bigint]

/** Node = H(NODE, four children). */
export function hashNode(children: readonly bigint[]): FieldElement {
  return hash('NODE', children)
}

const zeros: bigint[] = [0n]
/** Root of an empty subtree of `level` levels: 0 for a leaf. */
export function emptyRoot(level: number): bigint {
  for (let l = zeros.length; l <= level; l++) {
    const below = zeros[l - 1] ?? 0n
    zeros.push(hashNode([below, below, below, below]))
  }
  return zeros[level] ?? 0n
}

/** Four empty subtrees of `level` levels, as a store keeps them. */
function emptyGroup(level: number): Uint8Array {
  const known = emptyGroups[level]
  if (known !== undefined) return known
  const group = new Uint8Array(GROUP_BYTES)
  for (let child = 0; child < TREE_ARITY; child++) {
    writeNode(group, NODE_BYTES * child, emptyRoot(level))
  }
  emptyGroups[level] = group
  return group
}
const emptyGroups: Uint8Array[] = []

/** Leaves that are hashed together; more would only take more memory at once. */
const LEAVES_AT_ONCE = 4096

export type MerkleTreeOptions = {
  /** Where the nodes are. Default: in memory, none yet. */
  readonly store?: NodeStore
  readonly hasher?: TreeHasher
}

/**
 * A Merkle tree of arity 4 whose absent leaves are 0. Sparse: only what was written is kept. `fork`
 * gives a copy-on-write view for speculative updates.
 */
export class MerkleTree {
  readonly depth: number
  readonly #store: NodeStore
  readonly #hasher: TreeHasher

  constructor(
    depth: number,
    { store = new MemoryNodes(), hasher = portableHasher }: MerkleTreeOptions = {},
  ) {
    this.depth = depth
    this.#store = store
    this.#hasher = hasher
  }

  get root(): bigint {
    return this.node(this.depth, 0)
  }

  /** Number of leaf positions. */
  get capacity(): number {
    return TREE_ARITY ** this.depth
  }

  node(level: number, index: number): bigint {
    const child = index % TREE_ARITY
    const group = this.#store.read(level, (index - child) / TREE_ARITY)
    return group === undefined ? emptyRoot(level) : readNode(group, NODE_BYTES * child)
  }

  leaf(index: number): bigint {
    return this.node(0, index)
  }

  /** Sets consecutive leaves from `start` and rehashes each touched node once. */
  setLeaves(start: number, leaves: readonly bigint[]): void {
    if (leaves.length === 0) return
    this.#checkIndex(start)
    this.#checkIndex(start + leaves.length - 1)
    const bytes = new Uint8Array(NODE_BYTES * leaves.length)
    leaves.forEach((leaf, i) => {
      writeNode(bytes, NODE_BYTES * i, leaf)
    })
    for (let done = 0; done < leaves.length; done += LEAVES_AT_ONCE) {
      const end = Math.min(done + LEAVES_AT_ONCE, leaves.length)
      this.#setNodes(start + done, bytes.subarray(NODE_BYTES * done, NODE_BYTES * end))
    }
  }

  setLeaf(index: number, leaf: bigint): void {
    this.setLeaves(index, [leaf])
  }

  /**
   * Replaces leaves one after the other and returns each one's path as it stands when its turn
   * comes: `rootOf(old leaf, path)` is the root before it, `rootAfter(new leaf, path)` the root
   * after it. Without a new leaf, a step only reads. The same leaf may come more than once.
   *
   * Every step's path is hashed anew, as its proof does, but level by level for all steps together.
   */
  replaceInTurn(
    steps: readonly { readonly index: number; readonly leaf?: bigint }[],
  ): MerklePath[] {
    for (const { index } of steps) this.#checkIndex(index)
    const paths = steps.map(() => ({ digits: [] as number[], children: [] as Four[] }))
    const at = steps.map(({ index }) => index)
    const nodes = steps.map(({ leaf }): Uint8Array | undefined => {
      if (leaf === undefined) return undefined
      const bytes = new Uint8Array(NODE_BYTES)
      writeNode(bytes, 0, leaf)
      return bytes
    })
    const writes = nodes.filter((node) => node !== undefined).length
    for (let level = 0; level <= this.depth; level++) {
      const groups = new Map<number, { bytes: Uint8Array; four: Four; isWritten: boolean }>()
      const rows = new Uint8Array(GROUP_BYTES * writes)
      let row = 0
      at.forEach((index, step) => {
        const digit = index % TREE_ARITY
        const parent = (index - digit) / TREE_ARITY
        let group = groups.get(parent)
        if (group === undefined) {
          const bytes = this.#group(level, parent)
          group = { bytes, four: readFour(bytes), isWritten: false }
          groups.set(parent, group)
        }
        const path = paths[step]
        if (path !== undefined && level < this.depth) {
          path.digits.push(digit)
          path.children.push([...group.four])
        }
        const node = nodes[step]
        if (node !== undefined) {
          group.bytes.set(node, NODE_BYTES * digit)
          group.four[digit] = readNode(node, 0)
          group.isWritten = true
          rows.set(group.bytes, GROUP_BYTES * row)
          row += 1
        }
        at[step] = parent
      })
      for (const [parent, { bytes, isWritten }] of groups) {
        if (isWritten) this.#store.write(level, parent, bytes)
      }
      if (level === this.depth || writes === 0) continue
      const hashes = this.#hasher.hashMany('NODE', TREE_ARITY, rows)
      row = 0
      nodes.forEach((node, step) => {
        if (node === undefined) return
        nodes[step] = hashes.subarray(NODE_BYTES * row, NODE_BYTES * (row + 1))
        row += 1
      })
    }
    return paths
  }

  /** The path of the node at `level` (0: a leaf) and `index` up to the root. */
  path(index: number, level = 0): MerklePath {
    if (!Number.isSafeInteger(index) || index < 0 || index >= TREE_ARITY ** (this.depth - level)) {
      throw new OutOfRangeError({
        what: 'tree index',
        bits: 2 * (this.depth - level),
      })
    }
    const digits: number[] = []
    const children: Four[] = []
    let at = index
    for (let below = level; below < this.depth; below++) {
      const digit = at % TREE_ARITY
      at = (at - digit) / TREE_ARITY
      digits.push(digit)
      children.push(readFour(this.#store.read(below, at) ?? emptyGroup(below)))
    }
    return { digits, children }
  }

  /** A view that reads through to this tree and writes to itself. */
  fork(): MerkleTree {
    return new MerkleTree(this.depth, {
      store: new OverlayNodes(this.#store),
      hasher: this.#hasher,
    })
  }

  /** Writes a fork's changes into the tree that it was forked from. */
  merge(fork: MerkleTree): void {
    if (fork.#store instanceof OverlayNodes) fork.#store.writeTo(this.#store)
  }

  #setNodes(start: number, leaves: Uint8Array): void {
    let groups = new Map<number, Uint8Array>()
    for (let i = 0; i < leaves.length / NODE_BYTES; i++) {
      this.#place(groups, 0, start + i, leaves.subarray(NODE_BYTES * i, NODE_BYTES * (i + 1)))
    }
    for (let level = 0; level <= this.depth; level++) {
      for (const [parent, group] of groups) this.#store.write(level, parent, group)
      if (level === this.depth) return
      const nodes = this.#hashGroups(level, [...groups.values()])
      const above = new Map<number, Uint8Array>()
      let i = 0
      for (const index of groups.keys()) {
        this.#place(above, level + 1, index, nodes.subarray(NODE_BYTES * i, NODE_BYTES * (i + 1)))
        i += 1
      }
      groups = above
    }
  }

  #place(groups: Map<number, Uint8Array>, level: number, index: number, node: Uint8Array): void {
    const child = index % TREE_ARITY
    const parent = (index - child) / TREE_ARITY
    let group = groups.get(parent)
    if (group === undefined) {
      group = this.#group(level, parent)
      groups.set(parent, group)
    }
    group.set(node, NODE_BYTES * child)
  }

  /** The parents of groups; those of four empty subtrees are known. */
  #hashGroups(level: number, groups: readonly Uint8Array[]): Uint8Array {
    const empty = emptyGroup(level)
    const isEmpty = groups.map((group) => equalBytes(group, empty))
    const rows = new Uint8Array(GROUP_BYTES * isEmpty.filter((one) => !one).length)
    let row = 0
    groups.forEach((group, i) => {
      if (isEmpty[i] === true) return
      rows.set(group, GROUP_BYTES * row)
      row += 1
    })
    const hashes = row === 0 ? rows : this.#hasher.hashMany('NODE', TREE_ARITY, rows)
    if (row === groups.length) return hashes
    const nodes = new Uint8Array(NODE_BYTES * groups.length)
    const emptyNode = emptyGroup(level + 1).subarray(0, NODE_BYTES)
    row = 0
    groups.forEach((_, i) => {
      if (isEmpty[i] === true) nodes.set(emptyNode, NODE_BYTES * i)
      else {
        nodes.set(hashes.subarray(NODE_BYTES * row, NODE_BYTES * (row + 1)), NODE_BYTES * i)
        row += 1
      }
    })
    return nodes
  }

  /** A copy of a group, to be changed. */
  #group(level: number, index: number): Uint8Array {
    return new Uint8Array(this.#store.read(level, index) ?? emptyGroup(level))
  }

  #checkIndex(index: number): void {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.capacity) {
      throw new OutOfRangeError({ what: 'leaf index', bits: 2 * this.depth })
    }
  }
}

function readFour(group: Uint8Array): Four {
  return [
    readNode(group, 0),
    readNode(group, NODE_BYTES),
    readNode(group, 2 * NODE_BYTES),
    readNode(group, 3 * NODE_BYTES),
  ]
}

function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
  return true
}

/** The root that `node` has at the end of `path`; undefined when the path does not contain it. */
export function rootOf(node: bigint, path: MerklePath): bigint | undefined {
  let current = node
  for (let level = 0; level < path.digits.length; level++) {
    const children = path.children[level]
    const digit = path.digits[level]
    if (children === undefined || digit === undefined || children[digit] !== current) {
      return undefined
    }
    current = hashNode(children)
  }
  return current
}

/** The root after the node at the path's end is replaced. Says nothing about the old one. */
export function rootAfter(replacement: bigint, path: MerklePath): bigint {
  let current = replacement
  for (let level = 0; level < path.digits.length; level++) {
    const children: bigint[] = [...(path.children[level] ?? [])]
    children[path.digits[level] ?? 0] = current
    current = hashNode(children)
  }
  return current
}

/** A path as circuit inputs: index bits (low first, two a level) and the children of each level. */
export function pathToCircuitInputs(path: MerklePath): {
  bits: bigint[]
  children: bigint[][]
} {
  return {
    bits: path.digits.flatMap((digit) => [BigInt(digit & 1), BigInt(digit >> 1)]),
    children: path.children.map((four) => [...four]),
  }
}

/** A path for positions that are never checked (an unused input, an absent leaf): all zeros. */
export function nullPath(depth: number): MerklePath {
  return {
    digits: Array.from({ length: depth }, () => 0),
    children: Array.from({ length: depth }, () => [0n, 0n, 0n, 0n] as const),
  }
}
