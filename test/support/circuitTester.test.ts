import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { CircuitInputError, WitnessUnsatisfiedError } from '../../prover/errors.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import {
  SignalError,
  UnsatisfiedConstraintError,
  loadSource,
  loadTemplate,
} from './circuitTester.ts'

const source = `pragma circom 2.1.9;
template Sample() {
    signal input x;
    signal input y;
    signal input spare[2];
    signal output z;
    z <== x * y;
    x * x === y;
    signal sum <== x + y;
    signal triple <== 3 * sum;
    signal hint <-- x + 1;
    signal use <== hint * spare[0];
    triple * spare[1] === sum * 0;
}
component main { public [y] } = Sample();
`
const valid = { x: 2n, y: 4n, spare: [0n, 0n] }

describe('CircuitTester', () => {
  test('default: computes, reads and checks a witness', async () => {
    const c = await loadSource('Sample', source)
    const w = await c.witness(valid)
    c.check(w)
    assert.equal(c.get(w, 'main.z'), 8n)
    assert.deepEqual(c.publicSignals(w), [8n, 4n])
  })

  test('behavior: an edited signal breaks the rows that hold it, with their names', async () => {
    const c = await loadSource('Sample', source)
    const w = await c.witness(valid)
    const edited = c.edit(w, 'main.z', 9n)
    assert.equal(c.isSatisfied(edited), false)
    assert.equal(c.isSatisfied(w), true)
    assert.throws(
      () => c.check(edited),
      (error) => {
        assert.ok(error instanceof UnsatisfiedConstraintError)
        assert.equal(error.failures.length, 1)
        assert.deepEqual([...error.failures[0]!.signals].sort(), ['main.x', 'main.y', 'main.z'])
        return true
      },
    )
    assert.equal(c.isSatisfied(c.edit(edited, 'main.z', 8n)), true)
  })

  test('behavior: edits of an unsatisfied witness are checked against all rows', async () => {
    const c = await loadSource('Sample', source)
    const bad = await c.uncheckedWitness({ ...valid, y: 5n })
    assert.equal(c.isSatisfied(bad), false)
    assert.equal(c.isSatisfied(c.edit(bad, 'main.spare[0]', 0n)), false)
    assert.equal(c.isSatisfied(c.editAll(bad, { 'main.y': 4n, 'main.z': 8n })), true)
  })

  test('behavior: values are reduced, so that r + v is v', async () => {
    const c = await loadSource('Sample', source)
    const w = await c.witness(valid)
    assert.equal(c.isSatisfied(c.edit(w, 'main.z', FIELD_ORDER + 8n)), true)
    assert.equal(c.isSatisfied(c.edit(w, 'main.z', -1n)), false)
  })

  test('behavior: freeSignals finds a hint that nothing binds', async () => {
    const c = await loadSource('Sample', source)
    const w = await c.witness(valid)
    assert.deepEqual(c.freeSignals(w), ['main.hint'])
  })

  test('rejects: eliminated and unknown signals, clearly', async () => {
    const c = await loadSource('Sample', source)
    const w = await c.witness(valid)
    assert.ok(c.signalNames('main.triple').includes('main.triple'))
    assert.equal(c.liveSignals().includes('main.triple'), false)
    assert.throws(
      () => c.edit(w, 'main.triple', 1n),
      (error) => error instanceof SignalError && /eliminated main\.triple/.test(error.message),
    )
    assert.throws(
      () => c.get(w, 'main.absent'),
      (error) => error instanceof SignalError && /no signal main\.absent/.test(error.message),
    )
  })

  test('rejects: false statements without the inputs in the message', async () => {
    const c = await loadSource('Sample', source)
    await assert.rejects(c.witness({ ...valid, x: 987654321987n }), (error) => {
      assert.ok(error instanceof WitnessUnsatisfiedError)
      assert.doesNotMatch(error.message, /987654321987/)
      assert.match(error.message, /Sample/)
      return true
    })
  })

  const wrongInputs: [string, Parameters<Awaited<ReturnType<typeof loadSource>>['witness']>[0]][] =
    [
      ['a missing one', { x: 2n, y: 4n }],
      ['an unknown one', { ...valid, other: 1n }],
      ['an output', { ...valid, z: 8n }],
      ['too many values', { ...valid, x: [2n, 2n] }],
      ['too few values', { ...valid, spare: [0n] }],
      ['a value + r', { ...valid, x: FIELD_ORDER + 2n }],
      ['a negative value', { ...valid, x: -1n }],
    ]
  for (const [name, inputs] of wrongInputs) {
    test(`rejects: ${name}`, async () => {
      const c = await loadSource('Sample', source)
      await assert.rejects(c.witness(inputs), CircuitInputError)
    })
  }

  test('default: loadTemplate makes a main of a template', async () => {
    const c = await loadTemplate({
      include: 'node_modules/circomlib/circuits/bitify.circom',
      template: 'Num2Bits',
      args: [8],
      public: ['in'],
    })
    const w = await c.witness({ in: 5n })
    c.check(w)
    assert.deepEqual(c.publicSignals(w), [1n, 0n, 1n, 0n, 0n, 0n, 0n, 0n, 5n])
    assert.equal(c.isSatisfied(await c.uncheckedWitness({ in: 256n })), false)
  })

  test('behavior: bus inputs are given as objects', async () => {
    const c = await loadSource(
      'Bus',
      `pragma circom 2.2.0;
bus Pair() { signal left; signal right[2]; }
template Buses() {
    Pair() input pairs[2];
    signal input scale;
    signal output sum;
    sum <== scale * (pairs[0].left + pairs[0].right[1] + pairs[1].right[0]);
}
component main = Buses();
`,
    )
    const pairs = [
      { left: 1n, right: [2n, 3n] },
      { left: 4n, right: [5n, 6n] },
    ]
    const w = await c.witness({ pairs, scale: 10n })
    assert.deepEqual(c.publicSignals(w), [90n])
  })
})
