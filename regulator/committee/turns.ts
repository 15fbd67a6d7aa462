/**
 * One after the other: what reads a share and the journal and then acts on them, so that no two count against a limit at once, use
 * the same nonces, or answer with a share that the other destroys.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
