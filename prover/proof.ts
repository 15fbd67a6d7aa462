import type { SnarkjsProof } from 'snarkjs'

/** Order q of BN254's base field (EIP-196). */
export const BASE_FIELD_ORDER =
  21888242871839275222246405745257275088696311157297823662689037894645226208583n

/** Affine coordinates, 0 ≤ value < q. */
export type G1Point = { x: bigint; y: bigint }
/** An element a + b·i of the quadratic extension: real part first, as snarkjs has it. */
export type ExtensionElement = { real: bigint; imaginary: bigint }
export type G2Point = { x: ExtensionElement; y: ExtensionElement }

/** A Groth16 proof (https://eprint.iacr.org/2016/260). Malleable: never an identifier of anything. */
export type Groth16Proof = { a: G1Point; b: G2Point; c: G1Point }

/** A proof as the base chain takes it: A.x, A.y, B.x imaginary, real, B.y imaginary, real, C.x, C.y. */
export type ProofWords = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint]

/** In the order of the pairing precompile (EIP-197): imaginary parts first. */
export function proofToWords({ a, b, c }: Groth16Proof): ProofWords {
  return [a.x, a.y, b.x.imaginary, b.x.real, b.y.imaginary, b.y.real, c.x, c.y]
}

/** Checks nothing: see `isWellFormedProof`. */
export function proofFromWords(words: ProofWords): Groth16Proof {
  return {
    a: { x: words[0], y: words[1] },
    b: {
      x: { real: words[3], imaginary: words[2] },
      y: { real: words[5], imaginary: words[4] },
    },
    c: { x: words[6], y: words[7] },
  }
}

/** From snarkjs' projective decimal strings; what snarkjs writes is affine. */
export function proofFromSnarkjs({ pi_a, pi_b, pi_c }: SnarkjsProof): Groth16Proof {
  const element = ([real, imaginary]: [string, string]): ExtensionElement => ({
    real: BigInt(real),
    imaginary: BigInt(imaginary),
  })
  return {
    a: { x: BigInt(pi_a[0]), y: BigInt(pi_a[1]) },
    b: { x: element(pi_b[0]), y: element(pi_b[1]) },
    c: { x: BigInt(pi_c[0]), y: BigInt(pi_c[1]) },
  }
}

export function proofToSnarkjs({ a, b, c }: Groth16Proof): SnarkjsProof {
  const pair = ({ real, imaginary }: ExtensionElement): [string, string] => [
    String(real),
    String(imaginary),
  ]
  return {
    pi_a: [String(a.x), String(a.y), '1'],
    pi_b: [pair(b.x), pair(b.y), ['1', '0']],
    pi_c: [String(c.x), String(c.y), '1'],
    protocol: 'groth16',
    curve: 'bn128',
  }
}
