import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import type { Batch, BatchSlot, SlotOutputs } from '../../protocol/batch.ts'
import { buildBatch } from '../../protocol/buildBatch.ts'
import type { BatchCircuit } from '../../protocol/constants.ts'
import { formatField } from '../../protocol/field.ts'
import { initialState } from '../../protocol/rollupState.ts'

type Vector = {
  name: string
  circuit: BatchCircuit
  domain: string
  batchNumber: string
  feeRecipient: string
  slots: { kind: BatchSlot['kind']; nullifier: string; outputs: string[] }[]
  deposits: { asset: string; amount: string; recipient: string }[]
  oldSlotCount: string
  newSlotCount: string
  position: number
  noteLeaves: string[]
  nullifierLeaves: string[]
  words: string[]
  publicInputs: Record<'c' | 'y' | 'rho', string>
}
type Vectors = {
  initial: { slotCount: string; noteRoot: string; nullifierRoot: string }
  vectors: Vector[]
}

const { initial, vectors } = JSON.parse(
  readFileSync(new URL('../vectors/batch.json', import.meta.url), 'utf8'),
) as Vectors

function batchOf(vector: Vector): Batch {
  return {
    circuit: vector.circuit,
    batchNumber: BigInt(vector.batchNumber),
    feeRecipient: BigInt(vector.feeRecipient),
    slots: vector.slots.map(({ kind, nullifier, outputs }) => {
      if (kind === 'empty') return { kind }
      const [a = 0n, b = 0n, c = 0n, d = 0n] = outputs.map(BigInt)
      const four: SlotOutputs = [a, b, c, d]
      return { kind, nullifier: BigInt(nullifier), outputs: four }
    }),
    deposits: vector.deposits.map(({ asset, amount, recipient }) => ({
      asset: BigInt(asset),
      amount: BigInt(amount),
      recipient: BigInt(recipient),
    })),
  }
}

describe('batch vectors', () => {
  const state = initialState()

  test('behavior: the initial state', () => {
    assert.equal(state.slotCount.toString(), initial.slotCount)
    assert.equal(formatField(state.noteTree.root), initial.noteRoot)
    assert.equal(formatField(state.nullifierTree.root), initial.nullifierRoot)
  })

  for (const vector of vectors) {
    test(`behavior: ${vector.name}`, () => {
      const built = buildBatch(state, batchOf(vector), { domain: BigInt(vector.domain) })
      const { applied, words, publicInputs } = built
      assert.deepEqual(words.map(formatField), vector.words)
      assert.deepEqual(applied.noteLeaves.map(formatField), vector.noteLeaves)
      assert.deepEqual(applied.nullifierLeaves.map(formatField), vector.nullifierLeaves)
      assert.equal(applied.position, vector.position)
      assert.equal(applied.oldSlotCount.toString(), vector.oldSlotCount)
      assert.equal(applied.newSlotCount.toString(), vector.newSlotCount)
      for (const name of ['c', 'y', 'rho'] as const) {
        assert.equal(formatField(publicInputs[name]), vector.publicInputs[name])
      }
    })
  }
})
