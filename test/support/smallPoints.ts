import { type CurvePoint, addPoints, isOnCurve } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { reduce } from '../../protocol/field.ts'
import { inverse, squareRoot } from './fieldMath.ts'

/** Points of the small subgroup, named by their order. */
export const order1: CurvePoint = { x: 0n, y: 1n }
export const order2: CurvePoint = { x: 0n, y: FIELD_ORDER - 1n }
export const order4 = halve(order2)
export const order8 = halve(order4)

/** A point whose double is `point`, found through the doubling formula's quartic in x². */
function halve(point: CurvePoint): CurvePoint {
  const p = FIELD_ORDER
  const a = 168_700n
  const d = 168_696n
  const div = (n: bigint, m: bigint): bigint => (n * inverse(m)) % p
  // The order-4 points have y = 0; those of order 8 satisfy a·x² = -y² or the like: search by y.
  if (point.x === 0n) return { x: squareRoot(div(1n, a))!, y: 0n }
  // 2·(x, y) = (x4, 0) asks y² = a·x², so 1 + d·a·x⁴ = 2·a·x²: x² = (a ± sqrt(a² - a·d)) / (a·d).
  const root = squareRoot(reduce(a * a - a * d))!
  for (const sign of [root, p - root]) {
    const x = squareRoot(div(a + sign, a * d))
    if (x === undefined) continue
    for (const y of [squareRoot((a * x * x) % p)!, p - squareRoot((a * x * x) % p)!]) {
      const half = { x, y }
      for (const candidate of [half, { x: p - x, y }]) {
        if (!isOnCurve(candidate)) continue
        const double = addPoints(candidate, candidate)
        if (double.x === point.x && double.y === point.y) return candidate
      }
    }
  }
  throw new RangeError('no half')
}
