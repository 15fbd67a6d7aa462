import type { RejectReason } from '../transfer.ts'
import { type Connection, sql, toBytes } from './database.ts'

/** admitted → rejected, with the reason that its owner reads. */
export async function rejectTransfers(
  connection: Connection,
  { ids, reason }: { ids: readonly `0x${string}`[]; reason: RejectReason },
): Promise<void> {
  await connection.query(sql`
    update transfer
    set status = 'rejected', reject_code = ${reason.code}, reject_message = ${reason.message}
    where status = 'admitted' and id = any(${ids.map(toBytes)}::bytea[])
  `)
}
