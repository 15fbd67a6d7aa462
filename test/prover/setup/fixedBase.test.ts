import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'

import { buildBn128 } from 'ffjavascript'

import { FIELD_ORDER } from '../../../protocol/constants.ts'
import { FixedBase, chooseWindowBits } from '../../../prover/setup/fixedBase.ts'
import type { GroupName } from '../../../prover/setup/fixedBase.ts'
import { FixedBasePool } from '../../../prover/setup/fixedBasePool.ts'

const curve = await buildBn128(true)
const module = await WebAssembly.compile(new Uint8Array(curve.tm.code))

/** Digits at and around half a window, carries through all windows, and both ends. */
function edgeScalars(windowBits: number): bigint[] {
  const half = 1n << BigInt(windowBits - 1)
  return [
    0n,
    1n,
    2n,
    half - 1n,
    half,
    half + 1n,
    2n * half - 1n,
    2n * half,
    (1n << 253n) - 1n,
    1n << 253n,
    FIELD_ORDER - 1n,
    FIELD_ORDER - 2n,
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
  ]
}

function littleEndian(scalars: readonly bigint[]): Uint8Array {
  const bytes = scalars.map((scalar) =>
    Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse(),
  )
  return new Uint8Array(Buffer.concat(bytes))
}

function expectedPoints(group: GroupName, scalars: readonly bigint[]): Uint8Array {
  const G = group === 'g1' ? curve.G1 : curve.G2
  return new Uint8Array(
    Buffer.concat(scalars.map((scalar) => G.toAffine(G.timesScalar(G.g, scalar)))),
  )
}

describe('FixedBase', () => {
  for (const group of ['g1', 'g2'] as const) {
    for (const windowBits of [4, 7, 11]) {
      test(`default: agrees with ffjavascript in ${group}, windows of ${windowBits} bits`, async () => {
        const G = group === 'g1' ? curve.G1 : curve.G2
        const generator = G.toAffine(G.g)
        const base = await FixedBase.build({ module, group, windowBits, generator })
        const scalars = edgeScalars(windowBits)
        assert.deepEqual(base.multiply(littleEndian(scalars)), expectedPoints(group, scalars))
      })
    }
  }

  test('behavior: tables larger than a chunk are whole', async () => {
    // 2^12 multiples a window, made affine in four chunks.
    const generator = curve.G1.toAffine(curve.G1.g)
    const base = await FixedBase.build({ module, group: 'g1', windowBits: 13, generator })
    const scalars = [
      1022n,
      1023n,
      1024n,
      1025n,
      2046n,
      2047n,
      3069n,
      4095n,
      4096n,
      FIELD_ORDER - 1n,
    ]
    assert.deepEqual(base.multiply(littleEndian(scalars)), expectedPoints('g1', scalars))
  })
})

describe('FixedBasePool', () => {
  test('default: keeps the order, zeros included, over several tasks', async () => {
    const pool = await FixedBasePool.open(10_000)
    after(() => pool.close())
    const scalars = Array.from({ length: 10_000 }, (_, index) =>
      index % 3 === 0 ? 0n : BigInt(index),
    )
    const points = await pool.multiply('g1', scalars)
    const checked = [0, 1, 2, 3, 4_999, 6_144, 6_145, 9_998, 9_999]
    for (const index of checked) {
      assert.deepEqual(
        points.slice(index * 64, (index + 1) * 64),
        expectedPoints('g1', [scalars[index]!]),
      )
    }
  })
})

describe('chooseWindowBits', () => {
  test('behavior: grows with the number of scalars', () => {
    assert.ok(chooseWindowBits(10) < chooseWindowBits(10_000))
    assert.ok(chooseWindowBits(10_000) < chooseWindowBits(1_000_000))
  })
})
