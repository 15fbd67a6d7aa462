import { type Connection, sql } from './database.ts'

export type Spend = { wei: bigint; since: Date }

/** What settle calls mined since `since` cost, and when the first of them was mined. Undefined where none was. */
export async function findSpend(
  connection: Connection,
  { since }: { since: Date },
): Promise<Spend | undefined> {
  const [row] = await connection.query<{ wei: string | null; since: Date | null }>(sql`
    select sum(cost_wei) as wei, min(closed_at) as since
    from settlement where cost_wei is not null and closed_at >= ${since}
  `)
  if (row === undefined || row.wei === null || row.since === null) return undefined
  return { wei: BigInt(row.wei), since: row.since }
}
