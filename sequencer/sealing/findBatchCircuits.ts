import { BATCH_CIRCUITS, type BatchCircuit } from '../../protocol/constants.ts'
import type { VerificationKey } from '../../prover/verificationKey.ts'

/**
 * The sizes of batch that this sequencer can prove and settle, smallest first: their key is here, and it is the one that is
 * active on the base chain. A batch sealed for another key could never be settled.
 *
 * @param keyHere undefined where the circuit has no key here.
 * @param blobOnChain the active key as the registry holds it: delta, then IC; undefined where none is active.
 */
export function findBatchCircuits(
  keyHere: (circuit: BatchCircuit) => VerificationKey | undefined,
  blobOnChain: (circuit: BatchCircuit) => readonly bigint[] | undefined,
): BatchCircuit[] {
  const circuits = Object.keys(BATCH_CIRCUITS) as BatchCircuit[]
  return circuits
    .filter((circuit) => {
      const key = keyHere(circuit)
      const blob = blobOnChain(circuit)
      return key !== undefined && blob !== undefined && String(wordsOf(key)) === String(blob)
    })
    .sort((a, b) => BATCH_CIRCUITS[a].size - BATCH_CIRCUITS[b].size)
}

/** As the precompiles take it, imaginary parts first. A batch has no domain among its inputs to fold in. */
function wordsOf({ vk_delta_2: [x, y], IC }: VerificationKey): bigint[] {
  return [x[1], x[0], y[1], y[0], ...IC.flatMap(([px, py]) => [px, py])].map(BigInt)
}
