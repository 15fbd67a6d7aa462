import { type Connection, fromBytes, sql } from './database.ts'
import { nullifierToBytes } from './transferRow.ts'

/** The live transfer that has this nullifier. */
export async function findLiveNullifier(
  connection: Connection,
  nullifier: bigint,
): Promise<{ id: `0x${string}`; isSealed: boolean } | undefined> {
  const [row] = await connection.query<{ id: Buffer; is_sealed: boolean }>(sql`
    select id, status = 'sealed' as is_sealed
    from transfer
    where nullifier = ${nullifierToBytes(nullifier)} and status in ('admitted', 'sealed')
  `)
  return row === undefined ? undefined : { id: fromBytes(row.id), isSealed: row.is_sealed }
}
