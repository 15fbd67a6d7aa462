import type { CurvePoint } from '../protocol/babyjubjub.ts'
import { dayOf } from '../protocol/calendar.ts'
import type { Policy } from '../protocol/policy.ts'

export type Epoch = {
  readonly epoch: bigint
  readonly startDay: bigint
  readonly auditKeyS: CurvePoint
  readonly auditKeyI: CurvePoint
  readonly auditKeyL: CurvePoint
}

export type ListedAsset = {
  readonly asset: bigint
  /** Base-chain amount of one protocol unit. */
  readonly unit: bigint
  /** Protocol units. */
  readonly maxFee: bigint
}

/** The base chain as this node has observed it. */
export type ChainView = {
  readonly head: { readonly number: bigint; readonly hash: `0x${string}`; readonly minedAt: Date }
  /** Version 0 is the empty tree, as the contracts are deployed with it. */
  readonly identity: { readonly version: bigint; readonly root: bigint }
  readonly policy: {
    readonly version: bigint
    readonly root: bigint
    readonly policies: readonly Policy[]
  }
  /** Ascending by start. */
  readonly epochs: readonly Epoch[]
  readonly assets: readonly ListedAsset[]
  /** Newest settled batch; undefined before the first. */
  readonly settled:
    | { readonly batchNumber: bigint; readonly noteRoot: bigint; readonly nullifierRoot: bigint }
    | undefined
}

/** The values that a statement must carry to be admitted or sealed now (S2). */
export type CurrentValues = {
  readonly identityRoot: bigint
  readonly policyRoot: bigint
  readonly day: bigint
  readonly epoch: Epoch
}

/**
 * Today: the later of our clock and the newest block's, since `settle` reads the base chain's clock and
 * refuses a day in its future; a quiet development chain may run behind, a moved one ahead.
 */
export function today(view: ChainView, now: Date): bigint {
  return dayOf(Math.floor(Math.max(now.getTime(), view.head.minedAt.getTime()) / 1000))
}

/** epochOf(day) of the observed schedule: the last one that has begun. */
export function epochOf(view: ChainView, day: bigint): Epoch | undefined {
  return view.epochs.findLast(({ startDay }) => startDay <= day)
}

/** Undefined while no audit keys are in force. */
export function currentValues(view: ChainView, now: Date): CurrentValues | undefined {
  const day = today(view, now)
  const epoch = epochOf(view, day)
  if (epoch === undefined) return undefined
  return { identityRoot: view.identity.root, policyRoot: view.policy.root, day, epoch }
}
