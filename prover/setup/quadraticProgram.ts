import type { R1cs, R1csMatrix } from '../../circuits/r1cs.ts'
import { readFieldElement } from '../../circuits/r1cs.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'

const R = FIELD_ORDER
/** A quadratic non-residue, from which ffjavascript derives its roots of unity. */
const NON_RESIDUE = 5n
/** r − 1 = odd · 2^28. */
const TWO_ADICITY = 28

/** Values at τ of the polynomials that Groth16 makes of a constraint system. */
export type QuadraticProgram = {
  power: number
  /** By wire: Aₛ(τ), Bₛ(τ), Cₛ(τ). Aₛ includes snarkjs' extra row for the constant and each public wire. */
  a: bigint[]
  b: bigint[]
  c: bigint[]
  /**
   * Lagrange polynomials of the domain of twice the size at its odd points. snarkjs evaluates the
   * quotient's numerator A·B − C there (it is zero at the even ones), so these replace τⁱ·Z(τ).
   */
  oddLagrange: bigint[]
}

/**
 * Evaluates the program at τ in the scalar field.
 *
 * Source: Groth, https://eprint.iacr.org/2016/260, in the conventions of snarkjs 0.7 `zkey new`.
 */
export function evaluateQuadraticProgram(r1cs: R1cs, tau: bigint): QuadraticProgram {
  const { header } = r1cs
  const publicWires = header.publicOutputs + header.publicInputs
  // The smallest power of two above constraints + public wires, as snarkjs chooses it.
  const power = Math.floor(Math.log2(header.constraints + publicWires)) + 1
  const lagrange = lagrangeAt(tau, power)
  const a = combine(r1cs, r1cs.a, lagrange)
  const b = combine(r1cs, r1cs.b, lagrange)
  const c = combine(r1cs, r1cs.c, lagrange)
  for (let wire = 0; wire <= publicWires; wire++) {
    a[wire] = (a[wire]! + lagrange[header.constraints + wire]!) % R
  }
  const oddLagrange = lagrangeAt(tau, power + 1).filter((_, index) => index % 2 === 1)
  return { power, a, b, c, oddLagrange }
}

/** All Lagrange polynomials of the domain of 2^power points at τ: (τⁿ − 1)/n · ωⁱ/(τ − ωⁱ). */
export function lagrangeAt(tau: bigint, power: number): bigint[] {
  const size = 1 << power
  const omega = rootOfUnity(power)
  const roots = new Array<bigint>(size)
  // One inversion for all: running products of (τ − ωⁱ), taken apart from the end.
  const products = new Array<bigint>(size)
  let root = 1n
  let product = 1n
  for (let index = 0; index < size; index++) {
    roots[index] = root
    products[index] = product
    product = (product * mod(tau - root)) % R
    root = (root * omega) % R
  }
  let inverse = modInverse(product)
  const scale = (mod(modPower(tau, BigInt(size)) - 1n) * modInverse(BigInt(size))) % R
  const values = new Array<bigint>(size)
  for (let index = size - 1; index >= 0; index--) {
    const one = (inverse * products[index]!) % R
    values[index] = (((one * roots[index]!) % R) * scale) % R
    inverse = (inverse * mod(tau - roots[index]!)) % R
  }
  return values
}

/** @throws {RangeError} above 2^28 points. */
export function rootOfUnity(power: number): bigint {
  if (power > TWO_ADICITY) throw new RangeError('the field has no domain of that size')
  return modPower(NON_RESIDUE, (R - 1n) >> BigInt(power))
}

export function modPower(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = mod(base)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % R
    square = (square * square) % R
  }
  return result
}

/** @throws {RangeError} for 0. */
export function modInverse(value: bigint): bigint {
  if (mod(value) === 0n) throw new RangeError('0 has no inverse')
  return modPower(value, R - 2n)
}

function mod(value: bigint): bigint {
  const rest = value % R
  return rest < 0n ? rest + R : rest
}

/** Σ over rows of coefficient · Lᵣₒᵥ(τ), by wire. */
function combine({ header, bytes }: R1cs, matrix: R1csMatrix, lagrange: bigint[]): bigint[] {
  const sums = new Array<bigint>(header.wires).fill(0n)
  for (let row = 0; row < header.constraints; row++) {
    const value = lagrange[row]!
    for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++) {
      const coefficient = readFieldElement(bytes, matrix.coefficients[at]!)
      const wire = matrix.signals[at]!
      if (coefficient === 1n) sums[wire]! += value
      else if (coefficient === R - 1n) sums[wire]! -= value
      else sums[wire]! += coefficient * value
    }
  }
  // Reduced once: until here a sum has at most 508 bits and a few for the number of rows.
  return sums.map(mod)
}
