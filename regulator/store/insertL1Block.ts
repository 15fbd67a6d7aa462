import { type Connection, sql, toBytes } from './database.ts'

export type L1Block = { number: bigint; hash: `0x${string}`; timestamp: bigint }

export async function insertL1Block(
  connection: Connection,
  { number, hash, timestamp }: L1Block,
): Promise<void> {
  await connection.query(sql`
    insert into l1_block (number, hash, mined_at)
    values (${number}, ${toBytes(hash)}, ${new Date(Number(timestamp) * 1000)})
    on conflict (number) do nothing
  `)
}
