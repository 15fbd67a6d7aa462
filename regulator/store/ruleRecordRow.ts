import type { DatedRecord } from '../rules/backTest.ts'
import { fromPseudonym } from './database.ts'

/** Columns of an opened record that rules read, with the first day of its epoch. */
export type RuleRecordRow = {
  pseudonym: Buffer
  asset: number
  day: number
  amount_1: string
  amount_2: string
  amount_3: string
  withdrawal_amount: string
  amount_in: string
  notes_in: number
  start_day: number | null
}

export function toRuleRecord(row: RuleRecordRow): DatedRecord {
  return {
    record: {
      pseudonym: fromPseudonym(row.pseudonym),
      asset: BigInt(row.asset),
      day: BigInt(row.day),
      amounts: [BigInt(row.amount_1), BigInt(row.amount_2), BigInt(row.amount_3)],
      withdrawn: BigInt(row.withdrawal_amount),
      amountIn: BigInt(row.amount_in),
      notesIn: BigInt(row.notes_in),
    },
    epochStart: BigInt(row.start_day ?? 0),
  }
}
