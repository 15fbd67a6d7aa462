import { hashMemo } from '../../protocol/memo.ts'
import { NULLIFIER_BITS, type WordName } from '../../protocol/constants.ts'
import { BaseError } from '../../protocol/errors.ts'
import { fitsBits } from '../../protocol/field.ts'
import { unpackWord, type WordFields } from '../../protocol/words.ts'
import type { Statement } from '../transfer.ts'
import {
  DomainWrongError,
  MemoHashWrongError,
  NullifierInvalidError,
  WordMalformedError,
} from './errors.ts'

/**
 * What can be said of a statement without any state but the deployment's domain. The proof is checked
 * apart, since it costs more than all the rest.
 *
 * The proof binds these words' inner rules too; they are checked here because the contract decodes them
 * from calldata and one item that it refuses would hold up its whole batch.
 *
 * @throws {TransferRefusedError}
 */
export function checkTransferStateless(
  { publicInputs, memo }: Statement,
  { domain }: { domain: bigint },
): void {
  if (publicInputs.domain !== domain) {
    throw new DomainWrongError({ expected: domain, actual: publicInputs.domain })
  }
  if (publicInputs.nullifier === 0n || !fitsBits(publicInputs.nullifier, NULLIFIER_BITS)) {
    throw new NullifierInvalidError()
  }
  if (!fitsBits(publicInputs.day, 16)) {
    throw new WordMalformedError({ word: 'day', reason: 'it has more than 16 bits' })
  }
  checkFeeWord(publicInputs.fee)
  checkWithdrawalWord(publicInputs.withdrawal)
  if (hashMemo(memo) !== publicInputs.memoHash) throw new MemoHashWrongError()
}

function checkFeeWord(packed: bigint): void {
  const { amount, asset } = open('fee', packed)
  if (amount === 0n && asset !== 0n) {
    throw new WordMalformedError({ word: 'fee', reason: 'it names an asset and no amount' })
  }
}

function checkWithdrawalWord(packed: bigint): void {
  const { amount, recipient } = open('withdrawal', packed)
  if (amount === 0n && packed !== 0n) {
    throw new WordMalformedError({
      word: 'withdrawal',
      reason: 'it names an asset or recipient and no amount',
    })
  }
  if (amount !== 0n && recipient === 0n) {
    throw new WordMalformedError({ word: 'withdrawal', reason: 'nobody could claim it' })
  }
}

function open<W extends WordName & ('fee' | 'withdrawal')>(word: W, packed: bigint): WordFields<W> {
  try {
    return unpackWord(word, packed)
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    throw new WordMalformedError({ word, reason: 'unused bits are not zero' })
  }
}
