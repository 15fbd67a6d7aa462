import { type Connection, sql, toJson, toPseudonym } from './database.ts'
import type { StoredWindow } from './findWindows.ts'

export async function upsertWindows(
  connection: Connection,
  { rulesVersion, windows }: { rulesVersion: number; windows: readonly StoredWindow[] },
): Promise<void> {
  await connection.query(sql`
    insert into subject_window (rules_version, pseudonym, asset, facts, l1_block_number)
    select ${rulesVersion}::integer, * from unnest(
      ${windows.map(({ window }) => toPseudonym(window.pseudonym))}::bytea[],
      ${windows.map(({ window }) => window.asset)}::integer[],
      ${windows.map(({ window: { visibleFrom, days } }) => toJson({ visibleFrom, days }))}::jsonb[],
      ${windows.map(({ blockNumber }) => blockNumber)}::bigint[]
    )
    on conflict (pseudonym, asset, rules_version) do update
    set facts = excluded.facts, l1_block_number = excluded.l1_block_number
  `)
}
