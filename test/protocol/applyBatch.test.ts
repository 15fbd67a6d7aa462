import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { applyBatch } from '../../protocol/applyBatch.ts'
import { batchPosition, sortSlots } from '../../protocol/batch.ts'
import type { Batch, BatchSlot } from '../../protocol/batch.ts'
import { batchWords, countBatchWords } from '../../protocol/batchWords.ts'
import { buildBatch } from '../../protocol/buildBatch.ts'
import {
  BATCH_CIRCUITS,
  FIELD_ORDER,
  NOTE_TREE_DEPTH,
  NULLIFIER_TREE_DEPTH,
} from '../../protocol/constants.ts'
import { commitToRecipient } from '../../protocol/note.ts'
import { NULLIFIER_LIMIT, hashInterval } from '../../protocol/nullifierTree.ts'
import { forkState, initialState, mergeState } from '../../protocol/rollupState.ts'
import type { RollupState } from '../../protocol/rollupState.ts'
import { MerkleTree, emptyRoot, hashNode } from '../../protocol/tree.ts'
import { unpackWord } from '../../protocol/words.ts'
import { aBatch, aDeposit, aSlot, aState, nullifierOf, outputsOf } from '../support/batches.ts'
import { aDomain } from '../support/identities.ts'

/** What a state is, in the plainest form: leaves by index, and members by value. */
class NaiveState {
  readonly notes = new Map<number, bigint>()
  readonly members = new Map<bigint, number>([[0n, 0]])
  count = 1

  apply({ circuit, slots, deposits }: Batch): void {
    const { size } = BATCH_CIRCUITS[circuit]
    const position = Math.ceil(this.count / size) * size
    slots.forEach((slot, i) => {
      if (slot.kind !== 'transfer' && slot.kind !== 'collect') return
      assert.equal(this.members.has(slot.nullifier), false)
      this.members.set(slot.nullifier, position + i)
      slot.outputs.forEach((output, j) => this.notes.set(4 * (position + i) + j, output))
    })
    deposits.forEach((deposit, i) => {
      this.notes.set(4 * (position + size - 1) + i, commitToRecipient(deposit))
    })
    this.count = position + size
  }

  get noteRoot(): bigint {
    const tree = new MerkleTree(NOTE_TREE_DEPTH)
    for (const [index, leaf] of this.notes) tree.setLeaf(index, leaf)
    return tree.root
  }

  get nullifierRoot(): bigint {
    const tree = new MerkleTree(NULLIFIER_TREE_DEPTH)
    const sorted = [...this.members].sort(([a], [b]) => (a < b ? -1 : 1))
    sorted.forEach(([from, index], i) => {
      tree.setLeaf(index, hashInterval(from, sorted[i + 1]?.[0] ?? NULLIFIER_LIMIT))
    })
    return tree.root
  }
}

