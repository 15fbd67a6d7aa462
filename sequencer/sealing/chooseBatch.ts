import { BATCH_CIRCUITS, type BatchCircuit, DEPOSITS_PER_SLOT } from '../../protocol/constants.ts'
import { gasOfBatch } from '../gasModel.ts'

/** What waits to be sealed. */
export type BatchQueue = {
  readonly transfers: number
  readonly deposits: number
  /** When the oldest of both was admitted or queued; undefined when nothing waits. */
  readonly oldestAt: Date | undefined
  readonly arrivalsPerSecond: number
}

/** What a batch costs, and whom waiting costs. */
export type SealingMeans = {
  readonly now: Date
  /** Nothing waits longer. */
  readonly batchAgeMs: number
  /** Sizes whose key is here and active on the base chain. */
  readonly circuits: readonly BatchCircuit[]
  /** Time that a proof takes, as measured here. */
  readonly proofSeconds: Readonly<Record<BatchCircuit, number>>
  /** Batches that are sealed and not proved yet. */
  readonly unproved: number
  /** Proofs that are made at once. */
  readonly provers: number
  /** Wei per gas; undefined when it is not known. */
  readonly baseFee: bigint | undefined
  /** Wei that a second's delay of one transfer counts for. Undefined: fullness and age alone decide. */
  readonly delayPrice: bigint | undefined
  /** Nothing was settled for so long that an empty batch is due, as a sign of life. */
  readonly isSilent: boolean
}

/**
 * Why a batch is sealed, or is not yet:
 *
 *   full                    the largest batch is full, or the deposits' slot of any
 *   due                     something has waited for `batchAgeMs`
 *   delay-costs-more        a prover is idle, and the wait would cost more than a batch of its own
 *   keep-alive              nothing waits, and nothing was settled for long: an empty batch
 *   nothing-waits
 *   no-key                  no batch circuit has a key here that is active on the base chain
 *   provers-busy            it would pay to seal, but the proof could not begin
 *   more-may-come           waiting is cheaper: what comes meanwhile shares the batch's cost
 */
export const sealingReasons = [
  'full',
  'due',
  'delay-costs-more',
  'keep-alive',
  'nothing-waits',
  'no-key',
  'provers-busy',
  'more-may-come',
] as const
export type SealingReason = (typeof sealingReasons)[number]

/** One size as it looked when the choice was made. */
export type SizeFacts = {
  readonly circuit: BatchCircuit
  /** Transfers and deposits that it would take. */
  readonly takes: number
  /** Its gas and its delay, for each that it takes; wei, or gas where there are no prices. */
  readonly costEach: number
}

/** A choice with what it was made from. Public values and clocks only. */
export type SealingChoice = {
  /** Undefined: wait. */
  readonly circuit: BatchCircuit | undefined
  readonly reason: SealingReason
  readonly facts: {
    readonly transfers: number
    readonly deposits: number
    readonly ageMs: number
    readonly arrivalsPerSecond: number
    readonly unproved: number
    readonly provers: number
    readonly baseFee: string | null
    /** Wei that the wait until `batchAgeMs` would cost, and that it may save; null without prices. */
    readonly delayCost: number | null
    readonly gasSaving: number | null
    readonly sizes: readonly SizeFacts[]
  }
}

/**
 * Whether to seal now, and in which size.
 *
 * The size is the cheapest for each that it takes, by gas and by delay: of all gas a batch's own is shared by what
 * is in it, and its proof delays what is in it and what must wait behind it. So a high base fee and a long
 * queue make batches larger, an expensive delay makes them smaller. Equal ones: the smaller.
 *
 * The time is when it is full or due, or before: when a prover is idle and the delay of what waits until it is due
 * costs more than a further batch would, times the chance that anybody comes to share it.
 *
 * Nothing waits beyond `batchAgeMs`, only sizes of `circuits` are chosen, and a longer queue is neither sealed later nor
 * in a smaller size (where a larger circuit takes less time per transfer).
 */
export function chooseBatch(queue: BatchQueue, means: SealingMeans): SealingChoice {
  const { transfers, deposits, oldestAt, arrivalsPerSecond } = queue
  const { now, batchAgeMs, unproved, provers, baseFee, delayPrice } = means
  const ageMs = oldestAt === undefined ? 0 : Math.max(0, now.getTime() - oldestAt.getTime())
  const circuits = [...means.circuits].sort((a, b) => slotsOf(a) - slotsOf(b))
  const sizes = circuits.map((circuit) => costOf(circuit, queue, means))
  const best = sizes.reduce<SizeFacts | undefined>(
    (least, size) => (least === undefined || size.costEach < least.costEach ? size : least),
    undefined,
  )
  const largest = circuits.at(-1)

  const hasPrices = baseFee !== undefined && delayPrice !== undefined
  const waiting = transfers + deposits
  const remaining = Math.max(0, batchAgeMs - ageMs) / 1000
  const delayCost = hasPrices ? Number(delayPrice) * waiting * remaining : null
  const gasSaving =
    hasPrices && best !== undefined
      ? // The chance that somebody comes, if arrivals are independent of each other.
        gasOfBatch(best.circuit) * Number(baseFee) * (1 - Math.exp(-arrivalsPerSecond * remaining))
      : null

  const choose = (reason: SealingReason, circuit?: BatchCircuit): SealingChoice => ({
    circuit,
    reason,
    facts: {
      ...{ transfers, deposits, ageMs, arrivalsPerSecond, unproved, provers },
      baseFee: baseFee === undefined ? null : String(baseFee),
      ...{ delayCost, gasSaving, sizes },
    },
  })
  if (oldestAt === undefined || waiting === 0) {
    const [smallest] = circuits
    if (!means.isSilent || smallest === undefined) return choose('nothing-waits')
    return choose('keep-alive', smallest)
  }
  if (best === undefined || largest === undefined) return choose('no-key')
  if (transfers >= slotsOf(largest) || deposits >= DEPOSITS_PER_SLOT) {
    return choose('full', best.circuit)
  }
  if (ageMs >= batchAgeMs) return choose('due', best.circuit)
  if (delayCost === null || gasSaving === null || delayCost <= gasSaving) {
    return choose('more-may-come')
  }
  if (unproved >= provers) return choose('provers-busy')
  return choose('delay-costs-more', best.circuit)
}

function costOf(
  circuit: BatchCircuit,
  { transfers, deposits }: BatchQueue,
  { baseFee, delayPrice, proofSeconds, provers }: SealingMeans,
): SizeFacts {
  const takes = Math.min(transfers, slotsOf(circuit)) + Math.min(deposits, DEPOSITS_PER_SLOT)
  const behind = transfers + deposits - takes
  // Without prices gas alone counts, in whatever unit.
  const hasPrices = baseFee !== undefined && delayPrice !== undefined
  const gasPrice = hasPrices ? Number(baseFee) : 1
  const price = hasPrices ? Number(delayPrice) : 0
  const delayed = takes + behind / Math.max(1, provers)
  const cost = gasOfBatch(circuit) * gasPrice + price * proofSeconds[circuit] * delayed
  return { circuit, takes, costEach: takes === 0 ? 0 : cost / takes }
}

function slotsOf(circuit: BatchCircuit): number {
  return BATCH_CIRCUITS[circuit].transferSlots
}
