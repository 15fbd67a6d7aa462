import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { ChainEvent, ChainReader } from './chainEvents.ts'
import { type ChainCursor, pollChain, type PollChainParameters } from './pollChain.ts'

/** Where a watcher's place is kept between runs. */
export type CursorStore = {
  load(): Promise<ChainCursor | undefined>
  /** `undefined` after a reorg below the first block. */
  save(cursor: ChainCursor | undefined): Promise<void>
}

/**
 * What to do with what was read. The cursor is saved after a handler resolves, so after a crash between
 * the two a stretch comes again: a handler either does the same twice without harm, or writes the cursor
 * itself in its own transaction.
 */
export type WatchHandlers = {
  onEvents(read: {
    from: bigint
    to: bigint
    events: readonly ChainEvent[]
    cursor: ChainCursor
  }): Promise<void>
  /** Everything above `commonAncestor` is gone and will be read again. */
  onReorg(found: { commonAncestor: bigint; cursor: ChainCursor | undefined }): Promise<void>
  /** A poll failed; the next one is made as usual. */
  onError?(error: unknown): void
}

export type ChainWatcherParameters = PollChainParameters & {
  reader: ChainReader
  store: CursorStore
  handlers: WatchHandlers
  /** Pause when there is nothing to read. */
  pollMs?: number
}

/** Follows the chain from where it stopped. */
export class ChainWatcher {
  readonly #parameters: ChainWatcherParameters
  #running: Promise<void> | undefined
  #isStopping = false
  #wake = () => {}

  constructor(parameters: ChainWatcherParameters) {
    this.#parameters = parameters
  }

  start(): void {
    if (this.#running !== undefined) return
    this.#isStopping = false
    this.#running = this.#run()
  }

  /** Resolves when the tick in progress is done. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#wake()
    await this.#running
    this.#running = undefined
  }

  /** Reads one stretch. True when there may be more to read at once. */
  async tick(): Promise<boolean> {
    const { reader, store, handlers } = this.#parameters
    const cursor = await store.load()
    const result = await pollChain(reader, cursor, this.#parameters)
    if (result.kind === 'idle') return false
    if (result.kind === 'reorg') {
      await handlers.onReorg(result)
      await store.save(result.cursor)
      return true
    }
    await handlers.onEvents(result)
    await store.save(result.cursor)
    return !result.isCaughtUp
  }

  async #run(): Promise<void> {
    const { handlers, pollMs = 1_000 } = this.#parameters
    while (!this.#isStopping) {
      let isMore = false
      try {
        isMore = await this.tick()
      } catch (error) {
        handlers.onError?.(error)
      }
      if (!isMore && !this.#isStopping) await this.#pause(pollMs)
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** A cursor in a file of its own, replaced in one step. A missing or broken file starts anew. */
export function fileCursorStore(path: string): CursorStore {
  return {
    async load() {
      try {
        const text = await readFile(path, 'utf8')
        const { cursor } = JSON.parse(text, revive) as { cursor: ChainCursor | null }
        return cursor ?? undefined
      } catch (error) {
        if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') {
          return undefined
        }
        throw error
      }
    },
    async save(cursor) {
      const temporary = `${path}.${randomUUID()}`
      const replacer = (_: string, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value
      await writeFile(temporary, JSON.stringify({ cursor: cursor ?? null }, replacer))
      await rename(temporary, path)
    },
  }
}

function revive(name: string, value: unknown): unknown {
  return name === 'number' ? BigInt(value as string) : value
}
