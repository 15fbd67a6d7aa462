import type { ChainCursor } from '../../l1/pollChain.ts'
import { type Connection, fromBytes, sql } from './database.ts'

/** As many blocks as `pollChain` keeps in a trail. */
const TRAIL = 128

/** Up to where the chain was read: the blocks that are there, which are those that had something and ends of stretches. */
export async function findChainCursor(connection: Connection): Promise<ChainCursor | undefined> {
  const rows = await connection.query<{ number: string; hash: Buffer }>(sql`
    select number, hash from l1_block order by number desc limit ${TRAIL + 1}
  `)
  const marks = rows.map(({ number, hash }) => ({ number: BigInt(number), hash: fromBytes(hash) }))
  const [newest, ...older] = marks
  return newest === undefined ? undefined : { ...newest, trail: older.reverse() }
}
