import { describeLegalBasis } from '../orders/legalBases.ts'
import type { Act, Bundle, Opening } from './bundle.ts'
import type { VerifiedBundle } from './verifyBundle.ts'

/** What a verified bundle proves and what it does not, as lines of text. */
export function describeBundle(
  { bundle, order, bundleHash, isDisclosed, missing, since }: VerifiedBundle,
  { isRollupGiven }: { isRollupGiven: boolean },
): string[] {
  const records = bundle.records.length
  const lineOf = ({ act, account, time, transaction }: Act) =>
    `  ${time}  ${act.padEnd(18)} ${account}  ${transaction}`
  return [
    `The bundle holds. Order ${bundle.order.number} (${bundle.scope.kind}, legal basis ${describeLegalBasis(bundle.order.legalBasis)}), now ${order.state}:`,
    ...bundle.order.history.map(lineOf),
    ...(since.length === 0 ? [] : ['After the bundle was made:', ...since.map(lineOf)]),
    '',
    'It proves, from the base chain alone:',
    `  - case and scope are those whose hashes were filed; the order was approved as listed above;`,
    `  - each of the ${String(bundle.openings.length)} openings was announced under the order, before it was made, and is in its scope;`,
    `  - each of the ${String(records)} records stands in the calldata of the settled batch named with it;`,
    '  - each plaintext is what that ciphertext holds under the audit key of its epoch: as many members as the',
    '    committee needs gave parts whose proofs hold, signed by the keys shown.',
    ...(isDisclosed
      ? [`  - this very bundle (${bundleHash}) was disclosed under the order.`]
      : ['It is not disclosed on the chain yet: others may still leave out or add openings.']),
    ...(missing === 0 ? [] : [`${String(missing)} announced openings are not in it.`]),
    ...(isRollupGiven ? [] : [`It is of rollup ${bundle.rollup}: compare that address.`]),
    '',
    'It does not prove that the case is just, who is behind an identity index, that members’ names and clocks are',
    'right, or that nothing was opened by members together without an order.',
    '',
    ...bundle.openings.flatMap((opening) => describeOpening(bundle, opening)),
  ]
}

/** One opening: what it is of, what it holds, who opened it. */
export function describeOpening(bundle: Bundle, opening: Opening): string[] {
  const { item, key, plaintext, answers } = opening
  const what =
    item.type === 'trace'
      ? `Trace key of epoch ${String(item.epoch)}`
      : `Batch ${item.batch}, slot ${String(item.slot)}, ${key} record`
  const names = answers.map(({ partial }) => {
    const member = bundle.committees[opening.committee]?.members[partial.member - 1]
    return member?.name ?? `member ${String(partial.member)}`
  })
  const { sealedTo } = plaintext
  if (sealedTo !== undefined) {
    return [
      `${what}, by ${names.join(', ')}: it is for key ${sealedTo}, and stays closed under this one.`,
    ]
  }
  return [
    `${what}, by ${names.join(', ')}:`,
    ...Object.entries(plaintext).map(([name, value]) => `  ${name.padEnd(14)} ${value}`),
  ]
}
