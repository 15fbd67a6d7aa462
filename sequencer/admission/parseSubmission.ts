import { computeStatementId, type TransferSubmission } from '../../api/index.ts'
import { isFieldElement, hexToBytes } from '../../protocol/field.ts'
import { countPublicInputs, publicInputsFromArray } from '../../protocol/publicInputs.ts'
import type { ProofWords } from '../proofBytes.ts'
import type { Submission } from '../transfer.ts'
import { FieldNotCanonicalError, InputCountWrongError } from './errors.ts'

/**
 * A submission in protocol terms. The schema was checked before: lengths and digits are right.
 *
 * @throws {InputCountWrongError | FieldNotCanonicalError}
 */
export function parseSubmission(body: TransferSubmission): Submission {
  const { circuit } = body
  const elements = body.publicInputs.map((hex) => BigInt(hex))
  const expected = countPublicInputs(circuit)
  if (elements.length !== expected) {
    throw new InputCountWrongError({ expected, actual: elements.length })
  }
  if (!elements.every(isFieldElement)) throw new FieldNotCanonicalError()
  const memo = hexToBytes(body.memo)
  return {
    id: computeStatementId({ circuit, publicInputs: elements, memo }),
    circuit,
    publicInputs: publicInputsFromArray(circuit, elements),
    memo,
    anchorBatch: BigInt(body.anchorBatch),
    proof: body.proof.map((hex) => BigInt(hex)) as unknown as ProofWords,
  }
}
