import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InterfaceAbi } from 'ethers'
import { ArtifactsMissingError } from './errors.ts'

export type Artifact = {
  readonly abi: InterfaceAbi
  readonly bytecode: string
  /** What stands on the chain, with zeros where the constructor writes. */
  readonly deployedBytecode: string
  /** Where that is, in bytes. */
  readonly immutableReferences: Readonly<
    Record<string, readonly { readonly start: number; readonly length: number }[]>
  >
}

const artifactsDirectory = join(import.meta.dirname, '../../artifacts')

/** OpenZeppelin's contract, compiled through contracts/Authority.sol. */
const sources: Record<string, string> = { TestToken: 'contracts/mocks/TestTokens.sol' }

/**
 * A compiled contract by its name.
 * @throws {ArtifactsMissingError} when `npx hardhat build` has not run.
 */
export function loadArtifact(contract: string): Artifact {
  const source = sources[contract] ?? `contracts/${contract}.sol`
  try {
    const path = join(artifactsDirectory, source, `${contract}.json`)
    return JSON.parse(readFileSync(path, 'utf8')) as Artifact
  } catch (cause) {
    throw new ArtifactsMissingError({ contract, cause })
  }
}
