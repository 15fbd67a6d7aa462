import { type Connection, fromField, sql } from './database.ts'

export type SettledRoots = { batchNumber: bigint; noteRoot: bigint; nullifierRoot: bigint }

/** The first batch that the base chain settled and this node does not have, or has otherwise. */
export async function findForeignBatch(connection: Connection): Promise<SettledRoots | undefined> {
  const [row] = await connection.query<{
    batch_number: string
    note_root: Buffer
    nullifier_root: Buffer
  }>(sql`
    select batch_on_l1.batch_number, batch_on_l1.note_root, batch_on_l1.nullifier_root
    from batch_on_l1
    where not exists (
      select from batch
      where batch.number = batch_on_l1.batch_number and batch.status <> 'void'
        and batch.new_note_root = batch_on_l1.note_root
        and batch.new_nullifier_root = batch_on_l1.nullifier_root
    )
    order by batch_on_l1.batch_number
    limit 1
  `)
  return row === undefined
    ? undefined
    : {
        batchNumber: BigInt(row.batch_number),
        noteRoot: fromField(row.note_root),
        nullifierRoot: fromField(row.nullifier_root),
      }
}
