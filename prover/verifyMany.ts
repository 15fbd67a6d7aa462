import { randomBytes } from 'node:crypto'
import { setImmediate as yieldToOthers } from 'node:timers/promises'

import { FIELD_ORDER } from '../protocol/constants.ts'
import type { Groth16Proof } from './proof.ts'
import type { VerificationKey } from './verificationKey.ts'
import { WEIGHT_BYTES, openVerificationEngine } from './verificationEngine.ts'
import type { FoldItem, VerificationEngine } from './verificationEngine.ts'

/** Proofs of one fold. More gain little, and the event loop waits for about 2 ms each. */
const FOLD_SIZE = 32

export type Verification = {
  verificationKey: VerificationKey
  proof: Groth16Proof
  publicSignals: readonly bigint[]
}

export type VerifyManyOptions = {
  /** Secret from whoever made the proofs, and fresh: else two false ones may cancel. For tests. */
  drawWeight?: () => bigint
}

/**
 * Verifies proofs of any circuits, folded by random weights, and finds the false ones by halving.
 *
 * False, not an error, for a wrong number of public signals, signals not below r and malformed
 * points. Keys are trusted: check those from outside with `checkVerificationKey`.
 *
 * @returns for each verification whether its proof is valid.
 */
export async function verifyMany(
  verifications: readonly Verification[],
  { drawWeight = drawRandomWeight }: VerifyManyOptions = {},
): Promise<boolean[]> {
  const engine = await openVerificationEngine()
  const results = new Array<boolean>(verifications.length).fill(false)
  for (let start = 0; start < verifications.length; start += FOLD_SIZE) {
    if (start > 0) await yieldToOthers()
    const candidates: Candidate[] = []
    const chunk = verifications.slice(start, start + FOLD_SIZE)
    for (const [offset, verification] of chunk.entries()) {
      if (isWellFormed(engine, verification)) {
        const { verificationKey, proof, publicSignals } = verification
        const key = engine.prepare(verificationKey)
        candidates.push({ index: start + offset, key, proof, publicSignals })
      }
    }
    await halve(engine, candidates, drawWeight, results)
  }
  return results
}

/** Verifies one proof: about 6 ms. */
export async function verifyProof(verification: Verification): Promise<boolean> {
  const [isValid] = await verifyMany([verification])
  return isValid === true
}

type Candidate = Omit<FoldItem, 'weight'> & { index: number }

async function halve(
  engine: VerificationEngine,
  candidates: readonly Candidate[],
  drawWeight: () => bigint,
  results: boolean[],
): Promise<void> {
  if (candidates.length === 0) return
  // Fresh weights at every step: those of a failed fold are known to have met a false proof.
  if (engine.verifyFold(candidates.map((item) => ({ ...item, weight: drawWeight() })))) {
    for (const { index } of candidates) results[index] = true
    return
  }
  if (candidates.length === 1) return
  await yieldToOthers()
  const middle = candidates.length >> 1
  await halve(engine, candidates.slice(0, middle), drawWeight, results)
  await halve(engine, candidates.slice(middle), drawWeight, results)
}

function isWellFormed(
  engine: VerificationEngine,
  { verificationKey, proof, publicSignals }: Verification,
): boolean {
  return (
    publicSignals.length === verificationKey.nPublic &&
    verificationKey.IC.length === verificationKey.nPublic + 1 &&
    publicSignals.every((signal) => signal >= 0n && signal < FIELD_ORDER) &&
    engine.isWellFormedProof(proof)
  )
}

/** 1 to 2^128 − 1: a weight of 0 would let its proof pass. */
function drawRandomWeight(): bigint {
  for (;;) {
    const weight = BigInt(`0x${randomBytes(WEIGHT_BYTES).toString('hex')}`)
    if (weight !== 0n) return weight
  }
}
