import { type Connection, sql } from './database.ts'
import { findLeader } from './findLeader.ts'

/** Any number will do; with the term it makes the lock that goes with a leader's session. */
const LOCK = 0x63_6e_62_02
/** Writes of the last leader that are under way end by then, or it is tried again. */
const LOCK_TIMEOUT_MS = 1_000

/**
 * Begins the next term if the last one is over: lapsed, or its session is gone, which the server knows within
 * milliseconds of a kill. From the commit on, whatever sessions of earlier terms write is refused; what they had
 * under way is committed before, or not at all.
 *
 * @param session of its own: its end gives the leadership up.
 * @returns the new term; undefined while another leads.
 */
export async function takeLeadership(
  session: Connection,
  { leaseMs }: { leaseMs: number },
): Promise<bigint | undefined> {
  await session.query({ text: 'begin', values: [] })
  try {
    const term = await take(session, leaseMs)
    await session.query({ text: 'commit', values: [] })
    return term
  } catch (error) {
    await session.query({ text: 'rollback', values: [] })
    // lock_not_available: a write of the last leader is under way yet.
    if (error instanceof Error && 'code' in error && error.code === '55P03') return undefined
    throw error
  }
}

async function take(session: Connection, leaseMs: number): Promise<bigint | undefined> {
  const last = await findLeader(session)
  const term = last === undefined ? 1n : last.term + 1n
  if (last !== undefined && !last.hasLapsed && !(await isSessionGone(session, last.term))) {
    return undefined
  }
  await session.query(sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`)
  const rows =
    last === undefined
      ? await session.query(sql`
          insert into leadership (term, taken_at, lapses_at)
          values (1, clock_timestamp(), clock_timestamp() + ${leaseMs} * interval '1 ms')
          on conflict do nothing
          returning term
        `)
      : await session.query(sql`
          update leadership
          set term = ${term}, url = null, taken_at = clock_timestamp(),
            lapses_at = clock_timestamp() + ${leaseMs} * interval '1 ms'
          where term = ${last.term}
          returning term
        `)
  if (rows.length === 0) return undefined
  // Before the commit, so that nobody ever finds this term without its lock.
  await lockTerm(session, term)
  return term
}

async function isSessionGone(session: Connection, term: bigint): Promise<boolean> {
  const [row] = await session.query<{ is_free: boolean }>(
    sql`select pg_try_advisory_xact_lock(${LOCK}, ${Number(term)}) as is_free`,
  )
  return row?.is_free === true
}

/** @returns false while another session holds it. */
export async function lockTerm(session: Connection, term: bigint): Promise<boolean> {
  const [row] = await session.query<{ is_held: boolean }>(
    sql`select pg_try_advisory_lock(${LOCK}, ${Number(term)}) as is_held`,
  )
  return row?.is_held === true
}
