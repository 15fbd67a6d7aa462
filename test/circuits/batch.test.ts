import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'

import type { Batch, BatchSlot } from '../../protocol/batch.ts'
import { batchCircuitInputs } from '../../protocol/batchWitness.ts'
import type { BatchCircuitInputs, BatchWitness } from '../../protocol/batchWitness.ts'
import { challengeRho, evaluateWords } from '../../protocol/batchWords.ts'
import { checkBatchStatement } from '../../protocol/checkBatchStatement.ts'
import { CIRCUIT_IDS, FIELD_ORDER, SLOT_KIND } from '../../protocol/constants.ts'
import type { BatchCircuit } from '../../protocol/constants.ts'
import { StatementError } from '../../protocol/errors.ts'
import { reduce } from '../../protocol/field.ts'
import type { Interval } from '../../protocol/nullifierTree.ts'
import { NULLIFIER_LIMIT, hashInterval } from '../../protocol/nullifierTree.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { forkState, initialState } from '../../protocol/rollupState.ts'
import type { RollupState } from '../../protocol/rollupState.ts'
import { hashNode } from '../../protocol/tree.ts'
import {
  aBatch,
  aDeposit,
  aSlot,
  aState,
  buildOn,
  foreignPath,
  forgeWitness,
  nullifierOf,
  outputsOf,
  sentinelOf,
} from '../support/batches.ts'
import type { ForgedSlot, Forgery } from '../support/batches.ts'
import { loadCircuit } from '../support/circuitTester.ts'
import type { CircuitTester, Witness } from '../support/circuitTester.ts'
import { inverse } from '../support/fieldMath.ts'
import { aDomain, fieldOf } from '../support/identities.ts'

let circuit: CircuitTester
let state: RollupState
before(async () => {
  circuit = await loadCircuit('batch-4')
  state = aState()
})

/** The circuit and its twin accept; c, y and rho are those that TypeScript computes. */
async function assertAccepted(on: RollupState, batch: Batch, tester = circuit): Promise<void> {
  const { circuitInputs, publicInputs, witness } = buildOn(on, batch)
  checkBatchStatement(batch.circuit, publicInputs, witness)
  const assignment = await tester.witness(circuitInputs)
  tester.check(assignment)
  assert.deepEqual(
    tester.publicSignals(assignment),
    publicInputsToArray(batch.circuit, publicInputs),
    'the circuit moves the state as applyBatch does: c commits to both roots and the count',
  )
}

/**
 * The twin names the clause, and a prover without the program's checks, who gets the c and y that
 * his own witness gives, does not get through.
 */
async function assertRejected(
  witness: BatchWitness,
  clause: string,
  { tester = circuit, name = 'batch-4' }: { tester?: CircuitTester; name?: BatchCircuit } = {},
): Promise<void> {
  const rho = fieldOf('rho')
  const assignment = await tester.uncheckedWitness(batchCircuitInputs(witness, rho))
  assert.equal(tester.isSatisfied(assignment), false, `the circuit refuses by ${clause}`)
  const [c = 0n, y = 0n] = tester.publicSignals(assignment)
  assert.throws(
    () => checkBatchStatement(name, { c, y, rho }, witness),
    (error: unknown) => error instanceof StatementError && error.clause === clause,
    `the twin refuses by ${clause}`,
  )
}

/** These signals are what the rows that refuse an assignment hold, and all other rows hold. */
async function assertRefusedOnlyBy(
  inputs: BatchCircuitInputs,
  rows: readonly (readonly string[])[],
): Promise<void> {
  const assignment = await circuit.uncheckedWitness(inputs)
  assert.deepEqual(
    circuit.failures(assignment).map(({ signals }) => signals),
    rows,
  )
}

const forged = (forgery: Forgery, on = state): BatchWitness => forgeWitness(on, forgery)

/** The interval around or from a value, in the state as it is before the batch. */
const intervalAt = (value: bigint): Interval => state.nullifierTree.find(value)

const member = nullifierOf('early 3')
const fresh = nullifierOf('fresh')

