import type { Leadership } from './leadership.ts'
import { ReceiptKeyBarredError, StandbyKeysError } from './errors.ts'
import { Loop, type LoopReporter } from './loop.ts'
import type { Observer } from './observation/observer.ts'
import { restoreState } from './state/restoreState.ts'
import type { SealedState } from './state/sealedState.ts'
import type { Database } from './store/database.ts'
import type { Leader } from './store/findLeader.ts'

/** Well below ten seconds with a lease that has to lapse first (LEASE_MS). */
const INTERVAL_MS = 250

export type StandbyParameters = {
  database: Database
  state: SealedState
  observer: Pick<Observer, 'follow'>
  leadership: Pick<Leadership, 'tryTake' | 'findLeader'>
  reporter: LoopReporter
  /**
   * The leader may have other keys by now: whoever starts one may change them.
   *
   * @throws {StandbyKeysError | ReceiptKeyBarredError}
   */
  checkKeys: () => Promise<void>
  /** It could not go on where the leader stops, and must not look as if it could: it ends. */
  onKeysRefused: (error: StandbyKeysError | ReceiptKeyBarredError) => void
  /** This process leads now. The loop has ended. */
  onLead: () => Promise<void>
}

/**
 * Follows the leader through the database, so that its state is there and reads are answered, and takes over when the
 * leader is gone.
 */
export class Standby extends Loop {
  override readonly name = 'standby'
  readonly #parameters: StandbyParameters
  #leader: Leader | undefined
  #hasTaken = false

  constructor(parameters: StandbyParameters) {
    super({ intervalMs: INTERVAL_MS, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  /** As of the last round; undefined while nobody leads. */
  get leader(): Leader | undefined {
    return this.#leader
  }

  override async tick(): Promise<void> {
    const { database, state, observer, leadership, checkKeys, onKeysRefused, onLead } =
      this.#parameters
    try {
      await checkKeys()
    } catch (error) {
      const isRefused = error instanceof StandbyKeysError || error instanceof ReceiptKeyBarredError
      if (!isRefused) throw error
      onKeysRefused(error)
      return
    }
    // A first step that failed after the term was taken is tried again: nobody else can do it.
    if (this.#hasTaken || (await leadership.tryTake())) {
      this.#hasTaken = true
      this.#leader = undefined
      await onLead()
      void this.stop()
      return
    }
    const leader = await leadership.findLeader()
    this.#leader = leader?.hasLapsed === false ? leader : undefined
    await state.exclusive(() => restoreState(database, state))
    await observer.follow()
  }
}
