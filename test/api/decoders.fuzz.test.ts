import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatIdentityFile, parseIdentityFile } from '../../api/identityFiles.ts'
import { computeStatementId } from '../../api/statementId.ts'
import { decodeSettle, decodeSettleInput } from '../../l1/codec.ts'
import { decodeAddress } from '../../protocol/address.ts'
import { BaseError } from '../../protocol/errors.ts'
import { decodeInputs, encodeInputs } from '../../prover/farm/jobInputs.ts'
import { farmKeyFrom, openSealed, sealTo } from '../../prover/farm/sealedBox.ts'
import { openBytes, sealBytes } from '../../wallet/keystore.ts'

// Every decoder of what comes from outside, under arbitrary and under slightly changed input: it gives a value or
// one of our errors with a stable code, never another one, and never hangs.

const RUNS = 400
/** Seeded: a failure is there again. */
const options = { numRuns: RUNS, seed: 5 }

const hex = (bytes: Uint8Array): `0x${string}` => `0x${Buffer.from(bytes).toString('hex')}`
const bytes = (maxLength = 600) => fc.uint8Array({ maxLength })

/** @returns the value, or undefined when it was refused as it should be. */
function outcome<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    assert.ok(error instanceof BaseError, `not ours: ${String(error)}`)
    assert.match(error.code, /^[A-Z][A-Z0-9_]+$/)
    return undefined
  }
}

/** Some bytes changed, cut off, doubled or put in. */
const mutated = (valid: Uint8Array) =>
  fc
    .record({
      at: fc.nat({ max: Math.max(0, valid.length - 1) }),
      byte: fc.nat({ max: 255 }),
      how: fc.constantFrom('set', 'cut', 'insert', 'double'),
    })
    .map(({ at, byte, how }) => {
      const head = valid.slice(0, at)
      const rest = valid.slice(at)
      if (how === 'cut') return head
      if (how === 'insert') return Uint8Array.from([...head, byte, ...rest])
      if (how === 'double') return Uint8Array.from([...head, ...rest, ...rest])
      return Uint8Array.from([...head, byte, ...rest.slice(1)])
    })

describe('decoders under arbitrary input', () => {
  test('property: settle calldata', () => {
    fc.assert(
      fc.property(bytes(), (data) => {
        outcome(() => decodeSettle(hex(data)))
        outcome(() => decodeSettleInput(hex(data)))
      }),
      options,
    )
  })

  test('property: addresses', () => {
    const character = fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7lQ1b '.split(''))
    const data = fc.string({ unit: character, maxLength: 160 })
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), data), (text) => {
        outcome(() => decodeAddress(`tcnb1${text}`, 'tcnb'))
        outcome(() => decodeAddress(text, 'cnb'))
      }),
      options,
    )
  })

  test('property: identity files, deep and wide', () => {
    const deep = fc.nat({ max: 20_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth))
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' }), deep), (text) => {
        for (const type of ['cinnabar.identity-offer', 'cinnabar.identity-acceptance'] as const) {
          const file = outcome(() => parseIdentityFile(type, text))
          if (file !== undefined) formatIdentityFile(file)
        }
      }),
      options,
    )
  })

  test('property: a job’s data, arbitrary and changed', () => {
    const valid = encodeInputs({ a: 1n, b: [2n, [3n]], c: { d: 4n } })
    fc.assert(
      fc.property(fc.oneof(bytes(), mutated(valid)), (data) => {
        const inputs = outcome(() => decodeInputs(data))
        // What is read is written the same way: no two encodings of one value.
        if (inputs !== undefined) assert.deepEqual(encodeInputs(inputs), data)
      }),
      options,
    )
  })

  test('rejects: a job’s data that nests without end', () => {
    const once = encodeInputs({ a: [1n] })
    assert.deepEqual(decodeInputs(once), { a: [1n] })
    // A number is 33 bytes, the head of a list before it 5: a list of one, of one, of one, …
    const [start, head, number] = [once.slice(0, -38), once.slice(-38, -33), once.slice(-33)]
    const heads = Array.from({ length: 100_000 }, () => head)
    const nested = new Uint8Array(Buffer.concat([start, ...heads, number]))
    assert.equal(
      outcome(() => decodeInputs(nested)),
      undefined,
    )
  })

  test('property: sealed boxes open unchanged and no other way', () => {
    const key = farmKeyFrom(new Uint8Array(32).fill(5))
    const name = new Uint8Array(32).fill(1)
    const valid = sealTo(key.publicKey, Uint8Array.of(1, 2, 3), name)
    assert.deepEqual(openSealed(key, valid, name), Uint8Array.of(1, 2, 3))
    fc.assert(
      fc.property(fc.oneof(bytes(), mutated(valid)), (box) => {
        const opened = outcome(() => openSealed(key, box, name))
        assert.equal(opened !== undefined, Buffer.compare(box, valid) === 0)
      }),
      options,
    )
  })

  test('property: wallet files open unchanged and no other way', () => {
    const key = new Uint8Array(32).fill(9)
    const context = 'fuzz'
    const valid = sealBytes(
      { key, randomBytes: (length) => new Uint8Array(randomBytes(length)) },
      { plaintext: Uint8Array.of(4, 5), context },
    )
    assert.deepEqual(openBytes(key, { sealed: valid, context }), Uint8Array.of(4, 5))
    fc.assert(
      fc.property(fc.oneof(bytes(), mutated(valid)), (sealed) => {
        const opened = openBytes(key, { sealed, context })
        assert.equal(opened !== undefined, Buffer.compare(sealed, valid) === 0)
      }),
      options,
    )
  })

  test('property: a statement’s name is a function of its canonical words', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -1n, max: 1n << 256n }), { maxLength: 30 }),
        (words) => {
          const name = outcome(() =>
            computeStatementId({
              circuit: 'transfer',
              publicInputs: words,
              memo: new Uint8Array(),
            }),
          )
          if (name !== undefined) assert.match(name, /^0x[0-9a-f]{64}$/)
        },
      ),
      options,
    )
  })
})
