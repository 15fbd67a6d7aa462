import { existsSync, statSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'

import { BaseError } from '../protocol/errors.ts'
import { compileCircuit } from './compileCircuit.ts'
import { installDirectory } from './installDirectory.ts'
import {
  circuitPaths,
  defaultWorkspace,
  listCircuits,
  mainPathOf,
  readCircuitInfo,
  repositoryRoot,
} from './locateCircuit.ts'
import type { CircuitWorkspace, LocatedCircuit } from './locateCircuit.ts'

export { locateCircuit } from './locateCircuit.ts'
export type { CircuitInfo, CircuitName, LocatedCircuit } from './locateCircuit.ts'

/** Memory, not processor time, is the reason: batch-16 alone takes over 1 GB to compile. */
const COMPILES_AT_ONCE = 2
/** Older results of one circuit that are kept, so that going back and forth costs nothing. */
const KEPT_RESULTS = 3
/** A result younger than this, in ms, may be in use by another process. */
const KEPT_FOR = 3_600_000

export type BuildCircuitsParameters = {
  /** Default: every main there is. */
  names?: readonly string[]
  /** Compiles again what is there already. */
  force?: boolean
  /** Gets one line at the start and one at the end of each compilation. */
  onProgress?: (line: string) => void
  workspace?: CircuitWorkspace
}

/**
 * Compiles circuits whose sources changed; the others are found by hash. Safe to run in several
 * processes at once and to kill at any moment.
 *
 * @throws {UnknownCircuitError | CircuitIncludeError | CircuitCompilationError}
 */
export async function buildCircuits({
  names,
  force = false,
  onProgress = () => {},
  workspace = defaultWorkspace,
}: BuildCircuitsParameters = {}): Promise<LocatedCircuit[]> {
  const wanted = names ?? listCircuits(workspace)
  return mapLimited(wanted, COMPILES_AT_ONCE, async (name) => {
    const paths = circuitPaths(name, workspace)
    const parent = join(repositoryRoot, workspace.outputDirectory)
    const isMade = await installDirectory({
      parent,
      name: basename(paths.directory),
      force,
      fill: async (directory) => {
        onProgress(`${name}: compiling`)
        const mainPath = mainPathOf(name, workspace)
        const info = await compileCircuit({ name, mainPath, hash: paths.hash, directory })
        onProgress(
          `${name}: compiled, ${info.nonLinear} constraints, ${info.compileSeconds.toFixed(1)} s`,
        )
      },
    })
    if (isMade) await removeOldResults(parent, name, paths.directory)
    // By the paths hashed first: the sources may have changed while they compiled.
    return { ...paths, info: readCircuitInfo(paths) }
  })
}

/** Keys make a result up to 300 MB large, so old ones cannot be kept for ever. */
async function removeOldResults(parent: string, name: string, current: string): Promise<void> {
  const pattern = new RegExp(`^${name}-[0-9a-f]{16}$`)
  const results = (await readdir(parent))
    .filter((entry) => pattern.test(entry))
    .map((entry) => join(parent, entry))
    .filter((path) => path !== current && existsSync(path))
    .map((path) => ({ path, usedAt: statSync(path).mtimeMs }))
    .sort((one, other) => other.usedAt - one.usedAt)
  for (const { path, usedAt } of results.slice(KEPT_RESULTS - 1)) {
    if (Date.now() - usedAt > KEPT_FOR) await rm(path, { recursive: true, force: true })
  }
}

async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next
      next += 1
      results[index] = await work(items[index]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}

const usage = `Usage: node circuits/build.ts [--force] [names…]

Compiles the mains of circuits/main into .cinnabar/circuits, those named or all.
`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { force: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const built = await buildCircuits({
    ...(positionals.length === 0 ? {} : { names: positionals }),
    force: values.force ?? false,
    onProgress: (line) => process.stdout.write(`${line}\n`),
  })
  for (const { name, info } of built) {
    process.stdout.write(
      `${name}: ${info.nonLinear} non-linear, ${info.linear} linear, ${info.wires} wires, ` +
        `${info.publicOutputs} + ${info.publicInputs} public\n`,
    )
  }
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof BaseError ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
}
