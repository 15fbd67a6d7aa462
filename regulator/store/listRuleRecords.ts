import type { DatedRecord } from '../rules/backTest.ts'
import { type Connection, sql } from './database.ts'
import { type RuleRecordRow, toRuleRecord } from './ruleRecordRow.ts'

export type RecordPosition = { readonly batchNumber: bigint; readonly slot: number }

/** Opened records of some days in chain order, a page behind `after`. */
export async function listRuleRecords(
  connection: Connection,
  {
    fromDay,
    toDay,
    after,
    limit,
  }: { fromDay: bigint; toDay: bigint; after: RecordPosition | undefined; limit: number },
): Promise<(DatedRecord & RecordPosition)[]> {
  const { batchNumber, slot } = after ?? { batchNumber: -1n, slot: 0 }
  const rows = await connection.query<RuleRecordRow & { batch_number: string; slot: number }>(sql`
    select
      batch_number, slot, pseudonym, asset, day, amount_1, amount_2, amount_3, withdrawal_amount,
      amount_in, notes_in, l1_epoch.start_day
    from record
    left join l1_epoch using (epoch)
    where status = 'opened' and day between ${fromDay} and ${toDay}
      and (batch_number, slot) > (${batchNumber}, ${slot})
    order by batch_number, slot
    limit ${limit}
  `)
  return rows.map((row) => ({
    ...toRuleRecord(row),
    batchNumber: BigInt(row.batch_number),
    slot: row.slot,
  }))
}
