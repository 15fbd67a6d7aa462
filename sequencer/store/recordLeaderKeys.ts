import { type Connection, sql, toBytes } from './database.ts'
import type { LeaderKeys } from './findLeaderKeys.ts'

export async function recordLeaderKeys(
  connection: Connection,
  { l1Account, receiptSigner }: LeaderKeys,
): Promise<void> {
  await connection.query(sql`
    insert into leader_keys (l1_account, receipt_signer)
    values (${toBytes(l1Account)}, ${toBytes(receiptSigner)})
    on conflict (is_only) do update
    set l1_account = excluded.l1_account, receipt_signer = excluded.receipt_signer
  `)
}
