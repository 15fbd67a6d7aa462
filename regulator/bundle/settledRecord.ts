import { formatField } from '../../protocol/field.ts'
import { unpackWord } from '../../protocol/words.ts'
import type { ResolvedItem } from '../orders/checkOpening.ts'
import { formatTime } from '../../protocol/calendar.ts'
import type { SettledRecord } from './bundle.ts'

/** A settled transfer in a bundle's form, from the chain. Undefined for what is no record. */
export function settledRecord(
  batch: string,
  { transfer, settled }: ResolvedItem,
): SettledRecord | undefined {
  if (transfer === undefined || settled === undefined) return undefined
  const { publicInputs } = transfer
  const fee = unpackWord('fee', publicInputs.fee)
  const withdrawal = unpackWord('withdrawal', publicInputs.withdrawal)
  const [x, y] = publicInputs.ephemeral
  return {
    batch,
    slot: transfer.slot,
    kind: transfer.kind,
    nullifier: formatField(publicInputs.nullifier),
    transaction: settled.transactionHash,
    block: settled.blockNumber.toString(),
    time: formatTime(settled.timestamp),
    day: publicInputs.day.toString(),
    epoch: Number(fee.epoch),
    traceTag: formatField(publicInputs.traceTag),
    ephemeral: { x: formatField(x), y: formatField(y) },
    statisticsCiphertext: publicInputs.statisticsCiphertext.map(formatField),
    investigationCiphertext: publicInputs.investigationCiphertext.map(formatField),
    withdrawal: {
      asset: withdrawal.asset.toString(),
      amount: withdrawal.amount.toString(),
      recipient: `0x${withdrawal.recipient.toString(16).padStart(40, '0')}`,
    },
    fee: { asset: fee.asset.toString(), amount: fee.amount.toString() },
  }
}
