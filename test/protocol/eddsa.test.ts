import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { buildEddsa } from 'circomlibjs'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER, SUBGROUP_ORDER } from '../../protocol/constants.ts'
import { signEddsa, verifyEddsa } from '../../protocol/eddsa.ts'
import type { EddsaSignature } from '../../protocol/eddsa.ts'
import { InvalidScalarError, NonCanonicalFieldElementError } from '../../protocol/errors.ts'
import { fieldOf } from '../support/identities.ts'

const eddsa = await buildEddsa()

function verifyByCircomlibjs(
  publicKey: CurvePoint,
  message: bigint,
  { r8, s }: EddsaSignature,
): boolean {
  const { F } = eddsa
  return eddsa.verifyPoseidon(F.e(message), { R8: [F.e(r8.x), F.e(r8.y)], S: s }, [
    F.e(publicKey.x),
    F.e(publicKey.y),
  ])
}

const keys = [1n, 2n, (1n << 250n) - 1n, fieldOf('key') >> 4n]
const messages = [0n, 1n, FIELD_ORDER - 1n, fieldOf('message')]

describe('signEddsa', () => {
  test('default: circomlibjs and verifyEddsa accept, for keys and messages at their limits', () => {
    for (const key of keys) {
      const publicKey = mulBase8(key)
      for (const message of messages) {
        const signature = signEddsa(key, message)
        assert.ok(signature.s < SUBGROUP_ORDER)
        assert.equal(verifyEddsa(publicKey, message, signature), true)
        assert.equal(verifyByCircomlibjs(publicKey, message, signature), true)
      }
    }
  })

  test('behavior: the same twice, and no nonce shared by two keys or two messages', () => {
    assert.deepEqual(signEddsa(5n, 6n), signEddsa(5n, 6n))
    const nonces = keys.flatMap((key) => messages.map((message) => signEddsa(key, message).r8.x))
    assert.equal(new Set(nonces).size, keys.length * messages.length)
  })

  test('rejects: keys that are no scalars and messages that are no field elements', () => {
    for (const key of [0n, 1n << 250n, SUBGROUP_ORDER]) {
      assert.throws(() => signEddsa(key, 1n), InvalidScalarError)
    }
    assert.throws(() => signEddsa(1n, FIELD_ORDER), NonCanonicalFieldElementError)
  })
})

describe('verifyEddsa', () => {
  const key = fieldOf('key') >> 4n
  const publicKey = mulBase8(key)
  const message = fieldOf('message')
  const signature = signEddsa(key, message)

  test('rejects: another key, message, point or scalar', () => {
    const { r8, s } = signature
    assert.equal(verifyEddsa(mulBase8(key + 1n), message, signature), false)
    assert.equal(verifyEddsa(publicKey, message + 1n, signature), false)
    assert.equal(verifyEddsa(publicKey, message, { r8: mulBase8(3n), s }), false)
    assert.equal(verifyEddsa(publicKey, message, { r8, s: s ^ 1n }), false)
  })

  test('rejects: S + l, which is the same scalar', () => {
    const twin = { ...signature, s: signature.s + SUBGROUP_ORDER }
    assert.equal(verifyEddsa(publicKey, message, twin), false)
  })

  test('rejects: points off the curve or outside the subgroup, and negative scalars', () => {
    const { r8, s } = signature
    assert.equal(verifyEddsa({ x: 1n, y: 2n }, message, signature), false)
    assert.equal(verifyEddsa({ x: 0n, y: 1n }, message, signature), false)
    assert.equal(verifyEddsa({ x: 0n, y: FIELD_ORDER - 1n }, message, signature), false)
    assert.equal(
      verifyEddsa(publicKey, message, { r8: { x: r8.x + FIELD_ORDER, y: r8.y }, s }),
      false,
    )
    assert.equal(verifyEddsa(publicKey, message, { r8: { x: 1n, y: 2n }, s }), false)
    assert.equal(verifyEddsa(publicKey, message, { r8, s: s - SUBGROUP_ORDER }), false)
  })
})
