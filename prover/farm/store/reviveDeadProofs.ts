import { bytesToHex } from '../../../protocol/field.ts'
import type { JobId } from '../jobInputs.ts'
import type { Farm } from './openFarm.ts'
import { requeueProofs } from './requeueProofs.ts'
import { sql } from './sql.ts'

/**
 * Gives jobs all their attempts again that have been dead for a time. What used the attempts up is often over by then (a
 * machine without memory, starved workers, a database that was away), and everything sealed later waits for the proof. A job that
 * kills its workers does so a few times in that time, not all the time.
 *
 * @returns those that were dead.
 */
export async function reviveDeadProofs(farm: Farm): Promise<JobId[]> {
  const rows = await farm.query<{ id: Buffer }>(sql`
    select id from proof_job
    where status = 'dead' and failed_at < now() - make_interval(secs => ${farm.settings.reviveSeconds})
  `)
  if (rows.length === 0) return []
  return requeueProofs(
    farm,
    rows.map(({ id }) => bytesToHex(id)),
  )
}
