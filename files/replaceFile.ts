import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Replaces a file in one step, readable by its owner only: a crash leaves the old or the new contents, and what this
 * function returned from survives a power cut.
 *
 * @throws the system's error; the old file is untouched then, and nothing is left beside it.
 */
export function replaceFile(path: string, contents: Uint8Array | string): void {
  const temporary = `${path}.${String(process.pid)}.tmp`
  const bytes = typeof contents === 'string' ? new TextEncoder().encode(contents) : contents
  // What a crash left behind is not written to: it would keep its own mode.
  rmSync(temporary, { force: true })
  const descriptor = openSync(temporary, 'wx', 0o600)
  try {
    try {
      let written = 0
      while (written < bytes.length) written += writeSync(descriptor, bytes, written)
      // The data must be on disk before the name points to it.
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncFolder(dirname(path))
}

/** Makes the names in a folder durable: new ones, renamed ones and removed ones. */
export function syncFolder(path: string): void {
  // Windows cannot open folders and needs no such call.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
