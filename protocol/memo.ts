import { poly1305 } from '@noble/ciphers/_poly1305.js'
import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { expand, extract, hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { type CurvePoint, mulPoint, packPoint, unpackPoint } from './babyjubjub.ts'
import {
  DEPOSIT_CIPHERTEXT_BYTES,
  MEMO_BYTES,
  MEMO_NONCE_BYTES,
  NOTE_CIPHERTEXT_BYTES,
  NOTES_OUT,
  USER_MEMO_BYTES,
} from './constants.ts'
import { keccak248 } from './domain.ts'
import { InvalidEncodingError } from './errors.ts'
import { bigintToBytes, bytesToBigint, concatBytes, fieldToBytes, isFieldElement } from './field.ts'

/** Fresh random bytes; the caller owns the randomness, the protocol has none. */
export type RandomBytes = (length: number) => Uint8Array

/** Of Poly1305. */
const TAG_BYTES = 16

/** What a recipient reads. */
export type NotePlaintext = {
  readonly asset: bigint
  readonly amount: bigint
  readonly blinding: bigint
  /** At most USER_MEMO_BYTES of UTF-8. */
  readonly userMemo: string
}

/** A recipient of slot 1, 2 or 3. */
export type MemoEntry = {
  readonly slot: 1 | 2 | 3
  readonly viewingPublicKey: CurvePoint
  readonly note: NotePlaintext
}

/** The key of one slot: HKDF-SHA-256 (RFC 5869) of the shared point, bound to R and the slot. */
function slotKey(shared: CurvePoint, ephemeral: CurvePoint, slot: number): Uint8Array {
  return hkdf(sha256, packPoint(shared), packPoint(ephemeral), slotInfo(slot), 32)
}

function slotInfo(slot: number): Uint8Array {
  return concatBytes(new TextEncoder().encode('cinnabar.note'), Uint8Array.of(slot))
}

export function encodeUserMemo(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length > USER_MEMO_BYTES) {
    throw new InvalidEncodingError({
      what: 'memo',
      reason: `it has ${bytes.length} bytes of UTF-8 and at most ${USER_MEMO_BYTES} fit`,
    })
  }
  const out = new Uint8Array(USER_MEMO_BYTES)
  out.set(bytes)
  return out
}

function decodeUserMemo(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end === -1 ? bytes : bytes.slice(0, end))
}

/**
 * The memo of a transfer: a fresh nonce and three ciphertexts of equal size, whatever the number of
 * recipients; unused slots are random. ChaCha20-Poly1305 (RFC 8439). The nonce is fresh because a
 * changed user memo alone keeps e, and so the keys.
 */
export function sealMemo({
  ephemeralSecret,
  ephemeral,
  entries,
  randomBytes,
}: {
  ephemeralSecret: bigint
  ephemeral: CurvePoint
  entries: readonly MemoEntry[]
  randomBytes: RandomBytes
}): Uint8Array {
  const nonce = randomBytes(MEMO_NONCE_BYTES)
  const parts: Uint8Array[] = [nonce]
  for (let slot = 1; slot <= NOTES_OUT; slot++) {
    const entry = entries.find((candidate) => candidate.slot === slot)
    if (entry === undefined) {
      parts.push(randomBytes(NOTE_CIPHERTEXT_BYTES))
      continue
    }
    const { asset, amount, blinding, userMemo } = entry.note
    const plaintext = concatBytes(
      bigintToBytes(asset, 2),
      bigintToBytes(amount, 8),
      fieldToBytes(blinding),
      encodeUserMemo(userMemo),
    )
    const key = slotKey(mulPoint(entry.viewingPublicKey, ephemeralSecret), ephemeral, slot)
    parts.push(chacha20poly1305(key, nonce).encrypt(plaintext))
  }
  return concatBytes(...parts)
}

function checkMemoLength(memo: Uint8Array): void {
  if (memo.length !== MEMO_BYTES) {
    throw new InvalidEncodingError({
      what: 'memo',
      reason: `it must have ${MEMO_BYTES} bytes`,
    })
  }
}

/** The note of `slot` if it was sealed to this viewing key, else undefined. */
export function openMemoSlot({
  memo,
  ephemeral,
  viewingKey,
  slot,
}: {
  memo: Uint8Array
  ephemeral: CurvePoint
  viewingKey: bigint
  slot: 1 | 2 | 3
}): NotePlaintext | undefined {
  return openWithShared({
    memo,
    ephemeral,
    shared: mulPoint(ephemeral, viewingKey),
    slot,
  })
}

/** As openMemoSlot, with the shared point at hand: one multiplication serves all three slots. */
export function openWithShared({
  memo,
  ephemeral,
  shared,
  slot,
}: {
  memo: Uint8Array
  ephemeral: CurvePoint
  shared: CurvePoint
  slot: 1 | 2 | 3
}): NotePlaintext | undefined {
  checkMemoLength(memo)
  const start = MEMO_NONCE_BYTES + (slot - 1) * NOTE_CIPHERTEXT_BYTES
  const ciphertext = memo.subarray(start, start + NOTE_CIPHERTEXT_BYTES)
  let plaintext: Uint8Array
  try {
    plaintext = chacha20poly1305(
      slotKey(shared, ephemeral, slot),
      memo.subarray(0, MEMO_NONCE_BYTES),
    ).decrypt(ciphertext)
  } catch {
    return undefined
  }
  const blinding = bytesToBigint(plaintext.subarray(10, 42))
  // A sender can put anything here; a note with a blinding >= r cannot exist.
  if (!isFieldElement(blinding)) return undefined
  return {
    asset: bytesToBigint(plaintext.subarray(0, 2)),
    amount: bytesToBigint(plaintext.subarray(2, 10)),
    blinding,
    userMemo: decodeUserMemo(plaintext.subarray(42)),
  }
}

