import type { VerifiedGrant, VerifiedReceipt } from '../protocol/grants/verify.ts'
import { unpackWord } from '../protocol/words.ts'
import { type AmountFormatter, formatDay } from './report.ts'

/** What a verified receipt proves and what it does not, as lines of text. */
export function describeReceipt(
  { receipt, asset, amount, recipientIndex, day }: VerifiedReceipt,
  { isRollupGiven, amounts }: { isRollupGiven: boolean; amounts: AmountFormatter },
): string[] {
  const isPayer = receipt.by.side === 'payer'
  return [
    `The payment receipt holds. It was made for: ${receipt.grantee}`,
    `  ${amounts(asset, amount)} to identity ${String(recipientIndex)}, on ${formatDay(day)}, batch ${receipt.batch}, slot ${String(receipt.slot)}`,
    '',
    'It proves, from the base chain alone:',
    '  - the transfer is settled, and its note has this asset, amount and recipient;',
    isPayer
      ? '  - whoever made the receipt made the payment (who that is, it does not show);'
      : '  - the recipient, who has the keys of the note and of that identity, signed the receipt;',
    '  - it was made for the one named above: whoever else shows it shows somebody else’s.',
    ...aboutRollup(receipt.rollup, isRollupGiven),
    '',
    ...(isPayer
      ? [
          'The identity index of the recipient is the payer’s word: it is in the note, and nothing shows that the note’s keys are that identity’s.',
        ]
      : []),
    'It does not prove who is behind an identity index, what the payment was for, or that it was the only one.',
  ]
}

/** The same of a viewing grant, with all that it shows. */
export function describeGrant(
  { grant, sent, received, isComplete }: VerifiedGrant,
  { isRollupGiven, amounts }: { isRollupGiven: boolean; amounts: AmountFormatter },
): string[] {
  const { period, authority, grantee, rollup } = grant
  const [from, to] = [period.from, period.to].map((day) => formatDay(BigInt(day)))
  return [
    `The viewing grant holds. It was made for: ${grantee}`,
    `It shows payments of identity ${authority.identityIndex} from ${String(from)} to ${String(to)}: ${String(sent.length)} transfers sent, ${String(received.length)} payments received.`,
    '',
    'It proves, from the base chain alone:',
    '  - the owner of that identity, whose registered T it knows the secret of, signed all of it, for the one named above;',
    '  - each transfer is settled; what stands below is what its supervisory records say, which were proved with it;',
    '  - each payment received was made by the settled transfer named;',
    isComplete
      ? '  - no transfer that the account sent in the period is left out.'
      : 'Whether more was sent in the period, it does not show.',
    'Whether more was received, nothing shows. The recipients’ indexes are the sender’s word: they are in its notes.',
    ...aboutRollup(rollup, isRollupGiven),
    '',
    ...sent.flatMap(({ transfer, statistics, investigation }) => {
      const { publicInputs, batchNumber, slot } = transfer
      const fee = unpackWord('fee', publicInputs.fee)
      const withdrawal = unpackWord('withdrawal', publicInputs.withdrawal)
      const notes = [
        [statistics.amount1, investigation.recipient1],
        [statistics.amount2, investigation.recipient2],
        [statistics.amount3, investigation.recipient3],
      ] as const
      return [
        `Sent on ${formatDay(publicInputs.day)}, batch ${String(batchNumber)}, slot ${String(slot)}:`,
        ...notes
          .filter(([amount]) => amount > 0n)
          .map(
            ([amount, index]) =>
              `  ${amounts(statistics.asset, amount)} to identity ${String(index)}`,
          ),
        ...(withdrawal.amount === 0n
          ? []
          : [
              `  ${amounts(withdrawal.asset, withdrawal.amount)} withdrawn to 0x${withdrawal.recipient.toString(16).padStart(40, '0')}`,
            ]),
        ...(fee.amount === 0n ? [] : [`  ${amounts(fee.asset, fee.amount)} as a fee`]),
        `  ${amounts(statistics.asset, statistics.amountIn)} taken in`,
      ]
    }),
    ...received.map(
      ({ asset, amount, day }) => `Received on ${formatDay(day)}: ${amounts(asset, amount)}`,
    ),
  ]
}

function aboutRollup(rollup: string, isRollupGiven: boolean): string[] {
  return isRollupGiven ? [] : [`It is of rollup ${rollup}: compare that address.`]
}
