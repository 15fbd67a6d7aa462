import { buildBn128 } from 'ffjavascript'
import { groth16 } from 'snarkjs'

import { proofFromSnarkjs } from '../../prover/proof.ts'
import type { Groth16Proof } from '../../prover/proof.ts'

/** What snarkjs makes of a key and a witness when its two random numbers are r and s. */
export async function proveWithSnarkjs(
  zkey: Uint8Array | string,
  witness: Uint8Array,
  [r, s]: readonly [bigint, bigint],
): Promise<Groth16Proof> {
  // snarkjs uses the same curve object and draws r, then s, from it.
  const { Fr } = await buildBn128()
  const field: { random?: () => Uint8Array } = Fr as object
  const draws = [r, s]
  const original = field.random
  field.random = () => Fr.e(draws.shift()!)
  try {
    const key = typeof zkey === 'string' ? zkey : { type: 'mem' as const, data: zkey }
    const { proof } = await groth16.prove(key, { type: 'mem', data: witness })
    if (draws.length !== 0) throw new Error('snarkjs did not draw two numbers')
    return proofFromSnarkjs(proof)
  } finally {
    if (original === undefined) delete field.random
    else field.random = original
  }
}
