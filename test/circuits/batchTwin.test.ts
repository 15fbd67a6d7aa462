import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'

import fc from 'fast-check'

import type { BatchSlot } from '../../protocol/batch.ts'
import type { BatchWitness, SlotWitness } from '../../protocol/batchWitness.ts'
import { batchCircuitInputs } from '../../protocol/batchWitness.ts'
import { buildBatch } from '../../protocol/buildBatch.ts'
import { checkBatchStatement } from '../../protocol/checkBatchStatement.ts'
import { StatementError } from '../../protocol/errors.ts'
import type { BatchPublicInputs } from '../../protocol/publicInputs.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { initialState } from '../../protocol/rollupState.ts'
import type { MerklePath } from '../../protocol/tree.ts'
import { aBatch, aDeposit, aSlot, aState, buildOn, nullifierOf } from '../support/batches.ts'
import { loadCircuit } from '../support/circuitTester.ts'
import type { CircuitTester, Witness } from '../support/circuitTester.ts'
import { aDomain, fieldOf } from '../support/identities.ts'

let circuit: CircuitTester
before(async () => {
  circuit = await loadCircuit('batch-4')
})

/** A batch with a slot of each sort: live with a void twin, or a void one of old and an empty one. */
async function anAssignment(slots: BatchSlot[]): Promise<Witness> {
  const { circuitInputs } = buildOn(aState(), aBatch({ slots, deposits: [aDeposit('one')] }))
  const assignment = await circuit.witness(circuitInputs)
  circuit.check(assignment)
  return assignment
}

const fresh = nullifierOf('fresh')
const mixes: Readonly<Record<string, BatchSlot[]>> = {
  'two live slots and a void twin': [
    aSlot('a', 'collect'),
    aSlot('b', 'transfer', fresh),
    aSlot('c', 'void', fresh),
  ],
  'a live, a void and an empty slot': [aSlot('a'), aSlot('early 3', 'void')],
}

/**
 * The inverse in IsZero is free where the input is 0: `out` is 1 whatever it is. These are the
 * unused deposits.
 */
const FREE = /^main\.depositLeaves\[[123]\]\.IsZero_\d+_\d+\.inv$/

