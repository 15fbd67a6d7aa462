import { type Connection, fromField, sql } from './database.ts'

export type SettledRoots = { batchNumber: bigint; noteRoot: bigint; nullifierRoot: bigint }

type Row = { batch_number: string; note_root: Buffer; nullifier_root: Buffer }

/**
 * The first batch that the base chain settled and this node does not have, or has otherwise. Roots hold all that was
 * before them: where the newest batch that both have is the same, so are the ones before it, and nothing is
 * compared but that one.
 */
export async function findForeignBatch(connection: Connection): Promise<SettledRoots | undefined> {
  const [newest] = await connection.query<{ common: string }>(sql`
    select least(
      coalesce((select max(batch_number) from batch_on_l1), 0),
      coalesce((select max(number) from batch where status <> 'void'), 0)
    ) as common
  `)
  const common = BigInt(newest?.common ?? 0)
  const rows = await connection.query<Row & { is_own: boolean }>(sql`
    select batch_number, note_root, nullifier_root, exists (
      select from batch
      where batch.number = batch_number and batch.status <> 'void'
        and batch.new_note_root = note_root and batch.new_nullifier_root = nullifier_root
    ) as is_own
    from batch_on_l1
    where batch_number in (${common}, ${common + 1n})
    order by batch_number
  `)
  const isCommonOwn =
    common === 0n || rows.some((row) => BigInt(row.batch_number) === common && row.is_own)
  if (!isCommonOwn) return findFirst(connection)
  const next = rows.find((row) => BigInt(row.batch_number) > common)
  return next === undefined ? undefined : toRoots(next)
}

/** Compares them all: another sequencer settled something else here. */
async function findFirst(connection: Connection): Promise<SettledRoots | undefined> {
  const [row] = await connection.query<Row>(sql`
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
  return row === undefined ? undefined : toRoots(row)
}

function toRoots(row: Row): SettledRoots {
  return {
    batchNumber: BigInt(row.batch_number),
    noteRoot: fromField(row.note_root),
    nullifierRoot: fromField(row.nullifier_root),
  }
}
