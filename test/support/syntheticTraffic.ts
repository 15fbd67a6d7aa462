import type { RuleCode } from '../../regulator/rules/document.ts'
import type { RuleRecord } from '../../regulator/rules/window.ts'

export type SyntheticTrafficParameters = {
  seed: number
  /** Ordinary accounts of the month. */
  accounts: number
  /** Of each pattern. */
  planted: number
}

export type Plant = { readonly rule: RuleCode; readonly pseudonym: bigint }
export type SyntheticTraffic = {
  /** In the order in which they would be settled. */
  readonly records: readonly RuleRecord[]
  readonly plants: readonly Plant[]
  /** First day of the month and of the epoch. */
  readonly firstDay: bigint
}

const ASSET = 1n
/** 1 November 2026. */
const FIRST_DAY = 20_758n
const DAYS = 30
/** Protocol units of a yuan. */
const YUAN = 100

type Event = { day: number; payments: number[]; notes?: number[] }

/**
 * A month of made-up payments: consumers with wages, rents and shopping, merchants that collect, firms that pay wages, and
 * beside them accounts that follow a pattern. Patterns are drawn around the default thresholds, not above them, so
 * that some slip through, and the ordinary ones include what looks like a pattern and is none (a firm's wages, a merchant's
 * takings): what is measured is a trade, not a tautology. The same for a seed.
 */
export function syntheticTraffic({
  seed,
  accounts,
  planted,
}: SyntheticTrafficParameters): SyntheticTraffic {
  const random = mulberry32(seed)
  const between = (low: number, high: number): number =>
    low + Math.floor(random() * (high - low + 1))
  /** Yuan, with fen: prices are seldom round. */
  const price = (median: number): number =>
    Math.max(1, Math.round(median * YUAN * Math.exp(0.8 * normal(random))))
  const yuan = (low: number, high: number): number => between(low * YUAN, high * YUAN)
  const list = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)

  function consumer(): Event[] {
    const events: Event[] = []
    const rent = between(15, 60) * 100 * YUAN
    if (random() < 0.4) events.push({ day: between(0, 4), payments: [rent] })
    events.push({ day: between(4, 9), payments: [], notes: [price(9_000)] })
    for (let day = 0; day < DAYS; day++) {
      if (random() < 0.35) events.push({ day, payments: list(between(1, 3), () => price(90)) })
    }
    // Somebody buys a car now and then.
    if (random() < 0.01) events.push({ day: between(0, 29), payments: [yuan(30_000, 80_000)] })
    return events
  }
  function merchant(): Event[] {
    const events: Event[] = []
    let takings = 0
    for (let day = 0; day < DAYS; day++) {
      const notes = list(between(2, 9), () => price(120))
      takings += notes.reduce((total, note) => total + note, 0)
      for (let at = 0; at < notes.length; at += 6) {
        events.push({ day, payments: [], notes: notes.slice(at, at + 6) })
      }
      if (day % 7 === 6) {
        events.push({ day, payments: list(between(2, 6), () => Math.round(takings / 8)) })
        takings = 0
      }
    }
    return events
  }
  function firm(): Event[] {
    const payDay = between(8, 14)
    const people = between(4, 25)
    const wages = list(people, () => price(9_000))
    const total = wages.reduce((sum, wage) => sum + wage, 0)
    const events: Event[] = list(3, () => ({
      day: between(0, payDay),
      payments: [],
      notes: [Math.round(total / 2)],
    }))
    for (let at = 0; at < people; at += 3) {
      events.push({ day: payDay, payments: wages.slice(at, at + 3) })
    }
    return events
  }

  const patterns: Record<RuleCode, () => Event[]> = {
    LARGE_VALUE: () => {
      const day = between(0, 29)
      return list(3, () => ({ day, payments: [yuan(15_000, 24_000)] }))
    },
    STRUCTURING: () => {
      const day = between(0, 20)
      return list(between(3, 6), () => yuan(39_000, 49_900)).map((payment, i) => ({
        day: day + i,
        payments: [payment],
      }))
    },
    VELOCITY: () => {
      const day = between(0, 29)
      return list(between(18, 40), () => ({ day, payments: list(3, () => price(40)) }))
    },
    DORMANT_AWAKES: () => [
      ...(random() < 0.7 ? [{ day: between(0, 4), payments: [price(50)] }] : []),
      { day: between(18, 29), payments: [yuan(27_000, 80_000)] },
    ],
    ROUND_AMOUNTS: () =>
      list(between(5, 12), () => ({
        day: 10 + between(0, 6),
        payments: [between(1, 9) * 1_000 * YUAN],
      })),
    DISPERSION: () => {
      const day = between(0, 27)
      const count = between(18, 40)
      const total = yuan(20_000, 45_000)
      const payments = list(count, () => Math.round((total * (0.8 + 0.2 * random())) / count))
      const events: Event[] = [{ day, payments: [], notes: [total] }]
      for (let at = 0; at < count; at += 3) {
        events.push({ day: day + between(0, 2), payments: payments.slice(at, at + 3) })
      }
      return events
    },
    CONCENTRATION: () => {
      const day = between(0, 27)
      const notes = list(between(16, 40), () => price(900))
      const events: Event[] = []
      for (let at = 0; at < notes.length; at += 6) {
        events.push({ day: day + between(0, 1), payments: [], notes: notes.slice(at, at + 6) })
      }
      const total = notes.reduce((sum, note) => sum + note, 0)
      events.push({ day: day + 2, payments: [Math.round(total * (0.75 + 0.24 * random()))] })
      return events
    },
  }

  const records: { at: number; record: RuleRecord }[] = []
  const plants: Plant[] = []
  let pseudonym = BigInt(seed) << 32n
  const emit = (events: readonly Event[]): bigint => {
    pseudonym += 1n
    for (const { day, payments, notes = [] } of events) {
      // Three notes are all that a transfer sends.
      for (let at = 0; at === 0 || at < payments.length; at += 3) {
        const [one = 0, two = 0, three = 0] = payments.slice(at, at + 3)
        const takenIn = at === 0 ? notes : []
        records.push({
          at: day + random(),
          record: {
            ...{ pseudonym, asset: ASSET, day: FIRST_DAY + BigInt(day), withdrawn: 0n },
            amounts: [BigInt(one), BigInt(two), BigInt(three)],
            amountIn: takenIn.reduce((total, note) => total + BigInt(note), 0n),
            notesIn: BigInt(takenIn.length),
          },
        })
      }
    }
    return pseudonym
  }
  for (let i = 0; i < accounts; i++) {
    const kind = random()
    emit(kind < 0.85 ? consumer() : kind < 0.97 ? merchant() : firm())
  }
  for (const [rule, pattern] of Object.entries(patterns) as [RuleCode, () => Event[]][]) {
    for (let i = 0; i < planted; i++) plants.push({ rule, pseudonym: emit(pattern()) })
  }
  records.sort((one, other) => one.at - other.at)
  return { records: records.map(({ record }) => record), plants, firstDay: FIRST_DAY }
}

/** Small, fast, and good enough for traffic: https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Standard normal, by Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
