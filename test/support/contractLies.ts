import type { Wallet } from 'ethers'
import type { SettleCall } from '../../l1/codec.ts'
import { type ContractWorld, slotOf } from './contractWorld.ts'
import { DUE_DELAY, ETH_ASSET } from './settlement.ts'

export const lies = [
  'omitForced',
  'skipForced',
  'takeAgain',
  'voidAsLive',
  'liveAsVoid',
  'replay',
  'overpay',
  'omitDeposit',
  'depositAgain',
] as const
export type Lie = (typeof lies)[number]

/** The call, and what it may be refused with; undefined where there is no chance for this lie now. */
export async function makeLie(
  world: ContractWorld,
  kind: Lie,
): Promise<readonly [SettleCall, ...string[]] | undefined> {
  const { rollup } = world
  const [first, second] = world.waiting
  const time: bigint = await rollup.contract('clock')['time']?.()
  const [, , due] = await rollup.contract('forcedQueue')['pendingAt']?.(time)
  const consumed = world.entries.find(({ status }) => status !== 1n)
  const isSpent = first !== undefined && world.spent.has(first.nullifier)
  const [head] = world.deposits.filter(({ status }) => status === 'queued')
  const gone = world.deposits.find(({ status }) => status === 'gone')
  const goneErrors = ['DepositOutOfOrder', 'DepositNotTakeable', 'DepositSkipped'] as const
  // Deposits come before slots, so that none that is due hides what a lie is about.
  const depositIds = world.deposits
    .filter(({ status }) => status === 'queued')
    .slice(0, 4)
    .map(({ id }) => id)
  switch (kind) {
    case 'omitForced':
      if (due === 0n) return undefined
      return [await world.lie({ slots: [{}], depositIds }), 'ForcedOverdue'] as const
    case 'skipForced': {
      if (second === undefined) return undefined
      const slots = [{ forced: second.forced, entryId: second.id }]
      return [await world.lie({ slots, depositIds }), 'ForcedSkipped', 'ForcedOverdue'] as const
    }
    case 'takeAgain': {
      if (consumed === undefined) return undefined
      const slots = [{ forced: consumed.forced, entryId: consumed.id }]
      return [await world.lie({ slots, depositIds }), 'ForcedOutOfOrder'] as const
    }
    case 'voidAsLive': {
      if (first === undefined || !isSpent || due > 1n) return undefined
      const slots = [{ forced: first.forced, entryId: first.id }]
      const call = await world.lie({
        ...{ slots, depositIds },
        provenSlots: (all) => all.map((one) => ({ ...one, kind: 'void' }) as never),
      })
      return [call, 'ProofsInvalid'] as const
    }
    case 'liveAsVoid': {
      if (first === undefined || isSpent || due > 1n) return undefined
      const slots = [{ forced: first.forced, entryId: first.id, takenAs: 'void' as const }]
      const call = await world.lie({
        ...{ slots, depositIds },
        provenSlots: (all) => all.map((one) => ({ ...one, kind: 'transfer' }) as never),
      })
      return [call, 'ProofsInvalid'] as const
    }
    case 'replay':
      if (world.lastCall === undefined) return undefined
      return [world.lastCall, 'BatchOutOfOrder'] as const
    case 'overpay': {
      if (due > 0n) return undefined
      const [queued, inRollup]: [bigint, bigint] = await rollup
        .contract('vault')
        ['ledgerOf']?.(ETH_ASSET)
      const to = rollup.users[0] as Wallet
      const amount = inRollup + queued + 1n
      const slots = [slotOf({ asset: ETH_ASSET, amount, fee: 0n, to })]
      return [await world.lie({ slots, depositIds }), 'RollupBalanceExceeded'] as const
    }
    case 'omitDeposit': {
      if (head === undefined || due > 0n) return undefined
      const deposit = await rollup.contract('vault')['depositOf']?.(head.id)
      if (time < (deposit.queuedAt as bigint) + DUE_DELAY) return undefined
      return [await world.lie({ slots: [{}] }), 'DepositOverdue'] as const
    }
    case 'depositAgain':
      if (gone === undefined) return undefined
      return [await world.lie({ slots: [{}], depositIds: [gone.id] }), ...goneErrors] as const
  }
}
