import { type Connection, fromPseudonym, sql } from './database.ts'
import type { Subject } from './listSubjectRecords.ts'

/** Subjects whose alerts under a version of the rules lost their ground in a reorg, and the days of those. */
export async function listUngroundedSubjects(
  connection: Connection,
  rulesVersion: number,
): Promise<(Subject & { day: bigint })[]> {
  const rows = await connection.query<{ pseudonym: Buffer; asset: number; day: number }>(sql`
    select pseudonym, asset, min(day) as day
    from alert
    where l1_block_number is null and rules_version = ${rulesVersion}
    group by pseudonym, asset
  `)
  return rows.map(({ pseudonym, asset, day }) => ({
    pseudonym: fromPseudonym(pseudonym),
    asset: BigInt(asset),
    day: BigInt(day),
  }))
}
