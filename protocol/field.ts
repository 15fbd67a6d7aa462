import { FIELD_ORDER } from './constants.ts'
import { InvalidEncodingError, NonCanonicalFieldElementError, OutOfRangeError } from './errors.ts'

declare const brand: unique symbol
/** A value that only its constructor makes, so that two bigints cannot be swapped by accident. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** An element of the BN254 scalar field, canonical: 0 ≤ value < FIELD_ORDER. */
export type FieldElement = Branded<bigint, 'FieldElement'>

/** @throws {NonCanonicalFieldElementError} when `value` is not below FIELD_ORDER. */
export function FieldElement(value: bigint): FieldElement {
  if (!isFieldElement(value)) throw new NonCanonicalFieldElementError()
  return value
}

export function isFieldElement(value: bigint): value is FieldElement {
  return value >= 0n && value < FIELD_ORDER
}

/** value mod r, for values that we computed ourselves; outside values go through FieldElement. */
export function reduce(value: bigint): FieldElement {
  const remainder = value % FIELD_ORDER
  return (remainder < 0n ? remainder + FIELD_ORDER : remainder) as FieldElement
}

export function fitsBits(value: bigint, bits: number): boolean {
  return value >= 0n && value < 1n << BigInt(bits)
}

/** @throws {OutOfRangeError} when `value` is not in [0, 2^bits). */
export function checkBits(value: bigint, bits: number, what: string): bigint {
  if (!fitsBits(value, bits)) throw new OutOfRangeError({ what, bits })
  return value
}

/** The low `bits` bits of a canonical field element (a strict decomposition in circuits). */
export function lowBits(value: bigint, bits: number): bigint {
  return value & ((1n << BigInt(bits)) - 1n)
}

/** Big-endian bytes of fixed length. @throws {OutOfRangeError} when the value needs more. */
export function bigintToBytes(value: bigint, length: number): Uint8Array {
  checkBits(value, length * 8, 'value')
  const bytes = new Uint8Array(length)
  let rest = value
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 255n)
    rest >>= 8n
  }
  return bytes
}

export function bytesToBigint(bytes: Uint8Array): bigint {
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}

export function fieldToBytes(value: bigint): Uint8Array {
  return bigintToBytes(FieldElement(value), 32)
}

/** @throws when the 32 bytes are not a canonical field element. */
export function bytesToField(bytes: Uint8Array): FieldElement {
  if (bytes.length !== 32) {
    throw new InvalidEncodingError({
      what: 'field element',
      reason: 'it must have 32 bytes',
    })
  }
  return FieldElement(bytesToBigint(bytes))
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function bytesToHex(bytes: Uint8Array): `0x${string}` {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return `0x${hex}`
}

/** @throws {InvalidEncodingError} when the text is not 0x-prefixed hex of whole bytes. */
export function hexToBytes(hex: string): Uint8Array {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(hex)) {
    throw new InvalidEncodingError({
      what: 'hex string',
      reason: 'it must be 0x and hex pairs',
    })
  }
  const out = new Uint8Array((hex.length - 2) / 2)
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(2 + 2 * i, 4 + 2 * i), 16)
  return out
}

/** A field element as 0x and 64 hex digits: the one textual form of field elements. */
export function formatField(value: bigint): `0x${string}` {
  return `0x${value.toString(16).padStart(64, '0')}`
}
