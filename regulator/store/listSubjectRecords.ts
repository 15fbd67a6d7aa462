import type { DatedRecord } from '../rules/backTest.ts'
import { type Connection, sql, toPseudonym } from './database.ts'
import { type RuleRecordRow, toRuleRecord } from './ruleRecordRow.ts'

/** A pseudonym in one asset: what a window is about. */
export type Subject = { readonly pseudonym: bigint; readonly asset: bigint }

/** All opened records of some subjects, with the newest block that any of a subject's is in. */
export async function listSubjectRecords(
  connection: Connection,
  subjects: readonly Subject[],
): Promise<(DatedRecord & { blockNumber: bigint })[]> {
  if (subjects.length === 0) return []
  const rows = await connection.query<RuleRecordRow & { l1_block_number: string }>(sql`
    select
      record.pseudonym, record.asset, record.day, amount_1, amount_2, amount_3, withdrawal_amount,
      amount_in, notes_in, l1_epoch.start_day, settled_batch.l1_block_number
    from unnest(
      ${subjects.map(({ pseudonym }) => toPseudonym(pseudonym))}::bytea[],
      ${subjects.map(({ asset }) => asset)}::integer[]
    ) as subject (pseudonym, asset)
    join record on record.status = 'opened'
      and record.pseudonym = subject.pseudonym and record.asset = subject.asset
    join settled_batch using (batch_number)
    left join l1_epoch on l1_epoch.epoch = record.epoch
    order by record.batch_number, record.slot
  `)
  return rows.map((row) => ({ ...toRuleRecord(row), blockNumber: BigInt(row.l1_block_number) }))
}
