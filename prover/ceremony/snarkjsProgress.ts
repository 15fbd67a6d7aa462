import { buildBn128 } from 'ffjavascript'
import type { SnarkjsLogger } from 'snarkjs'

export type Progress = (line: string) => void

/** Long work says that it lives this often, in ms. */
const HEARTBEAT_MS = 5_000

/**
 * snarkjs' many lines as a sign of life now and then. Its errors are kept: it says what is wrong there and
 * gives only `false` back.
 */
export function snarkjsProgress(
  what: string,
  onProgress: Progress,
): SnarkjsLogger & { readonly errors: readonly string[] } {
  const errors: string[] = []
  let last = performance.now()
  const beat = (line: string): void => {
    if (performance.now() - last < HEARTBEAT_MS) return
    last = performance.now()
    onProgress(`${what}: ${line.trim().split('\n')[0] ?? ''}`)
  }
  return {
    errors,
    debug: beat,
    info: beat,
    warn: beat,
    error: (line) => void errors.push(line),
  }
}

/**
 * Ends the worker threads that snarkjs leaves behind, which keep a process alive. For the end of a program:
 * nothing of the ceremony works in this process afterwards.
 */
export async function endCeremony(): Promise<void> {
  const curve = await buildBn128()
  await curve.terminate()
}
