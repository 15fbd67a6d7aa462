import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { FIELD_ORDER } from '../../protocol/constants.ts'
import {
  FieldElement,
  bigintToBytes,
  bytesToBigint,
  bytesToField,
  bytesToHex,
  checkBits,
  concatBytes,
  fieldToBytes,
  fitsBits,
  formatField,
  hexToBytes,
  isFieldElement,
  lowBits,
  reduce,
} from '../../protocol/field.ts'

const inside = [0n, 1n, (1n << 64n) - 1n, 1n << 64n, (1n << 253n) - 1n, FIELD_ORDER - 1n]
const outside = [-1n, FIELD_ORDER, FIELD_ORDER + 1n, (1n << 256n) - 1n, 1n << 256n]

describe('field elements', () => {
  test('behavior: canonical ones pass, all others are refused', () => {
    for (const value of inside) {
      assert.equal(FieldElement(value), value)
      assert.equal(isFieldElement(value), true)
    }
    for (const value of outside) {
      assert.equal(isFieldElement(value), false)
      assert.throws(() => FieldElement(value), { code: 'FIELD_NOT_CANONICAL' })
    }
  })

  test('behavior: 32 bytes, big endian, and back', () => {
    for (const value of inside) {
      const bytes = fieldToBytes(value)
      assert.equal(bytes.length, 32)
      assert.equal(bytesToField(bytes), value)
      assert.equal(formatField(value), bytesToHex(bytes))
      assert.equal(BigInt(formatField(value)), value)
    }
    assert.equal(fieldToBytes(1n)[31], 1)
    assert.throws(() => fieldToBytes(FIELD_ORDER), { code: 'FIELD_NOT_CANONICAL' })
    assert.throws(() => bytesToField(bigintToBytes(FIELD_ORDER, 32)), {
      code: 'FIELD_NOT_CANONICAL',
    })
    for (const length of [0, 31, 33]) {
      assert.throws(() => bytesToField(new Uint8Array(length)), { code: 'ENCODING_INVALID' })
    }
  })

  test('property: reduce is congruent and canonical', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 520n), max: 1n << 520n }), (value) => {
        const reduced = reduce(value)
        assert.ok(isFieldElement(reduced))
        assert.equal((value - reduced) % FIELD_ORDER, 0n)
      }),
      { seed: 5 },
    )
  })
})

describe('bits and bytes', () => {
  test('behavior: fitsBits and checkBits at their borders', () => {
    for (const bits of [1, 16, 64, 160, 248, 250]) {
      const limit = 1n << BigInt(bits)
      assert.deepEqual(
        [-1n, 0n, limit - 1n, limit].map((value) => fitsBits(value, bits)),
        [false, true, true, false],
      )
      assert.equal(checkBits(limit - 1n, bits, 'x'), limit - 1n)
      assert.throws(() => checkBits(limit, bits, 'x'), { code: 'VALUE_OUT_OF_RANGE' })
      assert.throws(() => checkBits(-1n, bits, 'x'), { code: 'VALUE_OUT_OF_RANGE' })
      assert.equal(lowBits(limit + 5n, bits), 5n % limit)
    }
  })

  test('property: bytes and hex, there and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        assert.deepEqual(hexToBytes(bytesToHex(bytes)), bytes)
        assert.deepEqual(bigintToBytes(bytesToBigint(bytes), bytes.length), bytes)
        assert.deepEqual(concatBytes(bytes.slice(0, 3), bytes.slice(3)), bytes)
      }),
      { seed: 6 },
    )
  })

  test('error: values that need more bytes, and text that is no hex', () => {
    assert.throws(() => bigintToBytes(256n, 1), { code: 'VALUE_OUT_OF_RANGE' })
    assert.throws(() => bigintToBytes(-1n, 1), { code: 'VALUE_OUT_OF_RANGE' })
    for (const text of ['', '12', '0x1', '0xgg', '0x12 ', '0X12']) {
      assert.throws(() => hexToBytes(text), { code: 'ENCODING_INVALID' })
    }
    assert.deepEqual(hexToBytes('0x'), new Uint8Array())
  })
})
