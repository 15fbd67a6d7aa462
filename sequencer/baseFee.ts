/** A base fee moves by an eighth a block at most, and a block takes 12 s on the chain that costs most. */
const FRESH_MS = 6_000
/** An older one says nothing any more. */
const KEPT_MS = 60_000
/** Nobody's sealing waits longer for a base chain that does not answer. */
const PATIENCE_MS = 250

/** The base chain's base fee, asked for when somebody wants it and remembered for a moment. */
export class BaseFee {
  readonly #read: () => Promise<bigint | undefined>
  readonly #now: () => Date
  #value: bigint | undefined
  #readAt = -Infinity
  #reading: Promise<void> | undefined

  constructor({ read, now }: { read: () => Promise<bigint | undefined>; now: () => Date }) {
    this.#read = read
    this.#now = now
  }

  /** Wei per gas. Undefined where it is not known: the chain has none, or did not answer for a while. */
  async get(): Promise<bigint | undefined> {
    if (this.#age() > FRESH_MS) {
      this.#reading ??= this.#refresh()
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, PATIENCE_MS)
      })
      await Promise.race([this.#reading, patience])
      clearTimeout(timer)
    }
    return this.#age() > KEPT_MS ? undefined : this.#value
  }

  async #refresh(): Promise<void> {
    try {
      this.#value = await this.#read()
      this.#readAt = this.#now().getTime()
    } catch {
      // The observer reports a base chain that is down; here the old value grows old.
    } finally {
      this.#reading = undefined
    }
  }

  /** A clock that was set back makes it old too. */
  #age(): number {
    return Math.abs(this.#now().getTime() - this.#readAt)
  }
}
