import { sha256 } from '@noble/hashes/sha2.js'
import { InvalidEncodingError } from '../../protocol/errors.ts'
import { bigintToBytes, bytesToBigint, bytesToHex, concatBytes } from '../../protocol/field.ts'
import type { CircuitInputs, CircuitInputValue } from '../witnessCalculator.ts'

/** 0x and 64 hex digits. */
export type JobId = `0x${string}`

const DOMAIN = new TextEncoder().encode('cinnabar.farm.job.1')
const NUMBER = 0
const LIST = 1
const RECORD = 2

/**
 * A circuit's inputs as bytes, one form for one value. A number: 0 and 32 bytes; a list: 1, its length in 4
 * bytes, its elements; a record: 2, its size in 4 bytes, then by name, ascending, each name's length in 2
 * bytes, the name and the value.
 *
 * @throws {InvalidEncodingError} for a number that is negative or has more than 256 bits.
 */
export function encodeInputs(inputs: CircuitInputs): Uint8Array {
  const parts: Uint8Array[] = []
  encode(inputs, parts)
  // Not concatBytes: a large batch has more parts than a call takes arguments.
  return new Uint8Array(Buffer.concat(parts))
}

function encode(value: CircuitInputValue, parts: Uint8Array[]): void {
  const open = (kind: number, size: number) =>
    parts.push(Uint8Array.of(kind), bigintToBytes(BigInt(size), 4))
  if (typeof value === 'bigint') {
    if (value < 0n || value >> 256n !== 0n) {
      throw new InvalidEncodingError({ what: 'circuit input', reason: 'a number is out of range' })
    }
    parts.push(Uint8Array.of(NUMBER), bigintToBytes(value, 32))
  } else if (isList(value)) {
    open(LIST, value.length)
    for (const element of value) encode(element, parts)
  } else {
    const names = Object.keys(value).sort()
    open(RECORD, names.length)
    for (const name of names) {
      const text = new TextEncoder().encode(name)
      parts.push(bigintToBytes(BigInt(text.length), 2), text)
      encode(value[name]!, parts)
    }
  }
}

/** `Array.isArray` does not tell a read-only list from the rest of a union. */
function isList(value: CircuitInputValue): value is readonly CircuitInputValue[] {
  return Array.isArray(value)
}

/** Deeper than any circuit's inputs, and than nobody's stack. */
const MAX_DEPTH = 16

/** The inverse of `encodeInputs`. @throws {InvalidEncodingError} */
export function decodeInputs(bytes: Uint8Array): CircuitInputs {
  let at = 0
  const fail = (reason: string): never => {
    throw new InvalidEncodingError({ what: "job's data", reason })
  }
  const take = (count: number): Uint8Array => {
    if (at + count > bytes.length) fail('it ends too early')
    at += count
    return bytes.subarray(at - count, at)
  }
  const number = (count: number) => Number(bytesToBigint(take(count)))
  const decode = (depth: number): CircuitInputValue => {
    if (depth > MAX_DEPTH) fail('it nests too deeply')
    const kind = number(1)
    if (kind === NUMBER) return bytesToBigint(take(32))
    if (kind === LIST) {
      const list: CircuitInputValue[] = []
      for (let left = number(4); left > 0; left--) list.push(decode(depth + 1))
      return list
    }
    if (kind !== RECORD) fail('a value is of no known kind')
    const record: Record<string, CircuitInputValue> = {}
    let last: string | undefined
    for (let left = number(4); left > 0; left--) {
      const name = text(take(number(2)))
      // One encoding of one value: the job's name is its hash.
      if (last !== undefined && last >= name) fail('its names are not in order')
      last = name
      // As a member of a plain object it would be something else.
      if (name === '__proto__') fail('a name is none')
      record[name] = decode(depth + 1)
    }
    return record
  }
  const text = (encoded: Uint8Array): string => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(encoded)
    } catch {
      return fail('a name is no text')
    }
  }
  const inputs = decode(0)
  if (typeof inputs === 'bigint' || isList(inputs) || at !== bytes.length) fail('it is no record')
  return inputs as CircuitInputs
}

/**
 * A job's name: SHA-256 of the verification key's hash and the inputs, so that the same work is the same
 * job. It tells nothing of inputs that cannot be guessed; those of our circuits cannot, or are public.
 */
export function computeJobId(verificationKeyHash: string, encodedInputs: Uint8Array): JobId {
  const key = Buffer.from(verificationKeyHash, 'hex')
  return bytesToHex(sha256(concatBytes(DOMAIN, key, encodedInputs)))
}
