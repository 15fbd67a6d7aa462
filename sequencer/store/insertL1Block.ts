import { type Connection, sql, toBytes } from './database.ts'
import type { ObservedBlock } from './findNewestL1Block.ts'

export async function insertL1Block(
  connection: Connection,
  { number, hash, minedAt }: ObservedBlock,
): Promise<void> {
  await connection.query(sql`
    insert into l1_block (number, hash, mined_at)
    values (${number}, ${toBytes(hash)}, ${minedAt})
    on conflict (number) do nothing
  `)
}
