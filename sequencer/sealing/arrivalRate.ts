/** Time after which an arrival counts for 1/e, s. */
const MEMORY_SECONDS = 30

/** How many transfers come in a second, lately: each counts less the longer ago it was. */
export class ArrivalRate {
  #weight = 0
  #at = 0

  note(now: Date, count = 1): void {
    this.#decay(now)
    this.#weight += count
  }

  /** A second. */
  at(now: Date): number {
    this.#decay(now)
    return this.#weight / MEMORY_SECONDS
  }

  #decay(now: Date): void {
    // A clock that was set back forgets nothing.
    const seconds = Math.max(0, now.getTime() - this.#at) / 1000
    if (this.#weight !== 0) this.#weight *= Math.exp(-seconds / MEMORY_SECONDS)
    this.#at = now.getTime()
  }
}
