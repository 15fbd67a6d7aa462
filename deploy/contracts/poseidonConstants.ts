import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** By the path, as the protocol's generator does (docs/decisions/0013-one-file-of-circomlibjs.md). */
const FILE = join(import.meta.dirname, '../../node_modules/circomlibjs/src/poseidon_constants.json')

type Constants = { readonly C: readonly string[][]; readonly M: readonly string[][][] }

/**
 * Round constants and matrix of Poseidon for four inputs, then for two, in the order of contracts/libraries/Poseidon.sol,
 * which knows their hash.
 */
export function poseidonConstants(): bigint[] {
  const { C, M } = JSON.parse(readFileSync(FILE, 'utf8')) as Constants
  return [4, 2].flatMap((inputs) =>
    [...(C[inputs - 1] ?? []), ...(M[inputs - 1] ?? []).flat()].map(BigInt),
  )
}
