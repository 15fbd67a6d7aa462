import type { Address } from 'viem'
import { CIRCUIT_IDS, type CircuitName } from '../protocol/constants.ts'
import { deploymentDomain } from '../protocol/domain.ts'
import { ask } from './ask.ts'
import { abis } from './bindings.ts'
import type { ChainClient } from './client.ts'

/** The verification keys that a rollup uses now. */
export type RegisteredVerificationKeys = {
  /**
   * The deployment's domain, whose share is folded into each key. Computed from chain and address: a
   * registry made for another domain shows itself by its keys.
   */
  readonly domain: bigint
  /** alpha, beta, gamma in the precompiles' order. */
  readonly common: readonly bigint[]
  /** By circuit: delta, IC[0] with the domain's share, the rest. Undefined where no key is active. */
  readonly blobs: Readonly<Record<CircuitName, readonly bigint[] | undefined>>
}

const WORD_DIGITS = 64

/**
 * Reads the active keys from the registry that the rollup itself names, so that its address is all that need
 * be known.
 *
 * @throws {BaseChainUnavailableError}
 */
export async function getVerificationKeys(
  client: ChainClient,
  rollup: Address,
): Promise<RegisteredVerificationKeys> {
  return ask('verification keys', async () => {
    const address = await client.readContract({
      address: rollup,
      abi: abis.rollup,
      functionName: 'VERIFIERS',
    })
    const registry = { address, abi: abis.verifierRegistry }
    const domain = deploymentDomain({ chainId: BigInt(await client.getChainId()), rollup })
    const common = await client.readContract({ ...registry, functionName: 'commonKey' })
    const blobs = {} as Record<CircuitName, readonly bigint[] | undefined>
    for (const [circuit, id] of Object.entries(CIRCUIT_IDS)) {
      const version = await client.readContract({
        ...registry,
        functionName: 'activeVersion',
        args: [id],
      })
      if (version === 0) {
        blobs[circuit as CircuitName] = undefined
        continue
      }
      const blob = await client.readContract({
        ...registry,
        functionName: 'keyBlob',
        args: [BigInt(id), false],
      })
      const code = (await client.getCode({ address: blob })) ?? '0x'
      // One byte that stops whoever calls it stands before the words.
      const words = code.slice(4).match(new RegExp(`.{${String(WORD_DIGITS)}}`, 'g')) ?? []
      blobs[circuit as CircuitName] = words.map((word) => BigInt(`0x${word}`))
    }
    return { domain, common, blobs }
  })
}
