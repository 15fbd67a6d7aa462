import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { buildBabyjub } from 'circomlibjs'
import {
  BASE8,
  addPoints,
  checkScalar,
  checkSubgroupPoint,
  clearCofactor,
  isOnCurve,
  isSubgroupPoint,
  mulBase8,
  mulPoint,
  packPoint,
  unpackPoint,
} from '../../protocol/babyjubjub.ts'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER, SUBGROUP_ORDER } from '../../protocol/constants.ts'
import { InvalidPointError, InvalidScalarError } from '../../protocol/errors.ts'
import { bigintToBytes, bytesToBigint } from '../../protocol/field.ts'
import { fieldOf } from '../support/identities.ts'

const babyjub = await buildBabyjub()

const { F } = babyjub
const theirs = ({ x, y }: CurvePoint): [Uint8Array, Uint8Array] => [F.e(x), F.e(y)]
const ours = ([x, y]: [Uint8Array, Uint8Array]): CurvePoint => ({
  x: F.toObject(x),
  y: F.toObject(y),
})

const IDENTITY = { x: 0n, y: 1n }
const ORDER_2 = { x: 0n, y: FIELD_ORDER - 1n }
const points = ['a', 'b', 'c'].map((label) => mulBase8(fieldOf(label) >> 4n))
const scalars = [0n, 1n, 2n, 8n, (1n << 250n) - 1n, SUBGROUP_ORDER - 1n, fieldOf('s') >> 4n]

/** A point of order 8: a point of the whole curve, multiplied by l with circomlibjs. */
function pointOfOrder8(): CurvePoint {
  for (let y = 2n; ; y++) {
    const candidate = liftY(y)
    if (candidate === undefined) continue
    const point = ours(babyjub.mulPointEscalar(theirs(candidate), SUBGROUP_ORDER))
    const four = ours(babyjub.mulPointEscalar(theirs(point), 4n))
    if (four.x !== IDENTITY.x || four.y !== IDENTITY.y) return point
  }
}

/** Some point of the curve with this y, in the subgroup or not. */
function liftY(y: bigint): CurvePoint | undefined {
  const p = FIELD_ORDER
  const power = (base: bigint, exponent: bigint): bigint => {
    let [result, square, rest] = [1n, base % p, exponent]
    for (; rest > 0n; rest >>= 1n) {
      if (rest & 1n) result = (result * square) % p
      square = (square * square) % p
    }
    return result
  }
  const yy = (y * y) % p
  const denominator = (((168700n - 168696n * yy) % p) + p) % p
  const xx = ((1n + p - yy) * power(denominator, p - 2n)) % p
  // Tonelli–Shanks, 2^28 divides p - 1.
  if (power(xx, (p - 1n) / 2n) !== 1n) return undefined
  let [m, q] = [0n, p - 1n]
  for (; q % 2n === 0n; q /= 2n) m++
  let [c, t, x] = [power(5n, q), power(xx, q), power(xx, (q + 1n) / 2n)]
  while (t !== 1n) {
    let [i, square] = [0n, t]
    for (; square !== 1n; i++) square = (square * square) % p
    const b = power(c, 1n << (m - i - 1n))
    ;[m, c, t, x] = [i, (b * b) % p, (t * b * b) % p, (x * b) % p]
  }
  return { x, y }
}

