import type { Abi, Address } from 'viem'
import { accessManagerAbi } from './abi/accessManager.ts'
import { clockAbi } from './abi/clock.ts'
import { disclosureLogAbi } from './abi/disclosureLog.ts'
import { erc20ErrorsAbi } from './abi/erc20Errors.ts'
import { forcedQueueAbi } from './abi/forcedQueue.ts'
import { identityRegistryAbi } from './abi/identityRegistry.ts'
import { operatorBondAbi } from './abi/operatorBond.ts'
import { policyRegistryAbi } from './abi/policyRegistry.ts'
import { proposersAbi } from './abi/proposers.ts'
import { rollupAbi } from './abi/rollup.ts'
import { screeningAbi } from './abi/screening.ts'
import { supervisionRegistryAbi } from './abi/supervisionRegistry.ts'
import { vaultAbi } from './abi/vault.ts'
import { verifierRegistryAbi } from './abi/verifierRegistry.ts'
import { type ChainDeployment, type ContractName, contractNames } from './deployment.ts'

/** ABIs by contract, generated from contracts/. */
export const abis = {
  accessManager: accessManagerAbi,
  clock: clockAbi,
  disclosureLog: disclosureLogAbi,
  forcedQueue: forcedQueueAbi,
  identityRegistry: identityRegistryAbi,
  operatorBond: operatorBondAbi,
  policyRegistry: policyRegistryAbi,
  proposers: proposersAbi,
  rollup: rollupAbi,
  screening: screeningAbi,
  supervisionRegistry: supervisionRegistryAbi,
  vault: vaultAbi,
  verifierRegistry: verifierRegistryAbi,
} as const satisfies Record<ContractName, Abi>

/** Every custom error that a call of ours can end with: a call of one contract reverts with another's. */
export const errorsAbi: Abi = [
  ...contractNames.flatMap((name) => abis[name] as Abi),
  ...(erc20ErrorsAbi as Abi),
].filter(({ type }) => type === 'error')

/** Address and ABI, as viem's actions take them. */
export function contractOf<N extends ContractName>(
  deployment: Pick<ChainDeployment, 'contracts'>,
  name: N,
): { readonly address: Address; readonly abi: (typeof abis)[N] } {
  return { address: deployment.contracts[name], abi: abis[name] }
}
