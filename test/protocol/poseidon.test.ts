import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { buildPoseidonReference } from 'circomlibjs'
import { DOMAINS, FIELD_ORDER, domainTag } from '../../protocol/constants.ts'
import { NonCanonicalFieldElementError } from '../../protocol/errors.ts'
import { hash, hashFrom } from '../../protocol/poseidon.ts'
import { fieldOf } from '../support/identities.ts'

const reference = await buildPoseidonReference()

describe('hash', () => {
  test('behavior: Poseidon’s reference with the tag as its initial state, at every width', () => {
    for (let width = 1; width <= 16; width++) {
      const inputs = Array.from({ length: width }, (_, i) => fieldOf(`input ${i}`))
      const expected = reference([...inputs], domainTag('NODE'))
      assert.equal(hash('NODE', inputs), reference.F.toObject(expected))
      assert.equal(hashFrom(domainTag('NODE'), inputs), hash('NODE', inputs))
    }
  })

  test('behavior: the first and the last element of the field', () => {
    const inputs = [0n, FIELD_ORDER - 1n]
    const expected = reference.F.toObject(reference(inputs, domainTag('NOTE')))
    assert.equal(hash('NOTE', inputs), expected)
  })

  test('behavior: each domain hashes differently, and none as plain Poseidon does', () => {
    const all = DOMAINS.map((domain) => hash(domain, [1n, 2n]))
    assert.equal(new Set(all).size, DOMAINS.length)
    assert.equal(all.includes(reference.F.toObject(reference([1n, 2n])) as never), false)
    assert.ok(DOMAINS.every((domain) => domainTag(domain) < FIELD_ORDER))
  })

  test('rejects: what is no element, and too few or too many inputs', () => {
    for (const value of [-1n, FIELD_ORDER, FIELD_ORDER + 1n, 1n << 256n]) {
      for (const inputs of [[value], [1n, value], [...Array<bigint>(15).fill(1n), value]]) {
        assert.throws(() => hash('NODE', inputs), NonCanonicalFieldElementError)
      }
      assert.throws(() => hashFrom(value, [1n]), NonCanonicalFieldElementError)
    }
    for (const count of [0, 17]) {
      assert.throws(() => hash('NODE', Array<bigint>(count).fill(1n)), RangeError)
    }
    // What was refused leaves nothing behind.
    assert.equal(
      hash('NODE', [1n, 2n]),
      reference.F.toObject(reference([1n, 2n], domainTag('NODE'))),
    )
  })
})
