import { readFile } from 'node:fs/promises'

import { chooseNative } from './native/index.ts'
import type { NativeProver } from './native/index.ts'
import { proofFromSnarkjs } from './proof.ts'
import type { Groth16Proof } from './proof.ts'
import { RowEvaluator } from './rowEvaluator.ts'
import { decodeWitness, encodeWitnessFile } from './witnessCalculator.ts'

/** Makes proofs under one proving key from the elements of witnesses. Verifies nothing. */
export type ProofMaker = (
  witness: Uint8Array,
) => Promise<{ proof: Groth16Proof; publicSignals: bigint[] }>

/**
 * With the native prover where it is built, else with snarkjs; CINNABAR_PROVER forces one.
 *
 * @throws {NativeProverMissingError | UnknownProverError | ProvingKeyFileError}
 */
export async function loadProofMaker(zkeyPath: string): Promise<ProofMaker> {
  const native = chooseNative()
  return native === undefined ? makeWithSnarkjs(zkeyPath) : makeNatively(native, zkeyPath)
}

async function makeNatively(native: NativeProver, zkeyPath: string): Promise<ProofMaker> {
  const key = await native.loadKey(zkeyPath)
  return async (witness) => ({
    proof: await native.prove(key, encodeWitnessFile(witness)),
    publicSignals: decodeWitness(witness.slice(32, 32 * (key.publicWires + 1))),
  })
}

async function makeWithSnarkjs(zkeyPath: string): Promise<ProofMaker> {
  // Only here: it takes a while to load.
  const { groth16 } = await import('snarkjs')
  const rows = await RowEvaluator.load(await readFile(zkeyPath))
  return async (witness) => {
    const data = encodeWitnessFile(witness)
    const { proof, publicSignals } = await rows.withKeyFor(witness, (key) =>
      groth16.prove({ type: 'mem', data: key }, { type: 'mem', data }),
    )
    return { proof: proofFromSnarkjs(proof), publicSignals: publicSignals.map(BigInt) }
  }
}
