import { bytesToBigint, bytesToHex } from '../../../protocol/field.ts'
import type { JobId } from '../jobInputs.ts'
import { type Groth16Proof, proofFromWords } from '../../proof.ts'
import { type FarmConnection, sql } from './sql.ts'

/** A worker's word, but for `durationMs`. */
export type ProofResult = {
  job: JobId
  circuit: string
  worker: string
  proof: Groth16Proof
  publicSignals: bigint[]
  /**
   * From claim to delivery, by the database's clock, and within the job's own life whatever a worker wrote there: it
   * decides what is sealed and settled when.
   */
  durationMs: number
}

/** What workers delivered and nobody has verified yet, oldest first. */
export async function listProofResults(
  connection: FarmConnection,
  limit: number,
): Promise<ProofResult[]> {
  const rows = await connection.query<{
    job_id: Buffer
    circuit: string
    worker: string
    proof: Buffer
    public_signals: Buffer
    duration_ms: number
  }>(sql`
    select proof_result.job_id, proof_job.circuit, proof_result.worker, proof_result.proof,
      proof_result.public_signals,
      extract(epoch from greatest(least(proof_result.delivered_at, now()), life.began) - life.began)
        ::float8 * 1000 as duration_ms
    from proof_result join proof_job on proof_job.id = proof_result.job_id
      cross join lateral (
        select least(greatest(proof_job.claimed_at, proof_job.created_at), now()) as began
      ) as life
    order by proof_result.arrival
    limit ${limit}
  `)
  return rows.map((row) => {
    const w = words(row.proof)
    return {
      job: bytesToHex(row.job_id),
      circuit: row.circuit,
      worker: row.worker,
      proof: proofFromWords([w[0]!, w[1]!, w[2]!, w[3]!, w[4]!, w[5]!, w[6]!, w[7]!]),
      publicSignals: words(row.public_signals),
      durationMs: Math.round(row.duration_ms),
    }
  })
}

function words(bytes: Buffer): bigint[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) =>
    bytesToBigint(bytes.subarray(32 * i, 32 * i + 32)),
  )
}
