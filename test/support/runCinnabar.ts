import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export type CommandResult = {
  code: number | null
  stdout: string
  stderr: string
  /** stdout as JSON. */
  json(): Record<string, unknown>
}

/** `cinnabar …` as a user runs it: a process of its own, with this environment and no other. */
export function runCinnabar(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'cli/main.ts'), ...args], {
      cwd: root,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
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
