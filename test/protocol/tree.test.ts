import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { FIELD_ORDER } from '../../protocol/constants.ts'
import { NonCanonicalFieldElementError, OutOfRangeError } from '../../protocol/errors.ts'
import { hash } from '../../protocol/poseidon.ts'
import {
  MerkleTree,
  emptyRoot,
  hashNode,
  nullPath,
  pathToCircuitInputs,
  rootAfter,
  rootOf,
} from '../../protocol/tree.ts'
import { portableHasher } from '../../protocol/treeHasher.ts'

const DEPTH = 3
const CAPACITY = 4 ** DEPTH

/** Hashes everything, every time. */
function naiveRoot(leaves: readonly bigint[]): bigint {
  if (leaves.length === 1) return leaves[0] ?? 0n
  const parents: bigint[] = []
  for (let i = 0; i < leaves.length; i += 4) parents.push(hash('NODE', leaves.slice(i, i + 4)))
  return naiveRoot(parents)
}

const writes = fc.array(
  fc
    .record({ start: fc.nat({ max: CAPACITY - 1 }), length: fc.integer({ min: 0, max: 20 }) })
    .map(({ start, length }) => ({ start, length: Math.min(length, CAPACITY - start) })),
  { maxLength: 6 },
)

function leavesFor(start: number, length: number, round: number): bigint[] {
  // One in five is 0: a leaf can be cleared again, in a tree where that is allowed.
  return Array.from({ length }, (_, i) =>
    (start + i) % 5 === 0 ? 0n : BigInt(100 * round + i + 1),
  )
}

