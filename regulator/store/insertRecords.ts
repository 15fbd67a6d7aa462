import type { SettledTransfer } from '../../l1/chainEvents.ts'
import type { StatisticsRecord } from '../../protocol/auditRecord.ts'
import { isOpened, type OpenedTransfer } from '../openRecords.ts'
import { type Connection, sql, toField, toPseudonym } from './database.ts'

export type NewRecord = { readonly settled: SettledTransfer; readonly opened: OpenedTransfer }

/** Records of settled batches, opened where a key opened them. Their batches must be there. */
export async function insertRecords(
  connection: Connection,
  records: readonly NewRecord[],
): Promise<void> {
  if (records.length === 0) return
  const column = <T>(valueOf: (record: NewRecord) => T) => records.map(valueOf)
  const plain = <T>(valueOf: (statistics: StatisticsRecord) => T) =>
    records.map(({ opened: { statistics } }) => (isOpened(statistics) ? valueOf(statistics) : null))
  // What stays closed keeps what a key needs later.
  const sealed = (valueOf: (inputs: SettledTransfer['publicInputs']) => bigint) =>
    records.map(({ settled: { publicInputs }, opened: { statistics } }) =>
      isOpened(statistics) ? null : toField(valueOf(publicInputs)),
    )
  await connection.query(sql`
    insert into record (
      batch_number, slot, status, circuit, day, epoch, trace_tag,
      withdrawal_asset, withdrawal_amount, fee_asset, fee_amount,
      ephemeral_x, ephemeral_y, ciphertext_0, ciphertext_1,
      pseudonym, asset, amount_1, amount_2, amount_3, amount_in, notes_in, tier, jurisdiction
    )
    select * from unnest(
      ${column(({ opened }) => opened.batchNumber)}::bigint[],
      ${column(({ opened }) => opened.slot)}::integer[],
      ${column(({ opened: { statistics } }) => statusOf(statistics))}::text[],
      ${column(({ opened }) => opened.kind)}::text[],
      ${column(({ opened }) => opened.day)}::integer[],
      ${column(({ opened }) => opened.epoch)}::integer[],
      ${column(({ opened }) => toField(opened.traceTag))}::bytea[],
      ${column(({ opened }) => opened.withdrawal.asset)}::integer[],
      ${column(({ opened }) => opened.withdrawal.amount)}::numeric[],
      ${column(({ opened }) => opened.fee.asset)}::integer[],
      ${column(({ opened }) => opened.fee.amount)}::numeric[],
      ${sealed(({ ephemeral }) => ephemeral[0])}::bytea[],
      ${sealed(({ ephemeral }) => ephemeral[1])}::bytea[],
      ${sealed(({ statisticsCiphertext }) => statisticsCiphertext[0])}::bytea[],
      ${sealed(({ statisticsCiphertext }) => statisticsCiphertext[1])}::bytea[],
      ${plain(({ pseudonym }) => toPseudonym(pseudonym))}::bytea[],
      ${plain(({ asset }) => asset)}::integer[],
      ${plain(({ amount1 }) => amount1)}::numeric[],
      ${plain(({ amount2 }) => amount2)}::numeric[],
      ${plain(({ amount3 }) => amount3)}::numeric[],
      ${plain(({ amountIn }) => amountIn)}::numeric[],
      ${plain(({ notesIn }) => notesIn)}::integer[],
      ${plain(({ tier }) => tier)}::integer[],
      ${plain(({ jurisdiction }) => jurisdiction)}::integer[]
    )
  `)
}

function statusOf(statistics: OpenedTransfer['statistics']): 'opened' | 'sealed' | 'unreadable' {
  if (isOpened(statistics)) return 'opened'
  return statistics === 'keyMissing' ? 'sealed' : 'unreadable'
}
