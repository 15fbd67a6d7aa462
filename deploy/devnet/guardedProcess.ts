import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export type GuardInstructions = {
  command: string
  args: readonly string[]
  cwd: string
  env: Record<string, string>
  uid?: number
  gid?: number
  /** What makes the server end in good order. */
  stopSignal: 'SIGINT' | 'SIGTERM'
  /** Milliseconds after which a server that does not end is killed. */
  graceMs: number
  /** A directory the guard removes once it has stopped the server, even if we are gone by then. */
  removeAfterwards?: string
}

export type GuardedProcess = {
  /** Process id of the server itself. */
  pid: number
  /** Resolves with the exit code once the server is gone, for whatever reason. */
  exited: Promise<number>
  /** The last lines the server printed, for error messages. */
  lastOutput(): string[]
  /** Calls `listener` for every line of output, from now on. */
  onLine(listener: (line: string) => void): void
  /** Ends the server in good order and waits until it is gone. */
  stop(): Promise<void>
  /** Ends it the hard way (SIGKILL), as a crash would, and waits until it is gone. */
  kill(): Promise<void>
}

/** How much output is kept for error messages. */
const OUTPUT_LINES_KEPT = 40

/**
 * Starts a server that lives no longer than this process, in a process group of its own: a Ctrl-C at the
 * terminal reaches us only, so that what uses the server can end before it. The server does not keep
 * this process alive either.
 *
 * @throws {Error} when the command cannot be run at all.
 */
export async function startGuardedProcess(
  instructions: GuardInstructions,
): Promise<GuardedProcess> {
  const guard = spawn(
    process.execPath,
    [fileURLToPath(new URL('guard.ts', import.meta.url)), JSON.stringify(instructions)],
    { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true },
  )
  const [lifeline, stdout, stderr, report] = guard.stdio
  const output: string[] = []
  const listeners: ((line: string) => void)[] = []
  for (const stream of [stdout, stderr]) {
    forEachLine(stream, (line) => {
      output.push(line)
      if (output.length > OUTPUT_LINES_KEPT) output.shift()
      for (const listener of listeners) listener(line)
    })
  }

  const exited = new Promise<number>((resolve) => {
    // 'close', not 'exit': by then the last output has been read too.
    guard.once('close', (code) => {
      resolve(code ?? 1)
    })
  })
  const pid = await new Promise<number>((resolve, reject) => {
    forEachLine(report as Readable, (line) => {
      resolve(Number(line))
    })
    guard.once('error', reject)
    guard.once('close', () => {
      reject(new Error(output.join('\n') || `${instructions.command} could not be started`))
    })
  })

  guard.unref()
  for (const stream of guard.stdio) (stream as unknown as { unref?: () => void }).unref?.()
  lifeline.on('error', () => {
    // The guard is gone already, and with it the server: nothing is left to be told.
  })

  /** `exited` alone does not keep this process alive, since the guard is unreferenced. */
  async function waitUntilGone(): Promise<void> {
    guard.ref()
    await exited
  }

  return {
    pid,
    exited,
    lastOutput: () => [...output],
    onLine: (listener) => {
      listeners.push(listener)
    },
    async stop() {
      lifeline.end()
      await waitUntilGone()
    },
    async kill() {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        // ESRCH: it is gone already, which is what was asked for.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
      await waitUntilGone()
    },
  }
}

function forEachLine(stream: Readable, handle: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) handle(line)
  })
  stream.on('end', () => {
    if (rest !== '') handle(rest)
  })
}
