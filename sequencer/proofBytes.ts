import { bigintToBytes, bytesToBigint, concatBytes } from '../protocol/field.ts'
import type { ProofWords } from '../prover/proof.ts'

export type { ProofWords }

/** A proof's eight coordinates, 32 bytes each. */
export function proofToBytes(proof: ProofWords): Uint8Array {
  return concatBytes(...proof.map((coordinate) => bigintToBytes(coordinate, 32)))
}

export function proofFromBytes(bytes: Uint8Array): ProofWords {
  const word = (i: number) => bytesToBigint(bytes.subarray(32 * i, 32 * i + 32))
  return [word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7)]
}
