import { createPublicClient, http, type PublicClient } from 'viem'
import type { ChainDeployment } from './deployment.ts'
import { BaseChainUnavailableError, ContractMissingError, WrongChainError } from './errors.ts'

/** A connection to the base chain. */
export type ChainClient = PublicClient

/** One request; an archive node over a slow line answers well within it. */
const REQUEST_TIMEOUT_MS = 30_000

/** Opens nothing yet: the first request does. */
export function createChainClient({
  rpcUrl,
  timeoutMs = REQUEST_TIMEOUT_MS,
}: {
  rpcUrl: string
  timeoutMs?: number
}): ChainClient {
  // No cache: a block number read before a block of our own must not hide it afterwards.
  return createPublicClient({
    transport: http(rpcUrl, { timeout: timeoutMs, retryCount: 2, retryDelay: 200 }),
    cacheTime: 0,
    pollingInterval: 500,
  })
}

/**
 * Whether the node serves the deployment's chain and the contracts are on it. Called once at start.
 *
 * @throws {BaseChainUnavailableError | WrongChainError | ContractMissingError}
 */
export async function checkDeployment(
  client: ChainClient,
  deployment: ChainDeployment,
): Promise<void> {
  await checkChainId(client, deployment.chainId)
  for (const contract of ['rollup', 'vault'] as const) {
    const address = deployment.contracts[contract]
    const code = await client.getCode({ address })
    if (code === undefined) throw new ContractMissingError({ contract, address })
  }
}

/** @throws {BaseChainUnavailableError | WrongChainError} */
export async function checkChainId(client: ChainClient, expected: bigint): Promise<void> {
  const actual = await client.getChainId().catch((cause: unknown) => {
    throw new BaseChainUnavailableError({ what: 'chain id', cause })
  })
  if (BigInt(actual) !== expected) throw new WrongChainError({ expected, actual: BigInt(actual) })
}
