import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { NULLIFIER_TREE_DEPTH } from '../../protocol/constants.ts'
import {
  ForkOutdatedError,
  NULLIFIER_LIMIT,
  NullifierRangeError,
  NullifierSpentError,
  NullifierTree,
  hashInterval,
} from '../../protocol/nullifierTree.ts'
import { MerkleTree, rootOf } from '../../protocol/tree.ts'
import { nullifierOf } from '../support/batches.ts'

/** Inserts one by one, each new leaf hung in at once. */
function insertAt(tree: NullifierTree, nullifier: bigint, index: number): void {
  const { to } = tree.insert(nullifier, index)
  tree.place(index, [hashInterval(nullifier, to)])
}

/** The tree that a sorted list of members gives, each at its leaf. */
function naiveRoot(members: readonly { value: bigint; index: number }[]): bigint {
  const tree = new MerkleTree(NULLIFIER_TREE_DEPTH)
  const sorted = [{ value: 0n, index: 0 }, ...members].sort((a, b) => (a.value < b.value ? -1 : 1))
  sorted.forEach(({ value, index }, i) => {
    tree.setLeaf(index, hashInterval(value, sorted[i + 1]?.value ?? NULLIFIER_LIMIT))
  })
  return tree.root
}

const distinct = fc.uniqueArray(
  fc.oneof(
    fc.bigInt({ min: 1n, max: 20n }),
    fc.bigInt({ min: NULLIFIER_LIMIT - 8n, max: NULLIFIER_LIMIT - 1n }),
    fc.bigInt({ min: 1n, max: NULLIFIER_LIMIT - 1n }),
  ),
  { maxLength: 12 },
)

describe('NullifierTree', () => {
  test('default: initially one interval, the sentinel at leaf 0', () => {
    const tree = NullifierTree.initial()
    assert.equal(tree.root, naiveRoot([]))
    assert.deepEqual(tree.find(5n), { index: 0, from: 0n, to: NULLIFIER_LIMIT })
    assert.equal(tree.size, 1)
    assert.equal(rootOf(tree.leaf(0), tree.path(0)), tree.root)
  })

  test('property: the leaves are the partition that the sorted members give', () => {
    fc.assert(
      fc.property(distinct, (values) => {
        const tree = NullifierTree.initial()
        const members = values.map((value, i) => ({ value, index: 3 * i + 7 }))
        for (const { value, index } of members) insertAt(tree, value, index)
        assert.equal(tree.root, naiveRoot(members))
        assert.equal(tree.size, members.length + 1)
        for (const { value, index } of members) {
          assert.equal(tree.contains(value), true)
          assert.equal(tree.find(value).index, index)
          for (const near of [value - 1n, value + 1n]) {
            assert.equal(tree.contains(near), values.includes(near))
          }
        }
      }),
      { numRuns: 25, seed: 3 },
    )
  })

  test('behavior: thousands of members, found in the right interval', () => {
    // More than one chunk of the ordered index, filled in random, rising and falling order.
    const tree = NullifierTree.initial()
    const values = Array.from({ length: 500 }, (_, i) => nullifierOf(`${i}`))
    for (let i = 0n; i < 400n; i++) values.push(1000n + i, 900_000n - i)
    values.forEach((value, i) => tree.insert(value, i + 1))
    const sorted = [0n, ...values].sort((a, b) => (a < b ? -1 : 1))
    assert.equal(tree.size, sorted.length)
    sorted.forEach((from, i) => {
      const to = sorted[i + 1] ?? NULLIFIER_LIMIT
      const found = tree.find(from)
      assert.deepEqual({ from: found.from, to: found.to }, { from, to })
      assert.equal(found.index, from === 0n ? 0 : values.indexOf(from) + 1)
      if (to - from > 1n) assert.deepEqual(tree.findLow(from + 1n), found)
      assert.deepEqual(tree.find(to - 1n), found)
    })
  })

  test('behavior: insert narrows the low leaf only; the other half waits for place', () => {
    const tree = NullifierTree.initial()
    assert.deepEqual(tree.insert(50n, 4), { index: 0, from: 0n, to: NULLIFIER_LIMIT })
    assert.equal(tree.leaf(0), hashInterval(0n, 50n))
    assert.equal(tree.leaf(4), 0n)
    assert.equal(tree.contains(50n), true)
    tree.place(4, [hashInterval(50n, NULLIFIER_LIMIT), 0n])
    assert.equal(tree.root, naiveRoot([{ value: 50n, index: 4 }]))
  })

  test('error: a member again', () => {
    const tree = NullifierTree.initial()
    insertAt(tree, 50n, 4)
    const root = tree.root
    assert.throws(() => tree.insert(50n, 5), NullifierSpentError)
    assert.throws(() => tree.findLow(50n), { code: 'BATCH_NULLIFIER_SPENT' })
    assert.equal(tree.root, root)
  })

  test('error: values that are no nullifiers', () => {
    const tree = NullifierTree.initial()
    for (const value of [0n, -1n, NULLIFIER_LIMIT, NULLIFIER_LIMIT + 5n]) {
      assert.throws(() => tree.insert(value, 1), NullifierRangeError)
      assert.throws(() => tree.findLow(value), NullifierRangeError)
      assert.equal(tree.contains(value), false)
    }
    for (const value of [-1n, NULLIFIER_LIMIT]) {
      assert.throws(() => tree.find(value), NullifierRangeError)
    }
  })
})

