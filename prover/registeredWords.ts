import { bn254 } from '@noble/curves/bn254.js'
import type { VerificationKey } from './verificationKey.ts'

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

function g1Words([x, y]: VerificationKey['vk_alpha_1']): bigint[] {
  return [BigInt(x), BigInt(y)]
}

/** Imaginary parts first, as the precompiles take them. */
function g2Words([x, y]: VerificationKey['vk_beta_2']): bigint[] {
  return [BigInt(x[1]), BigInt(x[0]), BigInt(y[1]), BigInt(y[0])]
}
