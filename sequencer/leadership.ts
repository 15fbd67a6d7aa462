import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseInUseError, LeadershipLostError } from './errors.ts'
import { failPoint } from './failPoint.ts'
import type { Connection, Database } from './store/database.ts'
import { findLeader, type Leader } from './store/findLeader.ts'
import { releaseLeadership, renewLeadership } from './store/renewLeadership.ts'
import { lockTerm, takeLeadership } from './store/takeLeadership.ts'

/** Without a sign of life for so long, a leader may be replaced although its session still stands: it hangs. */
export const LEASE_MS = 5_000
const RETRY_MS = 100

export type LeadershipParameters = {
  database: Database
  leaseMs?: number
  /** Another leads. What this process writes is refused by then; it must end. Called once. */
  onLost: (error: LeadershipLostError) => void
  /** A sign of life that did not get through; the next one may. */
  onTrouble?: (error: unknown) => void
}

type Session = Connection & { close(): Promise<void> }

/**
 * This process's part in who leads. A term stands on two things: a session of the database, which is gone
 * within milliseconds of a kill, and signs of life, which stop when the process is paused. Soundness rests on
 * neither: the term fences every write (000009_leadership.sql), so a leader that lost its session goes on, and takes
 * the term's lock up again once the database answers.
 *
 *   standby ──take──▶ leading ──(another's term)──▶ lost
 *                        └──release──▶ standby
 */
export class Leadership {
  readonly #parameters: LeadershipParameters
  readonly #leaseMs: number
  #session: Session | undefined
  #term: bigint | undefined
  #url: string | undefined
  #timer: NodeJS.Timeout | undefined
  #renewal: Promise<void> | undefined
  #isLost = false

  constructor(parameters: LeadershipParameters) {
    this.#parameters = parameters
    this.#leaseMs = parameters.leaseMs ?? LEASE_MS
  }

  /** Of this process, while it leads. */
  get term(): bigint | undefined {
    return this.#isLost ? undefined : this.#term
  }

  /** Who leads, by the database. */
  findLeader(): Promise<Leader | undefined> {
    return findLeader(this.#parameters.database)
  }

  /** Leads from now on, if nobody else does. @returns whether it does. */
  async tryTake(): Promise<boolean> {
    const { database } = this.#parameters
    this.#session ??= await this.#open()
    const term = await takeLeadership(this.#session, { leaseMs: this.#leaseMs })
    if (term === undefined) return false
    this.#term = term
    database.fence({
      setting: 'cinnabar.term',
      value: String(term),
      check: 'select check_leadership()',
      code: 'CNB01',
      onRefused: (cause) => {
        const error = new LeadershipLostError({ cause })
        this.#lose(error)
        return error
      },
    })
    failPoint('lead.taken')
    this.#timer = setInterval(() => void this.renew(), this.#leaseMs / 5)
    return true
  }

  /** @throws {DatabaseInUseError} when another leads for longer than `waitMs`. */
  async take({ waitMs }: { waitMs: number }): Promise<void> {
    const until = Date.now() + waitMs
    while (!(await this.tryTake())) {
      if (Date.now() > until) {
        const leader = await this.findLeader()
        await this.release()
        throw new DatabaseInUseError({ url: leader?.url })
      }
      await delay(RETRY_MS)
    }
  }

  /** Where this leader answers, for those that ask a standby. */
  async announce(url: string): Promise<void> {
    this.#url = url
    await this.renew()
  }

  /** A sign of life. One at a time, and it never throws. */
  renew(): Promise<void> {
    this.#renewal ??= this.#renew()
      .catch((error: unknown) => this.#parameters.onTrouble?.(error))
      .finally(() => {
        this.#renewal = undefined
      })
    return this.#renewal
  }

  /** Another may lead at once. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewal
    const { term } = this
    this.#term = undefined
    // The end of the session says the same, where this cannot.
    if (term !== undefined && this.#session !== undefined) {
      await releaseLeadership(this.#session, term).catch(() => undefined)
    }
    await this.#session?.close().catch(() => undefined)
    this.#session = undefined
  }

  async #renew(): Promise<void> {
    const { term } = this
    if (term === undefined) return
    if (this.#session === undefined) {
      const session = await this.#open()
      // A standby that tries it holds it for a moment; the next round has it.
      if (!(await lockTerm(session, term))) {
        await session.close()
        await this.#renewBy(this.#parameters.database, term)
        return
      }
      this.#session = session
    }
    await this.#renewBy(this.#session, term)
  }

  async #renewBy(connection: Connection, term: bigint): Promise<void> {
    const isOurs = await renewLeadership(connection, {
      term,
      leaseMs: this.#leaseMs,
      url: this.#url,
    })
    if (!isOurs) this.#lose(new LeadershipLostError())
  }

  #lose(error: LeadershipLostError): void {
    if (this.#isLost) return
    this.#isLost = true
    clearInterval(this.#timer)
    this.#parameters.onLost(error)
  }

  async #open(): Promise<Session> {
    const session: Session = await this.#parameters.database.dedicated((error) => {
      if (this.#session === session) this.#session = undefined
      this.#parameters.onTrouble?.(error)
    })
    return session
  }
}
