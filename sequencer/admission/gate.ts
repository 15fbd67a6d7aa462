import { SequencerBusyError } from './errors.ts'

/**
 * What is let in is answered within this, on average and with a rate that holds: half of the 500 ms
 * that 99 of 100 are to see, since groups make some wait twice the average.
 */
const TARGET_SECONDS = 0.25
/** A first guess at transfers a second, below what any machine with a compiler does. */
const FIRST_RATE = 200
/** Below this the machine would not learn that it is fast; above, memory is the limit. */
const FEWEST = 24
const MOST = 2_000
/** How often the rate is looked at, and the weight of the newest look. */
const WINDOW_SECONDS = 0.2
const WEIGHT = 0.3
const LONGEST_WAIT_SECONDS = 30

/**
 * Lets in as many transfers as are answered in time, and tells the others when to come again.
 *
 * By Little's law (Operations Research 9, 1961, p. 383) N transfers that are let in at once take N / rate seconds. The
 * rate is measured while some are turned away: what gets done then is what can be done. Counted are
 * transfers whose proof was looked at, or a flood of nonsense would pass for speed.
 */
export class Gate {
  readonly #now: () => number
  #inside = 0
  #rate = FIRST_RATE
  /** Of the present window. */
  #start: number
  #done = 0
  #turnedAway = 0
  #busySeconds = 0
  #busySince: number | undefined
  /** Those who were told to come again, less those whose turn has come since. */
  #expected = 0

  /** @param now seconds of a clock that never goes back. */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now
    this.#start = now()
  }

  /** Transfers being admitted. */
  get inside(): number {
    return this.#inside
  }
  /** Most that are let in at once, for now. */
  get limit(): number {
    return Math.min(MOST, Math.max(FEWEST, Math.floor(this.#rate * TARGET_SECONDS)))
  }
  /** Transfers a second that are thought possible. */
  get rate(): number {
    return this.#rate
  }

  /** Asked before a request is read, when refusing it costs least. @throws {SequencerBusyError} */
  check(): void {
    this.#look()
    if (this.#inside < this.limit) return
    this.#turnedAway += 1
    this.#expected += 1
    const seconds = (this.#inside + this.#expected) / this.#rate
    throw new SequencerBusyError({
      retryAfterSeconds: Math.min(LONGEST_WAIT_SECONDS, Math.max(1, Math.ceil(seconds))),
    })
  }

  /** @returns what to call when the transfer was answered; `isWork` when its proof was looked at. */
  enter(): (outcome: { isWork: boolean }) => void {
    this.check()
    this.#inside += 1
    this.#busySince ??= this.#now()
    return ({ isWork }) => {
      this.#inside -= 1
      if (isWork) this.#done += 1
      if (this.#inside === 0) this.#rest()
      this.#look()
    }
  }

  #rest(): void {
    if (this.#busySince === undefined) return
    this.#busySeconds += this.#now() - this.#busySince
    this.#busySince = undefined
  }

  #look(): void {
    const now = this.#now()
    const elapsed = now - this.#start
    if (elapsed < WINDOW_SECONDS) return
    const isBusy = this.#busySince !== undefined
    this.#rest()
    // A rate below what is possible shows by somebody turned away, and is found too low; one above it too.
    if (this.#turnedAway > 0 && this.#busySeconds > 0) {
      this.#rate += WEIGHT * (this.#done / this.#busySeconds - this.#rate)
    }
    // A verifier that hangs does nothing a second; the waits told are still numbers.
    this.#rate = Math.max(1, this.#rate)
    this.#expected = Math.max(0, this.#expected - this.#rate * elapsed)
    this.#start = now
    this.#done = 0
    this.#turnedAway = 0
    this.#busySeconds = 0
    this.#busySince = isBusy ? now : undefined
  }
}
