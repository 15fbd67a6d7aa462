import { rulesOf, type RulesDocument } from '../rules/document.ts'
import { evaluateWindow } from '../rules/evaluate.ts'
import type { DatedRecord } from '../rules/backTest.ts'
import { addAllToWindow, openWindow } from '../rules/window.ts'
import type { Connection } from '../store/database.ts'
import { findWindows, type StoredWindow } from '../store/findWindows.ts'
import { listSubjectRecords, type Subject } from '../store/listSubjectRecords.ts'
import { type GroundedFinding, raiseAlerts } from '../store/raiseAlerts.ts'
import { upsertWindows } from '../store/upsertWindows.ts'

/** An opened record that is in the store already, and the block that it was settled in. */
export type NewlyOpened = DatedRecord & { readonly blockNumber: bigint }

/**
 * Runs the rules over the subjects of newly opened records, in the transaction that wrote these. Costs what the
 * records and their subjects' windows cost, whatever the store holds: a window that is not there (a new subject, a new
 * version of the rules, a reorg) is made from its subject's own records, which are one month's.
 */
export async function applyRules(
  connection: Connection,
  { document, records }: { document: RulesDocument; records: readonly NewlyOpened[] },
): Promise<void> {
  const touched = bySubject(records, ({ record }) => record)
  const subjects = [...touched.values()].map(({ subject, items }) => ({
    ...subject,
    fromDay: items.reduce(
      (first, { record: { day } }) => (day < first ? day : first),
      items[0]!.record.day,
    ),
  }))
  await evaluateSubjects(connection, { document, subjects, added: touched })
}

type Groups<T> = Map<string, { subject: Subject; items: T[] }>

/** Evaluates some subjects' days from `fromDay` on. @param added records that stored windows lack. */
export async function evaluateSubjects(
  connection: Connection,
  {
    document,
    subjects,
    added,
  }: {
    document: RulesDocument
    subjects: readonly (Subject & { fromDay: bigint })[]
    added?: Groups<NewlyOpened>
  },
): Promise<void> {
  // What has no thresholds has no window either.
  const watched = subjects.filter(({ asset }) => Object.keys(rulesOf(document, asset)).length > 0)
  if (watched.length === 0) return
  const rulesVersion = document.version
  const stored = new Map(
    (await findWindows(connection, { rulesVersion, subjects: watched })).map((found) => [
      keyOf(found.window),
      found,
    ]),
  )
  const missing = watched.filter((subject) => !stored.has(keyOf(subject)))
  const rebuilt = bySubject(await listSubjectRecords(connection, missing), ({ record }) => record)

  const windows: StoredWindow[] = []
  const findings: GroundedFinding[] = []
  for (const subject of watched) {
    const key = keyOf(subject)
    const rules = rulesOf(document, subject.asset)
    const known = stored.get(key)
    const records = (known === undefined ? rebuilt : added)?.get(key)?.items ?? []
    const [first] = records
    const start = known?.window ?? (first && openWindow(first.record, first.epochStart))
    // All of its records went in a reorg.
    if (start === undefined) continue
    const window = addAllToWindow(
      start,
      records.map(({ record }) => record),
      rules,
    )
    const blockNumber = records.reduce(
      (newest, record) => (record.blockNumber > newest ? record.blockNumber : newest),
      known?.blockNumber ?? 0n,
    )
    windows.push({ window, blockNumber })
    for (const { day } of window.days) {
      if (day < subject.fromDay) continue
      for (const hit of evaluateWindow(window, day, rules)) {
        const { pseudonym, asset } = subject
        findings.push({ ...hit, pseudonym, asset, blockNumber })
      }
    }
  }
  if (windows.length > 0) await upsertWindows(connection, { rulesVersion, windows })
  await raiseAlerts(connection, { rulesVersion, findings })
}

function bySubject<T>(items: readonly T[], subjectOf: (item: T) => Subject): Groups<T> {
  const groups: Groups<T> = new Map()
  for (const item of items) {
    const { pseudonym, asset } = subjectOf(item)
    const key = keyOf({ pseudonym, asset })
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { subject: { pseudonym, asset }, items: [item] })
    else group.items.push(item)
  }
  return groups
}

function keyOf({ pseudonym, asset }: Subject): string {
  return `${pseudonym} ${asset}`
}
