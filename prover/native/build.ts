import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { installDirectory } from '../../circuits/installDirectory.ts'
import { repositoryRoot } from '../../circuits/locateCircuit.ts'
import { NativeBuildError } from './errors.ts'

const run = promisify(execFile)
const require = createRequire(import.meta.url)

const sourceDirectory = join(repositoryRoot, 'prover/native/src')
const outputDirectory = join(repositoryRoot, '.cinnabar/native')
const compiler = 'g++'

/** For every file. No -march: the module must load on any machine of its architecture. */
const commonFlags = ['-std=c++17', '-O2', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra']
/** What a core includes can throw nothing and knows no types at run time. */
const coreFlags = ['-fno-exceptions', '-fno-rtti']

type CoreKind = { name: string; flags: readonly string[] }

const genericCore: CoreKind = { name: 'Generic', flags: [] }
const x64Cores: readonly CoreKind[] = [
  { name: 'Adx', flags: ['-mbmi2', '-madx'] },
  {
    name: 'Ifma',
    flags: [
      '-DCINNABAR_IFMA',
      // Unrolls the loops over limbs, which makes these sums a third faster.
      '-O3',
      // g++ 12 takes its own intrinsics' deliberately undefined operands for mistakes.
      '-Wno-uninitialized',
      '-Wno-maybe-uninitialized',
      ...['-mbmi2', '-madx', '-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mavx512ifma'],
    ],
  },
]
const sharedSources = ['files', 'dispatch', 'engine', 'kernels'] as const

/** What is built: the module for Node, or a program without Node for tests with sanitizers. */
export type NativeTarget = 'module' | 'trial' | 'sanitized'

const fileOf: Record<NativeTarget, string> = {
  module: 'prover.node',
  trial: 'trial',
  sanitized: 'trial',
}

/** Changes with every source and with the machine's kind. */
function hashSources(): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  for (const file of readdirSync(sourceDirectory).sort()) {
    const content = readFileSync(join(sourceDirectory, file))
    hash.update(`${file} ${content.length}\n`).update(content)
  }
  return hash
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 16)
}

/** Finds what was built from the present sources by whichever compiler. Starts no program. */
export function findNative(target: NativeTarget = 'module'): string | undefined {
  if (!existsSync(outputDirectory)) return undefined
  const prefix = `${target}-${hashSources()}-`
  const directory = readdirSync(outputDirectory).find((name) => name.startsWith(prefix))
  return directory === undefined ? undefined : join(outputDirectory, directory, fileOf[target])
}

/**
 * Compiles the native prover where a compiler is present, once for its sources and that compiler, whole or
 * not at all, however many processes ask for it.
 *
 * @returns its path; undefined where there is no compiler or the system is not supported: snarkjs serves.
 * @throws {NativeBuildError} when the compiler refuses the sources.
 */
export async function buildNative({
  target = 'module',
  onProgress = () => {},
}: {
  target?: NativeTarget
  onProgress?: (line: string) => void
} = {}): Promise<string | undefined> {
  const compilerVersion = await findCompiler()
  if (process.platform === 'win32' || compilerVersion === undefined) {
    onProgress('native prover: skipped, no g++ found; snarkjs makes the proofs')
    return undefined
  }
  const compilerHash = createHash('sha256').update(compilerVersion).digest('hex').slice(0, 8)
  const name = `${target}-${hashSources()}-${compilerHash}`
  const path = join(outputDirectory, name, fileOf[target])
  const started = performance.now()
  const isNew = await installDirectory({
    parent: outputDirectory,
    name,
    fill: (directory) => compile(directory, target),
  })
  if (!isNew) return path
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  onProgress(`native prover: compiled with g++ ${compilerVersion}, ${seconds} s`)
  return path
}

async function findCompiler(): Promise<string | undefined> {
  try {
    const { stdout } = await run(compiler, ['-dumpfullversion', '-dumpversion'])
    return stdout.trim()
  } catch {
    return undefined
  }
}

async function compile(directory: string, target: NativeTarget): Promise<void> {
  const sanitizers =
    target === 'sanitized'
      ? [
          '-O1',
          '-g',
          '-fsanitize=address,undefined',
          '-fno-sanitize-recover=all',
          '-D_GLIBCXX_ASSERTIONS',
        ]
      : []
  const isX64 = process.arch === 'x64'
  const headers: string =
    target === 'module'
      ? (require('node-api-headers') as { include_dir: string }).include_dir
      : sourceDirectory
  const objects: { output: string; arguments: string[] }[] = []
  const add = (source: string, output: string, flags: readonly string[]): void => {
    objects.push({
      output: join(directory, output),
      arguments: [
        ...commonFlags,
        ...flags,
        ...sanitizers,
        '-c',
        join(sourceDirectory, source),
        '-o',
        join(directory, output),
      ],
    })
  }
  for (const { name, flags } of [genericCore, ...(isX64 ? x64Cores : [])]) {
    add('core.cpp', `core${name}.o`, [
      ...coreFlags,
      `-DCORE=core${name}`,
      `-DCORE_ENTRY=cinnabarCore${name}`,
      `-DCORE_NAME=${name.toLowerCase()}`,
      ...flags,
    ])
  }
  for (const source of sharedSources) add(`${source}.cpp`, `${source}.o`, [])
  const last = target === 'module' ? 'addon' : 'trial'
  add(`${last}.cpp`, `${last}.o`, ['-I', headers])

  // Two at a time: a core takes half a gigabyte to compile.
  const waiting = [...objects]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await callCompiler(next.arguments)
    }
  }
  await Promise.all([worker(), worker()])

  await callCompiler([
    ...sanitizers,
    // Its threads outlive the environment that loaded it: it must stay mapped.
    ...(target === 'module' ? ['-shared', '-Wl,-z,nodelete'] : []),
    '-o',
    join(directory, fileOf[target]),
    ...objects.map((object) => object.output),
    '-lpthread',
  ])
}

async function callCompiler(callArguments: string[]): Promise<void> {
  try {
    await run(compiler, callArguments, { maxBuffer: 2 ** 24 })
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    throw new NativeBuildError({ firstLines: text.split('\n').slice(0, 8) })
  }
}
