import { type Address, BaseError as ViemError, ContractFunctionRevertedError } from 'viem'
import { CIRCUIT_IDS, type CircuitName } from '../protocol/constants.ts'
import { deploymentDomain } from '../protocol/domain.ts'
import { ask, isUnavailable } from './ask.ts'
import { abis } from './bindings.ts'
import type { ChainClient } from './client.ts'
import { NotRollupError } from './errors.ts'

/** The verification keys that a rollup uses now. */
export type RegisteredVerificationKeys = {
  /**
   * The deployment's domain, whose share is folded into each key. Computed from chain and address: a
   * registry made for another domain shows itself by its keys.
   */
  readonly domain: bigint
  /** alpha, beta, gamma in the precompiles' order. */
  readonly common: readonly bigint[]
  /** By circuit: delta, IC[0] with the domain's share, the rest. Undefined where no key is active or it is stopped. */
  readonly blobs: Readonly<Record<CircuitName, readonly bigint[] | undefined>>
  /** As `blobs`, of the replaced key while it is usable still. */
  readonly sunsetBlobs: Readonly<Partial<Record<CircuitName, readonly bigint[]>>>
  /** Circuits whose replaced key is usable still. */
  readonly inSunset: readonly CircuitName[]
}

const WORD_DIGITS = 64

/**
 * Reads the active keys, and those in sunset, from the registry that the rollup itself names, so that its address is all that need
 * be known.
 *
 * @throws {BaseChainUnavailableError | NotRollupError}
 */
export async function getVerificationKeys(
  client: ChainClient,
  rollup: Address,
): Promise<RegisteredVerificationKeys> {
  return ask('verification keys', async () => {
    const address = await client
      .readContract({ address: rollup, abi: abis.rollup, functionName: 'VERIFIERS' })
      .catch((cause: unknown) => {
        if (isUnavailable(cause)) throw cause
        throw new NotRollupError({ address: rollup, cause })
      })
    const registry = { address, abi: abis.verifierRegistry }
    const domain = deploymentDomain({ chainId: BigInt(await client.getChainId()), rollup })
    const common = await client.readContract({ ...registry, functionName: 'commonKey' })
    /** The blob's address; undefined where the registry says that no such key may be used now. */
    const blobOf = async (id: number, isSunset: boolean): Promise<Address | undefined> => {
      try {
        const args = [BigInt(id), isSunset] as const
        return await client.readContract({ ...registry, functionName: 'keyBlob', args })
      } catch (error) {
        if (!isRefusal(error)) throw error
        return undefined
      }
    }
    const blobs = {} as Record<CircuitName, readonly bigint[] | undefined>
    const sunsetBlobs: Partial<Record<CircuitName, readonly bigint[]>> = {}
    for (const [circuit, id] of Object.entries(CIRCUIT_IDS) as [CircuitName, number][]) {
      const blob = await blobOf(id, false)
      blobs[circuit] = blob === undefined ? undefined : await readWords(client, blob)
      const sunset = await blobOf(id, true)
      if (sunset !== undefined) sunsetBlobs[circuit] = await readWords(client, sunset)
    }
    return {
      ...{ domain, common, blobs, sunsetBlobs },
      inSunset: Object.keys(sunsetBlobs) as CircuitName[],
    }
  })
}

async function readWords(client: ChainClient, blob: Address): Promise<bigint[]> {
  const code = (await client.getCode({ address: blob })) ?? '0x'
  // One byte that stops whoever calls it stands before the words.
  const words = code.slice(4).match(new RegExp(`.{${String(WORD_DIGITS)}}`, 'g')) ?? []
  return words.map((word) => BigInt(`0x${word}`))
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof ViemError)) return false
  return error.walk((link) => link instanceof ContractFunctionRevertedError) !== null
}
