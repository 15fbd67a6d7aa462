import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { WalletLockedError } from './errors.ts'

/** Gives the wallet free. */
export type Unlock = () => void

/**
 * Makes this process the only one that writes the wallet. The lock of a process that is gone is
 * taken over.
 *
 * @throws {WalletLockedError} while another process has it.
 */
export function lockWallet(dir: string): Unlock {
  const file = join(dir, 'lock')
  for (;;) {
    try {
      // 'wx' fails when the file exists: creating it is the one atomic step.
      const descriptor = openSync(file, 'wx', 0o600)
      writeSync(descriptor, String(process.pid))
      closeSync(descriptor)
      return () => {
        rmSync(file, { force: true })
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const pid = readHolder(file)
    if (pid !== undefined && isRunning(pid)) throw new WalletLockedError({ dir, pid })
    removeStale(file, pid)
  }
}

/** undefined when the file is gone or not written yet. */
function readHolder(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** A rename succeeds for one of several processes that find the same stale lock. */
function removeStale(file: string, pid: number | undefined): void {
  const aside = `${file}.${String(process.pid)}.stale`
  try {
    if (readHolder(file) !== pid) return
    renameSync(file, aside)
    rmSync(aside, { force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
