import { bn254 } from '@noble/curves/bn254.js'

import type { VerificationKey } from '../verificationKey.ts'
import { developmentScalar } from './developmentScalar.ts'

let alpha: { x: string; y: string } | undefined

/**
 * Whether a key is made from the seed of development, whatever the files beside it say: then its alpha is
 * the one that the seed gives, which anybody can compute.
 */
export function isDevelopmentKey({
  vk_alpha_1: [x, y],
}: Pick<VerificationKey, 'vk_alpha_1'>): boolean {
  if (alpha === undefined) {
    const point = bn254.G1.Point.BASE.multiply(developmentScalar('alpha')).toAffine()
    alpha = { x: String(point.x), y: String(point.y) }
  }
  return x === alpha.x && y === alpha.y
}
