import { TREE_ARITY } from './constants.ts'
import { OutOfRangeError } from './errors.ts'
import { type FieldElement } from './field.ts'
import { hash } from './poseidon.ts'

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

/**
 * A Merkle tree of arity 4 whose absent leaves are 0. Sparse: only nodes that differ from the empty
 * subtree are kept. `fork` gives a copy-on-write view for speculative updates.
 */
export class MerkleTree {
  readonly depth: number
  readonly #parent: MerkleTree | undefined
  /** Nodes by level, leaves at level 0. */
  readonly #nodes: Map<number, bigint>[]

  constructor(depth: number, parent?: MerkleTree) {
    this.depth = depth
    this.#parent = parent
    this.#nodes = Array.from({ length: depth + 1 }, () => new Map<number, bigint>())
  }

  get root(): bigint {
    return this.node(this.depth, 0)
  }

  /** Number of leaf positions. */
  get capacity(): number {
    return TREE_ARITY ** this.depth
  }

  node(level: number, index: number): bigint {
    const own = this.#nodes[level]?.get(index)
    if (own !== undefined) return own
    return this.#parent === undefined ? emptyRoot(level) : this.#parent.node(level, index)
  }

  leaf(index: number): bigint {
    return this.node(0, index)
  }

  /** Sets consecutive leaves from `start` and rehashes each touched node once. */
  setLeaves(start: number, leaves: readonly bigint[]): void {
    if (leaves.length === 0) return
    this.#checkIndex(start)
    this.#checkIndex(start + leaves.length - 1)
    const bottom = this.#level(0)
    leaves.forEach((leaf, i) => bottom.set(start + i, leaf))
    let first = start
    let last = start + leaves.length - 1
    for (let level = 1; level <= this.depth; level++) {
      first = Math.floor(first / TREE_ARITY)
      last = Math.floor(last / TREE_ARITY)
      const nodes = this.#level(level)
      for (let index = first; index <= last; index++) {
        const children = this.#children(level, index)
        const below = emptyRoot(level - 1)
        nodes.set(
          index,
          children.every((child) => child === below) ? emptyRoot(level) : hashNode(children),
        )
      }
    }
  }

  setLeaf(index: number, leaf: bigint): void {
    this.setLeaves(index, [leaf])
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
    for (let up = level + 1; up <= this.depth; up++) {
      digits.push(at % TREE_ARITY)
      at = Math.floor(at / TREE_ARITY)
      children.push(this.#children(up, at))
    }
    return { digits, children }
  }

  /** A view that reads through to this tree and writes to itself. */
  fork(): MerkleTree {
    return new MerkleTree(this.depth, this)
  }

  /** Writes a fork's changes into the tree that it was forked from. */
  merge(fork: MerkleTree): void {
    fork.#nodes.forEach((nodes, level) => {
      const own = this.#level(level)
      for (const [index, value] of nodes) own.set(index, value)
    })
  }

  #children(level: number, index: number): Four {
    const first = index * TREE_ARITY
    return [
      this.node(level - 1, first),
      this.node(level - 1, first + 1),
      this.node(level - 1, first + 2),
      this.node(level - 1, first + 3),
    ]
  }

  #level(level: number): Map<number, bigint> {
    const nodes = this.#nodes[level]
    if (nodes === undefined) throw new RangeError('no such level')
    return nodes
  }

  #checkIndex(index: number): void {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.capacity) {
      throw new OutOfRangeError({ what: 'leaf index', bits: 2 * this.depth })
    }
  }
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
