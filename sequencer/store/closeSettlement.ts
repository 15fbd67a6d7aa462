import { type Connection, sql } from './database.ts'

/** open → mined, reverted or dropped. */
export async function closeSettlement(
  connection: Connection,
  {
    id,
    outcome,
    error,
    costWei,
    now,
  }: {
    id: bigint
    outcome: 'mined' | 'reverted' | 'dropped'
    error?: string
    /** Gas paid for it; undefined where it is not known. */
    costWei?: bigint
    now: Date
  },
): Promise<void> {
  await connection.query(sql`
    update settlement
    set status = ${outcome}, closed_at = ${now}, error = ${error ?? null},
      cost_wei = ${costWei ?? null}
    where id = ${id} and status = 'open'
  `)
}
