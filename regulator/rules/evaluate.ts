import type { AssetRules, RuleCode } from './document.ts'
import { type DayFacts, isNear, sum, type Window } from './window.ts'

/** What a rule found: which, over which days, from which facts, how sure. */
export type Hit = {
  readonly rule: RuleCode
  readonly fromDay: bigint
  readonly day: bigint
  /** Counts as numbers, amounts as decimal text in protocol units. */
  readonly facts: Readonly<Record<string, number | string>>
  /**
   * Of 10,000. 10,000 where the facts are the pattern itself (a sum passed a line); less where the pattern has
   * innocent explanations too: then it is the share of the window that fits it. It is no probability of guilt.
   */
  readonly confidence: number
}

const CERTAIN = 10_000
/** A pseudonym new this month may be somebody new, or somebody who was quiet: nothing tells the two apart. */
const NEW_OR_QUIET = 5_000

/** The days of a window that end with `day`, and that day. */
type View = {
  readonly window: Window
  readonly today: DayFacts
  /** The last `count` days up to today. */
  last(count: number): Totals
}
type Totals = {
  readonly fromDay: bigint
  readonly days: readonly DayFacts[]
  readonly payments: number
  readonly sent: bigint
  readonly notesIn: number
  readonly takenIn: bigint
}

/** One function a rule, each of the window and its own thresholds alone. */
const rules: {
  [N in keyof Required<AssetRules>]: (view: View, rules: AssetRules) => Hit | undefined
} = {
  largeValue: largeValue,
  structuring: structuring,
  velocity: velocity,
  dormantAwakes: dormantAwakes,
  roundAmounts: roundAmounts,
  dispersion: dispersion,
  concentration: concentration,
}

/** What the rules say of a window as it stood at the end of `day`: nothing where it has no record on it. */
export function evaluateWindow(window: Window, day: bigint, thresholds: AssetRules): Hit[] {
  const view = viewOf(window, day)
  if (view === undefined) return []
  return Object.values(rules).flatMap((rule) => rule(view, thresholds) ?? [])
}

function largeValue({ today }: View, { largeValue: thresholds }: AssetRules): Hit | undefined {
  if (thresholds === undefined) return undefined
  const perDay = BigInt(thresholds.perDay)
  if (today.sent < perDay && today.takenIn < perDay) return undefined
  return {
    ...{ rule: 'LARGE_VALUE', fromDay: today.day, day: today.day, confidence: CERTAIN },
    facts: {
      sent: String(today.sent),
      largest: String(today.largest),
      takenIn: String(today.takenIn),
      payments: today.payments,
      perDay: thresholds.perDay,
    },
  }
}

function structuring(view: View, all: AssetRules): Hit | undefined {
  const { structuring: thresholds } = all
  if (thresholds === undefined) return undefined
  const below = BigInt(thresholds.below)
  const { fromDay, days, payments } = view.last(thresholds.days)
  const near = days.reduce((count, day) => count + day.near, 0)
  const nearSent = sum(days.map((day) => day.nearSent))
  // Spread over days: each day's total just below the line instead of each payment.
  const nearDays = days.filter((day) => isNear(day.sent, all))
  const byPayments = near >= thresholds.payments && nearSent >= below
  const byDays = nearDays.length >= thresholds.payments
  // Said once, on a day that adds to the pattern.
  if (!byPayments && !byDays) return undefined
  if (view.today.near === 0 && !isNear(view.today.sent, all)) return undefined
  const share = Math.max(
    byPayments ? shareOf(near, payments) : 0,
    byDays ? shareOf(nearDays.length, days.length) : 0,
  )
  return {
    ...{ rule: 'STRUCTURING', fromDay, day: view.today.day, confidence: share },
    facts: {
      ...{ nearPayments: near, nearSent: String(nearSent), nearDays: nearDays.length, payments },
      ...{ below: thresholds.below, bandPercent: thresholds.bandPercent },
    },
  }
}

function velocity(view: View, { velocity: thresholds }: AssetRules): Hit | undefined {
  if (thresholds === undefined) return undefined
  const { fromDay, payments, sent } = view.last(thresholds.days)
  if (payments < thresholds.payments) return undefined
  return {
    ...{ rule: 'VELOCITY', fromDay, day: view.today.day, confidence: CERTAIN },
    facts: { payments, sent: String(sent), limit: thresholds.payments, days: thresholds.days },
  }
}

