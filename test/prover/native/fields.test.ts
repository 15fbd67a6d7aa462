import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'

import { buildBn128 } from 'ffjavascript'
import type { Curve } from 'ffjavascript'

import { FIELD_ORDER } from '../../../protocol/constants.ts'
import { buildNative } from '../../../prover/native/build.ts'
import { loadNative } from '../../../prover/native/index.ts'
import type { NativeProver } from '../../../prover/native/index.ts'
import { BASE_FIELD_ORDER } from '../../../prover/proof.ts'
import { Random, fromLittleEndian, join, littleEndian } from '../../support/randomZkeys.ts'

let native: NativeProver
let curve: Curve
before(async () => {
  assert.notEqual(await buildNative(), undefined, 'the tests need g++')
  native = loadNative()!
  curve = await buildBn128(true)
})

const fields = [
  ['fq', BASE_FIELD_ORDER],
  ['fr', FIELD_ORDER],
] as const
const R = 2n ** 256n

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if (e & 1n) result = (result * b) % modulus
  }
  return result
}

describe('the cores’ fields', () => {
  test('behavior: agree with BigInt, on boundaries and at random', () => {
    for (const core of native.cores) {
      for (const [name, modulus] of fields) {
        const random = new Random(7n)
        const half = (modulus - 1n) / 2n
        const limbs = [2n ** 64n, 2n ** 128n, 2n ** 192n, 2n ** 52n, 2n ** 104n, 2n ** 208n]
        const values = [0n, 1n, 2n, half, half + 1n, modulus - 2n, modulus - 1n, R % modulus]
        values.push(...limbs, ...limbs.map((value) => value - 1n))
        for (let i = 0; i < 40; i++) values.push(random.scalar() % modulus)
        const unshift = power(R, modulus - 2n, modulus)
        const run = (operation: string, a: bigint, b: bigint): bigint => {
          const input = join([littleEndian(a), littleEndian(b)])
          const output = native.test(core, `${name}.${operation}`, input, 64)
          assert.equal(output.length, 32)
          return fromLittleEndian(output)
        }
        for (const a of values) {
          for (const b of [...values.slice(0, 8), random.pick(values), random.pick(values)]) {
            const at = `${core} ${name} ${a} ${b}`
            assert.equal(run('add', a, b), (a + b) % modulus, `add ${at}`)
            assert.equal(run('sub', a, b), (a - b + modulus) % modulus, `sub ${at}`)
            assert.equal(run('mul', a, b), (a * b * unshift) % modulus, `mul ${at}`)
          }
          assert.equal(run('sqr', a, 0n), (a * a * unshift) % modulus, `sqr ${core} ${a}`)
          const inverse = a === 0n ? 0n : (power(a, modulus - 2n, modulus) * R * R) % modulus
          assert.equal(run('inv', a, 0n), inverse, `inv ${core} ${name} ${a}`)
        }
      }
    }
  })

  test('behavior: the extension multiplies, squares and inverts', () => {
    const q = BASE_FIELD_ORDER
    const unshift = power(R, q - 2n, q)
    const mod = (value: bigint): bigint => ((value % q) + q) % q
    for (const core of native.cores) {
      const random = new Random(8n)
      for (let i = 0; i < 60; i++) {
        const part = (): bigint => random.pick([0n, 1n, q - 1n, random.scalar() % q])
        const [a, b, c, d] = [part(), part(), part(), part()]
        const input = join([a, b, c, d].map((value) => littleEndian(value)))
        const run = (operation: string): [bigint, bigint] => {
          const output = native.test(core, `fq2.${operation}`, input, 128)
          return [fromLittleEndian(output.subarray(0, 32)), fromLittleEndian(output.subarray(32))]
        }
        const product = [mod((a * c - b * d) * unshift), mod((a * d + b * c) * unshift)]
        assert.deepEqual(run('mul'), product)
        assert.deepEqual(run('sqr'), [mod((a * a - b * b) * unshift), mod(2n * a * b * unshift)])
        const norm = power(mod(a * a + b * b), q - 2n, q) * R * R
        assert.deepEqual(run('inv'), [mod(a * norm), mod(-b * norm)])
      }
    }
  })

  test('rejects: operands that do not fit', () => {
    for (const core of native.cores) {
      assert.equal(native.test(core, 'fq.mul', new Uint8Array(63), 64).length, 0)
      assert.equal(native.test(core, 'fq.mul', new Uint8Array(64), 8).length, 0)
      assert.equal(native.test(core, 'fq.unknown', new Uint8Array(64), 64).length, 0)
    }
    assert.throws(() => native.test('unknown', 'fq.mul', new Uint8Array(64), 64))
  })
})

describe('the cores’ additions', () => {
  for (const name of ['g1', 'g2'] as const) {
    test(`behavior: ${name} agrees with ffjavascript, with equal, opposite and infinite points`, () => {
      const group = name === 'g1' ? curve.G1 : curve.G2
      const random = new Random(9n)
      const points = Array.from({ length: 40 }, () =>
        group.toAffine(group.timesScalar(group.g, random.scalar())),
      )
      const negative = (point: Uint8Array): Uint8Array => group.toAffine(group.neg(point))
      const usual = (): Uint8Array[] => {
        const one = random.below(20)
        return [points[one]!, points[20 + random.below(20)]!]
      }
      const rare = [
        (): Uint8Array[] => [points[0]!, points[0]!],
        (): Uint8Array[] => [points[1]!, negative(points[1]!)],
        (): Uint8Array[] => [group.zeroAffine, points[2]!],
        (): Uint8Array[] => [points[3]!, group.zeroAffine],
        (): Uint8Array[] => [group.zeroAffine, group.zeroAffine],
      ]
      // More than one batch of 1,024; then few; then batches with and without rare cases.
      for (const [count, rareIn] of [
        [1_500, 0],
        [1, 0],
        [7, 0],
        [8, 0],
        [9, 0],
        [1_024, 0],
        [300, 3],
        [5, 1],
      ] as const) {
        const pairs = Array.from({ length: count }, (_, index) =>
          rareIn > 0 && index % rareIn === 0 ? rare[(index / rareIn) % rare.length]!() : usual(),
        )
        const expected = pairs.map(([one, other]) =>
          group.toAffine(group.add(group.toJacobian(one!), other!)),
        )
        for (const core of native.cores) {
          const input = join(pairs.flat())
          const sums = native.test(core, `${name}.addPairs`, input, input.length)
          assert.equal(sums.length, input.length / 2)
          const size = group.zeroAffine.length
          for (const [index, sum] of expected.entries()) {
            const found = sums.subarray(index * size, (index + 1) * size)
            assert.deepEqual(reduced(found), [...sum], `${core} ${count} ${index}`)
          }
        }
      }
    })
  }
})

/** Sums may be left unreduced, below twice the modulus. */
function reduced(point: Uint8Array): number[] {
  const parts: number[] = []
  for (let at = 0; at < point.length; at += 32) {
    const value = fromLittleEndian(point.subarray(at, at + 32))
    assert.ok(value < 2n * BASE_FIELD_ORDER)
    parts.push(...littleEndian(value % BASE_FIELD_ORDER))
  }
  return parts
}
