import { type Connection, sql, toBytes } from './database.ts'

export async function isReceiptSignerBarred(
  connection: Connection,
  receiptSigner: `0x${string}`,
): Promise<boolean> {
  // A leader of an earlier version has no such table yet.
  const [table] = await connection.query<{ is_there: boolean }>(
    sql`select to_regclass('barred_receipt_signer') is not null as is_there`,
  )
  if (table?.is_there !== true) return false
  const rows = await connection.query(sql`
    select 1 from barred_receipt_signer where receipt_signer = ${toBytes(receiptSigner)}
  `)
  return rows.length > 0
}
