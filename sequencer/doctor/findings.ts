import { BaseError } from '../../protocol/errors.ts'
import { hideUrlSecrets } from '../describeError.ts'

export type Finding = {
  /** What was looked at, in a word or two. */
  check: string
  status: 'ok' | 'warning' | 'failure'
  /** What was found, in a sentence, with its figures. */
  what: string
  /** What to do; always there when something is wrong. */
  remedy?: string
}

/** What a doctor writes down, in the order in which it looked. */
export class Findings {
  readonly list: Finding[] = []

  ok(check: string, what: string): void {
    this.list.push({ check, status: 'ok', what })
  }
  warn(check: string, what: string, remedy: string): void {
    this.list.push({ check, status: 'warning', what, remedy })
  }
  fail(check: string, what: string, remedy: string): void {
    this.list.push({ check, status: 'failure', what, remedy })
  }

  /**
   * Does one look. An error is a finding: ours with its facts and its own remedy, another by its message, never with
   * what stands in URLs.
   *
   * @returns undefined where it failed: what needs the answer is not looked at.
   */
  async attempt<T>(check: string, look: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await look()
    } catch (error) {
      if (error instanceof BaseError) {
        const { shortMessage, metaMessages, code } = error
        const facts = metaMessages.slice(0, -1).map((fact) => fact.replace(/\s+/g, ' '))
        const remedy = metaMessages.at(-1) ?? 'See the log.'
        const what = [`${shortMessage} (${code})`, ...facts].join('; ')
        this.fail(check, hideUrlSecrets(what), hideUrlSecrets(remedy))
      } else {
        const what = error instanceof Error ? error.message : 'a value was thrown'
        this.fail(check, hideUrlSecrets(what), 'Mend what it says, and run this again.')
      }
      return undefined
    }
  }
}
