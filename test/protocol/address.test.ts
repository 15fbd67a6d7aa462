import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { bech32m } from '@scure/base'
import { decodeAddress, encodeAddress } from '../../protocol/address.ts'
import type { Address } from '../../protocol/address.ts'
import { packPoint } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { InvalidAddressError } from '../../protocol/errors.ts'
import { bigintToBytes, concatBytes } from '../../protocol/field.ts'
import { deriveKeys } from '../../protocol/keys.ts'
import { aDomain, seedOf } from '../support/identities.ts'

const { ownerKey, viewingPublicKey } = deriveKeys(seedOf('alice'), aDomain)
const address: Address = { owner: { ownerKey, identityIndex: 5n }, viewingPublicKey }

/** Any bytes, with a valid checksum. */
function encodeBytes(bytes: Uint8Array, prefix = 'cnb'): string {
  return bech32m.encode(prefix, bech32m.toWords(bytes), 1000)
}

type Parts = { version?: number; key?: bigint; index?: bigint; point?: Uint8Array }

function parts({
  version = 1,
  key = ownerKey,
  index = 5n,
  point = packPoint(viewingPublicKey),
}: Parts = {}): Uint8Array {
  return concatBytes(Uint8Array.of(version), bigintToBytes(key, 32), bigintToBytes(index, 3), point)
}

describe('addresses', () => {
  test('default: there and back, on both networks', () => {
    for (const prefix of ['cnb', 'tcnb'] as const) {
      const text = encodeAddress(address, prefix)
      assert.ok(text.startsWith(`${prefix}1`))
      assert.equal(text, encodeBytes(parts(), prefix))
      assert.deepEqual(decodeAddress(text, prefix), address)
      assert.deepEqual(decodeAddress(text.toUpperCase(), prefix), address)
    }
  })

  test('behavior: indexes and owner keys at their limits', () => {
    for (const identityIndex of [0n, (1n << 20n) - 1n]) {
      for (const key of [0n, FIELD_ORDER - 1n]) {
        const one = { owner: { ownerKey: key, identityIndex }, viewingPublicKey }
        assert.deepEqual(decodeAddress(encodeAddress(one, 'cnb'), 'cnb'), one)
      }
    }
  })

  test('error: every single character changed', () => {
    const text = encodeAddress(address, 'cnb')
    for (let i = 0; i < text.length; i++) {
      const changed = text.slice(0, i) + (text[i] === 'q' ? 'p' : 'q') + text.slice(i + 1)
      assert.throws(() => decodeAddress(changed, 'cnb'), InvalidAddressError, `character ${i}`)
    }
    for (const bad of ['', 'cnb1', text.slice(0, -1), `${text}q`, ` ${text}`]) {
      assert.throws(() => decodeAddress(bad, 'cnb'), InvalidAddressError)
    }
  })

  test('error: an address of the other network', () => {
    assert.throws(() => decodeAddress(encodeAddress(address, 'tcnb'), 'cnb'), /another network/)
    assert.throws(() => decodeAddress(encodeBytes(parts(), 'bc'), 'cnb'), InvalidAddressError)
  })

  test('error: contents out of range, with a valid checksum', () => {
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [parts({ version: 2 }), /version/],
      [parts({ version: 0 }), /version/],
      [parts({ index: 1n << 20n }), /identity index/],
      [parts({ key: FIELD_ORDER }), /canonical/],
      [parts({ key: (1n << 256n) - 1n }), /canonical/],
      [parts({ point: bigintToBytes(1n, 32) }), /identity/],
      [parts({ point: bigintToBytes(FIELD_ORDER - 1n, 32) }), /viewing key/],
      [parts().slice(0, 67), /length/],
      [concatBytes(parts(), Uint8Array.of(0)), /length/],
    ]
    for (const [bytes, reason] of cases) {
      assert.throws(
        () => decodeAddress(encodeBytes(bytes), 'cnb'),
        (error: Error) => {
          assert.ok(error instanceof InvalidAddressError)
          assert.match(error.message, reason)
          return true
        },
      )
    }
  })
})
