import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { CircuitIncludeError, CircuitNotBuiltError, UnknownCircuitError } from './errors.ts'
import type { R1csCounts } from './r1cs.ts'

/** Root of the repository. circom must run here: it finds includes only at or below its directory (P1014). */
export const repositoryRoot = fileURLToPath(new URL('..', import.meta.url))

/** Full simplification. Fewer rounds leave `transfer` above 2^15 (docs/decisions). */
export const compilerFlags = ['--O2'] as const
/** Where includes are looked for after the including file's own directory, from the root. */
export const includeDirectories = ['circuits/src', 'node_modules'] as const

/** The circuits that every machine compiles. */
export const circuitNames = [
  'transfer',
  'collect',
  'batch-4',
  'batch-16',
  'registry',
  'registration',
] as const
/**
 * Compiled, and given keys, only where they are asked for by name: minutes and gigabytes that nobody
 * should pay for a test or a demonstration (docs/decisions/0055).
 */
export const onDemandCircuitNames = ['batch-64'] as const
export type OnDemandCircuitName = (typeof onDemandCircuitNames)[number]
export type CircuitName = (typeof circuitNames)[number] | OnDemandCircuitName

/** Where mains are read from and results are kept. Tests have their own; paths are from the root. */
export type CircuitWorkspace = {
  mainDirectory: string
  outputDirectory: string
}
export const defaultWorkspace: CircuitWorkspace = {
  mainDirectory: 'circuits/main',
  outputDirectory: '.cinnabar/circuits',
}

/** Written beside a compiled circuit as `info.json`. */
export type CircuitInfo = R1csCounts & {
  name: string
  hash: string
  compiler: string
  flags: readonly string[]
  compileSeconds: number
}

export type CircuitPaths = {
  name: string
  /** 64 hex digits: sources, compiler and flags. Keys are found by it. */
  hash: string
  directory: string
  r1csPath: string
  wasmPath: string
  symPath: string
  infoPath: string
  /** Keys are made by `prover/setup`; development keys say `insecure` in their name. */
  keysDirectory: string
  zkeyPath: string
  vkeyPath: string
  keysInfoPath: string
}

export type LocatedCircuit = CircuitPaths & { info: CircuitInfo }

/** Names of the mains that exist and are compiled without being asked for, sorted. */
export function listCircuits(workspace: CircuitWorkspace = defaultWorkspace): string[] {
  return listMains(workspace).filter((name) => !isOnDemand(name))
}

/** Names of all mains that exist, sorted. */
export function listMains(workspace: CircuitWorkspace = defaultWorkspace): string[] {
  const directory = join(repositoryRoot, workspace.mainDirectory)
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((file) => file.endsWith('.circom'))
    .map((file) => file.slice(0, -'.circom'.length))
    .sort()
}

/** Whether a circuit is made only where it is asked for by name. */
export function isOnDemand(name: string): boolean {
  return (onDemandCircuitNames as readonly string[]).includes(name)
}

/** Whether a circuit's present sources are compiled here. */
export function isCompiled(name: string, workspace: CircuitWorkspace = defaultWorkspace): boolean {
  return existsSync(circuitPaths(name, workspace).infoPath)
}

/** Path of a circuit's main, from the root. @throws {UnknownCircuitError} */
export function mainPathOf(name: string, workspace: CircuitWorkspace = defaultWorkspace): string {
  const path = join(workspace.mainDirectory, `${name}.circom`)
  if (!existsSync(join(repositoryRoot, path))) {
    throw new UnknownCircuitError({ circuit: name, known: listMains(workspace) })
  }
  return path
}

/** Paths of a circuit's files for its sources as they are now, whether or not they exist yet. */
export function circuitPaths(
  name: string,
  workspace: CircuitWorkspace = defaultWorkspace,
): CircuitPaths {
  const hash = hashCircuit(mainPathOf(name, workspace))
  return pathsIn(join(repositoryRoot, workspace.outputDirectory), name, hash)
}

/** Where everything of one circuit stands below `parent`. */
export function pathsIn(parent: string, name: string, hash: string): CircuitPaths {
  const directory = join(parent, `${name}-${hash.slice(0, 16)}`)
  const keysDirectory = join(directory, 'insecure-keys')
  return {
    name,
    hash,
    directory,
    r1csPath: join(directory, `${name}.r1cs`),
    wasmPath: join(directory, `${name}.wasm`),
    symPath: join(directory, `${name}.sym`),
    infoPath: join(directory, 'info.json'),
    keysDirectory,
    zkeyPath: join(keysDirectory, `${name}.insecure.zkey`),
    vkeyPath: join(keysDirectory, `${name}.insecure.vkey.json`),
    keysInfoPath: join(keysDirectory, 'keys.json'),
  }
}

/**
 * Finds a compiled circuit by the hash of its present sources.
 *
 * @throws {UnknownCircuitError} when there is no such main.
 * @throws {CircuitNotBuiltError} when its present sources were not compiled.
 */
export function locateCircuit(
  name: string,
  workspace: CircuitWorkspace = defaultWorkspace,
): LocatedCircuit {
  const paths = circuitPaths(name, workspace)
  if (!existsSync(paths.infoPath)) {
    throw new CircuitNotBuiltError({ circuit: name, hash: paths.hash })
  }
  return { ...paths, info: readCircuitInfo(paths) }
}

export function readCircuitInfo({ infoPath }: CircuitPaths): CircuitInfo {
  return JSON.parse(readFileSync(infoPath, 'utf8')) as CircuitInfo
}

/**
 * Hash of everything a compilation depends on: all sources reached by includes (ours and
 * circomlib's), their paths, the compiler's version and the flags.
 */
export function hashCircuit(mainPath: string): string {
  const sources = new Map<string, string>()
  collectSources(mainPath, sources)
  const hash = createHash('sha256')
  hash.update(JSON.stringify([compilerVersion(), compilerFlags]))
  for (const path of [...sources.keys()].sort()) {
    hash.update(JSON.stringify([path, sources.get(path)]))
  }
  return hash.digest('hex')
}

let version: string | undefined
export function compilerVersion(): string {
  if (version === undefined) {
    const manifest = JSON.parse(
      readFileSync(join(repositoryRoot, 'node_modules/circom2/package.json'), 'utf8'),
    ) as { version: string }
    version = `circom2 ${manifest.version}`
  }
  return version
}

function collectSources(path: string, sources: Map<string, string>): void {
  if (sources.has(path)) return
  const text = readFileSync(join(repositoryRoot, path), 'utf8')
  sources.set(path, text)
  for (const include of includesOf(text)) {
    const candidates = [dirname(path), ...includeDirectories].map((directory) =>
      relative(repositoryRoot, resolve(repositoryRoot, directory, include)),
    )
    const found = candidates.find((candidate) => existsSync(join(repositoryRoot, candidate)))
    if (found === undefined) throw new CircuitIncludeError({ file: path, include })
    collectSources(found, sources)
  }
}

function includesOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/[^\n]*/g, '')
  return [...code.matchAll(/\binclude\s*"([^"]+)"/g)].map((match) => match[1]!)
}
