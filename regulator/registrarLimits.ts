import { contractOf } from '../l1/bindings.ts'
import type { ChainClient } from '../l1/client.ts'
import type { ChainDeployment } from '../l1/deployment.ts'
import type { TransactionAccount } from '../l1/submitTransaction.ts'
import { dayOf } from '../protocol/calendar.ts'
import { MAX_SUSPENSION_DAYS } from '../protocol/constants.ts'
import type { RegistryLimits } from '../protocol/registry.ts'
import { RegistrarLimitError } from './errors.ts'

/**
 * The limits that the contract will hold an update or announcement to, as it stands now.
 *
 * @throws {RegistrarLimitError} when the index is another registrar's, or the day's updates are made.
 */
export async function presentLimits(
  {
    client,
    account,
    deployment,
  }: { client: ChainClient; account: TransactionAccount; deployment: ChainDeployment },
  index: number,
): Promise<RegistryLimits> {
  const [[limits, updatesToday], { timestamp }] = await Promise.all([
    client.readContract({
      ...contractOf(deployment, 'identityRegistry'),
      functionName: 'limitsOf',
      args: [account.address],
    }),
    client.getBlock(),
  ])
  if (index < limits.firstIndex || index >= limits.endIndex) {
    throw new RegistrarLimitError({ index, reason: 'the index is not in its range' })
  }
  if (updatesToday >= BigInt(limits.dailyQuota)) {
    throw new RegistrarLimitError({ index, reason: 'it has made its updates of the day' })
  }
  return {
    tierCap: BigInt(limits.tierCap),
    latestSuspension: dayOf(timestamp) + BigInt(MAX_SUSPENSION_DAYS),
  }
}
