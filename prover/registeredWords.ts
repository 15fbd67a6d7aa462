import { bn254 } from '@noble/curves/bn254.js'
import { type CircuitName, PUBLIC_INPUTS } from '../protocol/constants.ts'
import type { VerificationKey } from './verificationKey.ts'

const DELTA_WORDS = 4

/** Where the domain stands among a circuit's public inputs; −1 where it has none. */
export function domainPositionOf(circuit: CircuitName): number {
  let position = 0
  for (const [name, count] of PUBLIC_INPUTS[circuit]) {
    if (name === 'domain') return position
    position += count
  }
  return -1
}

/** alpha, beta, gamma as VerifierRegistry has them. */
export function commonWords(key: VerificationKey): bigint[] {
  return [...g1Words(key.vk_alpha_1), ...g2Words(key.vk_beta_2), ...g2Words(key.vk_gamma_2)]
}

/**
 * A key as VerifierRegistry stores it: delta, IC[0] + domain·IC[domain], the other IC.
 * Twin: contracts/VerifierRegistry.sol _checkKey.
 */
export function registeredWords(
  key: VerificationKey,
  domain: bigint,
  domainPosition: number,
): bigint[] {
  const { Point } = bn254.G1
  const points = key.IC.map(([x, y]) => Point.fromAffine({ x: BigInt(x), y: BigInt(y) }))
  const [constant, ...inputs] = points
  const share = domainPosition === -1 ? Point.ZERO : inputs[domainPosition]!.multiply(domain)
  const folded = [constant!.add(share), ...inputs.filter((_, index) => index !== domainPosition)]
  return [
    ...g2Words(key.vk_delta_2),
    ...folded.flatMap((point) => {
      const { x, y } = point.toAffine()
      return [x, y]
    }),
  ]
}

/**
 * The key that a registry's words stand for: over all public inputs but the domain, whose share is in IC[0]
 * already. Nothing is checked: see `checkVerificationKey`.
 */
export function keyFromRegisteredWords(
  common: readonly bigint[],
  words: readonly bigint[],
): VerificationKey {
  const g1 = (all: readonly bigint[], at: number): VerificationKey['vk_alpha_1'] => [
    String(all[at] ?? 0n),
    String(all[at + 1] ?? 0n),
    '1',
  ]
  const g2 = (all: readonly bigint[], at: number): VerificationKey['vk_beta_2'] => [
    [String(all[at + 1] ?? 0n), String(all[at] ?? 0n)],
    [String(all[at + 3] ?? 0n), String(all[at + 2] ?? 0n)],
    ['1', '0'],
  ]
  const points = (words.length - DELTA_WORDS) / 2
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: points - 1,
    vk_alpha_1: g1(common, 0),
    vk_beta_2: g2(common, 2),
    vk_gamma_2: g2(common, 6),
    vk_delta_2: g2(words, 0),
    // Snarkjs' own verifier alone looks at this product, and ours never.
    vk_alphabeta_12: [],
    IC: Array.from({ length: points }, (_, i) => g1(words, DELTA_WORDS + 2 * i)),
  }
}

function g1Words([x, y]: VerificationKey['vk_alpha_1']): bigint[] {
  return [BigInt(x), BigInt(y)]
}

/** Imaginary parts first, as the precompiles take them. */
function g2Words([x, y]: VerificationKey['vk_beta_2']): bigint[] {
  return [BigInt(x[1]), BigInt(x[0]), BigInt(y[1]), BigInt(y[0])]
}
