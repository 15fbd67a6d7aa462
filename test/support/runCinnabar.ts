import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const lightPassphrases = new URL('lightPassphrases.ts', import.meta.url).href

/** For Node: `cinnabar`, with passphrases that cost little (lightPassphrases.ts). */
export const cinnabarArgs = ['--import', lightPassphrases, join(root, 'cli/main.ts')]

/** Nothing of the caller's but what finds programs and speeds up their start. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return { PATH, HOME: '/nonexistent', NODE_COMPILE_CACHE }
}

export type CommandResult = {
  code: number | null
  stdout: string
  stderr: string
  /** stdout as JSON. */
  json(): Record<string, unknown>
}

/** `cinnabar …` as a user runs it: a process of its own, with this environment and no other. Its passphrases cost little. */
export function runCinnabar(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...cinnabarArgs, ...args], {
      cwd: root,
      env: { ...bareEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      const json = () => JSON.parse(stdout) as Record<string, unknown>
      resolve({ code, stdout, stderr, json })
    })
  })
}

/** The same, of a command that serves until it is ended. */
export function startCinnabar(args: readonly string[]): {
  /** As the command says it. */
  readonly url: Promise<string>
  kill(): Promise<void>
} {
  const child = spawn(process.execPath, [...cinnabarArgs, ...args], {
    cwd: root,
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /listens on (http:\S+\d)/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
    void exited.then((code) => {
      reject(new Error(`the command ended with code ${String(code)}`))
    })
  })
  return {
    url,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
