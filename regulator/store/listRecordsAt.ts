import type { DatedRecord } from '../rules/backTest.ts'
import { type Connection, sql } from './database.ts'
import type { RecordPosition } from './listRuleRecords.ts'
import { type RuleRecordRow, toRuleRecord } from './ruleRecordRow.ts'

/** Opened records at some places, with the blocks that they were settled in. */
export async function listRecordsAt(
  connection: Connection,
  positions: readonly RecordPosition[],
): Promise<(DatedRecord & { blockNumber: bigint })[]> {
  if (positions.length === 0) return []
  const rows = await connection.query<RuleRecordRow & { l1_block_number: string }>(sql`
    select
      record.pseudonym, record.asset, record.day, amount_1, amount_2, amount_3, withdrawal_amount,
      amount_in, notes_in, l1_epoch.start_day, settled_batch.l1_block_number
    from unnest(
      ${positions.map(({ batchNumber }) => batchNumber)}::bigint[],
      ${positions.map(({ slot }) => slot)}::integer[]
    ) as place (batch_number, slot)
    join record using (batch_number, slot)
    join settled_batch using (batch_number)
    left join l1_epoch on l1_epoch.epoch = record.epoch
    where record.status = 'opened'
    order by record.batch_number, record.slot
  `)
  return rows.map((row) => ({ ...toRuleRecord(row), blockNumber: BigInt(row.l1_block_number) }))
}
