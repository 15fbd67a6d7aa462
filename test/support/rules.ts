import type { AssetRules, RulesDocument } from '../../regulator/rules/document.ts'
import type { RuleRecord } from '../../regulator/rules/window.ts'
import { recordedDeployment } from './recordedChain.ts'

/** A version of the rules for the recorded deployment, thresholds of asset 1 as given. */
export function aRulesDocument(
  rules: AssetRules,
  { version = 1 }: { version?: number } = {},
): RulesDocument {
  return {
    ...{ type: 'cinnabar.rules', format: 1, version, remark: 'for a test' },
    chainId: String(recordedDeployment.chainId),
    rollup: recordedDeployment.rollup,
    assets: { 1: rules },
  }
}

/** 2 November 2026, the second day of its month. */
export const ruleDay = 20_759n

export function aRuleRecord(record: Partial<RuleRecord> = {}): RuleRecord {
  return {
    ...{ pseudonym: 7n, asset: 1n, day: ruleDay, withdrawn: 0n, amountIn: 0n, notesIn: 0n },
    amounts: [0n, 0n, 0n],
    ...record,
  }
}
