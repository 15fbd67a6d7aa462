import { type Connection, sql, toBytes } from './database.ts'

/** admitted → sealed, each in its slot. @returns how many were, to be compared with `slots`. */
export async function markTransfersSealed(
  connection: Connection,
  { batchId, slots }: { batchId: bigint; slots: readonly { id: `0x${string}`; slot: number }[] },
): Promise<number> {
  const rows = await connection.query(sql`
    update transfer
    set status = 'sealed', batch_id = ${batchId}, slot = placed.slot
    from unnest(
      ${slots.map(({ id }) => toBytes(id))}::bytea[],
      ${slots.map(({ slot }) => slot)}::integer[]
    ) as placed (id, slot)
    where transfer.id = placed.id and transfer.status = 'admitted'
    returning transfer.id
  `)
  return rows.length
}
