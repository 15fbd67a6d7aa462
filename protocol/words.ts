import { type WordName, WORDS } from './constants.ts'
import { InvalidEncodingError } from './errors.ts'
import { checkBits } from './field.ts'

/** The fields of a packed word, by name. */
export type WordFields<W extends WordName> = {
  [F in (typeof WORDS)[W][number] as F[0]]: bigint
}

/**
 * Packs fields into one word, first field lowest.
 * @throws {OutOfRangeError} when a field does not fit its bits.
 */
export function packWord<W extends WordName>(word: W, fields: WordFields<W>): bigint {
  let packed = 0n
  let offset = 0n
  for (const [name, bits] of WORDS[word]) {
    packed |= checkBits((fields as Record<string, bigint>)[name] ?? -1n, bits, name) << offset
    offset += BigInt(bits)
  }
  return packed
}

/**
 * Opens a packed word.
 * @throws {InvalidEncodingError} when unused bits are not zero.
 */
export function unpackWord<W extends WordName>(word: W, packed: bigint): WordFields<W> {
  const fields: Record<string, bigint> = {}
  let rest = packed
  for (const [name, bits] of WORDS[word]) {
    fields[name] = rest & ((1n << BigInt(bits)) - 1n)
    rest >>= BigInt(bits)
  }
  if (rest !== 0n) {
    throw new InvalidEncodingError({
      what: `${word} word`,
      reason: 'unused bits are not zero',
    })
  }
  return fields as WordFields<W>
}
