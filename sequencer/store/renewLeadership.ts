import { type Connection, sql } from './database.ts'

/** Puts off the end of a term. @returns false when another has begun. */
export async function renewLeadership(
  connection: Connection,
  { term, leaseMs, url }: { term: bigint; leaseMs: number; url: string | undefined },
): Promise<boolean> {
  const rows = await connection.query(sql`
    update leadership
    set lapses_at = clock_timestamp() + ${leaseMs} * interval '1 ms', url = ${url ?? null}
    where term = ${term}
    returning term
  `)
  return rows.length === 1
}

/** Ends a term now: another can begin the next one at once. */
export async function releaseLeadership(connection: Connection, term: bigint): Promise<void> {
  await connection.query(sql`
    update leadership set lapses_at = clock_timestamp() where term = ${term}
  `)
}
