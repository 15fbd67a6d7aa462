import { randomBytes } from 'node:crypto'

import { FIELD_ORDER } from '../protocol/constants.ts'
import { nativeFoldVerifier } from './foldNatively.ts'
import { portableFoldVerifier } from './foldPortably.ts'
import type { FoldVerifier, Verification } from './foldVerifier.ts'
import { chooseNative } from './native/index.ts'
import { BASE_FIELD_ORDER } from './proof.ts'
import type { Groth16Proof } from './proof.ts'
import { WEIGHT_BYTES } from './verificationEngine.ts'

export type { Verification } from './foldVerifier.ts'

/** Handed over at a time: enough that no processor waits for this thread, few enough that it is never long at it. */
const FOLDS_AHEAD = 4

export type VerifyManyOptions = {
  /** Secret from whoever made the proofs, and fresh: else two false ones may cancel. For tests. */
  drawWeight?: () => bigint
  /** Default: the native one where it is built, else the portable one. */
  verifier?: FoldVerifier
}

let chosen: FoldVerifier | undefined

/** The native verifier where it is built, unless CINNABAR_PROVER says snarkjs; else the portable one. */
function chooseVerifier(): FoldVerifier {
  if (chosen === undefined) {
    const native = chooseNative()
    chosen = native === undefined ? portableFoldVerifier : nativeFoldVerifier(native)
  }
  return chosen
}

/**
 * Verifies proofs of any circuits off this thread, folded by random weights, and finds the false ones by halving.
 *
 * False, not an error, for a wrong number of public signals, signals not below r and malformed
 * points. Keys are trusted: check those from outside with `checkVerificationKey`.
 *
 * @returns for each verification whether its proof is valid.
 */
export async function verifyMany(
  verifications: readonly Verification[],
  { drawWeight = drawRandomWeight, verifier = chooseVerifier() }: VerifyManyOptions = {},
): Promise<boolean[]> {
  const results = new Array<boolean>(verifications.length).fill(false)
  const candidates = [...verifications.entries()].filter(([, one]) => hasCanonicalNumbers(one))

  const settle = async (some: typeof candidates, areChecked: boolean): Promise<void> => {
    if (some.length === 0) return
    // Fresh weights at every step: those of a failed fold are known to have met a false proof.
    const items = some.map(([, verification]) => ({ ...verification, weight: drawWeight() }))
    const { areWellFormed, isTrue } = await verifier.fold(items, areChecked)
    const left = some.filter((_, place) => areWellFormed[place])
    if (isTrue) {
      for (const [index] of left) results[index] = true
      return
    }
    if (left.length <= 1) return
    const middle = left.length >> 1
    await Promise.all([settle(left.slice(0, middle), true), settle(left.slice(middle), true)])
  }

  let start = 0
  const run = async (): Promise<void> => {
    while (start < candidates.length) {
      const from = start
      start += verifier.foldSize
      await settle(candidates.slice(from, start), false)
    }
  }
  await Promise.all(Array.from({ length: FOLDS_AHEAD }, run))
  return results
}

/** Verifies one proof: about 1 ms natively, 6 ms portably. */
export async function verifyProof(verification: Verification): Promise<boolean> {
  const [isValid] = await verifyMany([verification])
  return isValid === true
}

function hasCanonicalNumbers({ verificationKey, proof, publicSignals }: Verification): boolean {
  return (
    publicSignals.length === verificationKey.nPublic &&
    verificationKey.IC.length === verificationKey.nPublic + 1 &&
    publicSignals.every((signal) => signal >= 0n && signal < FIELD_ORDER) &&
    coordinatesOf(proof).every((value) => value >= 0n && value < BASE_FIELD_ORDER)
  )
}

function coordinatesOf({ a, b, c }: Groth16Proof): bigint[] {
  return [a.x, a.y, b.x.real, b.x.imaginary, b.y.real, b.y.imaginary, c.x, c.y]
}

/** 1 to 2^128 − 1: a weight of 0 would let its proof pass. */
function drawRandomWeight(): bigint {
  for (;;) {
    const bytes = randomBytes(WEIGHT_BYTES)
    const weight = (bytes.readBigUInt64LE(0) << 64n) | bytes.readBigUInt64LE(8)
    if (weight !== 0n) return weight
  }
}