describe('Baby Jubjub', () => {
  test('behavior: Base8 and the orders are circomlib’s', () => {
    assert.deepEqual(ours(babyjub.Base8), BASE8)
    assert.equal(babyjub.subOrder, SUBGROUP_ORDER)
    assert.equal(babyjub.order, 8n * SUBGROUP_ORDER)
    assert.ok(1n << 250n < SUBGROUP_ORDER, 'scalars of 250 bits have no twin')
  })

  test('behavior: sums and multiples are those of circomlibjs', () => {
    for (const point of points) {
      for (const other of [...points, IDENTITY]) {
        const sum = babyjub.addPoint(theirs(point), theirs(other))
        assert.deepEqual(addPoints(point, other), ours(sum))
      }
      for (const scalar of scalars) {
        const expected = ours(babyjub.mulPointEscalar(theirs(point), scalar))
        assert.deepEqual(mulPoint(point, scalar), expected)
      }
      assert.deepEqual(clearCofactor(point), ours(babyjub.mulPointEscalar(theirs(point), 8n)))
    }
    for (const scalar of scalars) {
      assert.deepEqual(mulBase8(scalar), ours(babyjub.mulPointEscalar(babyjub.Base8, scalar)))
    }
  })

  test('behavior: points of order 1, 2, 4 and 8 are on the curve and refused', () => {
    const eight = pointOfOrder8()
    const four = ours(babyjub.addPoint(theirs(eight), theirs(eight)))
    const two = ours(babyjub.addPoint(theirs(four), theirs(four)))
    assert.deepEqual(two, ORDER_2)
    for (const low of [IDENTITY, two, four, eight]) {
      assert.equal(isOnCurve(low), true)
      assert.equal(isSubgroupPoint(low), false)
      assert.throws(() => checkSubgroupPoint(low, 'point'), InvalidPointError)
      assert.deepEqual(clearCofactor(low), IDENTITY)
      for (const [point = BASE8] of [points]) {
        // A subgroup point with a low-order part added is on the curve only.
        if (low === IDENTITY) continue
        const mixed = addPoints(point, low)
        assert.equal(isOnCurve(mixed), true)
        assert.equal(isSubgroupPoint(mixed), false)
        assert.equal(babyjub.inSubgroup(theirs(mixed)), false)
        assert.equal(isSubgroupPoint(clearCofactor(mixed)), true)
      }
    }
  })

  test('behavior: points off the curve and coordinates beyond the field are refused', () => {
    const { x, y } = BASE8
    for (const off of [
      { x: x + 1n, y },
      { x, y: 0n },
      { x: x + FIELD_ORDER, y },
      { x, y: y + FIELD_ORDER },
      { x: -1n, y },
    ]) {
      assert.equal(isOnCurve(off), false)
      assert.equal(isSubgroupPoint(off), false)
      assert.throws(() => checkSubgroupPoint(off, 'point'), { code: 'POINT_INVALID' })
    }
    assert.deepEqual(checkSubgroupPoint(BASE8, 'point'), BASE8)
  })

  test('behavior: scalars have 250 bits and are not 0', () => {
    for (const scalar of [1n, (1n << 250n) - 1n]) assert.equal(checkScalar(scalar, 's'), scalar)
    for (const scalar of [0n, -1n, 1n << 250n, SUBGROUP_ORDER, SUBGROUP_ORDER + 1n]) {
      assert.throws(() => checkScalar(scalar, 's'), InvalidScalarError)
    }
  })
})

describe('packed points', () => {
  test('behavior: unpacking gives the point back, of either sign', () => {
    for (const point of [BASE8, ...points, ...points.map(negated)]) {
      assert.deepEqual(unpackPoint(packPoint(point)), point)
    }
    assert.notDeepEqual(packPoint(BASE8), packPoint(negated(BASE8)))
  })

  test('behavior: the form is canonical: y below the field order, one sign for x = 0', () => {
    const word = bytesToBigint(packPoint(BASE8))
    const y = word & ((1n << 255n) - 1n)
    // y + r fits 255 bits, so only the check keeps it from being a second form of the point.
    assert.ok(y + FIELD_ORDER < 1n << 255n)
    const refused = [
      word + FIELD_ORDER,
      1n, // the identity
      (1n << 255n) | 1n, // the identity with the sign of no x
      FIELD_ORDER - 1n, // order 2
      (1n << 255n) | (FIELD_ORDER - 1n),
      FIELD_ORDER,
      (1n << 256n) - 1n,
    ]
    for (const bad of refused) {
      assert.throws(() => unpackPoint(bigintToBytes(bad, 32)), InvalidPointError, bad.toString(16))
    }
  })

  test('error: points outside the subgroup, off the curve, or of another length', () => {
    const outside = addPoints(BASE8, ORDER_2)
    assert.throws(() => unpackPoint(packPoint(outside)), InvalidPointError)
    const off = [2n, 3n, 4n, 5n, 6n, 7n].filter((y) => liftY(y) === undefined)
    assert.ok(off.length > 0)
    for (const y of off) {
      assert.throws(() => unpackPoint(bigintToBytes(y, 32)), InvalidPointError)
    }
    for (const length of [0, 31, 33]) {
      assert.throws(() => unpackPoint(new Uint8Array(length)), { code: 'ENCODING_INVALID' })
    }
  })
})

function negated({ x, y }: CurvePoint): CurvePoint {
  return { x: FIELD_ORDER - x, y }
}
