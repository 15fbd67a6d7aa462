import { type Connection, fromField, sql } from './database.ts'

/** Newest leaves of the identity tree with index ≥ `from`, ascending. */
export async function listIdentityLeaves(
  connection: Connection,
  { from, limit }: { from: number; limit: number },
): Promise<{ index: number; leaf: bigint }[]> {
  const rows = await connection.query<{ identity_index: number; leaf: Buffer }>(sql`
    select distinct on (identity_index) identity_index, leaf
    from l1_identity_update
    where identity_index >= ${from}::bigint
    order by identity_index, version desc
    limit ${limit}
  `)
  return rows.map((row) => ({ index: row.identity_index, leaf: fromField(row.leaf) }))
}
