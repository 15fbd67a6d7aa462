import { type ProofWords, proofFromBytes } from '../proofBytes.ts'
import { type Connection, fromBytes, sql } from './database.ts'

/** The proofs of batches' transfers, by statement id. */
export async function listTransferProofs(
  connection: Connection,
  batchIds: readonly bigint[],
): Promise<Map<`0x${string}`, ProofWords>> {
  const rows = await connection.query<{ id: Buffer; proof: Buffer }>(sql`
    select id, proof from transfer
    where status = 'sealed' and proof is not null and batch_id = any(${batchIds}::bigint[])
  `)
  return new Map(rows.map((row) => [fromBytes(row.id), proofFromBytes(row.proof)]))
}