describe('applyBatch', () => {
  test('default: roots, count, leaves and position of a first batch', () => {
    const state = initialState()
    const batch = aBatch()
    const applied = applyBatch(state, batch)
    assert.equal(applied.oldSlotCount, 1n)
    assert.equal(applied.position, 4)
    assert.equal(applied.newSlotCount, 8n)
    assert.equal(applied.oldNoteRoot, emptyRoot(NOTE_TREE_DEPTH))
    const [first, second] = batch.slots
    assert.ok(first?.kind === 'transfer' || first?.kind === 'collect')
    assert.ok(second?.kind === 'transfer' || second?.kind === 'collect')
    assert.deepEqual(applied.noteLeaves, [
      ...first.outputs,
      ...second.outputs,
      ...[0n, 0n, 0n, 0n],
      ...batch.deposits.map(commitToRecipient),
      ...[0n, 0n],
    ])
    assert.equal(state.noteTree.leaf(16), first.outputs[0])
    assert.equal(state.noteTree.root, applied.newNoteRoot)
    assert.equal(state.nullifierTree.root, applied.newNullifierRoot)
    assert.equal(state.slotCount, 8n)
  })

  test('behavior: 4 then 16 then 4 leaves holes, which stay empty', () => {
    const state = initialState()
    const positions = (['batch-4', 'batch-16', 'batch-4'] as const).map((circuit, i) => {
      const slots = [aSlot(`${i} a`), aSlot(`${i} b`)]
      return applyBatch(state, aBatch({ circuit, slots })).position
    })
    assert.deepEqual(positions, [4, 16, 32])
    for (let leaf = 4 * 8; leaf < 4 * 16; leaf++) assert.equal(state.noteTree.leaf(leaf), 0n)
    for (let leaf = 8; leaf < 16; leaf++) assert.equal(state.nullifierTree.leaf(leaf), 0n)
  })

  test('property: any run of batches of both sizes gives the naive set’s roots', () => {
    const value = fc.oneof(
      fc.bigInt({ min: 1n, max: 40n }),
      fc.bigInt({ min: 1n, max: NULLIFIER_LIMIT - 1n }),
    )
    const wish = fc.record({ value, kind: fc.constantFrom('transfer', 'collect', 'void', 'empty') })
    const run = fc.array(
      fc.record({
        circuit: fc.constantFrom('batch-4', 'batch-16'),
        wishes: fc.array(wish, { maxLength: 15 }),
        deposits: fc.nat({ max: 4 }),
      }),
      { minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(run, (batches) => {
        const state = initialState()
        const naive = new NaiveState()
        batches.forEach(({ circuit, wishes, deposits }, number) => {
          const inBatch = new Set<bigint>()
          const slots: BatchSlot[] = []
          for (const { value: nullifier, kind } of wishes) {
            const isMember = naive.members.has(nullifier) || inBatch.has(nullifier)
            if (kind === 'empty') slots.push({ kind })
            else if ((kind === 'void') !== isMember) continue
            else slots.push(aSlot(`${number} ${nullifier}`, kind, nullifier))
            if (kind === 'transfer' || kind === 'collect') inBatch.add(nullifier)
          }
          const batch = aBatch({
            circuit,
            slots: slots.slice(0, BATCH_CIRCUITS[circuit].transferSlots),
            deposits: Array.from({ length: deposits }, (_, i) => aDeposit(`${number} ${i}`)),
          })
          // A void one may have lost its live twin to the slice.
          const live = new Set(
            batch.slots.flatMap((slot) =>
              slot.kind === 'transfer' || slot.kind === 'collect' ? [slot.nullifier] : [],
            ),
          )
          const kept = batch.slots.filter(
            (slot) =>
              slot.kind !== 'void' || naive.members.has(slot.nullifier) || live.has(slot.nullifier),
          )
          const complete = { ...batch, slots: kept }
          const fork = forkState(state)
          const applied = applyBatch(fork, complete)
          mergeState(state, fork)
          naive.apply(complete)
          assert.equal(applied.newNoteRoot, naive.noteRoot)
          assert.equal(applied.newNullifierRoot, naive.nullifierRoot)
          assert.equal(state.slotCount, BigInt(naive.count))
          assert.equal(state.noteTree.root, naive.noteRoot)
        })
      }),
      { numRuns: 15, seed: 4 },
    )
  })

  test('behavior: a full batch of 16 costs little more than its hashes', () => {
    // 15 paths of 17 levels and two intervals each, both subtrees, six wide blocks of words: some
    // 400 hashes of four. Compared with as many hashes, so that a busy machine slows both.
    const state = aState()
    const timed = (work: () => void): number => {
      const start = performance.now()
      work()
      return performance.now() - start
    }
    const ratios = [0, 1, 2, 3, 4].map((round) => {
      const slots = Array.from({ length: 15 }, (_, i) => aSlot(`${round} ${i}`))
      const batch = aBatch({ circuit: 'batch-16', slots })
      const hashes = timed(() => {
        for (let i = 0; i < 400; i++) hashNode([1n, 2n, 3n, BigInt(i)])
      })
      return timed(() => buildBatch(state, batch, { domain: aDomain })) / hashes
    })
    const best = Math.min(...ratios)
    assert.ok(best < 2, `${ratios.map((ratio) => ratio.toFixed(2)).join(', ')} times its hashes`)
  })
})

describe('applyBatch refuses and leaves the state as it was', () => {
  const refused = (batch: Partial<Batch>, code: string, on: RollupState = aState()): void => {
    const { noteTree, nullifierTree, slotCount } = on
    const before = [noteTree.root, nullifierTree.root, slotCount]
    assert.throws(() => applyBatch(on, { ...aBatch(), ...batch }), { code })
    assert.deepEqual([noteTree.root, nullifierTree.root, on.slotCount], before)
  }
  const fresh = nullifierOf('fresh')
  const live = (nullifier: bigint): BatchSlot => aSlot('slot', 'transfer', nullifier)

  test('error: a nullifier spent before, or twice in the batch', () => {
    refused({ slots: [aSlot('early 3')] }, 'BATCH_NULLIFIER_SPENT')
    refused({ slots: [live(fresh), live(fresh)] }, 'BATCH_NULLIFIER_DUPLICATE')
  })

  test('error: a void slot whose nullifier is new', () => {
    refused({ slots: [aSlot('new', 'void')] }, 'BATCH_NULLIFIER_NOT_SPENT')
    refused({ slots: [live(7n), aSlot('new', 'void', 6n)] }, 'BATCH_NULLIFIER_NOT_SPENT')
  })

  test('error: an order that cannot be proved', () => {
    refused({ slots: [live(1n), live(2n)] }, 'BATCH_ORDER')
    refused({ slots: [live(5n), live(3n), live(4n)] }, 'BATCH_ORDER')
    refused({ slots: [aSlot('v', 'void', fresh), live(fresh)] }, 'BATCH_NULLIFIER_NOT_SPENT')
    refused({ slots: [live(7n), live(6n), aSlot('v', 'void', 7n)] }, 'BATCH_NULLIFIER_NOT_SPENT')
    refused({ slots: [live(7n), live(6n), live(7n)] }, 'BATCH_NULLIFIER_DUPLICATE')
  })

  test('error: nullifiers and outputs out of range', () => {
    for (const nullifier of [0n, NULLIFIER_LIMIT]) {
      refused({ slots: [live(nullifier)] }, 'BATCH_NULLIFIER_RANGE')
    }
    refused({ slots: [aSlot('v', 'void', 0n)] }, 'BATCH_NULLIFIER_RANGE')
    const outputs = [1n, 2n, 3n, FIELD_ORDER] as const
    refused({ slots: [{ kind: 'transfer', nullifier: 5n, outputs }] }, 'FIELD_NOT_CANONICAL')
  })

  test('error: too many slots or deposits', () => {
    refused({ slots: [4n, 3n, 2n, 1n].map(live) }, 'BATCH_SIZE')
    refused({ deposits: ['a', 'b', 'c', 'd', 'e'].map((label) => aDeposit(label)) }, 'BATCH_SIZE')
  })

  test('error: deposits that are none', () => {
    refused({ deposits: [aDeposit('a', { amount: 0n })] }, 'BATCH_DEPOSIT_INVALID')
    refused({ deposits: [aDeposit('a', { amount: 1n << 64n })] }, 'VALUE_OUT_OF_RANGE')
    refused({ deposits: [aDeposit('a', { asset: 1n << 16n })] }, 'VALUE_OUT_OF_RANGE')
    refused({ deposits: [aDeposit('a', { recipient: FIELD_ORDER })] }, 'FIELD_NOT_CANONICAL')
  })

  test('error: numbers out of range', () => {
    refused({ batchNumber: 1n << 64n }, 'VALUE_OUT_OF_RANGE')
    refused({ feeRecipient: 1n << 160n }, 'VALUE_OUT_OF_RANGE')
  })

  test('error: no room left', () => {
    const full = { ...initialState(), slotCount: 4n ** 17n - 3n }
    refused({}, 'TREE_FULL', full)
    const last = { ...initialState(), slotCount: 4n ** 17n - 4n }
    assert.equal(applyBatch(last, aBatch()).newSlotCount, 4n ** 17n)
    refused({ slots: [], deposits: [] }, 'TREE_FULL', last)
  })
})

describe('state forks', () => {
  test('behavior: a fork merges whole or not at all', () => {
    const state = aState()
    const [one, two] = [forkState(state), forkState(state)]
    applyBatch(one, aBatch())
    applyBatch(two, aBatch())
    mergeState(state, one)
    const { root } = state.noteTree
    assert.throws(() => mergeState(state, two), { code: 'STATE_FORK_OUTDATED' })
    assert.equal(state.noteTree.root, root)
    assert.equal(state.slotCount, 36n)
  })
})

describe('sortSlots and batchPosition', () => {
  test('behavior: descending, live before void, empty last; the input stays', () => {
    const slots: BatchSlot[] = [
      { kind: 'empty' },
      aSlot('a', 'void', 5n),
      aSlot('b', 'transfer', 7n),
      aSlot('c', 'collect', 5n),
      aSlot('d', 'transfer', NULLIFIER_LIMIT - 1n),
    ]
    const copy = [...slots]
    const sorted = sortSlots(slots)
    assert.deepEqual(
      sorted.map((slot) => (slot.kind === 'empty' ? 'empty' : `${slot.kind} ${slot.nullifier}`)),
      [`transfer ${NULLIFIER_LIMIT - 1n}`, 'transfer 7', 'collect 5', 'void 5', 'empty'],
    )
    assert.deepEqual(slots, copy)
  })

  test('behavior: the next multiple of the size', () => {
    const cases = [
      [0n, 4, 0n],
      [1n, 4, 4n],
      [4n, 4, 4n],
      [5n, 4, 8n],
      [1n, 16, 16n],
      [16n, 16, 16n],
      [17n, 16, 32n],
    ] as const
    for (const [count, size, position] of cases) {
      assert.equal(batchPosition(count, size), position)
    }
  })
})

describe('batchWords', () => {
  test('behavior: in the order of the specification, by place', () => {
    const outputs = outputsOf('words')
    const batch: Batch = {
      circuit: 'batch-4',
      batchNumber: 9n,
      feeRecipient: 0xabcn,
      slots: [
        { kind: 'collect', nullifier: 6n, outputs },
        { kind: 'void', nullifier: 6n, outputs },
      ],
      deposits: [{ asset: 2n, amount: 3n, recipient: 4n }],
    }
    const applied = applyBatch(initialState(), batch)
    const words = batchWords(batch, applied)
    const header = words[4] ?? 0n
    assert.deepEqual(unpackWord('batchHeader', header), {
      oldSlotCount: 1n,
      newSlotCount: 8n,
      batchNumber: 9n,
    })
    assert.deepEqual(words, [
      ...[applied.oldNoteRoot, applied.newNoteRoot],
      ...[applied.oldNullifierRoot, applied.newNullifierRoot],
      ...[header, 0xabcn],
      ...[6n + (2n << 248n), ...outputs],
      ...[6n + (3n << 248n), ...outputs],
      ...[0n, 0n, 0n, 0n, 0n],
      ...[2n + (3n << 16n), 4n],
      ...[0n, 0n, 0n, 0n, 0n, 0n],
    ])
  })

  test('behavior: as many as the circuit has', () => {
    assert.equal(countBatchWords('batch-4'), 29)
    assert.equal(countBatchWords('batch-16'), 89)
    assert.equal(countBatchWords('batch-64'), 329)
    for (const circuit of ['batch-4', 'batch-16', 'batch-64'] as const) {
      const batch = aBatch({ circuit })
      const applied = applyBatch(initialState(), batch)
      assert.equal(batchWords(batch, applied).length, countBatchWords(circuit))
    }
  })
})
