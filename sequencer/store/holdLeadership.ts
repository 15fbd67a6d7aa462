import { type Connection, sql } from './database.ts'

/**
 * For a tool that decides while nobody leads: nobody begins to before the caller's transaction ends.
 *
 * @returns where the leader answers, if one leads; undefined if none does.
 */
export async function holdLeadership(
  connection: Connection,
): Promise<{ url: string | undefined } | undefined> {
  const [row] = await connection.query<{ url: string | null; leads: boolean }>(sql`
    select url, lapses_at > clock_timestamp() as leads from leadership for update
  `)
  return row?.leads === true ? { url: row.url ?? undefined } : undefined
}
