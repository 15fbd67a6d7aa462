import type { Groth16Proof } from './proof.ts'
import type { VerificationKey } from './verificationKey.ts'

export type Verification = {
  verificationKey: VerificationKey
  proof: Groth16Proof
  publicSignals: readonly bigint[]
}

/**
 * One of a fold: as many public signals as its key has, and they are below r; coordinates below q.
 * `weight`: 1 to 2^128 - 1.
 */
export type FoldItem = Verification & { weight: bigint }

export type FoldOutcome = {
  /** For each item whether its points are of their groups. Others are left out of the fold. */
  areWellFormed: boolean[]
  /** Whether the weighted product over all well-formed ones holds. */
  isTrue: boolean
}

/** Verifies folds off this thread. */
export type FoldVerifier = {
  /** Proofs of a fold that are enough to share what a fold costs. */
  readonly foldSize: number
  /** `areChecked`: an earlier fold has found all of them well formed. */
  fold(items: readonly FoldItem[], areChecked: boolean): Promise<FoldOutcome>
}
