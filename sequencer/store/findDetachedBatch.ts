import { type Connection, sql } from './database.ts'

/**
 * The first batch taken over from a block that the base chain no longer has. The same batch may have been
 * settled again elsewhere, at another time and by other data.
 */
export async function findDetachedBatch(connection: Connection): Promise<bigint | undefined> {
  const [row] = await connection.query<{ number: string }>(sql`
    select number from batch
    where is_adopted and status <> 'void'
      and not exists (select from l1_block where l1_block.hash = batch.adopted_from)
    order by number limit 1
  `)
  return row === undefined ? undefined : BigInt(row.number)
}
