import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { BackTest } from '../../../regulator/rules/backTest.ts'
import { defaultRules } from '../../../regulator/rules/defaults.ts'
import { type AssetRules, ruleCodes } from '../../../regulator/rules/document.ts'
import { evaluateWindow } from '../../../regulator/rules/evaluate.ts'
import { addAllToWindow, openWindow, type RuleRecord } from '../../../regulator/rules/window.ts'
import { aRuleRecord, aRulesDocument, ruleDay } from '../../support/rules.ts'
import { syntheticTraffic } from '../../support/syntheticTraffic.ts'

/** What the rules say at the end of `day` of records given as one pseudonym's. */
function evaluate(
  rules: AssetRules,
  records: readonly Partial<RuleRecord>[],
  { day, epochStart = 0n }: { day?: bigint; epochStart?: bigint } = {},
) {
  const all = records.map(aRuleRecord)
  const window = addAllToWindow(openWindow(all[0]!, epochStart), all, rules)
  return evaluateWindow(window, day ?? all.at(-1)!.day, rules)
}
const pays = (day: bigint, ...amounts: bigint[]): Partial<RuleRecord> => ({
  day: ruleDay + day,
  amounts: [amounts[0] ?? 0n, amounts[1] ?? 0n, amounts[2] ?? 0n],
})
const takes = (day: bigint, notesIn: bigint, amountIn: bigint): Partial<RuleRecord> => ({
  ...{ day: ruleDay + day, notesIn, amountIn },
})

describe('LARGE_VALUE', () => {
  const rules: AssetRules = { largeValue: { perDay: '1000' } }
  test('default: the line is reached by one payment, by several of a day, or by what is taken in', () => {
    for (const records of [
      [pays(0n, 1_000n)],
      [pays(0n, 300n, 300n), pays(0n, 399n, 1n)],
      [{ ...pays(0n, 600n), withdrawn: 400n }],
      [takes(0n, 2n, 1_000n)],
    ]) {
      const [hit, ...more] = evaluate(rules, records)
      assert.deepEqual([hit?.rule, hit?.confidence, more.length], ['LARGE_VALUE', 10_000, 0])
    }
  })
  test('behavior: one unit less is below the line, and days do not add up', () => {
    assert.deepEqual(evaluate(rules, [pays(0n, 999n)]), [])
    assert.deepEqual(evaluate(rules, [pays(0n, 900n), pays(1n, 900n)]), [])
    assert.deepEqual(evaluate(rules, [pays(0n, 500n), takes(0n, 1n, 999n)]), [])
  })
})

describe('STRUCTURING', () => {
  const rules: AssetRules = {
    structuring: { below: '1000', bandPercent: 20, payments: 3, days: 3 },
  }
  test('default: payments just below the line, within the days, that reach it together', () => {
    const [hit] = evaluate(rules, [pays(0n, 990n), pays(1n, 800n, 300n), pays(2n, 999n)])
    assert.equal(hit?.rule, 'STRUCTURING')
    assert.equal(hit.confidence, 7_500)
    assert.equal(hit.fromDay, ruleDay)
    assert.deepEqual(hit.facts['nearPayments'], 3)
  })
  test("default: days' totals just below the line, of small payments", () => {
    const day = (at: bigint) => pays(at, 300n, 300n, 350n)
    const [hit] = evaluate(rules, [day(0n), day(1n), day(2n)])
    assert.deepEqual([hit?.rule, hit?.confidence], ['STRUCTURING', 10_000])
  })
  test('behavior: the band ends below the line, and a day beyond the window does not count', () => {
    assert.deepEqual(evaluate(rules, [pays(0n, 799n, 799n, 799n)]), [])
    assert.deepEqual(evaluate(rules, [pays(0n, 1_000n, 1_000n, 1_000n)]), [])
    assert.deepEqual(evaluate(rules, [pays(0n, 900n), pays(1n, 900n), pays(3n, 900n)]), [])
  })
  test('behavior: said on days that add to it, not on those after', () => {
    const records = [pays(0n, 900n), pays(1n, 900n), pays(1n, 900n), pays(2n, 5n)]
    assert.equal(evaluate(rules, records, { day: ruleDay + 1n }).length, 1)
    assert.deepEqual(evaluate(rules, records), [])
  })
})

describe('VELOCITY', () => {
  const rules: AssetRules = { velocity: { payments: 4, days: 2 } }
  test('default: payments within the days, withdrawals among them', () => {
    const records = [pays(0n, 1n, 1n), { ...pays(1n, 1n), withdrawn: 1n }]
    assert.equal(evaluate(rules, records)[0]?.rule, 'VELOCITY')
    assert.deepEqual(evaluate(rules, [pays(0n, 1n, 1n), pays(1n, 1n)]), [])
    assert.deepEqual(evaluate(rules, [pays(0n, 1n, 1n), pays(2n, 1n, 1n)]), [])
  })
})

