import { createPublicClient, http, type PublicClient } from 'viem'
import { type EndpointEvent, EndpointPool } from './endpointPool.ts'
import type { ChainDeployment } from './deployment.ts'
import { BaseChainUnavailableError, ContractMissingError, WrongChainError } from './errors.ts'

/** A connection to the base chain. */
export type ChainClient = PublicClient

/** One request; an archive node over a slow line answers well within it. */
const REQUEST_TIMEOUT_MS = 30_000

/** Of several: another one may be quicker. */
const ENDPOINT_TIMEOUT_MS = 10_000

export type CreateChainClientParameters = {
  /** Several, by comma, stand in for each other (endpointPool.ts). */
  rpcUrl: string
  /** Of the deployment: nodes of another chain among several are passed over. */
  chainId?: bigint
  timeoutMs?: number
  /** Told of each node among several that is passed over, and why, or that works again. */
  onEndpoint?: (event: EndpointEvent) => void
}

/** Opens nothing yet: the first request does. */
export function createChainClient({
  rpcUrl,
  chainId,
  timeoutMs = REQUEST_TIMEOUT_MS,
  onEndpoint,
}: CreateChainClientParameters): ChainClient {
  const urls = rpcUrl.split(',').map((url) => url.trim())
  const transport =
    urls.length === 1
      ? http(rpcUrl, { timeout: timeoutMs, retryCount: 2, retryDelay: 200 })
      : new EndpointPool({
          ...{ urls, timeoutMs: Math.min(timeoutMs, ENDPOINT_TIMEOUT_MS) },
          ...(chainId === undefined ? {} : { chainId }),
          ...(onEndpoint === undefined ? {} : { onEvent: onEndpoint }),
        }).transport()
  // No cache: a block number read before a block of our own must not hide it afterwards.
  return createPublicClient({ transport, cacheTime: 0, pollingInterval: 500 })
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
