import { type Connection, fromBytes, sql } from './database.ts'

type Hex = `0x${string}`

/** Addresses of the keys of whoever leads. */
export type LeaderKeys = {
  /** Signs and pays for settle calls. */
  readonly l1Account: Hex
  /** Signs receipts and anchors. */
  readonly receiptSigner: Hex
}

/** Of whoever leads, or led last; undefined before anybody did. */
export async function findLeaderKeys(connection: Connection): Promise<LeaderKeys | undefined> {
  // A leader of an earlier version has no such table yet.
  const [table] = await connection.query<{ is_there: boolean }>(
    sql`select to_regclass('leader_keys') is not null as is_there`,
  )
  if (table?.is_there !== true) return undefined
  const [row] = await connection.query<{ l1_account: Buffer; receipt_signer: Buffer }>(
    sql`select l1_account, receipt_signer from leader_keys`,
  )
  if (row === undefined) return undefined
  return { l1Account: fromBytes(row.l1_account), receiptSigner: fromBytes(row.receipt_signer) }
}