describe('NullifierTree forks', () => {
  test('behavior: a fork’s writes stay its own until merged', () => {
    const tree = NullifierTree.initial()
    insertAt(tree, 50n, 4)
    const root = tree.root
    const fork = tree.fork()
    insertAt(fork, 60n, 5)
    assert.equal(tree.contains(60n), false)
    assert.equal(tree.root, root)
    assert.equal(tree.find(55n).to, NULLIFIER_LIMIT)
    assert.equal(fork.find(55n).to, 60n)
    tree.merge(fork)
    assert.equal(tree.root, fork.root)
    assert.equal(tree.contains(60n), true)
    const members = [
      { value: 50n, index: 4 },
      { value: 60n, index: 5 },
    ]
    assert.equal(tree.root, naiveRoot(members))
  })

  test('behavior: siblings do not see each other, and end when their parent changes', () => {
    const tree = NullifierTree.initial()
    const [one, two] = [tree.fork(), tree.fork()]
    insertAt(one, 10n, 1)
    insertAt(two, 20n, 1)
    const inner = one.fork()
    assert.deepEqual([one.contains(20n), two.contains(10n)], [false, false])
    assert.deepEqual([tree.contains(10n), inner.contains(10n)], [false, true])
    insertAt(tree, 30n, 1)
    for (const fork of [one, two, inner]) {
      assert.throws(() => fork.contains(30n), ForkOutdatedError)
      assert.throws(() => fork.insert(40n, 2), ForkOutdatedError)
    }
  })

  test('behavior: forks of forks', () => {
    const tree = NullifierTree.initial()
    const outer = tree.fork()
    const inner = outer.fork()
    insertAt(inner, 10n, 1)
    outer.merge(inner)
    insertAt(outer, 20n, 2)
    tree.merge(outer)
    const members = [
      { value: 10n, index: 1 },
      { value: 20n, index: 2 },
    ]
    assert.equal(tree.root, naiveRoot(members))
    insertAt(tree, 15n, 3)
    assert.throws(() => outer.contains(15n), ForkOutdatedError, 'a merged fork is used up')
    assert.deepEqual(outer.inserted, [10n, 20n])
    assert.deepEqual(tree.inserted, [])
  })

  test('error: a fork of a tree that has changed, and of another tree', () => {
    const tree = NullifierTree.initial()
    const [one, two] = [tree.fork(), tree.fork()]
    insertAt(one, 10n, 1)
    insertAt(two, 10n, 1)
    tree.merge(one)
    assert.throws(() => tree.merge(two), ForkOutdatedError)
    assert.throws(() => NullifierTree.initial().merge(one), ForkOutdatedError)
    assert.throws(() => tree.merge(tree), ForkOutdatedError)
    assert.throws(() => tree.merge(one), ForkOutdatedError, 'twice')
  })
})
