import { type Connection, sql } from './database.ts'
import type { Settlement } from './openSettlement.ts'

/** The settle call that is under way, also after a restart. */
export async function findOpenSettlement(connection: Connection): Promise<Settlement | undefined> {
  const [row] = await connection.query<{
    id: string
    first_batch: string
    last_batch: string
    calldata: Buffer
  }>(sql`
    select id, first_batch, last_batch, calldata from settlement where status = 'open'
  `)
  if (row === undefined) return undefined
  return {
    id: BigInt(row.id),
    firstBatch: BigInt(row.first_batch),
    lastBatch: BigInt(row.last_batch),
    calldata: new Uint8Array(row.calldata),
  }
}
