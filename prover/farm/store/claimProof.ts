import { hexToBytes } from '../../../protocol/field.ts'
import type { JobId } from '../jobInputs.ts'
import type { Farm } from './openFarm.ts'
import { sql } from './sql.ts'

/** A lease as the queue library handed it out: every later word on it is fenced to this attempt. */
export type Lease = { queue: string; id: string; retryCount: number; job: JobId }

export type ClaimedProof = {
  circuit: string
  attempt: number
  /** Sealed, with the job's name as associated data. */
  witness: Uint8Array
}

/**
 * Takes the next job of a queue, with a lease.
 *
 * @returns undefined when none waits. A lease without `claimed` is on what nobody wants any more: a batch
 *   void or proved. End it by `endLease`.
 */
export async function claimProof(
  farm: Farm,
  { queue, worker }: { queue: string; worker: string },
): Promise<{ lease: Lease; claimed: ClaimedProof | undefined } | undefined> {
  const [fetched] = await farm.boss.fetch<{ job: JobId }>(queue)
  if (fetched === undefined) return undefined
  const { id, retryCount, data } = fetched
  const lease = { queue, id, retryCount, job: data.job }
  // Whoever still stands there has not been heard of any more: the library gave its lease to us.
  const [row] = await farm.query<{ circuit: string; attempts: number; witness: Buffer }>(sql`
    update proof_job
    set attempts = attempts + 1, worker = ${worker}, claimed_at = now(),
      last_error = case when worker is null then last_error else 'WORKER_LOST' end,
      last_worker = coalesce(worker, last_worker),
      failed_at = case when worker is null then failed_at else now() end
    where id = ${hexToBytes(data.job)} and lease = ${id} and status = 'queued'
    returning circuit, attempts, witness
  `)
  return {
    lease,
    claimed:
      row === undefined
        ? undefined
        : { circuit: row.circuit, attempt: row.attempts, witness: new Uint8Array(row.witness) },
  }
}

/** Ends a lease for good, in a transaction where one is given. @returns false when it was not held any more. */
export async function endLease(
  farm: Farm,
  { queue, id, retryCount }: Lease,
  options: Parameters<Farm['boss']['complete']>[3] = {},
): Promise<boolean> {
  const answer = await farm.boss.complete(queue, { id, retryCount }, null, options)
  return affected(answer) === 1
}

/** Says that the worker lives. @returns false when the lease was given to another. */
export async function touchLease(farm: Farm, { queue, id, retryCount }: Lease): Promise<boolean> {
  return affected(await farm.boss.touch(queue, { id, retryCount })) === 1
}

/** The library's types leave the count out of its answers. */
export function affected(answer: object): number {
  return (answer as { affected: number }).affected
}
