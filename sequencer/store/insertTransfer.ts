import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { proofToBytes } from '../proofBytes.ts'
import type { Admission, Submission } from '../transfer.ts'
import { type Connection, sql, toBytes, toField, violatedConstraint } from './database.ts'
import { nullifierToBytes } from './transferRow.ts'

export type InsertOutcome = 'admitted' | 'known' | 'taken'

/**
 * Writes an admitted transfer, or admits a rejected one again. One statement, so the promise is
 * durable when it returns.
 *
 * @returns 'taken' when a live transfer has the nullifier, 'known' when this one is live already.
 */
export async function insertTransfer(
  connection: Connection,
  { submission, admission }: { submission: Submission; admission: Admission },
): Promise<InsertOutcome> {
  const { id, circuit, publicInputs, memo, anchorBatch, proof } = submission
  const fields = publicInputsToArray(circuit, publicInputs).map(toField)
  try {
    const rows = await connection.query(sql`
      insert into transfer (
        id, status, circuit, public_inputs, nullifier, memo, anchor_batch,
        proof, admitted_at, settle_by, receipt_signature
      )
      values (
        ${toBytes(id)}, 'admitted', ${circuit}, ${fields}::bytea[]::field_element[],
        ${nullifierToBytes(publicInputs.nullifier)}, ${memo}, ${anchorBatch},
        ${proofToBytes(proof)}, ${admission.admittedAt}, ${admission.settleBy},
        ${toBytes(admission.receiptSignature)}
      )
      on conflict (id) do update set
        status = 'admitted',
        proof = excluded.proof,
        anchor_batch = excluded.anchor_batch,
        admitted_at = excluded.admitted_at,
        settle_by = excluded.settle_by,
        receipt_signature = excluded.receipt_signature,
        receipt_signer = excluded.receipt_signer,
        reject_code = null,
        reject_message = null
      where transfer.status = 'rejected'
      returning id
    `)
    return rows.length === 1 ? 'admitted' : 'known'
  } catch (error) {
    if (violatedConstraint(error) === 'transfer_only_one_live_of_a_nullifier') return 'taken'
    throw error
  }
}
