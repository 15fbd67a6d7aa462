import { createHash } from 'node:crypto'

import type { SnarkjsVerificationKey } from 'snarkjs'

/** A Groth16 verification key as snarkjs exports it: decimal strings, projective coordinates. */
export type VerificationKey = SnarkjsVerificationKey

/** SHA-256 over the points that a verifier uses, in a fixed order, as hex. */
export function hashVerificationKey(key: VerificationKey): string {
  const points = [
    key.nPublic,
    key.vk_alpha_1,
    key.vk_beta_2,
    key.vk_gamma_2,
    key.vk_delta_2,
    key.IC,
  ]
  return createHash('sha256').update(JSON.stringify(points)).digest('hex')
}
