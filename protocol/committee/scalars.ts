import { SUBGROUP_ORDER } from '../constants.ts'
import { bytesToBigint } from '../field.ts'
import { type RandomBytes } from '../memo.ts'

/** value mod l, also for negative values. */
export function modOrder(value: bigint): bigint {
  const remainder = value % SUBGROUP_ORDER
  return remainder < 0n ? remainder + SUBGROUP_ORDER : remainder
}

/** Whether a value from outside is a canonical scalar: 0 ≤ value < l. */
export function isScalar(value: bigint): boolean {
  return value >= 0n && value < SUBGROUP_ORDER
}

/** Uniform in [1, l): 512 random bits make the reduction's bias negligible. */
export function randomScalar(randomBytes: RandomBytes): bigint {
  return (bytesToBigint(randomBytes(64)) % (SUBGROUP_ORDER - 1n)) + 1n
}

/** 1/value mod l, by Fermat. @throws {RangeError} for 0 mod l. */
export function invertScalar(value: bigint): bigint {
  const base = modOrder(value)
  if (base === 0n) throw new RangeError('0 has no inverse')
  let result = 1n
  let power = base
  for (let exponent = SUBGROUP_ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * power) % SUBGROUP_ORDER
    power = (power * power) % SUBGROUP_ORDER
  }
  return result
}

/** Σ coefficients[k]·x^k mod l. */
export function evaluatePolynomial(coefficients: readonly bigint[], x: bigint): bigint {
  return coefficients.reduceRight((sum, coefficient) => modOrder(sum * x + coefficient), 0n)
}

/**
 * λ of `index` among `indexes`, for interpolation at 0: f(0) = Σ λ_i·f(i).
 *
 * @throws {RangeError} when `indexes` has duplicates, a 0, or lacks `index`: a wrong set would give a
 *   wrong secret without notice.
 */
export function lagrangeAtZero(indexes: readonly number[], index: number): bigint {
  if (new Set(indexes).size !== indexes.length || !indexes.every((i) => i > 0)) {
    throw new RangeError('indexes must be positive and distinct')
  }
  if (!indexes.includes(index)) throw new RangeError('the index is not among the indexes')
  let numerator = 1n
  let denominator = 1n
  for (const other of indexes) {
    if (other === index) continue
    numerator = modOrder(numerator * BigInt(other))
    denominator = modOrder(denominator * BigInt(other - index))
  }
  return modOrder(numerator * invertScalar(denominator))
}
