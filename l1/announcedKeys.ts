import { type Address, getContractAddress, type Hex, keccak256 } from 'viem'
import { ask } from './ask.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { AnnouncedKeyMissingError } from './errors.ts'

const WORD_DIGITS = 64

/**
 * The words of a verification key as the registry keeps them, whatever became of the key since: retired keys
 * have no view, but their code stays. The registry creates nothing but key blobs, so the address of the
 * n-th one follows from n (EIP-161: a contract's first nonce is 1); what stands there is compared with the
 * hash that was announced.
 *
 * @param ordinal 1 for the first key announced, of whatever circuit.
 * @throws {AnnouncedKeyMissingError} when the code is not the announced one.
 */
export async function getAnnouncedKey(
  client: ChainClient,
  deployment: Pick<ChainDeployment, 'contracts'>,
  { ordinal, keyHash }: { ordinal: number; keyHash: Hex },
): Promise<readonly bigint[]> {
  const from = deployment.contracts.verifierRegistry
  const address = getContractAddress({ from, nonce: BigInt(ordinal) })
  // One byte that stops whoever calls it stands before the words.
  const words: Hex = `0x${(await codeOf(client, address)).slice(4)}`
  if (keccak256(words) !== keyHash) throw new AnnouncedKeyMissingError({ address, keyHash })
  return splitWords(words)
}

async function codeOf(client: ChainClient, address: Address): Promise<Hex> {
  return (await ask('verification key', () => client.getCode({ address }))) ?? '0x'
}

function splitWords(words: Hex): bigint[] {
  const digits = words.slice(2).match(new RegExp(`.{${String(WORD_DIGITS)}}`, 'g')) ?? []
  return digits.map((word) => BigInt(`0x${word}`))
}
