import type { BatchCircuit } from '../../protocol/constants.ts'
import type { JobId } from '../../prover/farm/jobInputs.ts'
import { enqueueProof } from '../../prover/farm/store/enqueueProof.ts'
import type { Farm } from '../../prover/farm/store/openFarm.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'
import type { Connection } from '../store/database.ts'

/** Asks the farm for a batch's proof, in the transaction that seals the batch. */
export type ProofRequester = (
  connection: Connection,
  request: { circuit: BatchCircuit; inputs: CircuitInputs },
) => Promise<JobId>

export type ProofRequesterParameters = {
  farm: Farm
  /** Of the farm's key; the inputs are stored sealed to it. */
  publicKey: Uint8Array
  /** 64 hex digits. @throws where the circuit has no keys here: its batches are not sealed then. */
  verificationKeyHashOf: (circuit: BatchCircuit) => string
}

export function createProofRequester({
  farm,
  publicKey,
  verificationKeyHashOf,
}: ProofRequesterParameters): ProofRequester {
  return (connection, { circuit, inputs }) =>
    enqueueProof(farm, connection, publicKey, {
      circuit,
      verificationKeyHash: verificationKeyHashOf(circuit),
      inputs,
    })
}
