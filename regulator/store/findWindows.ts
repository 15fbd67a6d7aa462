import type { DayFacts, Window } from '../rules/window.ts'
import { type Connection, fromPseudonym, sql, toPseudonym } from './database.ts'
import type { Subject } from './listSubjectRecords.ts'

type StoredFacts = {
  visibleFrom: string
  days: {
    [K in keyof DayFacts]: DayFacts[K] extends bigint ? string : number
  }[]
}
export type StoredWindow = { readonly window: Window; readonly blockNumber: bigint }

/** The windows that are there of some subjects; those of gone blocks went with them. */
export async function findWindows(
  connection: Connection,
  { rulesVersion, subjects }: { rulesVersion: number; subjects: readonly Subject[] },
): Promise<StoredWindow[]> {
  const rows = await connection.query<{
    pseudonym: Buffer
    asset: number
    facts: StoredFacts
    l1_block_number: string
  }>(sql`
    select subject_window.pseudonym, subject_window.asset, facts, l1_block_number
    from unnest(
      ${subjects.map(({ pseudonym }) => toPseudonym(pseudonym))}::bytea[],
      ${subjects.map(({ asset }) => asset)}::integer[]
    ) as subject (pseudonym, asset)
    join subject_window on subject_window.pseudonym = subject.pseudonym
      and subject_window.asset = subject.asset and rules_version = ${rulesVersion}
  `)
  return rows.map(({ pseudonym, asset, facts, l1_block_number: block }) => ({
    window: {
      pseudonym: fromPseudonym(pseudonym),
      asset: BigInt(asset),
      visibleFrom: BigInt(facts.visibleFrom),
      days: facts.days.map((day) => ({
        ...day,
        day: BigInt(day.day),
        sent: BigInt(day.sent),
        largest: BigInt(day.largest),
        nearSent: BigInt(day.nearSent),
        takenIn: BigInt(day.takenIn),
      })),
    },
    blockNumber: BigInt(block),
  }))
}
