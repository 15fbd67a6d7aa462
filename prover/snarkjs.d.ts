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

  export interface SnarkjsLogger {
    debug(line: string): void
    info(line: string): void
    warn(line: string): void
    error(line: string): void
  }

  /** What may be added to a key, or to powers of tau. */
  type Contributions = {
    contribute(
      old: string,
      contributed: string,
      name: string,
      entropy: string,
      logger?: SnarkjsLogger,
    ): Promise<Uint8Array>
    /** `iterations`: 2^iterations times SHA-256. */
    beacon(
      old: string,
      contributed: string,
      name: string,
      hash: string,
      iterations: number,
      logger?: SnarkjsLogger,
    ): Promise<Uint8Array | false>
  }

  /** Phase 2: keys of one circuit. Hashes are BLAKE2b, 64 bytes. */
  export const zKey: Contributions & {
    exportVerificationKey(zkey: BinaryFile): Promise<SnarkjsVerificationKey>
    /** The circuit's hash, or -1 with a line to the logger. */
    newZKey(
      r1cs: string,
      ptau: string,
      zkey: string,
      logger?: SnarkjsLogger,
    ): Promise<Uint8Array | -1>
    verifyFromInit(
      initial: string,
      ptau: string,
      zkey: string,
      logger?: SnarkjsLogger,
    ): Promise<boolean>
  }

  /** Phase 1: powers of tau. */
  export const powersOfTau: Contributions & {
    newAccumulator(
      curve: unknown,
      power: number,
      ptau: string,
      logger?: SnarkjsLogger,
    ): Promise<Uint8Array>
    preparePhase2(old: string, prepared: string, logger?: SnarkjsLogger): Promise<void>
    verify(ptau: string, logger?: SnarkjsLogger): Promise<boolean>
  }
}
