import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Replaces a file in one step, readable by its owner only: a crash leaves the old or the new
 * contents, and what this function returned from survives a power cut.
 */
export function writeFileAtomic(file: string, contents: Uint8Array | string): void {
  const temporary = `${file}.${String(process.pid)}.tmp`
  const bytes = typeof contents === 'string' ? new TextEncoder().encode(contents) : contents
  // What a crash left behind is not written to: it would keep its own mode.
  rmSync(temporary, { force: true })
  const descriptor = openSync(temporary, 'wx', 0o600)
  try {
    let written = 0
    while (written < bytes.length) written += writeSync(descriptor, bytes, written)
    // The data must be on disk before the name points to it.
    fsyncSync(descriptor)
  } catch (error) {
    closeSync(descriptor)
    rmSync(temporary, { force: true })
    throw error
  }
  closeSync(descriptor)
  renameSync(temporary, file)
  syncDirectory(dirname(file))
}

/** Makes a rename durable. Windows cannot open folders and needs no such call. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
