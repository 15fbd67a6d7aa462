import { deleteProofs } from '../../prover/farm/store/requeueProofs.ts'
import type { RejectReason } from '../transfer.ts'
import { type Connection, fromBytes, sql } from './database.ts'

/**
 * Voids the batch `from` and all sealed after it: their numbers, deposits and forced transfers are free again, their
 * transfers are rejected with the reason, their proofs no longer wanted. One transaction of the caller's.
 *
 * @param isSealedAgain transfers that were admitted here wait to be sealed again instead; what does not fit the state
 * any more is rejected then, with its own reason.
 * @returns the numbers voided.
 */
export async function voidBatches(
  connection: Connection,
  {
    from,
    reason,
    isSealedAgain = false,
    now,
  }: { from: bigint; reason: RejectReason; isSealedAgain?: boolean; now: Date },
): Promise<bigint[]> {
  if (isSealedAgain) {
    await connection.query(sql`
      update transfer set status = 'admitted', batch_id = null, slot = null
      from batch
      where batch.id = transfer.batch_id and batch.number >= ${from} and batch.status <> 'void'
        -- Of what came by force alone there is no promise: it is in its queue still.
        and transfer.proof is not null and transfer.receipt_signature is not null
    `)
  }
  await connection.query(sql`
    update transfer
    set status = 'rejected', batch_id = null, slot = null,
      reject_code = ${reason.code}, reject_message = ${reason.message}
    from batch
    where batch.id = transfer.batch_id and batch.number >= ${from} and batch.status <> 'void'
  `)
  await connection.query(sql`
    delete from batch_deposit using batch
    where batch.id = batch_deposit.batch_id and batch.number >= ${from} and batch.status <> 'void'
  `)
  await connection.query(sql`
    delete from batch_forced using batch
    where batch.id = batch_forced.batch_id and batch.number >= ${from} and batch.status <> 'void'
  `)
  const jobs = await connection.query<{ job_id: Buffer }>(sql`
    delete from proving_job using batch
    where batch.id = proving_job.batch_id and batch.number >= ${from} and batch.status <> 'void'
    returning proving_job.job_id
  `)
  await deleteProofs(
    connection,
    jobs.map(({ job_id: job }) => fromBytes(job)),
  )
  const rows = await connection.query<{ number: string }>(sql`
    update batch set status = 'void', void_code = ${reason.code}, void_at = ${now}
    where number >= ${from} and status <> 'void'
    returning number
  `)
  return rows.map(({ number }) => BigInt(number)).sort((a, b) => (a < b ? -1 : 1))
}