describe('DORMANT_AWAKES', () => {
  const rules: AssetRules = { dormantAwakes: { quietDays: 10, sent: '500' } }
  test('default: a day of value after quiet ones', () => {
    const [hit] = evaluate(rules, [pays(0n, 1n), pays(11n, 500n)])
    assert.deepEqual([hit?.rule, hit?.confidence], ['DORMANT_AWAKES', 10_000])
    assert.deepEqual(evaluate(rules, [pays(0n, 1n), pays(10n, 500n)]), [])
    assert.deepEqual(evaluate(rules, [pays(0n, 1n), pays(11n, 499n)]), [])
  })
  test('behavior: one that was not seen this month is new or quiet, and half as sure', () => {
    const [hit] = evaluate(rules, [pays(9n, 500n)])
    assert.deepEqual([hit?.confidence, hit?.facts['isSeenBefore']], [5_000, 'no'])
    assert.deepEqual(evaluate(rules, [pays(8n, 500n)]), [])
  })
  test('behavior: an epoch that began within the month hides what was before it', () => {
    assert.deepEqual(evaluate(rules, [pays(9n, 500n)], { epochStart: ruleDay + 5n }), [])
    assert.equal(evaluate(rules, [pays(16n, 500n)], { epochStart: ruleDay + 5n }).length, 1)
  })
})

describe('ROUND_AMOUNTS', () => {
  const rules: AssetRules = {
    roundAmounts: { unit: '100', atLeast: '200', payments: 2, days: 3 },
  }
  test('default: multiples of the unit, large enough, as a share of all payments', () => {
    const [hit] = evaluate(rules, [pays(0n, 300n, 5n), pays(1n, 200n, 100n)])
    assert.deepEqual([hit?.rule, hit?.confidence], ['ROUND_AMOUNTS', 5_000])
    assert.deepEqual(evaluate(rules, [pays(0n, 300n), pays(1n, 201n)]), [])
    assert.deepEqual(evaluate(rules, [pays(0n, 300n), pays(1n, 100n)]), [])
  })
})

describe('DISPERSION', () => {
  const rules: AssetRules = {
    dispersion: { payments: 5, notesIn: 1, passedOnPercent: 80, days: 2 },
  }
  const out = [pays(1n, 20n, 20n, 20n), pays(1n, 20n, 20n)]
  test('default: one note in, many payments out, most of it passed on', () => {
    const [hit] = evaluate(rules, [takes(0n, 1n, 125n), ...out])
    assert.deepEqual([hit?.rule, hit?.confidence], ['DISPERSION', 8_333])
  })
  test('behavior: not from many notes, not of a fraction, not from what was there before', () => {
    assert.deepEqual(evaluate(rules, [takes(0n, 2n, 100n), ...out]), [])
    assert.deepEqual(evaluate(rules, [takes(0n, 1n, 126n), ...out]), [])
    assert.deepEqual(evaluate(rules, out), [])
  })
})

describe('CONCENTRATION', () => {
  const rules: AssetRules = {
    concentration: { notesIn: 6, payments: 1, passedOnPercent: 80, days: 2 },
  }
  test('default: many notes in, one payment out', () => {
    const [hit] = evaluate(rules, [takes(0n, 6n, 100n), pays(1n, 80n)])
    assert.deepEqual([hit?.rule, hit?.confidence], ['CONCENTRATION', 8_571])
    assert.deepEqual(evaluate(rules, [takes(0n, 5n, 100n), pays(1n, 80n)]), [])
    assert.deepEqual(evaluate(rules, [takes(0n, 6n, 100n), pays(1n, 40n, 40n)]), [])
    assert.deepEqual(evaluate(rules, [takes(0n, 6n, 100n), pays(1n, 79n)]), [])
  })
})

describe('windows', () => {
  const { rules } = defaultRules('pboc-cash', 100n)

  test('behavior: the order of records makes no difference', () => {
    const { records } = syntheticTraffic({ seed: 3, accounts: 0, planted: 1 })
    fc.assert(
      fc.property(fc.shuffledSubarray([...records], { minLength: records.length }), (shuffled) => {
        const of = (pseudonym: bigint, all: readonly RuleRecord[]) => {
          const own = all.filter((record) => record.pseudonym === pseudonym)
          return addAllToWindow(openWindow(own[0]!, 0n), own, rules)
        }
        for (const pseudonym of new Set(records.map((record) => record.pseudonym))) {
          const { days } = of(pseudonym, shuffled)
          assert.deepEqual(days, of(pseudonym, records).days)
        }
      }),
      { numRuns: 10, seed: 1 },
    )
  })

  test('behavior: an asset without thresholds raises nothing', () => {
    assert.deepEqual(evaluate({}, [pays(0n, 10n ** 18n)]), [])
  })

  test('default: the defaults find most of what was planted, and say nothing of most others', () => {
    const traffic = syntheticTraffic({ seed: 11, accounts: 600, planted: 20 })
    const backTest = new BackTest(aRulesDocument(rules))
    for (const record of traffic.records) {
      backTest.add({ record, epochStart: traffic.firstDay })
    }
    const found = new Set(backTest.findings.map(({ rule, pseudonym }) => `${rule} ${pseudonym}`))
    for (const code of ruleCodes) {
      const plants = traffic.plants.filter(({ rule }) => rule === code)
      const recall = plants.filter(({ pseudonym }) => found.has(`${code} ${pseudonym}`)).length
      assert.ok(recall >= plants.length / 2, `${code}: ${recall} of ${plants.length}`)
    }
    const planted = new Set(traffic.plants.map(({ pseudonym }) => pseudonym))
    const others = backTest.findings.filter(({ pseudonym }) => !planted.has(pseudonym))
    assert.ok(others.length < traffic.records.length / 50, `${others.length} false alarms`)
  })
})
