import { VerificationKeyError } from './errors.ts'
import type { VerificationKey } from './verificationKey.ts'
import { g1FromStrings, g2FromStrings, openVerificationEngine } from './verificationEngine.ts'

/**
 * Refuses verification keys under which anybody could forge: points off their curve or out of
 * their subgroup, the identity, another number of inputs, and gamma = delta (a key that never saw a
 * phase 2: every statement is then provable).
 *
 * @throws {VerificationKeyError}
 */
export async function checkVerificationKey(
  key: VerificationKey,
  { publicSignals }: { publicSignals: number },
): Promise<void> {
  const engine = await openVerificationEngine()
  if (key.protocol !== 'groth16' || key.curve !== 'bn128') {
    throw new VerificationKeyError({ reason: 'it is not a Groth16 key over BN254' })
  }
  if (key.nPublic !== publicSignals || key.IC.length !== publicSignals + 1) {
    throw new VerificationKeyError({ reason: `it is not for ${publicSignals} public signals` })
  }
  for (const [index, point] of key.IC.entries()) {
    // A wire in no constraint has the identity here: the statement would not depend on that input.
    if (!isAffine(point[2]) || !engine.isG1Point(g1FromStrings(point))) {
      throw new VerificationKeyError({ reason: `IC[${index}] is no point of G1` })
    }
  }
  if (!isAffine(key.vk_alpha_1[2]) || !engine.isG1Point(g1FromStrings(key.vk_alpha_1))) {
    throw new VerificationKeyError({ reason: 'alpha is no point of G1' })
  }
  for (const name of ['vk_beta_2', 'vk_gamma_2', 'vk_delta_2'] as const) {
    const point = key[name]
    if (point[2][0] !== '1' || point[2][1] !== '0' || !engine.isG2Point(g2FromStrings(point))) {
      throw new VerificationKeyError({ reason: `${name} is no point of G2` })
    }
  }
  if (JSON.stringify(key.vk_gamma_2) === JSON.stringify(key.vk_delta_2)) {
    throw new VerificationKeyError({ reason: 'gamma equals delta' })
  }
}

function isAffine(z: string): boolean {
  return z === '1'
}
