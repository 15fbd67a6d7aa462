import { addPoints, BASE8, type CurvePoint, mulBase8, mulPoint } from '../babyjubjub.ts'
import { modOrder } from './scalars.ts'

export const IDENTITY_POINT: CurvePoint = { x: 0n, y: 1n }

export function isSamePoint(a: CurvePoint, b: CurvePoint): boolean {
  return a.x === b.x && a.y === b.y
}

/** scalar·point with the scalar taken mod l. */
export function scale(point: CurvePoint, scalar: bigint): CurvePoint {
  const reduced = modOrder(scalar)
  return isSamePoint(point, BASE8) ? mulBase8(reduced) : mulPoint(point, reduced)
}

export function sumPoints(points: readonly CurvePoint[]): CurvePoint {
  return points.reduce(addPoints, IDENTITY_POINT)
}

/** Σ commitments[k]·x^k: what a polynomial committed to by its coefficients has at x, times Base8. */
export function evaluateCommitments(commitments: readonly CurvePoint[], x: number): CurvePoint {
  return commitments.reduceRight(
    (sum, commitment) => addPoints(scale(sum, BigInt(x)), commitment),
    IDENTITY_POINT,
  )
}
