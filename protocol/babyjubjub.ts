import { babyjubjub } from '@noble/curves/misc.js'
import { FIELD_ORDER, SCALAR_BITS, SUBGROUP_ORDER } from './constants.ts'
import { InvalidEncodingError, InvalidPointError, InvalidScalarError } from './errors.ts'
import { bigintToBytes, bytesToBigint, fitsBits, isFieldElement } from './field.ts'

// noble's babyjubjub is EIP-2494's curve; its BASE is circomlib's Base8 (a test compares them).
const { Point } = babyjubjub
const IDENTITY = { x: 0n, y: 1n }

/** Affine point of Baby Jubjub. */
export type CurvePoint = { readonly x: bigint; readonly y: bigint }

export const BASE8: CurvePoint = Point.BASE.toAffine()

type NoblePoint = InstanceType<typeof Point>

function lift({ x, y }: CurvePoint): NoblePoint {
  return Point.fromAffine({ x, y })
}

export function isOnCurve({ x, y }: CurvePoint): boolean {
  if (!isFieldElement(x) || !isFieldElement(y)) return false
  const p = FIELD_ORDER
  const xx = (x * x) % p
  const yy = (y * y) % p
  return (168700n * xx + yy) % p === (1n + ((168696n * xx) % p) * yy) % p
}

/** On the curve, in the prime-order subgroup, and not the identity. */
export function isSubgroupPoint(point: CurvePoint): boolean {
  if (!isOnCurve(point) || (point.x === IDENTITY.x && point.y === IDENTITY.y)) return false
  return lift(point).isTorsionFree()
}

/** @throws {InvalidPointError} unless the point is a non-identity point of the subgroup. */
export function checkSubgroupPoint(point: CurvePoint, what: string): CurvePoint {
  if (!isFieldElement(point.x) || !isFieldElement(point.y)) {
    throw new InvalidPointError({
      what,
      reason: 'a coordinate is not below the field order',
    })
  }
  if (!isOnCurve(point)) throw new InvalidPointError({ what, reason: 'it is not on the curve' })
  if (point.x === IDENTITY.x && point.y === IDENTITY.y) {
    throw new InvalidPointError({ what, reason: 'it is the identity' })
  }
  if (!lift(point).isTorsionFree()) {
    throw new InvalidPointError({
      what,
      reason: 'it is outside the prime-order subgroup',
    })
  }
  return point
}

/** @throws {InvalidScalarError} unless 0 < scalar < 2^250. */
export function checkScalar(scalar: bigint, what: string): bigint {
  if (scalar === 0n || !fitsBits(scalar, SCALAR_BITS)) throw new InvalidScalarError({ what })
  return scalar
}

/** scalar·Base8, for 0 ≤ scalar < l. */
export function mulBase8(scalar: bigint): CurvePoint {
  return scalar === 0n ? IDENTITY : Point.BASE.multiply(scalar).toAffine()
}

/** scalar·point, for a point on the curve and 0 ≤ scalar < l. Constant time for scalar > 0. */
export function mulPoint(point: CurvePoint, scalar: bigint): CurvePoint {
  return scalar === 0n ? IDENTITY : lift(point).multiply(scalar).toAffine()
}

export function addPoints(a: CurvePoint, b: CurvePoint): CurvePoint {
  return lift(a).add(lift(b)).toAffine()
}

/** 8·point: clears the cofactor, so that A = 8·Q is in the subgroup by construction. */
export function clearCofactor(point: CurvePoint): CurvePoint {
  return lift(point).clearCofactor().toAffine()
}

/** 32 bytes, big endian: the sign of x (1 when x > (r − 1)/2) in the top bit, then y. */
export function packPoint({ x, y }: CurvePoint): Uint8Array {
  const sign = x > FIELD_ORDER >> 1n ? 1n : 0n
  return bigintToBytes((sign << 255n) | y, 32)
}

/** @throws when the bytes are no point, or one that `checkSubgroupPoint` refuses. */
export function unpackPoint(bytes: Uint8Array, what = 'packed point'): CurvePoint {
  return checkSubgroupPoint(decompressPoint(bytes, what), what)
}

/**
 * A point of the curve, in the subgroup or not: for those who check that later.
 * @throws when the bytes are no point.
 */
export function decompressPoint(bytes: Uint8Array, what = 'packed point'): CurvePoint {
  if (bytes.length !== 32) {
    throw new InvalidEncodingError({ what, reason: 'it must have 32 bytes' })
  }
  const word = bytesToBigint(bytes)
  const sign = word >> 255n
  const y = word & ((1n << 255n) - 1n)
  if (!isFieldElement(y)) {
    throw new InvalidPointError({
      what,
      reason: 'a coordinate is not below the field order',
    })
  }
  const { Fp } = Point
  const yy = Fp.sqr(y)
  // a·x² + y² = 1 + d·x²·y²  ⇒  x² = (1 − y²) / (a − d·y²)
  const numerator = Fp.sub(1n, yy)
  const denominator = Fp.sub(168700n, Fp.mul(168696n, yy))
  let x: bigint
  try {
    x = Fp.sqrt(Fp.div(numerator, denominator))
  } catch {
    throw new InvalidPointError({ what, reason: 'it is not on the curve' })
  }
  if ((x > FIELD_ORDER >> 1n ? 1n : 0n) !== sign) x = Fp.neg(x)
  if ((x > FIELD_ORDER >> 1n ? 1n : 0n) !== sign) {
    throw new InvalidPointError({
      what,
      reason: 'its encoding is not canonical',
    })
  }
  return { x, y }
}

export { SUBGROUP_ORDER }
