import assert from 'node:assert/strict'
import { hkdfSync } from 'node:crypto'
import { describe, test } from 'node:test'

import { checkSubgroupPoint, mulBase8, mulPoint } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER, SCALAR_BITS } from '../../protocol/constants.ts'
import { bigintToBytes, bytesToBigint, bytesToHex, fitsBits } from '../../protocol/field.ts'
import {
  deriveKeys,
  deriveOwnerKey,
  deriveTraceKey,
  deriveTracePoint,
  deriveTraceSecret,
  seedFromMnemonic,
  seedFromSignatures,
} from '../../protocol/keys.ts'
import { hash } from '../../protocol/poseidon.ts'
import { aDomain, fieldOf, seedOf } from '../support/identities.ts'

const seed = seedOf('alice')

describe('deriveKeys', () => {
  test('default: HKDF-SHA-512 with the domain as salt, as Node computes it', () => {
    const keys = deriveKeys(seed, aDomain)
    const expand = (name: string): bigint => {
      const salt = bigintToBytes(aDomain, 32)
      return bytesToBigint(new Uint8Array(hkdfSync('sha512', seed, salt, `cinnabar.${name}`, 64)))
    }
    const scalar = (1n << BigInt(SCALAR_BITS)) - 1n
    assert.equal(keys.spendingKey, expand('spendingKey') & scalar)
    assert.equal(keys.viewingKey, expand('viewingKey') & scalar)
    assert.equal(keys.nullifierKey, expand('nullifierKey') % FIELD_ORDER)
    assert.equal(bytesToBigint(keys.blindingKey), expand('blindingKey') >> 256n)
    assert.equal(keys.blindingKey.length, 32)
  })

  test('behavior: public keys are multiples of Base8, in the subgroup', () => {
    const keys = deriveKeys(seed, aDomain)
    assert.deepEqual(keys.spendingPublicKey, mulBase8(keys.spendingKey))
    assert.deepEqual(keys.viewingPublicKey, mulBase8(keys.viewingKey))
    checkSubgroupPoint(keys.spendingPublicKey, 'spending public key')
    checkSubgroupPoint(keys.viewingPublicKey, 'viewing public key')
    assert.equal(keys.ownerKey, deriveOwnerKey(keys.spendingPublicKey, keys.nullifierKey))
  })

  test('behavior: two deployments, or two seeds, share nothing', () => {
    const all = [
      deriveKeys(seed, aDomain),
      deriveKeys(seed, aDomain + 1n),
      deriveKeys(seedOf('bob'), aDomain),
    ].flatMap((keys) => [
      keys.spendingKey,
      keys.viewingKey,
      keys.nullifierKey,
      bytesToBigint(keys.blindingKey),
      keys.ownerKey,
    ])
    assert.equal(new Set(all).size, 15)
    assert.deepEqual(deriveKeys(seed, aDomain), deriveKeys(seed, aDomain), 'and nothing is random')
  })
})

describe('seeds', () => {
  const words = `${'abandon '.repeat(11)}about`

  test('default: the BIP-39 seed of a mnemonic with an empty passphrase', () => {
    // BIP-39 with an empty passphrase; the same seed stands in BIP-49's and BIP-84's test vectors.
    const expected =
      '0x5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1' +
      '9a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4'
    assert.equal(bytesToHex(seedFromMnemonic(words)), expected)
    assert.equal(bytesToHex(seedFromMnemonic(`  ${words.toUpperCase()}\n`)), expected)
  })

  test('error: a word changed, missing, or not of the list', () => {
    for (const bad of [
      'abandon '.repeat(12),
      'abandon '.repeat(11),
      words.replace('about', 'aboutt'),
      '',
    ]) {
      assert.throws(
        () => seedFromMnemonic(bad),
        (error: { code?: string; message: string }) => {
          assert.equal(error.code, 'MNEMONIC_INVALID')
          assert.equal(error.message.includes('abandon'), false, 'no word of it is shown')
          return true
        },
      )
    }
  })

  test('behavior: a signature given twice makes a seed, two different ones do not', () => {
    const signature = seedOf('signature')
    const made = seedFromSignatures(signature, signature.slice())
    assert.equal(made.length, 64)
    assert.notDeepEqual(made, seedFromSignatures(seedOf('other'), seedOf('other')))
    for (const second of [seedOf('other'), signature.slice(0, 63), new Uint8Array()]) {
      assert.throws(() => seedFromSignatures(signature, second), { code: 'SIGNATURES_DIFFER' })
    }
  })
})

describe('trace keys', () => {
  const keys = deriveKeys(seed, aDomain)
  const owner = { ownerKey: keys.ownerKey, identityIndex: 5n }

  test('behavior: t is the low 250 bits of its hash, T a multiple of Base8', () => {
    const t = deriveTraceSecret(keys.nullifierKey, owner)
    const whole = hash('TRACE', [keys.nullifierKey, keys.ownerKey, 5n])
    assert.ok(fitsBits(t, SCALAR_BITS))
    assert.equal((whole - t) % (1n << BigInt(SCALAR_BITS)), 0n)
    assert.deepEqual(deriveTracePoint(keys.nullifierKey, owner), mulBase8(t))
  })

  test('behavior: the committee computes the same k from T and its secret', () => {
    const auditSecret = fieldOf('audit') >> 4n
    const t = deriveTraceSecret(keys.nullifierKey, owner)
    const k = deriveTraceKey(t, mulBase8(auditSecret))
    const shared = mulPoint(deriveTracePoint(keys.nullifierKey, owner), auditSecret)
    assert.equal(k, hash('TRACE_EPOCH', [shared.x, shared.y]))
    assert.notEqual(k, deriveTraceKey(t, mulBase8(auditSecret + 1n)), 'another epoch, another k')
  })

  test('behavior: each index has its own', () => {
    const other = { ...owner, identityIndex: 6n }
    assert.notEqual(
      deriveTraceSecret(keys.nullifierKey, owner),
      deriveTraceSecret(keys.nullifierKey, other),
    )
  })
})
