import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { WorkerEvent } from '../../prover/farm/farmWorker.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

export type WorkerProcess = {
  readonly name: string
  readonly child: ChildProcess
  readonly events: WorkerEvent[]
  /** Everything it printed. */
  readonly output: () => string
  /** The first event of the type, seen already or to come. @throws when the worker ends before. */
  event<T extends WorkerEvent['type']>(type: T): Promise<Extract<WorkerEvent, { type: T }>>
  /** @returns the exit code, or the signal. */
  readonly ended: () => Promise<number | string>
}

/** `cinnabar prover …`, a process as on any machine of a farm. */
export function startWorkerProcess({
  name,
  url,
  keyFile,
  circuits,
  env = {},
  args = [],
}: {
  name: string
  url: string
  keyFile: string
  circuits: string
  env?: Readonly<Record<string, string>>
  args?: readonly string[]
}): WorkerProcess {
  const child = spawn(
    process.execPath,
    [
      ...[join(root, 'cli/main.ts'), 'prover', '--json', '--name', name],
      ...['--database-url', url, '--farm-key', keyFile, '--circuits', circuits, ...args],
    ],
    { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const events: WorkerEvent[] = []
  let output = ''
  const heard: (() => void)[] = []
  const tell = () => {
    for (const listener of heard.splice(0)) listener()
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    output += `${line}\n`
    if (line.startsWith('{')) events.push(JSON.parse(line) as WorkerEvent)
    tell()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  let exit: number | string | undefined
  const exited = once(child, 'exit').then(([code, signal]) => {
    exit = (code ?? signal) as number | string
    tell()
    return exit
  })
  return {
    name,
    child,
    events,
    output: () => output,
    async event(type) {
      for (;;) {
        const found = events.find((event) => event.type === type)
        if (found !== undefined) return found as never
        if (exit !== undefined) throw new Error(`${name} ended (${String(exit)}): ${output}`)
        await new Promise<void>((resolve) => heard.push(resolve))
      }
    },
    ended: () => exited,
  }
}
