import { type Connection, sql } from './database.ts'

export type Leader = {
  term: bigint
  /** Where it answers; undefined before it listens. */
  url: string | undefined
  hasLapsed: boolean
}

/** Who leads, or led last; undefined before anybody did. */
export async function findLeader(connection: Connection): Promise<Leader | undefined> {
  const [table] = await connection.query<{ is_there: boolean }>(
    sql`select to_regclass('leadership') is not null as is_there`,
  )
  if (table?.is_there !== true) return undefined
  const [row] = await connection.query<{ term: string; url: string | null; has_lapsed: boolean }>(
    sql`select term, url, lapses_at <= clock_timestamp() as has_lapsed from leadership`,
  )
  if (row === undefined) return undefined
  return { term: BigInt(row.term), url: row.url ?? undefined, hasLapsed: row.has_lapsed }
}
