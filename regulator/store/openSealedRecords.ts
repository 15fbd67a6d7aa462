import type { StatisticsRecord } from '../../protocol/auditRecord.ts'
import { isOpened, type RecordFault } from '../openRecords.ts'
import { type Connection, sql, toPseudonym } from './database.ts'

export type LateOpening = {
  readonly batchNumber: bigint
  readonly slot: number
  readonly statistics: StatisticsRecord | Exclude<RecordFault, 'keyMissing'>
}

/** sealed → opened or unreadable: a key came later than the record. */
export async function openSealedRecords(
  connection: Connection,
  openings: readonly LateOpening[],
): Promise<void> {
  const plain = <T>(valueOf: (statistics: StatisticsRecord) => T) =>
    openings.map(({ statistics }) => (isOpened(statistics) ? valueOf(statistics) : null))
  await connection.query(sql`
    update record set
      status = case when late.pseudonym is null then 'unreadable' else 'opened' end,
      ephemeral_x = case when late.pseudonym is null then record.ephemeral_x end,
      ephemeral_y = case when late.pseudonym is null then record.ephemeral_y end,
      ciphertext_0 = case when late.pseudonym is null then record.ciphertext_0 end,
      ciphertext_1 = case when late.pseudonym is null then record.ciphertext_1 end,
      pseudonym = late.pseudonym,
      asset = late.asset,
      amount_1 = late.amount_1,
      amount_2 = late.amount_2,
      amount_3 = late.amount_3,
      amount_in = late.amount_in,
      notes_in = late.notes_in,
      tier = late.tier,
      jurisdiction = late.jurisdiction
    from unnest(
      ${openings.map(({ batchNumber }) => batchNumber)}::bigint[],
      ${openings.map(({ slot }) => slot)}::integer[],
      ${plain(({ pseudonym }) => toPseudonym(pseudonym))}::bytea[],
      ${plain(({ asset }) => asset)}::integer[],
      ${plain(({ amount1 }) => amount1)}::numeric[],
      ${plain(({ amount2 }) => amount2)}::numeric[],
      ${plain(({ amount3 }) => amount3)}::numeric[],
      ${plain(({ amountIn }) => amountIn)}::numeric[],
      ${plain(({ notesIn }) => notesIn)}::integer[],
      ${plain(({ tier }) => tier)}::integer[],
      ${plain(({ jurisdiction }) => jurisdiction)}::integer[]
    ) as late (
      batch_number, slot, pseudonym, asset, amount_1, amount_2, amount_3, amount_in, notes_in, tier,
      jurisdiction
    )
    where record.batch_number = late.batch_number and record.slot = late.slot
      and record.status = 'sealed'
  `)
}
