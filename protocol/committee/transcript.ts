import { sha512 } from '@noble/hashes/sha2.js'
import { type CurvePoint } from '../babyjubjub.ts'
import { bigintToBytes, bytesToBigint, concatBytes } from '../field.ts'
import { modOrder } from './scalars.ts'

/** What a challenge is made from. Every part has a fixed or a prefixed length, so none runs into the next. */
export type TranscriptPart = CurvePoint | bigint | number | Uint8Array | string

/** Points 64 bytes, integers 32, bytes and text behind their length in 4. Big endian. */
export function encodeParts(label: string, parts: readonly TranscriptPart[]): Uint8Array {
  return concatBytes(...[label, ...parts].map(encodePart))
}

function encodePart(part: TranscriptPart): Uint8Array {
  if (typeof part === 'bigint' || typeof part === 'number') return bigintToBytes(BigInt(part), 32)
  if (typeof part === 'string') return encodePart(new TextEncoder().encode(part))
  if (part instanceof Uint8Array) {
    return concatBytes(bigintToBytes(BigInt(part.length), 4), part)
  }
  return concatBytes(bigintToBytes(part.x, 32), bigintToBytes(part.y, 32))
}

/** SHA-512 of the parts mod l: 512 bits, so that the bias is negligible (as in RFC 8032). */
export function challengeOf(label: string, parts: readonly TranscriptPart[]): bigint {
  return modOrder(bytesToBigint(sha512(encodeParts(label, parts))))
}
