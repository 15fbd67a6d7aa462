import { type Connection, fromBytes, sql } from './database.ts'

export type DatabaseFacts = {
  /** Major version of Postgres. */
  version: number
  /** What it says is committed survives a loss of power. */
  isDurable: boolean
  now: Date
  /** A sequencer leads. */
  isInUse: boolean
  /** Chain id and rollup; undefined before the first start. */
  deployment: string | undefined
}

/** For the doctor: works on a database without our tables too. */
export async function findDatabaseFacts(connection: Connection): Promise<DatabaseFacts> {
  const [row] = await connection.query<{
    version: number
    is_durable: boolean
    now: Date
    has_leadership: boolean
    has_deployment: boolean
  }>(sql`
    select
      current_setting('server_version_num')::integer / 10000 as version,
      current_setting('fsync') = 'on' and current_setting('synchronous_commit') <> 'off'
        as is_durable,
      clock_timestamp() as now,
      to_regclass('public.leadership') is not null as has_leadership,
      to_regclass('public.deployment') is not null as has_deployment
  `)
  if (row === undefined) throw new Error('no answer')
  const [owner] = row.has_deployment
    ? await connection.query<{ chain_id: string; rollup: Buffer }>(sql`
        select chain_id, rollup from deployment
      `)
    : []
  const [leader] = row.has_leadership
    ? await connection.query<{ leads: boolean }>(sql`
        select lapses_at > clock_timestamp() as leads from leadership
      `)
    : []
  return {
    version: row.version,
    isDurable: row.is_durable,
    now: row.now,
    isInUse: leader?.leads === true,
    deployment: owner === undefined ? undefined : `${owner.chain_id} ${fromBytes(owner.rollup)}`,
  }
}
