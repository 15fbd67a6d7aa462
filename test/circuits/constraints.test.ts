import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { buildCircuits } from '../../circuits/build.ts'
import { checkConstraints, readPinnedCounts } from '../../circuits/checkConstraints.ts'
import { ConstraintCountError } from '../../circuits/errors.ts'
import {
  circuitNames,
  isCompiled,
  listCircuits,
  onDemandCircuitNames,
} from '../../circuits/locateCircuit.ts'

const built = [
  { name: 'one', nonLinear: 10, linear: 0 },
  { name: 'two', nonLinear: 20, linear: 0 },
]

describe('checkConstraints', () => {
  test('accepts: equal counts', () => {
    checkConstraints({ one: 10, two: 20 }, built)
  })

  test('accepts: an on-demand circuit that is pinned and not compiled here', () => {
    checkConstraints({ one: 10, two: 20, 'batch-64': 30 }, built)
  })

  const refused: [string, Record<string, number>, typeof built, RegExp][] = [
    ['growth by one', { one: 9, two: 20 }, built, /one: 10, pinned 9/],
    ['a circuit that is not pinned', { one: 10 }, built, /two: 20, not pinned/],
    [
      'an on-demand circuit with another count',
      { one: 10, 'batch-64': 30 },
      [
        { name: 'one', nonLinear: 10, linear: 0 },
        { name: 'batch-64', nonLinear: 31, linear: 0 },
      ],
      /batch-64: 31, pinned 30/,
    ],
    ['a pinned circuit that is gone', { one: 10, two: 20, three: 30 }, built, /three: pinned, but/],
    [
      'linear constraints',
      { one: 10 },
      [{ name: 'one', nonLinear: 10, linear: 1 }],
      /one: 1 linear constraints/,
    ],
  ]
  for (const [name, pinned, circuits, message] of refused) {
    test(`rejects: ${name}`, () => {
      assert.throws(
        () => checkConstraints(pinned, circuits),
        (error) => error instanceof ConstraintCountError && message.test(error.message),
      )
    })
  }

  test('default: the circuits of circuits/main have the pinned counts', async () => {
    // One made on demand is compared wherever it is compiled: nobody waits minutes for this test.
    const onDemand = onDemandCircuitNames.filter((name) => isCompiled(name))
    const circuits = await buildCircuits({ names: [...listCircuits(), ...onDemand] })
    assert.ok(circuits.length >= circuitNames.length)
    checkConstraints(
      readPinnedCounts(),
      circuits.map(({ info }) => info),
    )
  })
})
