import { InvalidEncodingError } from './errors.ts'
import { packWord, unpackWord } from './words.ts'

/** What a transfer sends to the base chain. */
export type Withdrawal = {
  /** 16 bits. */
  readonly asset: bigint
  /** Protocol units, u64, above 0. */
  readonly amount: bigint
  /** Base-chain address, 160 bits. The Vault credits it; it claims. */
  readonly recipient: bigint
}

/**
 * The public withdrawal word: asset | amount | recipient, and 0 where nothing is withdrawn (T5:
 * one bit, both ways).
 *
 * @throws {InvalidEncodingError} when there is a withdrawal of nothing.
 * @throws {OutOfRangeError} when a field does not fit.
 */
export function packWithdrawal(withdrawal: Withdrawal | undefined): bigint {
  if (withdrawal === undefined) return 0n
  if (withdrawal.amount === 0n) {
    throw new InvalidEncodingError({ what: 'withdrawal', reason: 'its amount is 0' })
  }
  return packWord('withdrawal', withdrawal)
}

/**
 * The inverse of packWithdrawal.
 * @throws {InvalidEncodingError} when unused bits are not 0, or the amount is 0 and the rest is not.
 */
export function unpackWithdrawal(word: bigint): Withdrawal | undefined {
  if (word === 0n) return undefined
  const withdrawal = unpackWord('withdrawal', word)
  if (withdrawal.amount === 0n) {
    throw new InvalidEncodingError({ what: 'withdrawal', reason: 'its amount is 0' })
  }
  return withdrawal
}
