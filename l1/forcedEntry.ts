import { keccak248 } from '../protocol/domain.ts'
import { bigintToBytes, bytesToHex, concatBytes, hexToBytes } from '../protocol/field.ts'
import { packWord } from '../protocol/words.ts'
import {
  decodeContext,
  decodeTransfer,
  encodeContext,
  encodeTransfer,
  guard,
  type Hex,
  Reader,
  type SettleContext,
  type SettleForced,
  type SettleTransfer,
} from './slotCodec.ts'

/** What enters the forced queue: one context and one transfer. Spec: docs/spec/forced-queue.md#data. */
export type ForcedEntry = {
  readonly context: SettleContext
  readonly transfer: Omit<SettleTransfer, 'context'>
}

/**
 * The `data` argument of `ForcedQueue.enter`.
 * @throws {SettleDataInvalidError} when a value does not fit its place.
 */
export function encodeForcedEntry({ context, transfer }: ForcedEntry): Hex {
  return bytesToHex(
    guard('forced entry', () =>
      concatBytes(encodeContext(context), encodeTransfer({ ...transfer, context: 0 }, 1)),
    ),
  )
}

/**
 * The inverse of `encodeForcedEntry`. Accepts exactly what the contract's parser accepts.
 *
 * @throws {SettleDataTruncatedError | SettleDataTrailingError} when the length is wrong.
 * @throws {SettleDataInvalidError} when a value is not canonical.
 */
export function decodeForcedEntry(data: Hex): ForcedEntry {
  return guard('forced entry', () => {
    const reader = new Reader(hexToBytes(data))
    const context = decodeContext(reader)
    const { context: _, ...transfer } = decodeTransfer(reader, reader.number(1), 1)
    reader.end()
    return { context, transfer }
  })
}

/** S5: what an entry's words hash to. Top 248 bits. Twin: TransferSlot.hashForcedWords. */
export function hashForcedWords({
  nullifier,
  outputs,
  withdrawal,
  fee,
}: Pick<SettleForced, 'nullifier' | 'outputs' | 'withdrawal' | 'fee'>): bigint {
  const words = [nullifier, ...outputs, withdrawal, packWord('fee', { ...fee, epoch: 0n })]
  return keccak248(concatBytes(...words.map((word) => bigintToBytes(word, 32))))
}