function transfer(nullifier: bigint, open = intervalAt(nullifier)): ForgedSlot {
  return { kind: 'TRANSFER', nullifier, outputs: outputsOf(`of ${nullifier}`), open }
}

function voided(nullifier: bigint, open: Interval): ForgedSlot {
  return { kind: 'VOID', nullifier, outputs: outputsOf(`of ${nullifier}`), open }
}

describe('batch accepts', () => {
  test('accepts: transfers, a collect and deposits (B1, B3, B4)', () =>
    assertAccepted(
      state,
      aBatch({ slots: [aSlot('a'), aSlot('b', 'collect'), aSlot('c')], batchNumber: 3n }),
    ))

  test('accepts: nothing at all, and deposits alone (B2, B4)', async () => {
    await assertAccepted(state, aBatch({ slots: [], deposits: [] }))
    const deposits = ['a', 'b', 'c', 'd'].map((label) => aDeposit(label))
    await assertAccepted(state, aBatch({ slots: [], deposits }))
  })

  test('accepts: the first batch of a deployment (B5)', () =>
    assertAccepted(initialState(), aBatch({ batchNumber: 1n })))

  test('accepts: another order and slots left empty between, where intervals differ (B1, B2)', () => {
    const at = (nullifier: bigint): BatchSlot => {
      return { kind: 'transfer', nullifier, outputs: outputsOf(`of ${nullifier}`) }
    }
    const slots: BatchSlot[] = [at(member - 1n), { kind: 'empty' }, at(member + 1n)]
    return assertAccepted(state, { ...aBatch(), slots })
  })

  test('accepts: void slots of earlier members, between live ones, twice the same (B2)', async () => {
    const early = aSlot('early 3', 'void')
    await assertAccepted(state, aBatch({ slots: [aSlot('a'), early, aSlot('b')] }))
    await assertAccepted(state, aBatch({ slots: [early, early, aSlot('early 0', 'void')] }))
  })

  test('accepts: a void slot behind the live one of the same nullifier, and two of them (B2)', () =>
    assertAccepted(
      state,
      aBatch({
        slots: [
          aSlot('forced', 'void', fresh),
          aSlot('first come', 'transfer', fresh),
          aSlot('forced again', 'void', fresh),
        ],
      }),
    ))

  test('accepts: adjacent and extreme nullifiers (B1)', async () => {
    const at = (...nullifiers: bigint[]): BatchSlot[] =>
      nullifiers.map((nullifier) => aSlot(`at ${nullifier}`, 'transfer', nullifier))
    for (const on of [state, initialState()]) {
      await assertAccepted(on, aBatch({ slots: at(fresh - 1n, fresh, fresh + 1n) }))
      await assertAccepted(on, aBatch({ slots: at(1n, 2n, NULLIFIER_LIMIT - 1n) }))
    }
    // Both neighbours of an earlier member: the interval that remains on either side is shut.
    await assertAccepted(state, aBatch({ slots: at(member - 1n, member + 1n) }))
  })

  test('accepts: words and deposits at their limits (B4, B6)', () =>
    assertAccepted(
      state,
      aBatch({
        batchNumber: (1n << 64n) - 1n,
        feeRecipient: (1n << 160n) - 1n,
        slots: [
          {
            kind: 'transfer',
            nullifier: fresh,
            outputs: [0n, 1n, FIELD_ORDER - 1n, FIELD_ORDER - 1n],
          },
        ],
        deposits: [
          { asset: 0xffffn, amount: (1n << 64n) - 1n, recipient: FIELD_ORDER - 1n },
          { asset: 0n, amount: 1n, recipient: 0n },
        ],
      }),
    ))

  test('accepts: the last place of the trees (B5)', () =>
    assertAccepted({ ...initialState(), slotCount: 4n ** 17n - 4n }, aBatch()))

  test('accepts: any count below the position, and the position itself (B5)', async () => {
    for (const slotCount of [29n, 30n, 31n, 32n]) {
      await assertAccepted({ ...state, slotCount }, aBatch())
    }
  })
})

