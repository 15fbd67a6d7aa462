import { type BatchLoad, estimateCall, gasSavedByJoining } from '../gasModel.ts'

/** A proved batch that waits for settlement. */
export type ProvedLoad = BatchLoad & {
  readonly number: bigint
  readonly sealedAt: Date
}

/** The batch after those, sealed and without a proof. */
export type NextProof = BatchLoad & {
  readonly sealedAt: Date
  /** From a worker's claim to its delivery, as measured here; the wait for a worker is not in it. */
  readonly proofSeconds: number
}

/** What a call may be, and what it costs. */
export type SettlementMeans = {
  readonly now: Date
  readonly maxBatches: number
  /** Of one transaction, with room below the base chain's own limits. */
  readonly maxGas: number
  readonly maxBytes: number
  /** A proved batch older than this, from its sealing, waits for no other. Well below the settle window (S2). */
  readonly settleAgeMs: number
  /** Wei per gas; undefined when it is not known. */
  readonly baseFee: bigint | undefined
  /** Wei that a second's delay of one transfer counts for. Undefined: nothing waits for a cheaper call. */
  readonly delayPrice: bigint | undefined
}

/**
 * Why proved batches are settled, or are not yet:
 *
 *   call-full               no further batch fits in the call
 *   due                     the oldest was sealed `settleAgeMs` ago
 *   nothing-follows         no sealed batch waits for its proof
 *   no-price                base fee or delay price is not known
 *   delay-costs-more        waiting for the next proof would cost more than a call of its own
 *   nothing-proved          the next batch to settle has no proof yet
 *   next-proof-saves-more   the next proof comes soon enough to share this call
 */
export const settlementReasons = [
  'call-full',
  'due',
  'nothing-follows',
  'no-price',
  'delay-costs-more',
  'nothing-proved',
  'next-proof-saves-more',
] as const
export type SettlementReason = (typeof settlementReasons)[number]

export type SettlementChoice = {
  /** How many batches, from the oldest, go in one call now. 0: wait. */
  readonly count: number
  readonly reason: SettlementReason
  readonly facts: {
    /** Consecutive proved batches from the settled one on. */
    readonly proved: number
    readonly transfers: number
    readonly oldestAgeMs: number
    /** Of a call with `count` batches, or with all that fit where it waits. */
    readonly gas: number
    readonly bytes: number
    readonly baseFee: string | null
    /** When the next proof may come; null where none is waited for. */
    readonly nextProofSeconds: number | null
    /** Wei; null without prices. */
    readonly delayCost: number | null
    readonly gasSaving: number | null
  }
}

/**
 * How many of the consecutive proved batches to settle in one call now. The fixed part of a call is shared by all
 * batches in it, so waiting for the next proof saves its own call; it delays what is proved.
 *
 * At least one goes as soon as the oldest is due, whatever the figures say, and a batch that fits in no call with others goes
 * alone.
 */
export function chooseSettlement(
  proved: readonly ProvedLoad[],
  next: NextProof | undefined,
  means: SettlementMeans,
): SettlementChoice {
  const { now, maxBatches, settleAgeMs, baseFee, delayPrice } = means
  const [oldest] = proved
  const fitting = countFitting(proved, means)
  const call = proved.slice(0, fitting)
  const { gas, bytes } = fitting === 0 ? { gas: 0, bytes: 0 } : estimateCall(call)
  const transfers = call.reduce((sum, batch) => sum + batch.transfers + batch.collects, 0)
  const oldestAgeMs = oldest === undefined ? 0 : ageOf(oldest, now)
  const nextProofSeconds = next === undefined ? null : secondsUntilProof(next, now)
  const hasPrices = baseFee !== undefined && delayPrice !== undefined
  // A deposit that waits is a person who waits, as a transfer is.
  const waiting = call.reduce((sum, batch) => sum + batch.deposits, transfers)
  const delayCost =
    hasPrices && nextProofSeconds !== null ? Number(delayPrice) * waiting * nextProofSeconds : null
  const gasSaving =
    hasPrices && next !== undefined ? gasSavedByJoining(next.circuit) * Number(baseFee) : null

  const choose = (reason: SettlementReason, count: number): SettlementChoice => ({
    count,
    reason,
    facts: {
      ...{ proved: proved.length, transfers, oldestAgeMs, gas, bytes },
      baseFee: baseFee === undefined ? null : String(baseFee),
      ...{ nextProofSeconds, delayCost, gasSaving },
    },
  })
  if (oldest === undefined) return choose('nothing-proved', 0)
  const isFull =
    fitting < proved.length ||
    fitting >= maxBatches ||
    (next !== undefined && countFitting([...call, { ...next, number: 0n }], means) === fitting)
  if (isFull) return choose('call-full', fitting)
  if (oldestAgeMs >= settleAgeMs) return choose('due', fitting)
  if (next === undefined) return choose('nothing-follows', fitting)
  if (delayCost === null || gasSaving === null) return choose('no-price', fitting)
  return delayCost < gasSaving
    ? choose('next-proof-saves-more', 0)
    : choose('delay-costs-more', fitting)
}

/** The most batches, from the oldest, that one call takes: one at least. */
function countFitting(
  batches: readonly ProvedLoad[],
  { maxBatches, maxGas, maxBytes }: SettlementMeans,
): number {
  let count = Math.min(batches.length, 1)
  while (count < Math.min(batches.length, maxBatches)) {
    const { gas, bytes } = estimateCall(batches.slice(0, count + 1))
    if (gas > maxGas || bytes > maxBytes) break
    count += 1
  }
  return count
}

/** A proof that is late will take as long again: whoever makes it may be gone. */
function secondsUntilProof({ sealedAt, proofSeconds }: NextProof, now: Date): number {
  const elapsed = ageOf({ sealedAt }, now) / 1000
  return elapsed < proofSeconds ? proofSeconds - elapsed : elapsed
}

function ageOf({ sealedAt }: { sealedAt: Date }, now: Date): number {
  return Math.max(0, now.getTime() - sealedAt.getTime())
}
