import { type Connection, fromBytes, sql } from './database.ts'

export type ObservedBlock = { number: bigint; hash: `0x${string}`; minedAt: Date }

/** The newest block read, or the newest one below `below`. */
export async function findNewestL1Block(
  connection: Connection,
  below?: bigint,
): Promise<ObservedBlock | undefined> {
  const [row] = await connection.query<{ number: string; hash: Buffer; mined_at: Date }>(sql`
    select number, hash, mined_at from l1_block
    where ${below ?? null}::bigint is null or number < ${below ?? null}::bigint
    order by number desc limit 1
  `)
  return row === undefined
    ? undefined
    : { number: BigInt(row.number), hash: fromBytes(row.hash), minedAt: row.mined_at }
}
