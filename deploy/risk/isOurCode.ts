import { loadArtifact } from '../contracts/artifacts.ts'

/**
 * Whether the code of an account is what the sources here compile to, but for the words that a constructor writes. Those are
 * what the rest of the risk sheet reads.
 *
 * @param contract name of the contract in `contracts/`.
 * @throws {ArtifactsMissingError}
 */
export function isOurCode(contract: string, code: string | undefined): boolean {
  const { deployedBytecode, immutableReferences } = loadArtifact(contract)
  if (code?.length !== deployedBytecode.length) return false
  const bytes = Buffer.from(code.slice(2), 'hex')
  for (const { start, length } of Object.values(immutableReferences).flat()) {
    bytes.fill(0, start, start + length)
  }
  return bytes.equals(Buffer.from(deployedBytecode.slice(2), 'hex'))
}
