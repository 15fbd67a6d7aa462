import { closeSync, openSync, readFileSync, statSync, utimesSync, writeSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning } from '../files/isRunning.ts'

/** A holder refreshes its lock this often, in ms. */
const HEARTBEAT = 2_000
/** A lock that was not refreshed for this long, in ms, is held by nobody (its process may be stopped or far away). */
const STALE_AFTER = 120_000

export type InstallDirectoryParameters = {
  /** The directory that holds everything generated of one sort. */
  parent: string
  /** Name of the finished directory below `parent`. */
  name: string
  /** Fills the empty directory whose path it gets. */
  fill: (temporary: string) => Promise<void>
  /** Makes it again even though it exists. */
  force?: boolean
}

/**
 * Makes `parent/name` once, whole or not at all, however many processes ask for it at the same time
 * and wherever one of them is killed.
 *
 * The rename at the end alone gives correctness; the lock only spares double work, so a lost lock
 * costs time and nothing else.
 *
 * @returns whether this call made it.
 */
export async function installDirectory({
  parent,
  name,
  fill,
  force = false,
}: InstallDirectoryParameters): Promise<boolean> {
  const target = join(parent, name)
  if (!force && isDirectory(target)) return false
  await mkdir(parent, { recursive: true })
  const release = await takeLock(join(parent, `.lock-${name}`))
  try {
    if (!force && isDirectory(target)) return false
    await removeAbandoned(parent)
    const temporary = join(parent, temporaryName(name))
    await mkdir(temporary)
    try {
      await fill(temporary)
      if (force)
        await rename(target, join(parent, temporaryName(`old-${name}`))).catch(ignoreMissing)
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true })
      // Somebody whose lock was taken for stale got there first: theirs is as good as ours.
      if (isExistsError(error) && isDirectory(target)) return false
      throw error
    }
    if (force) await removeAbandoned(parent)
    return true
  } finally {
    await release()
  }
}

let counter = 0
function temporaryName(name: string): string {
  counter += 1
  return `.tmp-${process.pid}-${counter}-${name}`
}

/** Removes what killed processes left, and what this one has replaced. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const match = /^\.tmp-(\d+)-\d+-(old-)?/.exec(entry)
    if (match === null) continue
    const pid = Number(match[1])
    const isReplaced = match[2] !== undefined && pid === process.pid
    if (isReplaced || !isRunning(pid)) {
      await rm(join(parent, entry), { recursive: true, force: true })
    }
  }
}

async function takeLock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      const file = openSync(path, 'wx')
      writeSync(file, String(process.pid))
      closeSync(file)
      break
    } catch (error) {
      if (!isExistsError(error)) throw error
      if (isStale(path)) await rm(path, { force: true })
      else await sleep(150)
    }
  }
  const heartbeat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date())
    } catch {
      // The lock was taken for stale and removed. Only double work can follow.
    }
  }, HEARTBEAT)
  heartbeat.unref()
  return async () => {
    clearInterval(heartbeat)
    await rm(path, { force: true })
  }
}

function isStale(path: string): boolean {
  try {
    const text = readFileSync(path, 'utf8')
    const age = Date.now() - statSync(path).mtimeMs
    if (text === '') return age > HEARTBEAT // killed between opening and writing
    return age > STALE_AFTER || !isRunning(Number(text))
  } catch {
    return false // just released
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isExistsError(error: unknown): boolean {
  return hasCode(error, 'EEXIST') || hasCode(error, 'ENOTEMPTY')
}

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
