import { monthOf } from '../../protocol/calendar.ts'
import type { AssetRules } from './document.ts'

/** A statistics record as the rules see it: nothing but what key S opens and what is public anyway. */
export type RuleRecord = {
  readonly pseudonym: bigint
  readonly asset: bigint
  readonly day: bigint
  /** The three notes sent; some may be to the sender itself, which S cannot tell. */
  readonly amounts: readonly [bigint, bigint, bigint]
  readonly withdrawn: bigint
  readonly amountIn: bigint
  readonly notesIn: bigint
}

/** Sums of one day. Sums only, so that records may come in any order. */
export type DayFacts = {
  readonly day: bigint
  readonly transfers: number
  /** Notes sent with a value, and withdrawals. */
  readonly payments: number
  readonly sent: bigint
  readonly largest: bigint
  /** Payments just below the structuring threshold. */
  readonly near: number
  readonly nearSent: bigint
  readonly round: number
  readonly notesIn: number
  readonly takenIn: bigint
}

/**
 * All that the rules keep of one pseudonym and asset: at most 31 days, since a pseudonym is one month's. Its
 * counts of near and round payments depend on the thresholds, so a window belongs to a version of the rules.
 */
export type Window = {
  readonly pseudonym: bigint
  readonly asset: bigint
  /** First day on which this pseudonym could be seen: of the month, or of the epoch when that is later. */
  readonly visibleFrom: bigint
  /** Ascending; days without a transfer are left out. */
  readonly days: readonly DayFacts[]
}

/** @param epochStart first day of the record's audit-key epoch. */
export function openWindow(
  { pseudonym, asset, day }: Pick<RuleRecord, 'pseudonym' | 'asset' | 'day'>,
  epochStart: bigint,
): Window {
  const month = firstDayOfMonth(day)
  const visibleFrom = epochStart > month && epochStart <= day ? epochStart : month
  return { pseudonym, asset, visibleFrom, days: [] }
}

/** The window with one more record in it. */
export function addToWindow(window: Window, record: RuleRecord, rules: AssetRules): Window {
  const at = window.days.findIndex(({ day }) => day >= record.day)
  const known = at === -1 ? undefined : window.days[at]
  const isKnown = known?.day === record.day
  const day = addToDay(isKnown ? known : emptyDay(record.day), record, rules)
  const before = at === -1 ? window.days : window.days.slice(0, at)
  const behind = at === -1 ? [] : window.days.slice(isKnown ? at + 1 : at)
  return { ...window, days: [...before, day, ...behind] }
}

export function addAllToWindow(
  window: Window,
  records: readonly RuleRecord[],
  rules: AssetRules,
): Window {
  return records.reduce((sum, record) => addToWindow(sum, record, rules), window)
}

function addToDay(facts: DayFacts, record: RuleRecord, rules: AssetRules): DayFacts {
  const payments = paymentsOf(record)
  const near = payments.filter((amount) => isNear(amount, rules))
  return {
    day: facts.day,
    transfers: facts.transfers + 1,
    payments: facts.payments + payments.length,
    sent: facts.sent + sum(payments),
    largest: payments.reduce((most, amount) => (amount > most ? amount : most), facts.largest),
    near: facts.near + near.length,
    nearSent: facts.nearSent + sum(near),
    round: facts.round + payments.filter((amount) => isRound(amount, rules)).length,
    notesIn: facts.notesIn + Number(record.notesIn),
    takenIn: facts.takenIn + record.amountIn,
  }
}

function paymentsOf({ amounts, withdrawn }: RuleRecord): bigint[] {
  return [...amounts, withdrawn].filter((amount) => amount !== 0n)
}

/** In the uppermost `bandPercent` per cent below the structuring threshold. */
export function isNear(amount: bigint, { structuring }: AssetRules): boolean {
  if (structuring === undefined) return false
  const below = BigInt(structuring.below)
  return amount < below && amount * 100n >= below * BigInt(100 - structuring.bandPercent)
}

function isRound(amount: bigint, { roundAmounts }: AssetRules): boolean {
  if (roundAmounts === undefined) return false
  return amount >= BigInt(roundAmounts.atLeast) && amount % BigInt(roundAmounts.unit) === 0n
}

function emptyDay(day: bigint): DayFacts {
  return {
    ...{ day, transfers: 0, payments: 0, sent: 0n, largest: 0n, near: 0, nearSent: 0n },
    ...{ round: 0, notesIn: 0, takenIn: 0n },
  }
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}

function firstDayOfMonth(day: bigint): bigint {
  const month = monthOf(day)
  let first = day
  while (first > 0n && monthOf(first - 1n) === month) first--
  return first
}