describe('MerkleTree', () => {
  test('default: an empty tree has the empty root of its depth', () => {
    for (const depth of [1, 2, 18]) {
      const tree = new MerkleTree(depth)
      assert.equal(tree.root, emptyRoot(depth))
      assert.equal(tree.capacity, 4 ** depth)
      assert.equal(tree.leaf(tree.capacity - 1), 0n)
    }
    assert.equal(emptyRoot(0), 0n)
    assert.equal(emptyRoot(1), hash('NODE', [0n, 0n, 0n, 0n]))
  })

  test('property: setLeaves gives the root that hashing everything gives', () => {
    fc.assert(
      fc.property(writes, (run) => {
        const tree = new MerkleTree(DEPTH)
        const all = new Array<bigint>(CAPACITY).fill(0n)
        run.forEach(({ start, length }, round) => {
          const leaves = leavesFor(start, length, round)
          tree.setLeaves(start, leaves)
          all.splice(start, length, ...leaves)
        })
        assert.equal(tree.root, naiveRoot(all))
        all.forEach((leaf, i) => assert.equal(tree.leaf(i), leaf))
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  test('property: a path leads from every leaf and subtree to the root, and to no other', () => {
    const tree = new MerkleTree(DEPTH)
    tree.setLeaves(3, leavesFor(1, 30, 1))
    for (let level = 0; level < DEPTH; level++) {
      for (let index = 0; index < 4 ** (DEPTH - level); index++) {
        const path = tree.path(index, level)
        assert.equal(path.digits.length, DEPTH - level)
        assert.equal(rootOf(tree.node(level, index), path), tree.root)
        assert.equal(rootOf(tree.node(level, index) + 1n, path), undefined)
        assert.equal(rootAfter(tree.node(level, index), path), tree.root)
      }
    }
  })

  test('behavior: rootAfter is the root once the leaf is written', () => {
    const tree = new MerkleTree(DEPTH)
    tree.setLeaves(0, leavesFor(1, 64, 1))
    for (const index of [0, 1, 33, 63]) {
      const expected = rootAfter(77n, tree.path(index))
      const fork = tree.fork()
      fork.setLeaf(index, 77n)
      assert.equal(fork.root, expected)
    }
  })

  test('behavior: clearing what was written gives the empty tree back', () => {
    const tree = new MerkleTree(DEPTH)
    tree.setLeaves(5, [1n, 2n, 3n])
    tree.setLeaves(5, [0n, 0n, 0n])
    assert.equal(tree.root, emptyRoot(DEPTH))
  })

  test('behavior: the last leaf of the deepest tree can be set and proved', () => {
    const tree = new MerkleTree(18)
    tree.setLeaf(tree.capacity - 1, 9n)
    const path = tree.path(tree.capacity - 1)
    assert.ok(path.digits.every((digit) => digit === 3))
    assert.equal(rootOf(9n, path), tree.root)
  })

  test('error: indexes outside the tree', () => {
    const tree = new MerkleTree(2)
    for (const index of [-1, 16, 1.5, Number.NaN, 2 ** 53]) {
      assert.throws(() => tree.setLeaf(index, 1n), OutOfRangeError)
      assert.throws(() => tree.path(index), OutOfRangeError)
    }
    assert.throws(() => tree.setLeaves(15, [1n, 2n]), OutOfRangeError)
    assert.throws(() => tree.path(4, 1), OutOfRangeError)
    assert.equal(tree.root, emptyRoot(2), 'nothing was written')
  })
})

describe('replaceInTurn', () => {
  const steps = fc.array(
    fc.record({
      index: fc.nat({ max: CAPACITY - 1 }),
      // Few values, so that leaves are cleared and written again.
      leaf: fc.option(fc.bigInt({ min: 0n, max: 5n }), { nil: undefined }),
    }),
    { maxLength: 9 },
  )

  test('property: the paths and the root of leaves set one by one', () => {
    fc.assert(
      fc.property(steps, (run) => {
        const before = leavesFor(1, 30, 1)
        const [tree, plain] = [new MerkleTree(DEPTH), new MerkleTree(DEPTH)]
        for (const each of [tree, plain]) each.setLeaves(3, before)
        const fork = tree.fork()
        const paths = fork.replaceInTurn(
          run.map(({ index, leaf }) => (leaf === undefined ? { index } : { index, leaf })),
        )
        run.forEach(({ index, leaf }, i) => {
          assert.deepEqual(paths[i], plain.path(index))
          if (leaf !== undefined) plain.setLeaf(index, leaf)
        })
        assert.equal(fork.root, plain.root)
        for (let i = 0; i < CAPACITY; i++) assert.equal(fork.leaf(i), plain.leaf(i))
        const untouched = new MerkleTree(DEPTH)
        untouched.setLeaves(3, before)
        assert.equal(tree.root, untouched.root, 'the parent is as it was')
      }),
      { numRuns: 40, seed: 3 },
    )
  })

  test('behavior: one call of the hasher a level, whatever the number of steps', () => {
    const calls: number[] = []
    const tree = new MerkleTree(DEPTH, {
      hasher: {
        hashMany(domain, arity, rows) {
          calls.push(rows.length / (32 * arity))
          return portableHasher.hashMany(domain, arity, rows)
        },
      },
    })
    tree.replaceInTurn([{ index: 5, leaf: 1n }, { index: 60, leaf: 2n }, { index: 9 }])
    assert.deepEqual(calls, [2, 2, 2])
    assert.equal(tree.leaf(60), 2n)
  })

  test('error: indexes outside the tree and leaves that are none', () => {
    const tree = new MerkleTree(2)
    assert.throws(
      () => tree.replaceInTurn([{ index: 0, leaf: 1n }, { index: 16 }]),
      OutOfRangeError,
    )
    for (const leaf of [-1n, FIELD_ORDER]) {
      assert.throws(() => tree.replaceInTurn([{ index: 0, leaf }]), NonCanonicalFieldElementError)
      assert.throws(() => tree.setLeaves(0, [1n, leaf]), NonCanonicalFieldElementError)
    }
    assert.equal(tree.root, emptyRoot(2), 'nothing was written')
  })
})

describe('MerkleTree forks', () => {
  test('behavior: a fork reads through, and its writes stay its own until merged', () => {
    const tree = new MerkleTree(DEPTH)
    tree.setLeaves(0, [1n, 2n, 3n])
    const before = tree.root
    const fork = tree.fork()
    assert.equal(fork.root, before)
    fork.setLeaf(1, 20n)
    fork.setLeaves(40, [4n, 5n])
    assert.equal(tree.root, before)
    assert.equal(tree.leaf(1), 2n)
    assert.equal(fork.leaf(0), 1n)
    tree.merge(fork)
    assert.equal(tree.root, fork.root)
    assert.equal(tree.leaf(1), 20n)
  })

  test('property: forks of forks, merged in turn, are as if written directly', () => {
    fc.assert(
      fc.property(writes, (run) => {
        const direct = new MerkleTree(DEPTH)
        const tree = new MerkleTree(DEPTH)
        const outer = tree.fork()
        run.forEach(({ start, length }, round) => {
          const leaves = leavesFor(start, length, round)
          direct.setLeaves(start, leaves)
          const inner = outer.fork()
          inner.setLeaves(start, leaves)
          if (round % 2 === 0) outer.merge(inner)
          else outer.setLeaves(start, leaves)
        })
        tree.merge(outer)
        assert.equal(tree.root, direct.root)
        for (let i = 0; i < CAPACITY; i++) assert.equal(tree.leaf(i), direct.leaf(i))
      }),
      { numRuns: 40, seed: 2 },
    )
  })
})

describe('paths', () => {
  test('behavior: circuit inputs have two bits a level, low first, leaf level first', () => {
    const tree = new MerkleTree(3)
    tree.setLeaf(27, 5n) // 27 = 1·16 + 2·4 + 3
    const { bits, children } = pathToCircuitInputs(tree.path(27))
    assert.deepEqual(bits, [1n, 1n, 0n, 1n, 1n, 0n])
    assert.deepEqual(children[0], [0n, 0n, 0n, 5n])
    assert.equal(hashNode(children[2] ?? []), tree.root)
  })

  test('behavior: rootOf refuses a path with a level changed or missing', () => {
    const tree = new MerkleTree(3)
    tree.setLeaves(0, [1n, 2n, 3n, 4n, 5n])
    const path = tree.path(4)
    const digits = path.digits.with(0, 1)
    assert.equal(rootOf(5n, { ...path, digits }), undefined)
    assert.equal(rootOf(5n, { ...path, children: path.children.slice(0, 2) }), undefined)
  })

  test('behavior: the null path holds for a leaf 0 at depth 1 only', () => {
    assert.equal(rootOf(0n, nullPath(1)), emptyRoot(1))
    assert.equal(rootOf(0n, nullPath(2)), undefined)
    assert.equal(nullPath(18).children.length, 18)
  })
})
