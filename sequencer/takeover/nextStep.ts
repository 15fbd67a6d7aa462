import type { TakeoverState } from '../../l1/takeover.ts'

/** What a proposer does next, and what it waits for. */
export type TakeoverStep =
  /** Nothing is wrong: the operator settles. */
  | { readonly do: 'no-breach' }
  | { readonly do: 'open' }
  /** End the lease that is over, and let the next begin. */
  | { readonly do: 'advance' }
  | { readonly do: 'join'; readonly value: bigint }
  | { readonly do: 'post'; readonly value: bigint }
  | { readonly do: 'settle'; readonly until: bigint }
  | { readonly do: 'wait'; readonly for: 'turn' | 'cool-down' | 'clock'; readonly until: bigint }
  /** Both queues are empty, or settlement is about to return to the operator. */
  | { readonly do: 'done'; readonly because: 'nothing-waits' | 'closing' }

export type Proposer = {
  readonly account: `0x${string}`
  /** Whether anything waits to be settled: in the queues, or sealed here. */
  readonly hasWork: boolean
  /** Go on when nothing waits. */
  readonly keepGoing: boolean
}

/**
 * The next step of a takeover, from the base chain's state alone: so it can be killed at any point and asked again.
 * Spec: docs/spec/takeover.md.
 */
export function nextStep(state: TakeoverState, proposer: Proposer): TakeoverStep {
  const { isOpen, breach, time, lease, own, requiredBond } = state
  if (!isOpen) return breach === 'none' ? { do: 'no-breach' } : { do: 'open' }

  const isRunning = lease !== undefined && time < lease.endsAt
  const isOwn = lease?.holder === proposer.account.toLowerCase()
  if (!proposer.hasWork && !proposer.keepGoing) return { do: 'done', because: 'nothing-waits' }
  if (isRunning && isOwn) return { do: 'settle', until: lease.endsAt }
  // A stopped clock ends no lease and refuses every batch.
  if (state.isClockStopped) return { do: 'wait', for: 'clock', until: time }
  // First, since it may change the price, and whose turn it is.
  if (lease !== undefined && !isRunning) return { do: 'advance' }
  if (own.isWaiting) {
    if (own.bond < requiredBond) return { do: 'post', value: requiredBond - own.bond }
    if (isRunning) return { do: 'wait', for: 'turn', until: lease.endsAt }
    return isClosing(state) ? { do: 'done', because: 'closing' } : { do: 'advance' }
  }
  if (isClosing(state)) return { do: 'done', because: 'closing' }
  if (time < own.availableAt) return { do: 'wait', for: 'cool-down', until: own.availableAt }
  return { do: 'join', value: requiredBond > own.bond ? requiredBond - own.bond : 0n }
}

/** No lease begins any more: the notice is over, and nothing is overdue. */
function isClosing({ closableAt, time, breach }: TakeoverState): boolean {
  const isOverdue = breach === 'forcedTransfer' || breach === 'deposit'
  return closableAt !== 0n && time >= closableAt && !isOverdue
}
