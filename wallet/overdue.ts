import { type ChainView, getClock } from '../l1/reads.ts'
import { promisedEntries, type Promised } from './journal.ts'
import type { Wallet } from './wallet.ts'

/**
 * Transfers on their way whose promised time is over, by the settlement clock: the operator's bond pays for them
 * (docs/spec/operator-bond.md). The base chain is asked only where something was promised.
 */
export async function findOverdue(
  { state }: Pick<Wallet, 'state'>,
  view: () => Promise<ChainView>,
): Promise<Promised[]> {
  const promised = promisedEntries(state.journal)
  if (promised.length === 0) return []
  const { time } = await getClock(await view())
  return promised.filter(({ settleBy }) => BigInt(settleBy) < time)
}
