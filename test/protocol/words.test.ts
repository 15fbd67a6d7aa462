import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { WORDS } from '../../protocol/constants.ts'
import type { WordName } from '../../protocol/constants.ts'
import { isFieldElement } from '../../protocol/field.ts'
import { packWord, unpackWord } from '../../protocol/words.ts'
import type { WordFields } from '../../protocol/words.ts'

const names = Object.keys(WORDS) as WordName[]

const bitsOf = (name: WordName): number => WORDS[name].reduce((sum, [, bits]) => sum + bits, 0)

/** The field with the given value in each word that has it, all other fields 0. */
function fieldsWith(name: WordName, at: number, value: bigint): WordFields<WordName> {
  return Object.fromEntries(
    WORDS[name].map(([field], i) => [field, i === at ? value : 0n]),
  ) as WordFields<WordName>
}

describe('packed words', () => {
  for (const name of names) {
    test(`property: ${name}, there and back`, () => {
      const shape = Object.fromEntries(
        WORDS[name].map(([field, bits]) => [
          field,
          fc.oneof(
            fc.constantFrom(0n, 1n, (1n << BigInt(bits)) - 1n),
            fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
          ),
        ]),
      )
      fc.assert(
        fc.property(fc.record(shape), (fields) => {
          const word = packWord(name, fields as WordFields<WordName>)
          assert.ok(isFieldElement(word))
          assert.ok(word < 1n << BigInt(bitsOf(name)))
          assert.deepEqual({ ...unpackWord(name, word) }, { ...fields })
        }),
        { numRuns: 30, seed: 7 },
      )
    })

    test(`behavior: ${name}: first field lowest, no more than 253 bits, no field too wide`, () => {
      assert.ok(bitsOf(name) <= 253)
      let offset = 0n
      WORDS[name].forEach(([, bits], i) => {
        assert.equal(packWord(name, fieldsWith(name, i, 1n)), 1n << offset)
        for (const bad of [-1n, 1n << BigInt(bits)]) {
          assert.throws(() => packWord(name, fieldsWith(name, i, bad)), {
            code: 'VALUE_OUT_OF_RANGE',
          })
        }
        offset += BigInt(bits)
      })
      assert.throws(() => unpackWord(name, 1n << offset), { code: 'ENCODING_INVALID' })
      assert.throws(() => unpackWord(name, -1n), { code: 'ENCODING_INVALID' })
    })
  }

  test('error: a field left out', () => {
    assert.throws(() => packWord('note', { asset: 1n } as never), { code: 'VALUE_OUT_OF_RANGE' })
  })
})
