import { bigintToBytes, concatBytes, hexToBytes } from '../../../protocol/field.ts'
import { type Groth16Proof, proofToWords } from '../../proof.ts'
import { endLease, type Lease } from './claimProof.ts'
import { asDb, type Farm, notifyFarm } from './openFarm.ts'
import { sql } from './sql.ts'

export type Delivery = {
  worker: string
  proof: Groth16Proof
  publicSignals: readonly bigint[]
}

/**
 * Ends the lease and hands the proof in, both or neither. Whether it is a proof is for the sequencer to say.
 *
 * @returns false when the lease was over: another worker is at it or done, and nothing is stored.
 */
export function deliverProof(
  farm: Farm,
  lease: Lease,
  { worker, proof, publicSignals }: Delivery,
): Promise<boolean> {
  const words = (values: readonly bigint[]) =>
    concatBytes(...values.map((value) => bigintToBytes(value, 32)))
  return farm.transaction(async (connection) => {
    if (!(await endLease(farm, lease, { db: asDb(connection) }))) return false
    // Of a job that is gone by now nothing is kept.
    await connection.query(sql`
      insert into proof_result (job_id, worker, proof, public_signals)
      select id, ${worker}, ${words(proofToWords(proof))}, ${words(publicSignals)}
      from proof_job where id = ${hexToBytes(lease.job)} and lease = ${lease.id}
      on conflict (job_id) do nothing
    `)
    await notifyFarm(connection, 'result')
    return true
  })
}
