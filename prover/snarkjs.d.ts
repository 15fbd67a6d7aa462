/** The part of snarkjs 0.7 that prover/ uses; the package carries no types. */
declare module 'snarkjs' {
  /** A file by path or, without a disk, by content. */
  type BinaryFile = string | { type: 'mem'; data?: Uint8Array }

  export interface SnarkjsProof {
    pi_a: [string, string, string]
    pi_b: [[string, string], [string, string], [string, string]]
    pi_c: [string, string, string]
    protocol: 'groth16'
    curve: 'bn128'
  }

  export interface SnarkjsVerificationKey {
    protocol: 'groth16'
    curve: 'bn128'
    nPublic: number
    vk_alpha_1: [string, string, string]
    vk_beta_2: [[string, string], [string, string], [string, string]]
    vk_gamma_2: [[string, string], [string, string], [string, string]]
    vk_delta_2: [[string, string], [string, string], [string, string]]
    vk_alphabeta_12: string[][][]
    IC: [string, string, string][]
  }

  export const groth16: {
    prove(
      zkey: BinaryFile,
      witness: BinaryFile,
      logger?: undefined,
      options?: { singleThread?: boolean },
    ): Promise<{ proof: SnarkjsProof; publicSignals: string[] }>
    verify(
      key: SnarkjsVerificationKey,
      publicSignals: readonly string[],
      proof: SnarkjsProof,
    ): Promise<boolean>
    /** JSON arrays `a, b, c, inputs` of hex strings, without the outer brackets. */
    exportSolidityCallData(proof: SnarkjsProof, publicSignals: readonly string[]): Promise<string>
  }

  export const zKey: {
    exportVerificationKey(zkey: BinaryFile): Promise<SnarkjsVerificationKey>
  }
}
