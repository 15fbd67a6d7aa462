import { buildBn128 } from 'ffjavascript'
import { groth16 } from 'snarkjs'

import { proofFromSnarkjs } from '../../prover/proof.ts'
import type { Groth16Proof } from '../../prover/proof.ts'

/** What snarkjs makes of a key and a witness, with its two random numbers r and s if they are given. */
export async function proveWithSnarkjs(
  zkey: Uint8Array | string,
  witness: Uint8Array,
  blindings?: readonly [r: bigint, s: bigint],
): Promise<Groth16Proof> {
  const key = typeof zkey === 'string' ? zkey : { type: 'mem' as const, data: zkey }
  const prove = async (): Promise<Groth16Proof> =>
    proofFromSnarkjs((await groth16.prove(key, { type: 'mem', data: witness })).proof)
  if (blindings === undefined) return prove()
  // snarkjs uses the same curve object and draws r, then s, from it.
  const { Fr } = await buildBn128()
  const field: { random?: () => Uint8Array } = Fr as object
  const draws = [...blindings]
  const original = field.random
  field.random = () => Fr.e(draws.shift()!)
  try {
    const proof = await prove()
    if (draws.length !== 0) throw new Error('snarkjs did not draw two numbers')
    return proof
  } finally {
    if (original === undefined) delete field.random
    else field.random = original
  }
}
