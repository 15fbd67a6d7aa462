import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { randomBytes } from 'node:crypto'
import { bytesToHex, concatBytes } from '../../protocol/field.ts'
import { SealedForAnotherError } from './errors.ts'

/** 32 bytes each. */
export type FarmKey = { readonly secretKey: Uint8Array; readonly publicKey: Uint8Array }

const VERSION = 1
const HEADER_BYTES = 1 + 32 + 24
const KEY_INFO = new TextEncoder().encode('cinnabar.farm.seal.1')
const DERIVE_INFO = new TextEncoder().encode('cinnabar.farm.key.1')
const FINGERPRINT_DOMAIN = new TextEncoder().encode('cinnabar.farm.fingerprint.1')

export function generateFarmKey(): FarmKey {
  return farmKeyFrom(new Uint8Array(randomBytes(32)))
}

export function farmKeyFrom(secretKey: Uint8Array): FarmKey {
  return { secretKey, publicKey: x25519.getPublicKey(secretKey) }
}

/** A key that follows from another secret of the same process: stable over restarts, stored nowhere. */
export function deriveFarmKey(secret: Uint8Array): FarmKey {
  return farmKeyFrom(hkdf(sha256, secret, undefined, DERIVE_INFO, 32))
}

/** Which key it is, for queues and operators: 16 hex digits. It is no check: the box itself is. */
export function fingerprintOf(publicKey: Uint8Array): string {
  const hash = sha256(concatBytes(FINGERPRINT_DOMAIN, publicKey))
  return bytesToHex(hash.subarray(0, 8)).slice(2)
}

/**
 * Seals bytes to a public key: X25519 (RFC 7748) with a fresh key pair, HKDF-SHA-256 (RFC 5869) over the
 * shared secret with both public keys as salt, XChaCha20-Poly1305. Anybody can seal; `associatedData` keeps
 * what was sealed for one purpose from being put in another's place.
 *
 * @returns version, ephemeral public key, nonce, ciphertext with tag.
 * @throws {Error} for a public key of small order.
 */
export function sealTo(
  publicKey: Uint8Array,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array {
  const ephemeral = generateFarmKey()
  const shared = x25519.getSharedSecret(ephemeral.secretKey, publicKey)
  const nonce = new Uint8Array(randomBytes(24))
  const key = sealingKey(shared, ephemeral.publicKey, publicKey)
  return concatBytes(
    Uint8Array.of(VERSION),
    ephemeral.publicKey,
    nonce,
    xchacha20poly1305(key, nonce, associatedData).encrypt(plaintext),
  )
}

/** @throws {SealedForAnotherError} when key, associated data or box are not the ones it was sealed with. */
export function openSealed(
  { secretKey, publicKey }: FarmKey,
  box: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array {
  try {
    if (box[0] !== VERSION) throw new SealedForAnotherError()
    const ephemeral = box.subarray(1, 33)
    const shared = x25519.getSharedSecret(secretKey, ephemeral)
    const key = sealingKey(shared, ephemeral, publicKey)
    return xchacha20poly1305(key, box.subarray(33, HEADER_BYTES), associatedData).decrypt(
      box.subarray(HEADER_BYTES),
    )
  } catch {
    throw new SealedForAnotherError()
  }
}

function sealingKey(shared: Uint8Array, ephemeral: Uint8Array, recipient: Uint8Array): Uint8Array {
  return hkdf(sha256, shared, concatBytes(ephemeral, recipient), KEY_INFO, 32)
}
