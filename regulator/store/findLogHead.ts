import { EMPTY_LOG_HASH } from '../log/entry.ts'
import { type Connection, fromBytes, sql } from './database.ts'

export type LogHead = { readonly length: bigint; readonly hash: `0x${string}` }

export async function findLogHead(connection: Connection): Promise<LogHead> {
  const [row] = await connection.query<{ number: string; hash: Buffer }>(sql`
    select number, hash from log_entry order by number desc limit 1
  `)
  return row === undefined
    ? { length: 0n, hash: EMPTY_LOG_HASH }
    : { length: BigInt(row.number), hash: fromBytes(row.hash) }
}
