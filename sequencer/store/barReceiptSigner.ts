import { type Connection, fromBytes, sql } from './database.ts'

/**
 * Ends the receipt key that led last in a restored database, where nobody has led yet.
 *
 * @returns it; undefined where none is known.
 */
export async function barReceiptSigner(
  connection: Connection,
  { now }: { now: Date },
): Promise<`0x${string}` | undefined> {
  const [row] = await connection.query<{ receipt_signer: Buffer }>(sql`
    with ended as (delete from leader_keys returning receipt_signer)
    insert into barred_receipt_signer (receipt_signer, barred_at)
    select receipt_signer, ${now} from ended
    on conflict (receipt_signer) do update set barred_at = excluded.barred_at
    returning receipt_signer
  `)
  return row === undefined ? undefined : fromBytes(row.receipt_signer)
}
