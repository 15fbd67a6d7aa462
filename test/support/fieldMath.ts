import { FIELD_ORDER } from '../../protocol/constants.ts'
import { reduce } from '../../protocol/field.ts'

export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square: bigint = reduce(base)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % FIELD_ORDER
    square = (square * square) % FIELD_ORDER
  }
  return result
}

/** 1 / value; 0 for 0. */
export function inverse(value: bigint): bigint {
  return power(value, FIELD_ORDER - 2n)
}

/** Tonelli and Shanks; r - 1 is divisible by 2^28. Undefined for a non-square. */
export function squareRoot(value: bigint): bigint | undefined {
  if (value === 0n) return 0n
  if (power(value, (FIELD_ORDER - 1n) / 2n) !== 1n) return undefined
  let twos = 0
  let order = FIELD_ORDER - 1n
  for (; order % 2n === 0n; twos++) order /= 2n
  let unit = power(5n, order)
  let root = power(value, (order + 1n) / 2n)
  let rest = power(value, order)
  while (rest !== 1n) {
    let i = 0
    for (let t = rest; t !== 1n; i++) t = (t * t) % FIELD_ORDER
    const factor = power(unit, 1n << BigInt(twos - i - 1))
    root = (root * factor) % FIELD_ORDER
    unit = (factor * factor) % FIELD_ORDER
    rest = (rest * unit) % FIELD_ORDER
    twos = i
  }
  return root
}
