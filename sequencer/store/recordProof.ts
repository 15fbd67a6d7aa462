import type { ProofWords } from '../proofBytes.ts'
import { proofToBytes } from '../proofBytes.ts'
import { type Connection, sql, toField } from './database.ts'

/** sealed → proved; the batch waits for no job any more. @returns false when the batch was voided in the meantime. */
export async function recordProof(
  connection: Connection,
  {
    batchId,
    c,
    y,
    proof,
    now,
  }: { batchId: bigint; c: bigint; y: bigint; proof: ProofWords; now: Date },
): Promise<boolean> {
  const rows = await connection.query(sql`
    with finished as (delete from proving_job where batch_id = ${batchId})
    update batch
    set status = 'proved', c = ${toField(c)}, y = ${toField(y)},
      proof = ${proofToBytes(proof)}, proved_at = ${now}
    where id = ${batchId} and status = 'sealed'
    returning id
  `)
  return rows.length === 1
}
