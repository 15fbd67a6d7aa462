import { buildBn128 } from 'ffjavascript'
import { groth16 } from 'snarkjs'

import type { CircuitWorkspace } from '../../circuits/locateCircuit.ts'
import type { CircuitKeys } from '../../prover/loadKeys.ts'
import { proofToSnarkjs } from '../../prover/proof.ts'
import { ensureCircuitsAndKeys } from '../../prover/setup/ensureCircuitsAndKeys.ts'
import type { Verification } from '../../prover/verifyMany.ts'

/** Two small circuits, so that tests of prover/ do not wait for ours. */
export const testWorkspace: CircuitWorkspace = {
  mainDirectory: 'test/support/circuits',
  outputDirectory: '.cinnabar/test-circuits',
}
export type TestCircuit = 'preimage' | 'chain'

export async function ensureTestKeys(name: TestCircuit): Promise<CircuitKeys> {
  const [keys] = await ensureCircuitsAndKeys({ names: [name], workspace: testWorkspace })
  return keys!
}

/** What snarkjs' own verifier says. */
export function verifyWithSnarkjs({
  verificationKey,
  proof,
  publicSignals,
}: Verification): Promise<boolean> {
  return groth16.verify(verificationKey, publicSignals.map(String), proofToSnarkjs(proof))
}

/** Ends the worker threads that snarkjs leaves behind in this process. Call it after the last test. */
export async function endSnarkjs(): Promise<void> {
  const curve = await buildBn128()
  await curve.terminate()
}
