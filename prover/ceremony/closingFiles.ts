import { promises } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'

/**
 * Runs a step of snarkjs and closes whichever of these files it leaves open: it does so where it refuses one, says
 * nothing of it, and Node is to throw at what nobody closed. Files of other paths are left to who opened them.
 */
export async function closingFiles<T>(
  paths: readonly string[],
  step: () => Promise<T>,
): Promise<T> {
  const watched = new Set(paths.map((path) => resolve(path)))
  const opened: FileHandle[] = []
  // What fastfile, which reads and writes for snarkjs, opens all its files with.
  const { open } = promises
  promises.open = async (...parameters) => {
    const handle = await open(...parameters)
    const [path] = parameters
    if (typeof path === 'string' && watched.has(resolve(path))) opened.push(handle)
    return handle
  }
  try {
    return await step()
  } finally {
    promises.open = open
    for (const handle of opened) if (handle.fd !== -1) await handle.close()
  }
}
