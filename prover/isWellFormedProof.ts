import type { Groth16Proof } from './proof.ts'
import { openVerificationEngine } from './verificationEngine.ts'

/**
 * Whether a proof from outside consists of acceptable points: coordinates below q, on their curves,
 * B in the subgroup of order r, none the identity. Takes about 0.3 ms; says nothing of validity.
 */
export async function isWellFormedProof(proof: Groth16Proof): Promise<boolean> {
  return (await openVerificationEngine()).isWellFormedProof(proof)
}
