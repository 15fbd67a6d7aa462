import { MAX_SUSPENSION_DAYS } from '../protocol/constants.ts'
import { FreezeTermsError } from './errors.ts'
import { entryOf, type RegistrarState } from './registrar.ts'

/** Why an identity may be frozen, by code. What each rests on is the law's; a record names it. */
export const freezeReasons = {
  courtOrder: 1,
  sanctions: 2,
  suspectedFraud: 3,
  suspectedLaundering: 4,
  identityInDoubt: 5,
  deathOrIncapacity: 6,
} as const
export type FreezeReason = keyof typeof freezeReasons

/** One freeze as the registrar keeps it. Days are Unix days (UTC). */
export type FreezeRecord = {
  readonly reason: FreezeReason
  /** Legal basis or file number, for the notice. */
  readonly basis: string
  readonly from: number
  /** First day without it. A freeze lapses by itself; to go on it is renewed, which is another record. */
  readonly until: number
  /** Day on which it was lifted before its end. */
  readonly liftedOn?: number
}

/**
 * A freeze from today, checked before anything is proved.
 *
 * @throws {FreezeTermsError} when it lasts longer than the registry circuit allows, or has no basis.
 */
export function planFreeze(
  today: number,
  { reason, basis, days }: { reason: FreezeReason; basis: string; days: number },
): FreezeRecord {
  if (days < 1 || days > MAX_SUSPENSION_DAYS) {
    throw new FreezeTermsError({
      reason: `it lasts from 1 to ${String(MAX_SUSPENSION_DAYS)} days; a longer one is renewed`,
    })
  }
  if (basis.trim() === '') throw new FreezeTermsError({ reason: 'it names no legal basis' })
  return { reason, basis, from: today, until: today + days }
}

/** Records a freeze that the chain holds, once. */
export function recordFreeze(
  state: RegistrarState,
  { index, freeze }: { index: number; freeze: FreezeRecord },
): RegistrarState {
  const { freezes = [] } = entryOf(state, index)
  return withFreezes(state, index, [...freezes, freeze])
}

/** Records that the chain holds the identity without a freeze since `today`. */
export function recordLifting(
  state: RegistrarState,
  { index, today }: { index: number; today: number },
): RegistrarState {
  const { freezes = [] } = entryOf(state, index)
  return withFreezes(
    state,
    index,
    freezes.map((freeze) =>
      freeze.liftedOn === undefined && freeze.until > today
        ? { ...freeze, liftedOn: today }
        : freeze,
    ),
  )
}

/** The freeze in force on a day. */
export function presentFreeze(
  { freezes = [] }: { readonly freezes?: readonly FreezeRecord[] },
  today: number,
): FreezeRecord | undefined {
  return freezes.findLast(({ until, liftedOn }) => liftedOn === undefined && until > today)
}

/** What the person is told: the end, the reason, and where to turn. Holds nothing of anybody else. */
export type FreezeNotice = {
  readonly type: 'cinnabar.freeze-notice'
  readonly version: 1
  readonly domain: string
  readonly index: number
  readonly reason: FreezeReason
  readonly reasonCode: number
  readonly basis: string
  /** ISO dates. */
  readonly from: string
  readonly until: string
  readonly rights: readonly string[]
}

export function freezeNotice({
  domain,
  index,
  freeze,
  formatDay,
}: {
  domain: string
  index: number
  freeze: FreezeRecord
  formatDay: (day: bigint) => string
}): FreezeNotice {
  return {
    type: 'cinnabar.freeze-notice',
    version: 1,
    domain,
    index,
    reason: freeze.reason,
    reasonCode: freezeReasons[freeze.reason],
    basis: freeze.basis,
    from: formatDay(BigInt(freeze.from)),
    until: formatDay(BigInt(freeze.until)),
    rights: [
      'The freeze ends by itself when the day named as `until` begins (UTC), unless it is renewed; a renewal is another update on the base chain.',
      'You can leave to your destination at any time: cinnabar wallet withdraw ASSET --exit.',
      'You can appeal: cinnabar wallet appeal. The hash of your text goes on the base chain, the text to the registrar and its supervisor.',
    ],
  }
}

function withFreezes(
  state: RegistrarState,
  index: number,
  freezes: readonly FreezeRecord[],
): RegistrarState {
  return {
    ...state,
    entries: state.entries.map((entry) => (entry.index === index ? { ...entry, freezes } : entry)),
  }
}
