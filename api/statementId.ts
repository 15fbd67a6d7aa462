import { keccak_256 } from '@noble/hashes/sha3.js'
import { CIRCUIT_IDS, type TransferCircuit } from '../protocol/constants.ts'
import { bigintToBytes, bytesToHex, concatBytes, fieldToBytes } from '../protocol/field.ts'

/**
 * Names a statement: keccak256 of circuit id (32 bytes), public inputs (32 bytes each) and memo. The
 * proof is left out because it is malleable: one statement has many. The domain is a public input, so
 * ids of two deployments differ.
 *
 * @throws {NonCanonicalFieldElementError} when a public input is not below r.
 */
export function computeStatementId({
  circuit,
  publicInputs,
  memo,
}: {
  circuit: TransferCircuit
  publicInputs: readonly bigint[]
  memo: Uint8Array
}): `0x${string}` {
  return bytesToHex(hashStatement(circuit, concatBytes(...publicInputs.map(fieldToBytes)), memo))
}

/** The same over encoded public inputs, 32 bytes each, of which the caller knows that they are canonical. */
export function hashStatement(
  circuit: TransferCircuit,
  publicInputs: Uint8Array,
  memo: Uint8Array,
): Uint8Array {
  const circuitId = bigintToBytes(BigInt(CIRCUIT_IDS[circuit]), 32)
  return keccak_256.create().update(circuitId).update(publicInputs).update(memo).digest()
}
