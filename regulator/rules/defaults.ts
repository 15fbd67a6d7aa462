import type { AssetRules } from './document.ts'

/**
 * Where a profile's statutory figure comes from; docs/supervision.md quotes the texts. Only LARGE_VALUE and STRUCTURING
 * rest on a statute. The other thresholds are ours, to be set by who knows the traffic, with a back-test.
 */
export const ruleProfiles = ['pboc-cash', 'pboc-transfer', 'us-ctr', 'fatf-occasional'] as const
export type RuleProfile = (typeof ruleProfiles)[number]

/** In whole units of the profile's currency; `smallest` is what must be added where the law says "more than". */
const lines: Record<RuleProfile, { line: bigint; isExclusive: boolean; remark: string }> = {
  'pboc-cash': {
    line: 50_000n,
    isExclusive: false,
    remark:
      'CNY. PBOC Order [2016] No. 3, article 5(1): cash of 50,000 yuan or more on one day, singly or in all.',
  },
  'pboc-transfer': {
    line: 500_000n,
    isExclusive: false,
    remark:
      'CNY. PBOC Order [2016] No. 3, article 5(3): domestic transfers of natural persons of 500,000 yuan or more on one day, singly or in all.',
  },
  'us-ctr': {
    line: 10_000n,
    isExclusive: true,
    remark:
      'USD. 31 CFR 1010.311 and 1010.313: currency of more than 10,000 dollars in one business day, aggregated. Structuring: 31 U.S.C. 5324.',
  },
  'fatf-occasional': {
    line: 15_000n,
    isExclusive: true,
    remark:
      'USD or EUR. FATF Recommendation 10: occasional transactions above 15,000, single or in linked operations.',
  },
}

/**
 * Thresholds of an asset to begin with.
 *
 * @param unitsPerWhole protocol units of one yuan, dollar or euro.
 */
export function defaultRules(
  profile: RuleProfile,
  unitsPerWhole: bigint,
): { rules: AssetRules; remark: string } {
  const { line, isExclusive, remark } = lines[profile]
  const units = (whole: bigint): string => String(whole * unitsPerWhole)
  // "More than" is "at least one unit more".
  const reported = String(line * unitsPerWhole + (isExclusive ? 1n : 0n))
  return {
    remark,
    rules: {
      largeValue: { perDay: reported },
      structuring: { below: reported, bandPercent: 20, payments: 3, days: 7 },
      velocity: { payments: 60, days: 1 },
      dormantAwakes: { quietDays: 14, sent: units((line * 3n) / 5n) },
      roundAmounts: { unit: units(line / 50n), atLeast: units(line / 50n), payments: 6, days: 7 },
      dispersion: { payments: 20, notesIn: 2, passedOnPercent: 80, days: 3 },
      concentration: { notesIn: 20, payments: 3, passedOnPercent: 80, days: 3 },
    },
  }
}