/**
 * Which of a memo's ciphertexts were sealed under the shared point, by their tags alone: bit 0 for slot
 * 1, bit 1 for slot 2, bit 2 for slot 3. For wallets that try many: nothing is decrypted, and one
 * extraction serves the three keys. What it finds, `openWithShared` opens.
 *
 * @param ephemeral,shared as `packPoint` gives them.
 */
export function findSealedSlots({
  memo,
  ephemeral,
  shared,
}: {
  memo: Uint8Array
  ephemeral: Uint8Array
  shared: Uint8Array
}): number {
  checkMemoLength(memo)
  const secret = extract(sha256, shared, ephemeral)
  const nonce = memo.subarray(0, MEMO_NONCE_BYTES)
  let found = 0
  for (let slot = 1; slot <= NOTES_OUT; slot++) {
    const start = MEMO_NONCE_BYTES + (slot - 1) * NOTE_CIPHERTEXT_BYTES
    const ciphertext = memo.subarray(start, start + NOTE_CIPHERTEXT_BYTES)
    const key = expand(sha256, secret, slotInfo(slot), 32)
    if (hasTag({ key, nonce, ciphertext })) found |= 1 << (slot - 1)
  }
  return found
}

/**
 * Whether the ciphertext, its tag last, was sealed under the key. RFC 8439, 2.6 and 2.8, without
 * associated data: the tag's own key is the stream's first block.
 */
function hasTag({
  key,
  nonce,
  ciphertext,
}: {
  key: Uint8Array
  nonce: Uint8Array
  ciphertext: Uint8Array
}): boolean {
  const length = ciphertext.length - TAG_BYTES
  const padded = Math.ceil(length / 16) * 16
  const message = new Uint8Array(padded + 16)
  message.set(ciphertext.subarray(0, length))
  new DataView(message.buffer).setUint32(padded + 8, length, true)
  const tag = poly1305(message, chacha20(key, nonce, new Uint8Array(32)))
  return tag.every((byte, i) => byte === ciphertext[length + i])
}

/** memoHash: keccak256 of the memo, top 248 bits. */
export function hashMemo(memo: Uint8Array): bigint {
  checkMemoLength(memo)
  return keccak248(memo)
}

const DEPOSIT_INFO = new TextEncoder().encode('cinnabar.deposit')

function depositKey(shared: CurvePoint, ephemeral: CurvePoint): Uint8Array {
  return hkdf(sha256, packPoint(shared), packPoint(ephemeral), DEPOSIT_INFO, 32)
}

/**
 * Whether a deposit's ciphertext was sealed under the shared point, by its tag alone; as
 * `findSealedSlots`. R stands in the ciphertext.
 */
export function isDepositSealed({
  ciphertext,
  shared,
}: {
  ciphertext: Uint8Array
  shared: Uint8Array
}): boolean {
  if (ciphertext.length !== DEPOSIT_CIPHERTEXT_BYTES) return false
  return hasTag({
    key: hkdf(sha256, shared, ciphertext.subarray(0, 32), DEPOSIT_INFO, 32),
    nonce: ciphertext.subarray(32, 44),
    ciphertext: ciphertext.subarray(44),
  })
}

/** A deposit's ciphertext: packed R ‖ nonce ‖ sealed blinding. Asset and amount are public. */
export function sealDeposit({
  viewingPublicKey,
  blinding,
  ephemeralSecret,
  ephemeral,
  randomBytes,
}: {
  viewingPublicKey: CurvePoint
  blinding: bigint
  ephemeralSecret: bigint
  ephemeral: CurvePoint
  randomBytes: RandomBytes
}): Uint8Array {
  const nonce = randomBytes(12)
  const key = depositKey(mulPoint(viewingPublicKey, ephemeralSecret), ephemeral)
  return concatBytes(
    packPoint(ephemeral),
    nonce,
    chacha20poly1305(key, nonce).encrypt(fieldToBytes(blinding)),
  )
}

/** The deposit's blinding if it was sealed to this viewing key, else undefined. */
export function openDeposit({
  ciphertext,
  viewingKey,
}: {
  ciphertext: Uint8Array
  viewingKey: bigint
}): bigint | undefined {
  if (ciphertext.length !== DEPOSIT_CIPHERTEXT_BYTES) return undefined
  try {
    const ephemeral = unpackPoint(ciphertext.slice(0, 32))
    const key = depositKey(mulPoint(ephemeral, viewingKey), ephemeral)
    const plaintext = chacha20poly1305(key, ciphertext.subarray(32, 44)).decrypt(
      ciphertext.subarray(44),
    )
    const blinding = bytesToBigint(plaintext)
    return isFieldElement(blinding) ? blinding : undefined
  } catch {
    return undefined
  }
}
