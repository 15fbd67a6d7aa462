import { type Address, encodeFunctionData } from 'viem'
import { ask } from './ask.ts'
import { abis, contractOf } from './bindings.ts'
import type { ContractCall } from './calls.ts'
import type { ChainDeployment } from './deployment.ts'
import type { ChainView } from './reads.ts'

/** Why settlement may be opened, in the contract's order. */
export const breaches = ['none', 'forcedTransfer', 'deposit', 'liveness'] as const
export type Breach = (typeof breaches)[number]

/** What somebody who takes over decides by. Times are the settlement clock's, in seconds; bonds are wei. */
export type TakeoverState = {
  readonly isOpen: boolean
  readonly breach: Breach
  readonly time: bigint
  readonly isClockStopped: boolean
  /** When the oldest deposit, and the oldest forced transfer, must be taken; undefined when none waits. */
  readonly depositDeadline: bigint | undefined
  readonly forcedDeadline: bigint | undefined
  /** When silence becomes a breach. */
  readonly livenessDeadline: bigint
  readonly waitingDeposits: bigint
  readonly waitingForced: bigint
  readonly lease:
    { readonly holder: Address; readonly endsAt: bigint; readonly hasProgress: boolean } | undefined
  readonly requiredBond: bigint
  readonly closableAt: bigint
  /** The account asked about. */
  readonly own: { readonly bond: bigint; readonly availableAt: bigint; readonly isWaiting: boolean }
}

export async function getTakeoverState(
  { client, deployment }: ChainView,
  account: Address,
): Promise<TakeoverState> {
  const { number: blockNumber } = await ask('newest block', () => client.getBlock())
  const at = { blockNumber } as const
  const proposers = { ...contractOf(deployment, 'proposers'), ...at }
  const vault = { ...contractOf(deployment, 'vault'), ...at }
  const clock = { ...contractOf(deployment, 'clock'), ...at }
  const read = client.readContract
  const [isOpen, breach, aliveAt, gap, lease, requiredBond, closableAt, own] = await ask(
    'proposers',
    () =>
      Promise.all([
        read({ ...proposers, functionName: 'isOpen' }),
        read({ ...proposers, functionName: 'breach' }),
        read({ ...proposers, functionName: 'aliveAt' }),
        read({ ...proposers, functionName: 'LIVENESS_GAP' }),
        read({ ...proposers, functionName: 'lease' }),
        read({ ...proposers, functionName: 'requiredBond' }),
        read({ ...proposers, functionName: 'closableAt' }),
        read({ ...proposers, functionName: 'proposerOf', args: [account] }),
      ]),
  )
  const forcedQueue = { ...contractOf(deployment, 'forcedQueue'), ...at }
  const [
    [head, tail],
    depositDeadline,
    [forcedHead, forcedTail],
    forcedDeadline,
    time,
    isClockStopped,
  ] = await ask('queues and clock', () =>
    Promise.all([
      read({ ...vault, functionName: 'queue' }),
      read({ ...vault, functionName: 'headDeadline' }),
      read({ ...forcedQueue, functionName: 'queue' }),
      read({ ...forcedQueue, functionName: 'headDeadline' }),
      read({ ...clock, functionName: 'time' }),
      read({ ...clock, functionName: 'isStopped' }),
    ]),
  )
  return {
    isOpen,
    breach: breaches[breach] ?? 'none',
    ...{ time, isClockStopped },
    depositDeadline: depositDeadline === 0n ? undefined : depositDeadline,
    forcedDeadline: forcedDeadline === 0n ? undefined : forcedDeadline,
    waitingForced: forcedTail - forcedHead,
    livenessDeadline: aliveAt + gap,
    // Those asked back are counted too: nobody needs the exact number.
    waitingDeposits: depositDeadline === 0n ? 0n : tail - head,
    lease:
      BigInt(lease.holder) === 0n
        ? undefined
        : {
            holder: lease.holder.toLowerCase() as Address,
            endsAt: BigInt(lease.endsAt),
            hasProgress: lease.hasProgress,
          },
    ...{ requiredBond, closableAt },
    own: { bond: own.bond, availableAt: BigInt(own.availableAt), isWaiting: own.isWaiting },
  }
}

type At = Pick<ChainDeployment, 'contracts'>

/** Opens settlement after a breach. */
export function openSettlementCall({ contracts }: At): ContractCall {
  const data = encodeFunctionData({ abi: abis.proposers, functionName: 'open' })
  return { to: contracts.proposers, data, value: 0n }
}

/** Stands in line for a lease, adding to the bond. */
export function joinCall({ contracts }: At, value: bigint): ContractCall {
  const data = encodeFunctionData({ abi: abis.proposers, functionName: 'join' })
  return { to: contracts.proposers, data, value }
}

/** Adds to the bond of one that waits. */
export function postBondCall(
  { contracts }: At,
  { proposer, value }: { proposer: Address; value: bigint },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.proposers,
    functionName: 'post',
    args: [proposer],
  })
  return { to: contracts.proposers, data, value }
}

/** Ends a lease whose time is over, and gives the next in line its turn. */
export function advanceLeaseCall({ contracts }: At): ContractCall {
  const data = encodeFunctionData({ abi: abis.proposers, functionName: 'advance' })
  return { to: contracts.proposers, data, value: 0n }
}

/** Pays the caller's whole bond out. */
export function withdrawBondCall({ contracts }: At, to: Address): ContractCall {
  const data = encodeFunctionData({ abi: abis.proposers, functionName: 'withdraw', args: [to] })
  return { to: contracts.proposers, data, value: 0n }
}
