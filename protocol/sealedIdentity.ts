import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { type CurvePoint, mulBase8, mulPoint, packPoint, unpackPoint } from './babyjubjub.ts'
import { InvalidEncodingError } from './errors.ts'
import { bigintToBytes, bytesToBigint, concatBytes, fieldToBytes } from './field.ts'
import { hashIdentity, type Identity, packIdentity } from './identity.ts'
import { type RandomBytes } from './memo.ts'
import { unpackWord } from './words.ts'

/** Bytes of the registrar's reference to its own file on the person; UTF-8, zero-padded. */
const REFERENCE_BYTES = 64
/** Of the leaf's word. */
const WORD_BYTES = 8
/** ownerKey, word, destination, T.x, T.y, salt, reference. */
const PLAINTEXT_BYTES = 32 + WORD_BYTES + 32 + 32 + 32 + 32 + REFERENCE_BYTES
/** Packed R, nonce, ciphertext with tag. */
export const SEALED_IDENTITY_BYTES = 32 + 12 + PLAINTEXT_BYTES + 16

/** A leaf's contents and the registrar's reference to the person behind it. */
export type IdentityFile = { readonly identity: Identity; readonly reference: string }

function sealingKey(shared: CurvePoint, ephemeral: CurvePoint): Uint8Array {
  return hkdf(
    sha256,
    packPoint(shared),
    packPoint(ephemeral),
    new TextEncoder().encode('cinnabar.identity'),
    32,
  )
}

function encodeReference(reference: string): Uint8Array {
  const bytes = new TextEncoder().encode(reference)
  if (bytes.length > REFERENCE_BYTES) {
    throw new InvalidEncodingError({
      what: 'identity reference',
      reason: `it has ${bytes.length} bytes of UTF-8 and at most ${REFERENCE_BYTES} fit`,
    })
  }
  const out = new Uint8Array(REFERENCE_BYTES)
  out.set(bytes)
  return out
}

/**
 * Seals a leaf's contents to an audit key: ECIES on Baby Jubjub, HKDF-SHA-256 and
 * ChaCha20-Poly1305, with the leaf's hash as associated data, so that contents cannot be moved to
 * another leaf. Fixed size.
 */
export function sealIdentity({
  file,
  auditKey,
  ephemeralSecret,
  randomBytes,
}: {
  file: IdentityFile
  auditKey: CurvePoint
  /** {scalar} fresh. */
  ephemeralSecret: bigint
  randomBytes: RandomBytes
}): Uint8Array {
  const { identity, reference } = file
  const plaintext = concatBytes(
    fieldToBytes(identity.ownerKey),
    bigintToBytes(packIdentity(identity), WORD_BYTES),
    fieldToBytes(identity.destination),
    fieldToBytes(identity.tracePoint.x),
    fieldToBytes(identity.tracePoint.y),
    fieldToBytes(identity.salt),
    encodeReference(reference),
  )
  const ephemeral = mulBase8(ephemeralSecret)
  const nonce = randomBytes(12)
  const key = sealingKey(mulPoint(auditKey, ephemeralSecret), ephemeral)
  const leaf = fieldToBytes(hashIdentity(identity))
  return concatBytes(
    packPoint(ephemeral),
    nonce,
    chacha20poly1305(key, nonce, leaf).encrypt(plaintext),
  )
}

/**
 * Opens sealed contents with the audit key's secret and checks them against the leaf; undefined
 * when they were sealed to another key, or are not this leaf's.
 */
export function openIdentity({
  sealed,
  leaf,
  auditSecret,
}: {
  sealed: Uint8Array
  leaf: bigint
  auditSecret: bigint
}): IdentityFile | undefined {
  if (sealed.length !== SEALED_IDENTITY_BYTES) return undefined
  try {
    const ephemeral = unpackPoint(sealed.slice(0, 32))
    const key = sealingKey(mulPoint(ephemeral, auditSecret), ephemeral)
    const plaintext = chacha20poly1305(key, sealed.slice(32, 44), fieldToBytes(leaf)).decrypt(
      sealed.slice(44),
    )
    const field = (start: number): bigint => bytesToBigint(plaintext.slice(start, start + 32))
    const identity: Identity = {
      ownerKey: field(0),
      ...unpackWord('identity', bytesToBigint(plaintext.slice(32, 32 + WORD_BYTES))),
      destination: field(40),
      tracePoint: { x: field(72), y: field(104) },
      salt: field(136),
    }
    if (hashIdentity(identity) !== leaf) return undefined
    const reference = plaintext.slice(168)
    const end = reference.indexOf(0)
    return {
      identity,
      reference: new TextDecoder().decode(end === -1 ? reference : reference.slice(0, end)),
    }
  } catch {
    return undefined
  }
}
