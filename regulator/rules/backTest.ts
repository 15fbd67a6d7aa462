import { type RuleCode, ruleCodes, rulesOf, type RulesDocument } from './document.ts'
import { evaluateWindow, type Hit } from './evaluate.ts'
import { addToWindow, openWindow, type RuleRecord, type Window } from './window.ts'

export type Finding = Hit & { readonly pseudonym: bigint; readonly asset: bigint }

/** A record with the first day of its audit-key epoch. */
export type DatedRecord = { readonly record: RuleRecord; readonly epochStart: bigint }

/**
 * A version of the rules over a history, record by record as it would have run: what a rule says of a day is what
 * it said last. Keeps a window a subject, no record.
 */
export class BackTest {
  readonly #document: RulesDocument
  readonly #windows = new Map<string, Window>()
  readonly #findings = new Map<string, Finding>()
  #records = 0

  constructor(document: RulesDocument) {
    this.#document = document
  }

  add({ record, epochStart }: DatedRecord): void {
    const { pseudonym, asset, day } = record
    const rules = rulesOf(this.#document, asset)
    const key = `${pseudonym} ${asset}`
    const window = addToWindow(
      this.#windows.get(key) ?? openWindow(record, epochStart),
      record,
      rules,
    )
    this.#windows.set(key, window)
    this.#records += 1
    for (const facts of window.days) {
      // A record that came late changes what later days see too.
      if (facts.day < day) continue
      for (const hit of evaluateWindow(window, facts.day, rules)) {
        this.#findings.set(`${key} ${hit.rule} ${hit.day}`, { ...hit, pseudonym, asset })
      }
    }
  }

  get findings(): readonly Finding[] {
    return [...this.#findings.values()]
  }

  summary(): { records: number; subjects: number; findings: Record<RuleCode, number> } {
    const findings = Object.fromEntries(ruleCodes.map((code) => [code, 0])) as Record<
      RuleCode,
      number
    >
    for (const { rule } of this.#findings.values()) findings[rule] += 1
    return { records: this.#records, subjects: this.#windows.size, findings }
  }
}