describe('batch constraints', () => {
  for (const [name, slots] of Object.entries(mixes)) {
    test(`behavior: every live signal is bound, with ${name}`, async () => {
      const assignment = await anAssignment(slots)
      const free = circuit.freeSignals(assignment)
      assert.deepEqual(
        free.filter((signal) => !FREE.test(signal)),
        [],
      )
      assert.equal(free.length, 3)
      for (const kept of ['main.rho', 'main.c', 'main.y', 'main.feeRecipient']) {
        assert.ok(circuit.liveSignals(kept).includes(kept), `${kept} is a live signal`)
      }
    })
  }

  test('behavior: every bit is bound, flipped and halved', async () => {
    const [slots = []] = Object.values(mixes)
    const assignment = await anAssignment(slots)
    const bits = circuit
      .liveSignals()
      .filter((name) => /\.Num2Bits_|Bits\[|\.bits\[|isLive|isVoid|isEmpty|isUnused/.test(name))
    assert.ok(bits.length > 2000, `${bits.length} bits`)
    for (const change of [
      (value: bigint) => 1n - value,
      (value: bigint) => (value === 0n ? -1n : 2n),
    ]) {
      for (const name of bits) {
        const edited = circuit.edit(assignment, name, change(circuit.get(assignment, name)))
        assert.equal(circuit.isSatisfied(edited), false, name)
      }
    }
  })
})

describe('batch and its twin', () => {
  type Broken = { witness: BatchWitness; publicInputs?: Partial<BatchPublicInputs> }
  type Break = (witness: BatchWitness, seed: string) => Broken

  const inSlot = (witness: BatchWitness, i: number, change: Partial<SlotWitness>): Broken => ({
    witness: {
      ...witness,
      slots: witness.slots.map((slot, j) => (i === j ? { ...slot, ...change } : slot)),
    },
  })
  const withChild = (path: MerklePath, level: number, at: number, by: bigint): MerklePath => ({
    ...path,
    children: path.children.map((four, l) => {
      if (l !== level) return four
      const [a, b, c, d] = four.map((child, j) => (j === at ? child ^ by : child))
      return [a ?? 0n, b ?? 0n, c ?? 0n, d ?? 0n] as const
    }),
  })
  const withDigit = (path: MerklePath, level: number): MerklePath => ({
    ...path,
    digits: path.digits.map((digit, l) => (l === level ? (digit + 1) % 4 : digit)),
  })
  const pick = (seed: string, count: number): number => Number(fieldOf(seed) % BigInt(count))

  /** Each leaves a statement that is false whatever c and y are claimed: both must refuse it. */
  const breaks: Readonly<Record<string, Break>> = {
    'B1: a live nullifier outside its interval': (witness) => {
      const [slot] = witness.slots
      return inSlot(witness, 0, { nullifier: (slot?.low.to ?? 0n) + 1n })
    },
    'B1: the lower end of the interval': (witness) =>
      inSlot(witness, 0, { nullifier: witness.slots[0]?.low.from ?? 0n }),
    'B2: a live slot made void': (witness) => inSlot(witness, 0, { kind: 3n }),
    'B2: a live slot made empty': (witness) => inSlot(witness, 0, { kind: 0n }),
    'B1: an empty slot made live': (witness) => inSlot(witness, 2, { kind: 1n }),
    'B1: a void slot made live': (witness) => inSlot(witness, 1, { kind: 2n }),
    'B2: an empty slot’s output': (witness) => inSlot(witness, 2, { outputs: [0n, 0n, 7n, 0n] }),
    'B2: a void slot’s nullifier': (witness, seed) =>
      inSlot(witness, 1, { nullifier: nullifierOf(`${seed} other`) }),
    'B5: an interval’s end': (witness) => {
      const low = witness.slots[0]?.low
      assert.ok(low)
      return inSlot(witness, 0, { low: { ...low, to: low.to ^ 1n } })
    },
    'B5: a child on a slot’s path': (witness, seed) => {
      const i = pick(`${seed} slot`, 3)
      const low = witness.slots[i]?.low
      assert.ok(low)
      const path = withChild(low.path, pick(`${seed} level`, 17), pick(`${seed} child`, 4), 1n)
      return inSlot(witness, i, { low: { ...low, path } })
    },
    'B5: a digit of a slot’s path': (witness, seed) => {
      const i = pick(`${seed} slot`, 3)
      const low = witness.slots[i]?.low
      assert.ok(low)
      return inSlot(witness, i, { low: { ...low, path: withDigit(low.path, 0) } })
    },
    'B5: the old count, too low': (witness) => ({
      witness: { ...witness, oldSlotCount: witness.oldSlotCount - 4n },
    }),
    'B5: the old count, too high': (witness) => ({
      witness: { ...witness, oldSlotCount: witness.oldSlotCount + 1n },
    }),
    'B5: the position in both trees': (witness, seed) => {
      const level = pick(seed, 16)
      return {
        witness: {
          ...witness,
          notePath: withDigit(witness.notePath, level),
          nullifierPath: withDigit(witness.nullifierPath, level),
        },
      }
    },
    'B5: a leaf where the note tree was empty': (witness) => ({
      witness: {
        ...witness,
        notePath: withChild(witness.notePath, 0, witness.notePath.digits[0] ?? 0, 1n),
      },
    }),
    'B5: a child on the nullifier subtree’s path': (witness, seed) => ({
      witness: {
        ...witness,
        nullifierPath: withChild(witness.nullifierPath, pick(seed, 16), pick(`${seed} at`, 4), 1n),
      },
    }),
    'B4: an amount + 2^64': (witness) => ({
      witness: {
        ...witness,
        deposits: witness.deposits.map((deposit, i) =>
          i === 0 ? { ...deposit, amount: deposit.amount + (1n << 64n) } : deposit,
        ),
      },
    }),
    'B4: a deposit of nothing': (witness) => ({
      witness: {
        ...witness,
        deposits: witness.deposits.map((deposit, i) =>
          i === 0 ? { ...deposit, amount: 0n } : deposit,
        ),
      },
    }),
    'B6: the public c': (witness) => ({ witness, publicInputs: { c: 5n } }),
    'B6: the public y': (witness) => ({ witness, publicInputs: { y: 5n } }),
  }

  test('behavior: they agree on seeded batches, one thing broken at a time', async () => {
    const state = aState()
    for (let i = 0; i < 3; i++) {
      const seed = `batch ${i}`
      const slots = [above(seed, i % 2 === 0 ? 'transfer' : 'collect'), aSlot('early 3', 'void')]
      const built = buildOn(state, aBatch({ slots }))
      const { witness, publicInputs } = built
      checkBatchStatement('batch-4', publicInputs, witness)
      circuit.check(await circuit.witness(built.circuitInputs))
      for (const [what, breakOne] of Object.entries(breaks)) {
        const broken = breakOne(witness, `${seed} ${what}`)
        const inputs = batchCircuitInputs(broken.witness, publicInputs.rho)
        let assignment = await circuit.uncheckedWitness(inputs)
        for (const [name, value] of Object.entries(broken.publicInputs ?? {})) {
          assignment = circuit.edit(assignment, `main.${name}`, value)
        }
        const [c = 0n, y = 0n, rho = 0n] = circuit.publicSignals(assignment)
        assert.equal(circuit.isSatisfied(assignment), false, `${seed}: the circuit on ${what}`)
        assert.throws(
          () => checkBatchStatement('batch-4', { c, y, rho }, broken.witness),
          (error: unknown) => error instanceof StatementError && what.startsWith(error.clause),
          `${seed}: the twin on ${what}`,
        )
      }
    }
  })

  /** A live slot above the member `early 3`, so that it stands first. */
  function above(seed: string, kind: 'transfer' | 'collect'): BatchSlot {
    const middle = (nullifierOf('early 3') + (1n << 248n)) / 2n
    return aSlot(seed, kind, middle + (fieldOf(seed) & 0xffffffffn))
  }
})

describe('batch of 64 and its twin', () => {
  const live = Array.from({ length: 60 }, (_, i) => aSlot(`live ${i}`))
  const slots = [...live, aSlot('early 3', 'void'), aSlot('forced', 'void', nullifierOf('live 2'))]
  const deposits = ['a', 'b', 'c', 'd'].map((label) => aDeposit(label))

  // Its circuit is compiled on demand only, so the twin stands in for it here; bench/suites/batch64.ts
  // proves a full one.
  test('accepts: a mixed batch and an empty one', () => {
    for (const batch of [
      aBatch({ circuit: 'batch-64', slots, deposits }),
      aBatch({ circuit: 'batch-64', slots: [], deposits: [] }),
    ]) {
      const { publicInputs, witness, applied } = buildOn(aState(), batch)
      assert.equal(applied.position, 64)
      assert.equal(applied.newSlotCount, 128n)
      checkBatchStatement('batch-64', publicInputs, witness)
    }
  })

  test('rejects: a word changed (B6), and a live nullifier that is a member (B1)', () => {
    const { publicInputs, witness } = buildOn(aState(), aBatch({ circuit: 'batch-64', slots }))
    const { y } = publicInputs
    assert.throws(() => checkBatchStatement('batch-64', { ...publicInputs, y: y ^ 1n }, witness), {
      clause: 'B6',
    })
    assert.throws(
      () => buildOn(aState(), aBatch({ circuit: 'batch-64', slots: [aSlot('early 3')] })),
      {
        name: 'NullifierSpentError',
      },
    )
  })
})

describe('batch completeness', () => {
  /** Dense values, so that neighbours, twins and used-up intervals are common, and any others. */
  const value = fc.oneof(
    fc.bigInt({ min: 1n, max: 12n }),
    fc.bigInt({ min: (1n << 248n) - 6n, max: (1n << 248n) - 1n }),
    fc.bigInt({ min: 1n, max: (1n << 248n) - 1n }),
  )
  const wish = fc.record({ value, kind: fc.constantFrom('transfer', 'collect', 'void', 'empty') })
  const batches = fc.array(
    fc.record({ wishes: fc.array(wish, { maxLength: 3 }), deposits: fc.nat({ max: 4 }) }),
    { minLength: 1, maxLength: 3 },
  )

  test('property: any absent values, with voids and empties between, in any run of batches', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.boolean(), async (run, startsWith16) => {
        const state = initialState()
        const members = new Set<bigint>()
        if (startsWith16) {
          const batch = aBatch({ circuit: 'batch-16', batchNumber: 1n, slots: [] })
          buildBatch(state, batch, { domain: aDomain })
        }
        for (const { wishes, deposits } of run) {
          const inBatch = new Set<bigint>()
          const slots: BatchSlot[] = []
          for (const { value: nullifier, kind } of wishes) {
            if (kind === 'empty') slots.push({ kind })
            else if (kind === 'void' && !members.has(nullifier) && !inBatch.has(nullifier)) continue
            else if (kind === 'void') slots.push(aSlot('void', 'void', nullifier))
            else if (!members.has(nullifier) && !inBatch.has(nullifier)) {
              slots.push(aSlot(`live ${nullifier}`, kind, nullifier))
              inBatch.add(nullifier)
            }
          }
          const batch = aBatch({
            slots,
            deposits: Array.from({ length: deposits }, (_, i) => aDeposit(`${i}`)),
          })
          const built = buildBatch(state, batch, { domain: aDomain })
          for (const nullifier of inBatch) members.add(nullifier)
          checkBatchStatement('batch-4', built.publicInputs, built.witness)
          const assignment = await circuit.witness(built.circuitInputs)
          circuit.check(assignment)
          assert.deepEqual(
            circuit.publicSignals(assignment),
            publicInputsToArray('batch-4', built.publicInputs),
          )
        }
      }),
      { numRuns: 20, seed: 20_251, endOnFailure: true },
    )
  })
})
