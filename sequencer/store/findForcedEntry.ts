import { type Connection, sql, toBytes } from './database.ts'

/** The first entry of the forced queue with a statement. */
export type ForcedEntryView = {
  readonly entryId: bigint
  readonly deadlineAt: Date
  readonly takenAs?: 'transfer' | 'collect' | 'void'
}

export async function findForcedEntry(
  connection: Connection,
  statementId: `0x${string}`,
): Promise<ForcedEntryView | undefined> {
  const [row] = await connection.query<{
    id: string
    deadline_at: Date
    taken_as: ForcedEntryView['takenAs'] | null
  }>(sql`
    select l1_forced_transfer.id, l1_forced_transfer.deadline_at, batch_forced.taken_as
    from l1_forced_transfer
    left join batch_forced on batch_forced.entry_id = l1_forced_transfer.id
    where statement_id = ${toBytes(statementId)}
    order by l1_forced_transfer.id
    limit 1
  `)
  if (row === undefined) return undefined
  return {
    entryId: BigInt(row.id),
    deadlineAt: row.deadline_at,
    ...(row.taken_as === null || row.taken_as === undefined ? {} : { takenAs: row.taken_as }),
  }
}
