import type { Policy } from '../../protocol/policy.ts'

/** One tier in whole coins of the asset; `undefined` is no limit. */
type TierRow = {
  readonly tier: bigint
  readonly name: string
  readonly perTransfer: bigint | undefined
  readonly perDay: bigint | undefined
  readonly accountCap: bigint | undefined
}

/**
 * Tiers after the four classes of e-CNY wallets, in yuan. The number is turned round, since a registrar's tier cap says "up to":
 * tier 1 is class 4, the least known. Where each figure comes from, and what cannot be carried over: docs/spec/policy.md.
 */
const ecny: readonly TierRow[] = [
  { tier: 1n, name: 'class 4', perTransfer: 2_000n, perDay: 5_000n, accountCap: 10_000n },
  { tier: 2n, name: 'class 3', perTransfer: 5_000n, perDay: 10_000n, accountCap: 20_000n },
  { tier: 3n, name: 'class 2', perTransfer: 50_000n, perDay: 100_000n, accountCap: 500_000n },
  {
    ...{ tier: 4n, name: 'class 1' },
    ...{ perTransfer: undefined, perDay: undefined, accountCap: undefined },
  },
]

/** Tables that a deployment can name in place of policies. */
export const tierTables = { ecny } as const
export type TierTableName = keyof typeof tierTables

const UNLIMITED = 2n ** 64n - 1n

export type TierTableOptions = {
  readonly asset: bigint
  /** Protocol units of one whole coin. */
  readonly unitsPerCoin: bigint
  /**
   * Whole coins on one day from which on records are for the large-value key: at this sum, not only above it. Default: 50,000, the
   * line of the large-value rules for cash (docs/supervision.md).
   */
  readonly reportFrom?: bigint
}

/** The policies of a table for one asset. */
export function policiesOfTable(
  name: TierTableName,
  { asset, unitsPerCoin, reportFrom = 50_000n }: TierTableOptions,
): Policy[] {
  const units = (coins: bigint | undefined) =>
    coins === undefined ? UNLIMITED : coins * unitsPerCoin
  return tierTables[name].map(({ tier, perTransfer, perDay, accountCap }) => ({
    ...{ tier, asset },
    perTransfer: units(perTransfer),
    perDay: units(perDay),
    accountCap: units(accountCap),
    // The policy says "above"; an amount is a whole number of units.
    reportAbove: reportFrom * unitsPerCoin - 1n,
  }))
}
