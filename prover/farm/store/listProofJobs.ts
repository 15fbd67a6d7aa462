import { bytesToHex } from '../../../protocol/field.ts'
import type { JobId } from '../jobInputs.ts'
import { type Farm, queueOf } from './openFarm.ts'
import { type FarmConnection, sql } from './sql.ts'

export type ProofJob = {
  job: JobId
  /** `proving`: a worker has it; `delivered`: its result waits to be verified. */
  state: 'waiting' | 'proving' | 'delivered' | 'dead'
  circuit: string
  verificationKeyHash: string
  /** Fingerprint of the farm key that opens it; undefined: of an earlier version, not recorded. */
  farmKey: string | undefined
  createdAt: Date
  attempts: number
  /** At it now. */
  worker: string | undefined
  /** Code of the last failed attempt, and whose it was. */
  lastError: string | undefined
  lastWorker: string | undefined
}

/** Proofs wanted, oldest first. Nothing private. */
export async function listProofJobs(connection: FarmConnection): Promise<ProofJob[]> {
  const rows = await connection.query<{
    id: Buffer
    state: ProofJob['state']
    circuit: string
    verification_key: Buffer
    farm_key: string | null
    created_at: Date
    attempts: number
    worker: string | null
    last_error: string | null
    last_worker: string | null
  }>(sql`
    select proof_job.id, proof_job.circuit, proof_job.verification_key, proof_job.farm_key,
      proof_job.created_at, proof_job.attempts, proof_job.worker, proof_job.last_error, proof_job.last_worker,
      case
        when proof_job.status = 'dead' then 'dead'
        when proof_result.job_id is not null then 'delivered'
        when proof_job.worker is not null then 'proving'
        else 'waiting'
      end as state
    from proof_job left join proof_result on proof_result.job_id = proof_job.id
    order by proof_job.created_at, proof_job.id
    limit 10000
  `)
  return rows.map((row) => ({
    job: bytesToHex(row.id),
    state: row.state,
    circuit: row.circuit,
    verificationKeyHash: row.verification_key.toString('hex'),
    farmKey: row.farm_key ?? undefined,
    createdAt: row.created_at,
    attempts: row.attempts,
    worker: row.worker ?? undefined,
    lastError: row.last_error ?? undefined,
    lastWorker: row.last_worker ?? undefined,
  }))
}

/**
 * Queues of the verification keys given that may have a job to take, that with the oldest one first. A job whose
 * worker began long ago may be one: that worker may be lost. `foreign` are the farm keys that others are sealed to.
 */
export async function listWaitingQueues(
  farm: Farm,
  { verificationKeyHashes, farmKey }: { verificationKeyHashes: string[]; farmKey: string },
): Promise<{ queues: string[]; foreign: string[] }> {
  const keys = verificationKeyHashes.map((hash) => Buffer.from(hash, 'hex'))
  const rows = await farm.query<{
    circuit: string
    verification_key: Buffer
    farm_key: string | null
  }>(sql`
    select circuit, verification_key, farm_key
    from proof_job
    where status = 'queued' and verification_key = any(${keys}::bytea[])
      and (
        worker is null or claimed_at < now() - make_interval(secs => ${farm.settings.heartbeatSeconds})
      )
    group by circuit, verification_key, farm_key
    order by min(created_at)
  `)
  const isOurs = (row: (typeof rows)[number]) => row.farm_key === null || row.farm_key === farmKey
  return {
    queues: rows.filter(isOurs).map(queueOf),
    foreign: rows.flatMap((row) => (isOurs(row) || row.farm_key === null ? [] : [row.farm_key])),
  }
}

export type FarmHealth = {
  waiting: number
  proving: number
  dead: number
  /** Most attempts that any job has behind it without a proof. */
  failedAttempts: number
  /** Of the job with most attempts: code and worker. */
  lastError: string | undefined
}

/** Counts for health and metrics. */
export async function findFarmHealth(connection: FarmConnection): Promise<FarmHealth> {
  const jobs = await connection.query<{
    waiting: string
    proving: string
    dead: string
    failed_attempts: number | null
    last_error: string | null
  }>(sql`
    select
      count(*) filter (where status = 'queued' and worker is null) as waiting,
      count(*) filter (where status = 'queued' and worker is not null) as proving,
      count(*) filter (where status = 'dead') as dead,
      max(attempts - case when worker is null then 0 else 1 end) as failed_attempts,
      (
        select last_error || ' (' || coalesce(last_worker, 'nobody') || ')' from proof_job
        where last_error is not null order by attempts desc, failed_at desc limit 1
      ) as last_error
    from proof_job
  `)
  const [row] = jobs
  return {
    waiting: Number(row?.waiting ?? 0),
    proving: Number(row?.proving ?? 0),
    dead: Number(row?.dead ?? 0),
    failedAttempts: row?.failed_attempts ?? 0,
    lastError: row?.last_error ?? undefined,
  }
}
