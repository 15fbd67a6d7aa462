import type { Address } from 'viem'
import { ask } from './ask.ts'
import { contractOf } from './bindings.ts'
import { type NewestBlock, oncePerBlock } from './oncePerBlock.ts'
import type { ChainView } from './reads.ts'

/** Who may settle, as the newest block has it. Times are the settlement clock's, in seconds. */
export type SettlementRight = {
  /** `sequencer`: accounts with the role. `lease`: settlement is open to bonded proposers. */
  readonly mode: 'sequencer' | 'lease'
  /** Whether the account asked about may. A stopped clock refuses calls all the same. */
  readonly maySettle: boolean
  /** Who holds a lease that is not over. */
  readonly holder: Address | undefined
  /** When that lease ends. */
  readonly leaseEndsAt: bigint | undefined
  readonly time: bigint
  /** Unix seconds of the block: what `time` was at. */
  readonly blockTime: bigint
  readonly isClockStopped: boolean
  /** The last sign of life: after `livenessGap` without one, anybody may open settlement. */
  readonly aliveAt: bigint
  readonly livenessGap: bigint
}

/** For whoever asks again and again: see oncePerBlock. */
export function watchSettlementRight(
  view: ChainView,
  account: Address,
): () => Promise<SettlementRight> {
  return oncePerBlock(view.client, (block) => readSettlementRight(view, account, block))
}

async function readSettlementRight(
  { client, deployment }: ChainView,
  account: Address,
  { number: blockNumber, timestamp }: NewestBlock,
): Promise<SettlementRight> {
  const at = { blockNumber } as const
  const proposers = contractOf(deployment, 'proposers')
  const clock = contractOf(deployment, 'clock')
  const [isOpen, maySettle, lease, aliveAt, livenessGap, time, isClockStopped] = await ask(
    'right to settle',
    () =>
      Promise.all([
        client.readContract({ ...proposers, ...at, functionName: 'isOpen' }),
        client.readContract({ ...proposers, ...at, functionName: 'maySettle', args: [account] }),
        client.readContract({ ...proposers, ...at, functionName: 'lease' }),
        client.readContract({ ...proposers, ...at, functionName: 'aliveAt' }),
        client.readContract({ ...proposers, ...at, functionName: 'LIVENESS_GAP' }),
        client.readContract({ ...clock, ...at, functionName: 'time' }),
        client.readContract({ ...clock, ...at, functionName: 'isStopped' }),
      ]),
  )
  const isHeld = isOpen && BigInt(lease.holder) !== 0n && time < BigInt(lease.endsAt)
  return {
    mode: isOpen ? 'lease' : 'sequencer',
    maySettle,
    holder: isHeld ? (lease.holder.toLowerCase() as Address) : undefined,
    leaseEndsAt: isHeld ? BigInt(lease.endsAt) : undefined,
    ...{ time, blockTime: timestamp, isClockStopped, aliveAt, livenessGap },
  }
}
