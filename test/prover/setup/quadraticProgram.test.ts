import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { readR1cs } from '../../../circuits/r1cs.ts'
import { FIELD_ORDER as R } from '../../../protocol/constants.ts'
import { calculateWitness } from '../../../prover/calculateWitness.ts'
import {
  evaluateQuadraticProgram,
  lagrangeAt,
  modInverse,
  modPower,
  rootOfUnity,
} from '../../../prover/setup/quadraticProgram.ts'
import { ensureTestKeys, testWorkspace } from '../../support/proverWorkspace.ts'

const tau = 0x1234567890abcdef1234567890abcdef1234567890n

describe('rootOfUnity', () => {
  test('default: has exactly the order of the domain', () => {
    for (const power of [1, 5, 28]) {
      const root = rootOfUnity(power)
      assert.equal(modPower(root, 2n ** BigInt(power)), 1n)
      assert.equal(modPower(root, 2n ** BigInt(power - 1)), R - 1n)
    }
  })

  test('rejects: a domain that the field does not have', () => {
    assert.throws(() => rootOfUnity(29), RangeError)
  })
})

describe('lagrangeAt', () => {
  test('default: interpolates every polynomial below the degree', () => {
    const power = 4
    const values = lagrangeAt(tau, power)
    const root = rootOfUnity(power)
    for (let degree = 0; degree < 2 ** power; degree++) {
      const sum = values.reduce(
        (total, value, index) => (total + value * modPower(root, BigInt(index * degree))) % R,
        0n,
      )
      assert.equal(sum, modPower(tau, BigInt(degree)))
    }
  })
})

describe('modInverse', () => {
  test('default: inverts', () => {
    for (const value of [1n, 2n, R - 1n, tau]) assert.equal((value * modInverse(value)) % R, 1n)
  })

  test('rejects: 0 and r', () => {
    assert.throws(() => modInverse(0n), RangeError)
    assert.throws(() => modInverse(R), RangeError)
  })
})

describe('evaluateQuadraticProgram', () => {
  test('default: for a true witness A·B − C is a multiple of the vanishing polynomial, as the odd points say', async () => {
    const { circuit } = await ensureTestKeys('preimage')
    const r1cs = readR1cs(readFileSync(circuit.r1csPath))
    const { power, a, b, c, oddLagrange } = evaluateQuadraticProgram(r1cs, tau)
    const w = await calculateWitness('preimage', { values: [3n, 4n], context: 5n }, testWorkspace)

    // The numerator at the odd points of the domain of twice the size, computed by interpolation.
    const size = 2 ** power
    const rows = Array.from({ length: size }, (_, row) => rowValues(r1cs, w, row))
    const omega = rootOfUnity(power + 1)
    let numerator = 0n
    for (let index = 0; index < size; index++) {
      const basis = lagrangeAt(modPower(omega, BigInt(2 * index + 1)), power)
      let left = 0n
      let right = 0n
      let product = 0n
      for (const [row, { valueA, valueB }] of rows.entries()) {
        left += valueA * basis[row]!
        right += valueB * basis[row]!
        product += ((valueA * valueB) % R) * basis[row]!
      }
      numerator += ((left % R) * (right % R) - product) * oddLagrange[index]!
      numerator %= R
    }
    const at = (values: bigint[]): bigint =>
      values.reduce((sum, value, wire) => (sum + value * w[wire]!) % R, 0n)
    const expected = (at(a) * at(b) - at(c)) % R
    assert.equal((numerator - expected) % R, 0n)
  })
})

function rowValues(
  r1cs: ReturnType<typeof readR1cs>,
  witness: readonly bigint[],
  row: number,
): { valueA: bigint; valueB: bigint } {
  const { header, a, b, bytes } = r1cs
  const side = (matrix: typeof a): bigint => {
    let sum = 0n
    for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++) {
      const offset = matrix.coefficients[at]!
      const hex = Buffer.from(bytes.subarray(offset, offset + 32).toReversed()).toString('hex')
      sum += BigInt(`0x${hex}`) * witness[matrix.signals[at]!]!
    }
    return sum % R
  }
  if (row < header.constraints) return { valueA: side(a), valueB: side(b) }
  // snarkjs' extra rows: the constant and each public wire, times zero.
  const wire = row - header.constraints
  const isPublic = wire <= header.publicOutputs + header.publicInputs
  return { valueA: isPublic ? witness[wire]! : 0n, valueB: 0n }
}
