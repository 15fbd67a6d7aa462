import { Session } from 'node:inspector/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Which blocks of our own sources run, by V8's precise coverage: no instrumented build, and no dependency. */
export class Coverage {
  readonly #session = new Session()

  async start(): Promise<void> {
    this.#session.connect()
    await this.#session.post('Profiler.enable')
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Blocks that ran since the last call. */
  async take(): Promise<Set<string>> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage')
    const blocks = new Set<string>()
    for (const { url, functions } of result) {
      if (!isOurs(url)) continue
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) blocks.add(`${url}:${String(startOffset)}-${String(endOffset)}`)
        }
      }
    }
    return blocks
  }

  stop(): void {
    this.#session.disconnect()
  }
}

function isOurs(url: string): boolean {
  if (!url.startsWith('file:')) return false
  const path = fileURLToPath(url)
  return path.startsWith(root) && !path.includes('node_modules') && !path.startsWith(`${root}test/`)
}
