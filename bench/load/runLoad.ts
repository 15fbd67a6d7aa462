import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LoadReport } from './report.ts'

export type LoadParameters = {
  url: string
  /** File with one submission a line. */
  bodies: string
  /** Arrivals a second; without it, a closed loop. */
  rate?: number
  seconds?: number
  connections?: number
  first?: number
  answers?: string
}

const generator = fileURLToPath(new URL('generator.ts', import.meta.url))

/** Runs a generator in a process of its own and waits for its end. */
export async function runLoad(parameters: LoadParameters): Promise<LoadReport> {
  const options = Object.entries(parameters).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ])
  const { stdout } = await promisify(execFile)(process.execPath, [generator, ...options])
  return JSON.parse(stdout) as LoadReport
}
