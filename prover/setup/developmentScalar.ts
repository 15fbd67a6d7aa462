import { createHash } from 'node:crypto'

import { FIELD_ORDER } from '../../protocol/constants.ts'

/**
 * Public on purpose: every machine makes the same keys, and anybody can forge proofs under them.
 * A new number at its end makes all keys anew.
 */
export const DEVELOPMENT_SEED = 'cinnabar insecure development keys 1'

/** A scalar from the seed: 512 bits of hash reduced, so that the bias is below 2^-250. Never 0 or 1. */
export function developmentScalar(purpose: string): bigint {
  const digest = createHash('sha512').update(`${DEVELOPMENT_SEED}: ${purpose}`).digest('hex')
  const scalar = BigInt(`0x${digest}`) % FIELD_ORDER
  if (scalar < 2n) throw new RangeError('choose another seed')
  return scalar
}
