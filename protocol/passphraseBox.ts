import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { BaseError, InvalidEncodingError } from './errors.ts'
import { bytesToHex, hexToBytes } from './field.ts'
import { type RandomBytes } from './memo.ts'

/** What one guess at a passphrase costs, as scrypt's parameters (RFC 7914). */
export type PassphraseCost = { readonly N: number; readonly r: number; readonly p: number }

/**
 * What boxes are made with, and the least that is opened: 128 MiB and about half a second. OWASP asks for N ≥ 2^17,
 * r = 8.
 */
let ownCost: PassphraseCost = { N: 2 ** 17, r: 8, p: 1 }

/** For tests, whose passphrases guard nothing. No program of ours calls it. */
export function setPassphraseCost(cost: PassphraseCost): void {
  ownCost = cost
}

/** Bytes sealed under a passphrase, as JSON. */
export type PassphraseBox = {
  readonly version: 1
  readonly kdf: {
    readonly name: 'scrypt'
    readonly N: number
    readonly r: number
    readonly p: number
    readonly salt: string
  }
  readonly cipher: 'xchacha20-poly1305'
  readonly nonce: string
  readonly ciphertext: string
}

export class WrongPassphraseError extends BaseError {
  override readonly name = 'WrongPassphraseError'
  constructor() {
    super('The file cannot be opened.', {
      code: 'PASSPHRASE_WRONG',
      metaMessages: [
        'Either the passphrase is wrong or the file was changed or damaged.',
        'Try the passphrase again; failing that, restore from a backup or the recovery words.',
      ],
    })
  }
}

/** A key derived once from a passphrase: opening and re-sealing a file then costs no second scrypt. */
export type PassphraseKey = { readonly key: Uint8Array; readonly kdf: PassphraseBox['kdf'] }

export async function derivePassphraseKey(
  passphrase: string,
  salt: Uint8Array,
  cost: PassphraseCost = ownCost,
): Promise<PassphraseKey> {
  const { N, r, p } = cost
  const key = await scryptAsync(new TextEncoder().encode(passphrase.normalize('NFKC')), salt, {
    N,
    r,
    p,
    dkLen: 32,
    maxmem: 2 ** 31,
  })
  return { key, kdf: { name: 'scrypt', N, r, p, salt: bytesToHex(salt) } }
}

/** Seals bytes: XChaCha20-Poly1305 with a fresh 24-byte nonce and the KDF's parameters as AAD. */
export function sealBox(
  { key, kdf }: PassphraseKey,
  plaintext: Uint8Array,
  randomBytes: RandomBytes,
): PassphraseBox {
  const nonce = randomBytes(24)
  return {
    version: 1,
    kdf,
    cipher: 'xchacha20-poly1305',
    nonce: bytesToHex(nonce),
    ciphertext: bytesToHex(xchacha20poly1305(key, nonce, associatedData(kdf)).encrypt(plaintext)),
  }
}

/** @throws {WrongPassphraseError} when the key is not the box's, or the box was changed. */
export function openBox({ key }: PassphraseKey, box: PassphraseBox): Uint8Array {
  try {
    return xchacha20poly1305(key, hexToBytes(box.nonce), associatedData(box.kdf)).decrypt(
      hexToBytes(box.ciphertext),
    )
  } catch {
    throw new WrongPassphraseError()
  }
}

/** Derives the key that a box asks for. A hostile box can ask neither for unbounded work nor for too little. */
export function passphraseKeyOf(box: PassphraseBox, passphrase: string): Promise<PassphraseKey> {
  const { N, r, p, salt } = box.kdf
  if (N < ownCost.N || N > 2 ** 20 || r !== ownCost.r || p < 1 || p > 4) {
    return Promise.reject(
      new InvalidEncodingError({
        what: 'key file',
        reason: 'its scrypt parameters are not accepted',
      }),
    )
  }
  return derivePassphraseKey(passphrase, hexToBytes(salt), { N, r, p })
}

function associatedData(kdf: PassphraseBox['kdf']): Uint8Array {
  return new TextEncoder().encode(`cinnabar.box.1:${kdf.N}:${kdf.r}:${kdf.p}:${kdf.salt}`)
}