describe('the forger of these tests', () => {
  test('accepts: what it makes of an honest batch, so that refusals have but one cause', async () => {
    const witness = forged({
      slots: [
        transfer(fresh),
        voided(fresh, sentinelOf(state)),
        voided(member, intervalAt(member)),
      ],
      deposits: [{ asset: 1n, amount: 5n, recipient: 7n }],
    })
    const rho = fieldOf('rho')
    const assignment = await circuit.uncheckedWitness(batchCircuitInputs(witness, rho))
    circuit.check(assignment)
    const [c = 0n, y = 0n] = circuit.publicSignals(assignment)
    checkBatchStatement('batch-4', { c, y, rho }, witness)
  })
})

describe('batch rejects (B1)', () => {
  test('rejects: one nullifier in two live slots, whatever the second one opens', async () => {
    const low = intervalAt(fresh)
    const openings: Interval[] = [
      { ...low, to: fresh },
      sentinelOf(state),
      intervalAt(NULLIFIER_LIMIT - 1n),
    ]
    for (const open of openings) {
      await assertRejected(forged({ slots: [transfer(fresh), transfer(fresh, open)] }), 'B1')
    }
    // The pending half is in no tree yet, and the old interval is no more.
    for (const open of [{ index: 32, from: fresh, to: low.to }, low]) {
      await assertRejected(forged({ slots: [transfer(fresh), transfer(fresh, open)] }), 'B5')
    }
  })

  test('rejects: a nullifier that was spent in an earlier batch', async () => {
    const before = intervalAt(member - 1n)
    assert.equal(before.to, member)
    for (const open of [intervalAt(member), before, sentinelOf(state)]) {
      await assertRejected(forged({ slots: [transfer(member, open)] }), 'B1')
    }
  })

  test('rejects: nullifiers out of range, in every interval', async () => {
    const out = [0n, NULLIFIER_LIMIT, NULLIFIER_LIMIT + 1n, member + NULLIFIER_LIMIT]
    for (const nullifier of [...out, FIELD_ORDER - 1n]) {
      for (const open of [sentinelOf(state), intervalAt(NULLIFIER_LIMIT - 1n), intervalAt(fresh)]) {
        await assertRejected(forged({ slots: [transfer(nullifier, open)] }), 'B1')
      }
    }
  })

  test('rejects: an interval that does not hold the nullifier', async () => {
    const above = intervalAt(intervalAt(fresh).to)
    await assertRejected(forged({ slots: [transfer(fresh, above)] }), 'B1')
    await assertRejected(forged({ slots: [transfer(fresh, sentinelOf(state))] }), 'B1')
  })

  test('rejects: an interval widened or made up', async () => {
    const low = intervalAt(fresh)
    const made = [
      { ...intervalAt(member), from: member - 1n },
      { ...intervalAt(member - 1n), to: member + 1n },
      { index: 32, from: 0n, to: NULLIFIER_LIMIT },
    ]
    for (const open of made) {
      await assertRejected(forged({ slots: [transfer(member, open)] }), 'B5')
    }
    await assertRejected(
      forged({ slots: [transfer(fresh, { ...low, index: low.index + 1 })] }),
      'B5',
    )
  })

  test('rejects: ascending neighbours, for want of a leaf to open (completeness only)', async () => {
    const low = intervalAt(fresh)
    const pending = { index: 32, from: fresh, to: low.to }
    const next = (open: Interval): BatchWitness =>
      forged({ slots: [transfer(fresh), transfer(fresh + 1n, open)] })
    await assertRejected(next(pending), 'B5')
    await assertRejected(next({ ...low, to: fresh }), 'B1')
  })

  // The leaf that widens to hold a spent nullifier is none of its four siblings, but lies on the line
  // through two of them.
  for (const [level, bit] of [
    [0, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    test(`rejects: a leaf that the tree does not hold, by a fraction for bit ${bit} at level ${level}`, () => {
      const { inputs, signal } = openUnheld(level, bit)
      return assertRefusedOnlyBy(inputs, [[signal]])
    })
  }

  test('rejects: a nullifier dropped before the next slot, and after the last one', async () => {
    const honest = forged({ slots: [transfer(fresh)] })
    const untouched = forged({ slots: [] })
    const [first, , third] = honest.slots
    const [, second] = untouched.slots
    assert.ok(first && second && third)
    await assertRejected({ ...honest, slots: [first, second, third] }, 'B5')
    await assertRejected({ ...honest, nullifierPath: untouched.nullifierPath }, 'B5')
  })
})

describe('batch rejects (B2)', () => {
  test('rejects: a void slot of a nullifier that is no member', async () => {
    const other = nullifierOf('other')
    for (const open of [intervalAt(fresh), sentinelOf(state), intervalAt(member)]) {
      await assertRejected(forged({ slots: [voided(fresh, open)] }), 'B2')
      const narrowed = open.index === intervalAt(other).index ? { ...open, to: other } : open
      await assertRejected(forged({ slots: [transfer(other), voided(fresh, narrowed)] }), 'B2')
    }
  })

  test('rejects: a void slot before the live one of its nullifier', () =>
    assertRejected(forged({ slots: [voided(fresh, intervalAt(fresh)), transfer(fresh)] }), 'B2'))

  test('rejects: a void slot of a member’s alias', () =>
    assertRejected(forged({ slots: [voided(member + NULLIFIER_LIMIT, intervalAt(member))] }), 'B2'))

  test('rejects: a void slot of 2^248, the end of the last interval', () =>
    assertRejected(
      forged({ slots: [voided(NULLIFIER_LIMIT, intervalAt(NULLIFIER_LIMIT - 1n))] }),
      'B2',
    ))

  test('rejects: an empty slot with a nullifier, also one that aliases a live slot', async () => {
    for (const nullifier of [1n, fresh, fresh + NULLIFIER_LIMIT, fresh + 2n * NULLIFIER_LIMIT]) {
      const slot: ForgedSlot = { kind: 'EMPTY', nullifier, open: sentinelOf(state) }
      await assertRejected(forged({ slots: [slot] }), 'B2')
    }
  })

  test('rejects: an empty slot with an output', async () => {
    for (let i = 0; i < 4; i++) {
      const [a, b, c, d] = [0, 1, 2, 3].map((j) => (i === j ? 5n : 0n))
      assert.ok(a !== undefined && b !== undefined && c !== undefined && d !== undefined)
      const outputs = [a, b, c, d] as const
      const slot: ForgedSlot = { kind: 'EMPTY', outputs, open: sentinelOf(state) }
      await assertRejected(forged({ slots: [slot] }), 'B2')
    }
  })

  test('rejects: kind bits that are no bits', async () => {
    const { circuitInputs } = buildOn(state, aBatch({ slots: [] }))
    for (const bits of [
      [3n, 0n],
      [FIELD_ORDER - 1n, 1n],
      [0n, 2n],
    ]) {
      const inputs = { ...circuitInputs, slotKindBits: [bits, [0n, 0n], [0n, 0n]] }
      assert.equal(circuit.isSatisfied(await circuit.uncheckedWitness(inputs)), false)
    }
  })

  // Neither live nor void by a whole, the slot inserts nothing, and its word is a live transfer's of
  // another nullifier: the contract would pay that transfer's withdrawal as often as it is settled.
  for (const bit of [0, 1] as const) {
    test(`rejects: a transfer that inserts nothing, by a kind with bit ${bit} out of range`, () => {
      const open = state.nullifierTree.find(member)
      const { from, to, index } = open
      // isLive = -share and isVoid = 1 + share, so that `below` is the share and `above` is chosen.
      const weight = BigInt(1 + bit)
      const perUnit = inverse(to - from - 1n)
      let above = 0n
      let share: bigint
      let spent: bigint
      do {
        above += 1n
        share = reduce(-above * perUnit)
        spent = reduce(from + (2n + weight * share) * NULLIFIER_LIMIT)
      } while (share >= NULLIFIER_LIMIT || spent >= NULLIFIER_LIMIT)
      const slot = { kind: 'VOID', nullifier: from, outputs: outputsOf('again'), open } as const
      const empty: ForgedSlot = { kind: 'EMPTY', open: sentinelOf(state) }
      const witness = forged({ slots: [empty, empty, slot] })
      const { nullifierTree } = forkState(state)
      nullifierTree.place(index, [hashInterval(from, reduce(to - above + share))])
      const kindBits = bit === 0 ? [1n + share, 1n] : [1n, 1n + share]
      const [low = 0n, high = 0n] = kindBits
      assert.equal(
        reduce(from + (low + 2n * high) * NULLIFIER_LIMIT),
        spent + BigInt(SLOT_KIND.TRANSFER) * NULLIFIER_LIMIT,
      )
      const inputs = {
        ...batchCircuitInputs(
          { ...witness, nullifierPath: nullifierTree.path(8, 1) },
          fieldOf('rho'),
        ),
        slotKindBits: [[0n, 0n], [0n, 0n], kindBits],
      }
      return assertRefusedOnlyBy(inputs, [[`main.slotKindBits[2][${bit}]`]])
    })
  }
})

describe('batch rejects (B3)', () => {
  test('rejects: a leaf that is not the output of its live slot, or not 0 in another', async () => {
    const slots = [aSlot('a'), aSlot('early 3', 'void')]
    const assignment = await circuit.witness(buildOn(state, aBatch({ slots })).circuitInputs)
    circuit.check(assignment)
    assertLeavesHeld(circuit, assignment, 3)
  })
})

/**
 * Whatever else a prover makes fit, a leaf is one row's with its slot: the other rows that hold it are its
 * hash's, which follow from it.
 */
function assertLeavesHeld(tester: CircuitTester, assignment: Witness, transferSlots: number): void {
  for (let i = 0; i < transferSlots; i++) {
    for (let j = 0; j < 4; j++) {
      const leaf = `main.noteLeaves[${4 * i + j}]`
      const value = tester.get(assignment, leaf)
      const rows = tester
        .failures(tester.edit(assignment, leaf, value + 1n))
        .map(({ signals }) => signals)
        .filter((signals) => !signals.some((name) => name.includes('SubtreeRoot')))
      const held = [`main.kinds[${i}].isLive`, `main.outputs[${i}][${j}]`, leaf]
      assert.deepEqual(rows, [held])
    }
  }
}

describe('batch rejects (B4)', () => {
  const rejected = (asset: bigint, amount: bigint, recipient: bigint): Promise<void> =>
    assertRejected(forged({ slots: [], deposits: [{ asset, amount, recipient }] }), 'B4')

  test('rejects: a deposit of nothing', async () => {
    await rejected(1n, 0n, 0n)
    await rejected(0n, 0n, fieldOf('recipient'))
    await rejected(1n, 0n, fieldOf('recipient'))
  })

  test('rejects: a leaf for a deposit of nothing, with the flag and its hint forged', async () => {
    const { circuitInputs } = buildOn(state, aBatch({ slots: [], deposits: [] }))
    const assignment = await circuit.witness(circuitInputs)
    circuit.check(assignment)
    const flags = circuit
      .liveSignals('main.depositLeaves[0].')
      .filter((name) => /isUnused$|IsZero.*\.(out|inv)$/.test(name))
    assert.ok(flags.length > 0)
    for (const name of flags.filter((flag) => !flag.endsWith('.inv'))) {
      assert.equal(circuit.isSatisfied(circuit.edit(assignment, name, 0n)), false, name)
    }
  })

  test('rejects: fields beyond their bits, also where the word stays the same', async () => {
    await rejected(1n << 16n, 5n, 7n)
    await rejected(1n, 1n << 64n, 7n)
    await rejected(1n + (1n << 16n), 4n, 7n)
    await rejected(FIELD_ORDER - 1n, 5n, 7n)
    await rejected(1n, FIELD_ORDER - 1n, 7n)
  })
})

describe('batch rejects (B5)', () => {
  test('rejects: a position in an old hole, in used leaves, or too far on', async () => {
    assert.equal(state.slotCount, 32n)
    // 8 to 15 are empty for ever; 4 and 16 are used; 36 leaves room; 0 holds the sentinel.
    for (const position of [0, 4, 8, 12, 16, 28, 36, 64]) {
      await assertRejected(forged({ slots: [transfer(fresh)], position }), 'B5')
    }
  })

  test('rejects: used leaves, even if the count said so', async () => {
    await assertRejected(forged({ slots: [], oldSlotCount: 4n, position: 4 }), 'B5')
    await assertRejected(forged({ slots: [], oldSlotCount: 13n, position: 16 }), 'B5')
    await assertRejected(forged({ slots: [], oldSlotCount: 0n, position: 0 }), 'B5')
  })

  test('rejects: counts out of range', async () => {
    const far = FIELD_ORDER - 1n
    await assertRejected(forged({ slots: [], oldSlotCount: far, position: 0 }), 'B5')
    await assertRejected(forged({ slots: [], oldSlotCount: far, position: 32 }), 'B5')
    await assertRejected(forged({ slots: [], oldSlotCount: 1n << 40n, position: 32 }), 'B5')
    await assertRejected({ ...forged({ slots: [] }), batchNumber: 1n << 64n }, 'B5')
  })

  test('rejects: a negative count, also where the tree is empty at 0', async () => {
    // No such tree occurs, since leaf 0 is the sentinel; the range check must not lean on that.
    const on = initialState()
    on.nullifierTree.place(0, [0n])
    const moved = { index: 5, from: 0n, to: NULLIFIER_LIMIT }
    on.nullifierTree.place(5, [forkLeaf()])
    const empty: ForgedSlot = { kind: 'EMPTY', open: moved }
    const slots = [empty, empty, empty]
    await assertRejected(
      forgeWitness(on, { slots, oldSlotCount: FIELD_ORDER - 1n, position: 0 }),
      'B5',
    )
  })

  test('rejects: a batch spread over four places, by position bits of 2 and -1', () => {
    // They sum up to the right position, and all four places are empty, so that any shares fit.
    const { circuitInputs } = buildOn(state, aBatch())
    const [low, high, ...above] = circuitInputs.positionBits as bigint[]
    assert.deepEqual([low, high], [0n, 0n])
    const inputs = { ...circuitInputs, positionBits: [2n, FIELD_ORDER - 1n, ...above] }
    return assertRefusedOnlyBy(inputs, [['main.positionBits[0]'], ['main.positionBits[1]']])
  })

  test('rejects: a subtree of another tree', async () => {
    const honest = forged({ slots: [transfer(fresh)] })
    const nullifierPath = foreignPath(honest.nullifierPath, 1)
    await assertRejected({ ...honest, nullifierPath }, 'B5')
  })

  test('rejects: paths of several trees, slot by slot', async () => {
    const honest = forged({ slots: [transfer(fresh)] })
    const elsewhere = forgeWitness(initialState(), { slots: [] })
    const [first] = honest.slots
    const [, second, third] = elsewhere.slots
    assert.ok(first && second && third)
    await assertRejected({ ...honest, slots: [first, second, third] }, 'B5')
  })

  test('rejects: index digits beyond 3', async () => {
    const honest = forged({ slots: [] })
    const path = honest.notePath
    const notePath = { ...path, digits: [4, ...path.digits.slice(1)] }
    await assertRejected({ ...honest, notePath }, 'B5')
    const [first, ...rest] = honest.slots
    assert.ok(first)
    const lowPath = { ...first.low.path, digits: [4, ...first.low.path.digits.slice(1)] }
    const slots = [{ ...first, low: { ...first.low, path: lowPath } }, ...rest]
    await assertRejected({ ...honest, slots }, 'B5')
  })
})

describe('batch words (B6)', () => {
  test('behavior: the circuit’s y is the polynomial, at any challenge', async () => {
    const { witness, words, publicInputs } = buildOn(state, aBatch())
    for (const rho of [0n, 1n, FIELD_ORDER - 1n, fieldOf('rho')]) {
      const assignment = await circuit.witness(batchCircuitInputs(witness, rho))
      circuit.check(assignment)
      const [c, y] = circuit.publicSignals(assignment)
      assert.equal(c, publicInputs.c, 'c does not depend on rho')
      assert.equal(y, evaluateWords(words, rho))
      assert.throws(
        () => checkBatchStatement('batch-4', { ...publicInputs, rho, y: (y ?? 0n) ^ 1n }, witness),
        { clause: 'B6' },
      )
    }
  })

  test('rejects: each word changed once c is made', () => {
    const { words, publicInputs } = buildOn(state, aBatch())
    const { c } = publicInputs
    words.forEach((word, i) => {
      // What the contract computes when the sequencer's calldata differs from what was proved.
      const changed = words.with(i, word ^ 1n)
      const rho = challengeRho({
        domain: aDomain,
        circuitId: CIRCUIT_IDS['batch-4'],
        c,
        words: changed,
      })
      assert.notEqual(evaluateWords(changed, rho), evaluateWords(words, rho), `word ${i}`)
    })
  })

  test('rejects: outputs in another order, a dropped deposit, another count, in the words alone', () => {
    const { words, publicInputs } = buildOn(state, aBatch())
    const { c } = publicInputs
    const swapped = words.with(8, words[7] ?? 0n).with(7, words[8] ?? 0n)
    const dropped = words.with(21, 0n).with(22, 0n)
    const recounted = words.with(4, (words[4] ?? 0n) + (1n << 40n))
    for (const changed of [swapped, dropped, recounted]) {
      assert.notDeepEqual(changed, words)
      const rho = challengeRho({ domain: aDomain, circuitId: 3, c, words: changed })
      assert.notEqual(evaluateWords(changed, rho), evaluateWords(words, rho))
    }
  })

  test('rejects: a c, y or rho of another batch', async () => {
    const one = buildOn(state, aBatch())
    const other = buildOn(state, aBatch({ batchNumber: 8n }))
    for (const name of ['c', 'y', 'rho'] as const) {
      const mixed = { ...one.publicInputs, [name]: other.publicInputs[name] }
      assert.throws(() => checkBatchStatement('batch-4', mixed, one.witness), { clause: 'B6' })
      const assignment = await circuit.witness(one.circuitInputs)
      circuit.check(assignment)
      const edited = circuit.edit(assignment, `main.${name}`, other.publicInputs[name])
      assert.equal(circuit.isSatisfied(edited), false, name)
    }
  })

  test('behavior: rho depends on domain and circuit', () => {
    const { words, publicInputs } = buildOn(state, aBatch())
    const rhoOf = (domain: bigint, circuitId: number): bigint =>
      challengeRho({ domain, circuitId, c: publicInputs.c, words })
    const all = [rhoOf(aDomain, 3), rhoOf(aDomain, 4), rhoOf(aDomain + 1n, 3)]
    assert.equal(new Set(all).size, 3)
    assert.equal(all[0], publicInputs.rho)
  })
})

describe('batch of 16', () => {
  let large: CircuitTester
  before(async () => {
    large = await loadCircuit('batch-16')
  })

  test('accepts: a full batch, a mixed one and an empty one', async () => {
    const live = Array.from({ length: 15 }, (_, i) => aSlot(`live ${i}`))
    const deposits = ['a', 'b', 'c', 'd'].map((label) => aDeposit(label))
    const mixed = [
      ...live.slice(0, 6),
      aSlot('forced', 'void', nullifierOf('live 2')),
      aSlot('early 3', 'void'),
      aSlot('collected', 'collect'),
    ]
    for (const slots of [live, mixed, []]) {
      await assertAccepted(state, aBatch({ circuit: 'batch-16', slots, deposits }), large)
    }
  })

  test('rejects: a nullifier twice, and a hole filled', async () => {
    const open = { ...intervalAt(fresh), to: fresh }
    const slots = [transfer(fresh), transfer(fresh, open)]
    const options = { tester: large, name: 'batch-16' as const }
    await assertRejected(forged({ circuit: 'batch-16', slots }), 'B1', options)
    const hole = forged({ circuit: 'batch-16', slots: [], position: 48 })
    await assertRejected(hole, 'B5', options)
  })

  test('rejects: a void slot of no member (B2), a deposit of nothing (B4)', async () => {
    const options = { tester: large, name: 'batch-16' as const }
    const slots = [transfer(fresh), voided(fresh - 1n, sentinelOf(state))]
    await assertRejected(forged({ circuit: 'batch-16', slots }), 'B2', options)
    const deposits = [{ asset: 1n, amount: 0n, recipient: 5n }]
    await assertRejected(forged({ circuit: 'batch-16', slots: [], deposits }), 'B4', options)
  })

  test('rejects: leaves that are not the outputs (B3), a c, y or rho of another batch (B6)', async () => {
    const slots = [aSlot('a'), aSlot('early 3', 'void')]
    const { circuitInputs } = buildOn(state, aBatch({ circuit: 'batch-16', slots }))
    const assignment = await large.witness(circuitInputs)
    large.check(assignment)
    assertLeavesHeld(large, assignment, 15)
    for (const name of ['c', 'y', 'rho']) {
      assert.equal(large.isSatisfied(large.edit(assignment, `main.${name}`, 5n)), false, name)
    }
  })
})

/**
 * A spent nullifier inserted again between neighbours that are no interval of the tree. All siblings are the
 * tree's; at `level` the bit is what the equation of the four children asks, and the path below is made up.
 */
function openUnheld(level: number, bit: 0 | 1): { inputs: BatchCircuitInputs; signal: string } {
  const { index } = intervalAt(member)
  const open = { index, from: member - 1n, to: member + 1n }
  const empty: ForgedSlot = { kind: 'EMPTY', open: sentinelOf(state) }
  const witness = forged({ slots: [empty, empty, transfer(member, open)] })
  const path = state.nullifierTree.path(index)

  let [node, newNode] = [hashInterval(open.from, open.to), hashInterval(open.from, member)]
  const children: bigint[][] = path.children.map((four) => [...four])
  const newChildren: bigint[][] = children.map((four) => [...four])
  const bits = path.digits.flatMap((digit) => [BigInt(digit & 1), BigInt(digit >> 1)])
  for (let below = 0; below < level; below++) {
    bits.splice(2 * below, 2, 0n, 0n)
    children[below] = [node, 0n, 0n, 0n]
    node = hashNode([node, 0n, 0n, 0n])
    newNode = hashNode([newNode, 0n, 0n, 0n])
  }
  const four = children[level] ?? []
  const [first = 0n, ...others] = four
  const fraction = reduce((node - first) * inverse((others[bit] ?? 0n) - first))
  assert.ok(fraction > 1n)
  bits.splice(2 * level, 2, ...(bit === 0 ? [fraction, 0n] : [0n, fraction]))
  newChildren[level] = four.map((child, i) => {
    const share = i === 0 ? 1n - fraction : i === 1 + bit ? fraction : 0n
    return reduce(child + share * (newNode - node))
  })
  for (let above = level + 1; above < path.digits.length; above++) {
    const parents = newChildren[above] ?? []
    parents[path.digits[above] ?? 0] = hashNode(newChildren[above - 1] ?? [])
  }

  const inputs = batchCircuitInputs(witness, fieldOf('rho'))
  const [lowBits, lowChildren] = [inputs.lowBits as bigint[][], inputs.lowChildren as bigint[][][]]
  // The batch's place is 32, at level 1: its path meets the opened leaf's where both are below one node.
  const position = 32
  const isShared = (at: number): boolean =>
    Math.floor(position / 4 ** (at + 1)) === Math.floor(index / 4 ** (at + 1))
  return {
    inputs: {
      ...inputs,
      lowBits: lowBits.with(2, bits),
      lowChildren: lowChildren.with(2, children),
      nullifierChildren: (inputs.nullifierChildren as bigint[][]).map((honest, i) =>
        isShared(i + 1) ? (newChildren[i + 1] ?? honest) : honest,
      ),
    },
    signal: `main.lowBits[2][${2 * level + bit}]`,
  }
}

/** The sentinel's leaf hash. */
function forkLeaf(): bigint {
  return initialState().nullifierTree.leaf(0)
}
