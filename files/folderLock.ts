import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRunning } from './isRunning.ts'

const LOCK = 'lock'

export type FolderLock = { release: () => void } | { heldBy: number }

/**
 * Makes this process the only one that works in a folder, or says which process is. The lock of a process that is
 * gone is taken over. Advisory, and for processes of one machine.
 */
export function lockFolder(dir: string): FolderLock {
  const file = join(dir, LOCK)
  const own = `${file}.${String(process.pid)}.${randomBytes(4).toString('hex')}`
  // Written before it gets its name: a lock that others see always says whose it is.
  writeFileSync(own, String(process.pid), { flag: 'wx', mode: 0o600 })
  try {
    for (;;) {
      try {
        linkSync(own, file)
        return {
          release: () => {
            rmSync(file, { force: true })
          },
        }
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
      const holder = readHolder(file)
      if (holder === 'none') continue
      if (isHeld(holder)) return { heldBy: holder }
      removeStale(file, own)
    }
  } finally {
    rmSync(own, { force: true })
  }
}

/** 'none' where there is no lock (any more), undefined where it names no process. */
function readHolder(file: string): number | 'none' | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'none'
    throw error
  }
  const pid = Number(text)
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
}

/**
 * Removes a stale lock. Of several processes that find the same one, who looks again under this guard is the only one that
 * removes: else one could remove what another has just taken. Who comes meanwhile tries again.
 */
function removeStale(file: string, own: string): void {
  const guard = `${file}.takeover`
  try {
    linkSync(own, guard)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    const holder = readHolder(guard)
    // Killed within the few instructions below.
    if (holder !== 'none' && !isHeld(holder)) rmSync(guard, { force: true })
    return
  }
  try {
    const holder = readHolder(file)
    if (holder !== 'none' && !isHeld(holder)) rmSync(file, { force: true })
  } finally {
    rmSync(guard, { force: true })
  }
}

function isHeld(holder: number | undefined): holder is number {
  return holder !== undefined && isRunning(holder)
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
