import { type Address, zeroAddress } from 'viem'
import { deploymentDomain } from '../protocol/domain.ts'
import { ask } from './ask.ts'
import { abis } from './bindings.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { ContractMissingError } from './errors.ts'

/**
 * All contracts of a rollup, from its address and the chain alone: the rollup names them. Assets are not listed, and the prefix
 * is of no use to a verifier.
 *
 * @throws {ContractMissingError} when there is no rollup of ours at the address.
 */
export async function discoverDeployment(
  client: ChainClient,
  rollup: Address,
): Promise<ChainDeployment> {
  const chainId = BigInt(await ask('chain id', () => client.getChainId()))
  const missing = new ContractMissingError({ contract: 'rollup', address: rollup })
  const code = await ask('contract', () => client.getCode({ address: rollup }))
  if (code === undefined) throw missing
  const at = { address: rollup, abi: abis.rollup }
  const read = (
    functionName:
      | 'VAULT'
      | 'CLOCK'
      | 'FORCED'
      | 'IDENTITIES'
      | 'POLICIES'
      | 'SUPERVISION'
      | 'VERIFIERS'
      | 'PROPOSERS',
  ) => ask('contract', () => client.readContract({ ...at, functionName })).then(lower)
  try {
    const identityRegistry = await read('IDENTITIES')
    const identities = { address: identityRegistry, abi: abis.identityRegistry }
    const [disclosureLog, accessManager] = await Promise.all(
      (['DISCLOSURES', 'authority'] as const).map((functionName) =>
        ask('contract', () => client.readContract({ ...identities, functionName })),
      ),
    )
    if (disclosureLog === undefined || accessManager === undefined) throw missing
    const vault = await read('VAULT')
    const screening = await ask('contract', () =>
      client.readContract({ address: vault, abi: abis.vault, functionName: 'SCREENING' }),
    )
    const domain = await ask('domain', () => client.readContract({ ...at, functionName: 'DOMAIN' }))
    if (domain !== deploymentDomain({ chainId, rollup })) throw missing
    return {
      ...{ chainId, rollup, domain, prefix: 'tcnb' },
      startBlock: await findFirstBlock(client, rollup),
      settleWindow: 0n,
      contracts: {
        accessManager: lower(accessManager),
        clock: await read('CLOCK'),
        disclosureLog: lower(disclosureLog),
        forcedQueue: await read('FORCED'),
        identityRegistry,
        // Named by no other contract, and of no use to a verifier.
        operatorBond: zeroAddress,
        policyRegistry: await read('POLICIES'),
        proposers: await read('PROPOSERS'),
        rollup,
        screening: lower(screening),
        supervisionRegistry: await read('SUPERVISION'),
        vault,
        verifierRegistry: await read('VERIFIERS'),
      },
      assets: [],
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== undefined) throw error
    throw missing
  }
}

/** Where the code appeared, by halving; 0 on a node that keeps no old states, which only makes searches longer. */
async function findFirstBlock(client: ChainClient, address: Address): Promise<bigint> {
  try {
    let [without, withCode] = [-1n, await client.getBlockNumber()]
    while (withCode - without > 1n) {
      const blockNumber = (without + withCode) / 2n
      const code = await client.getCode({ address, blockNumber })
      if (code === undefined) without = blockNumber
      else withCode = blockNumber
    }
    return withCode
  } catch {
    return 0n
  }
}

function lower(address: Address): Address {
  return address.toLowerCase() as Address
}
