import { keccak_256 } from '@noble/hashes/sha3.js'
import { bigintToBytes, bytesToBigint, concatBytes, hexToBytes } from './field.ts'

/** Where a rollup is deployed. */
export type Deployment = {
  readonly chainId: bigint
  readonly rollup: `0x${string}`
}

/** ASCII `cinnabar.domain`, right-padded with zeros to 32 bytes, as Solidity's bytes32 literal. */
const PREFIX = (() => {
  const bytes = new Uint8Array(32)
  bytes.set(new TextEncoder().encode('cinnabar.domain'))
  return bytes
})()

/**
 * The deployment's domain: top 248 bits of keccak256(abi.encode(bytes32("cinnabar.domain"),
 * uint256 chainId, address rollup)). Public input of every circuit that a user proves, and input
 * of key derivation, so that nothing of one deployment means anything in another.
 */
export function deploymentDomain({ chainId, rollup }: Deployment): bigint {
  const address = hexToBytes(rollup)
  const encoded = concatBytes(PREFIX, bigintToBytes(chainId, 32), new Uint8Array(12), address)
  return keccak248(encoded)
}

/** keccak256, top 248 bits: always below the field order. */
export function keccak248(bytes: Uint8Array): bigint {
  return bytesToBigint(keccak_256(bytes).subarray(0, 31))
}
