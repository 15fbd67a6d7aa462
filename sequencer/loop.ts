export type LoopReporter = {
  /** Called for every failed tick; the loop goes on. */
  onFailure(loop: string, error: unknown): void
}

/** Waits longer after each failure in a row, up to this. */
const MAX_BACKOFF_MS = 30_000

/**
 * Something done again and again: `tick` does it once, tests call it themselves. A failed tick is
 * reported and tried again; nothing that one tick throws ends the loop.
 */
export abstract class Loop {
  abstract readonly name: string
  readonly #intervalMs: number
  readonly #reporter: LoopReporter
  #running: Promise<void> | undefined
  #isStopping = false
  #isWoken = false
  #wake: (() => void) | undefined
  #failures = 0

  constructor({ intervalMs, reporter }: { intervalMs: number; reporter: LoopReporter }) {
    this.#intervalMs = intervalMs
    this.#reporter = reporter
  }

  /** One round. */
  abstract tick(): Promise<void>

  /** Failed rounds in a row. */
  get failures(): number {
    return this.#failures
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends after the round that is under way. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#wake?.()
    await this.#running
  }

  /** Starts the next round now, or right after the one that is under way. */
  wake(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#isWoken = false
      try {
        await this.tick()
        this.#failures = 0
      } catch (error) {
        this.#failures += 1
        this.#reporter.onFailure(this.name, error)
      }
      await this.#pause()
    }
  }

  async #pause(): Promise<void> {
    if (this.#isStopping || (this.#isWoken && this.#failures === 0)) return
    const ms =
      this.#failures === 0
        ? this.#intervalMs
        : Math.min(this.#intervalMs * 2 ** this.#failures, MAX_BACKOFF_MS)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }
}
