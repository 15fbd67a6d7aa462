import { setImmediate as afterInput } from 'node:timers/promises'

export type GroupingParameters<Item, Result> = {
  /** Results in the order of the items; an Error fails its item alone, a rejection fails all. */
  work: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>
  /** Items that are worked on together at most. */
  most: number
  /** After this a group is given up: its items fail with `onTimeout` and others are no longer held up. */
  timeoutMs: number
  onTimeout: () => Error
}

type Waiting<Item, Result> = {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * Work that is cheaper together: what arrives while one group is under way goes with the next. So one
 * item alone does not wait, and groups grow with the load.
 */
export class Grouping<Item, Result> {
  readonly #parameters: GroupingParameters<Item, Result>
  readonly #waiting: Waiting<Item, Result>[] = []
  #isRunning = false

  constructor(parameters: GroupingParameters<Item, Result>) {
    this.#parameters = parameters
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (!this.#isRunning) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      // Requests that lie in the sockets already are read first and join.
      await afterInput()
      const group = this.#waiting.splice(0, this.#parameters.most)
      try {
        const results = await this.#workOn(group.map(({ item }) => item))
        group.forEach(({ resolve, reject }, i) => {
          const result = results[i]
          if (result === undefined) reject(new RangeError('a group gave too few results'))
          else if (result instanceof Error) reject(result)
          else resolve(result)
        })
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#isRunning = false
  }

  /** A late result is nobody's any more. */
  async #workOn(items: readonly Item[]): Promise<readonly (Result | Error)[]> {
    const { work, timeoutMs, onTimeout } = this.#parameters
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(onTimeout()), timeoutMs)
    try {
      return await Promise.race([work(items), late.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}