function dormantAwakes(
  { window, today }: View,
  { dormantAwakes: thresholds }: AssetRules,
): Hit | undefined {
  if (thresholds === undefined || today.sent < BigInt(thresholds.sent)) return undefined
  const earlier = window.days.filter(({ day }) => day < today.day).at(-1)
  // Without an earlier record, all that is known is that the pseudonym was not seen since its month began.
  const quietSince = earlier === undefined ? window.visibleFrom : earlier.day + 1n
  const quietDays = today.day - quietSince
  if (quietDays < BigInt(thresholds.quietDays)) return undefined
  return {
    ...{ rule: 'DORMANT_AWAKES', fromDay: quietSince, day: today.day },
    confidence: earlier === undefined ? NEW_OR_QUIET : CERTAIN,
    facts: {
      ...{ quietDays: Number(quietDays), sent: String(today.sent), threshold: thresholds.sent },
      ...{ isSeenBefore: earlier === undefined ? 'no' : 'yes' },
    },
  }
}

function roundAmounts(view: View, { roundAmounts: thresholds }: AssetRules): Hit | undefined {
  if (thresholds === undefined || view.today.round === 0) return undefined
  const { fromDay, days, payments } = view.last(thresholds.days)
  const round = days.reduce((count, day) => count + day.round, 0)
  if (round < thresholds.payments) return undefined
  return {
    ...{ rule: 'ROUND_AMOUNTS', fromDay, day: view.today.day },
    confidence: shareOf(round, payments),
    facts: { round, payments, unit: thresholds.unit, atLeast: thresholds.atLeast },
  }
}

function dispersion(view: View, { dispersion: thresholds }: AssetRules): Hit | undefined {
  if (thresholds === undefined) return undefined
  const totals = view.last(thresholds.days)
  if (totals.payments < thresholds.payments || totals.notesIn > thresholds.notesIn) return undefined
  if (!isPassedOn(totals, thresholds.passedOnPercent)) return undefined
  return {
    ...{ rule: 'DISPERSION', fromDay: totals.fromDay, day: view.today.day },
    confidence: CERTAIN - shareOf(totals.notesIn, totals.payments + totals.notesIn),
    facts: factsOf(totals),
  }
}

function concentration(view: View, { concentration: thresholds }: AssetRules): Hit | undefined {
  if (thresholds === undefined) return undefined
  const totals = view.last(thresholds.days)
  if (totals.notesIn < thresholds.notesIn || totals.payments > thresholds.payments) return undefined
  if (!isPassedOn(totals, thresholds.passedOnPercent)) return undefined
  return {
    ...{ rule: 'CONCENTRATION', fromDay: totals.fromDay, day: view.today.day },
    confidence: CERTAIN - shareOf(totals.payments, totals.payments + totals.notesIn),
    facts: factsOf(totals),
  }
}

function factsOf({ notesIn, takenIn, payments, sent }: Totals): Hit['facts'] {
  return { notesIn, takenIn: String(takenIn), payments, sent: String(sent) }
}

/** Whether most of what came in went out again within the same days. */
function isPassedOn({ takenIn, sent }: Totals, percent: number): boolean {
  return takenIn > 0n && sent * 100n >= takenIn * BigInt(percent)
}

/** Of 10,000, at least 1. */
function shareOf(part: number, whole: number): number {
  return Math.min(CERTAIN, Math.max(1, Math.round((part * CERTAIN) / Math.max(1, whole))))
}

function viewOf(window: Window, day: bigint): View | undefined {
  const today = window.days.find((facts) => facts.day === day)
  if (today === undefined) return undefined
  return {
    window,
    today,
    last(count) {
      const first = day - BigInt(count - 1)
      const fromDay = first > window.visibleFrom ? first : window.visibleFrom
      const days = window.days.filter((facts) => facts.day >= fromDay && facts.day <= day)
      return {
        ...{ fromDay, days },
        payments: days.reduce((total, facts) => total + facts.payments, 0),
        sent: sum(days.map((facts) => facts.sent)),
        notesIn: days.reduce((total, facts) => total + facts.notesIn, 0),
        takenIn: sum(days.map((facts) => facts.takenIn)),
      }
    },
  }
}
