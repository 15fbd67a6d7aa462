import { spawn } from 'node:child_process'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'

import { CircuitCompilationError } from './errors.ts'
import {
  compilerFlags,
  compilerVersion,
  includeDirectories,
  repositoryRoot,
} from './locateCircuit.ts'
import type { CircuitInfo } from './locateCircuit.ts'
import { countConstraints } from './r1cs.ts'

export type CompileCircuitParameters = {
  name: string
  /** From the root. */
  mainPath: string
  hash: string
  /** An existing directory, absolute, at or below the root. */
  directory: string
}

/**
 * Compiles one main in a child process and writes `<name>.r1cs`, `.wasm`, `.sym` and `info.json`.
 *
 * @throws {CircuitCompilationError} with the compiler's own words.
 */
export async function compileCircuit({
  name,
  mainPath,
  hash,
  directory,
}: CompileCircuitParameters): Promise<CircuitInfo> {
  const started = performance.now()
  const output = join(directory, 'compiler-output')
  await mkdir(output)
  const result = await runCompiler([
    mainPath,
    ...compilerFlags,
    '--r1cs',
    '--wasm',
    '--sym',
    ...includeDirectories.flatMap((include) => ['-l', include]),
    '-o',
    relative(repositoryRoot, output),
  ])
  if (result.code !== 0) {
    throw new CircuitCompilationError({ circuit: name, output: lastLines(result.output) })
  }
  const stem = basename(mainPath, '.circom')
  await rename(join(output, `${stem}.r1cs`), join(directory, `${name}.r1cs`))
  await rename(join(output, `${stem}.sym`), join(directory, `${name}.sym`))
  await rename(join(output, `${stem}_js`, `${stem}.wasm`), join(directory, `${name}.wasm`))
  await rm(output, { recursive: true })
  const info: CircuitInfo = {
    name,
    hash,
    compiler: compilerVersion(),
    flags: compilerFlags,
    ...countConstraints(await readFile(join(directory, `${name}.r1cs`))),
    compileSeconds: Math.round(performance.now() - started) / 1000,
  }
  await writeFile(join(directory, 'info.json'), `${JSON.stringify(info, null, 2)}\n`)
  return info
}

async function runCompiler(args: string[]): Promise<{ code: number | null; output: string }> {
  const compiler = join(repositoryRoot, 'node_modules/circom2/cli.js')
  const child = spawn(process.execPath, [compiler, ...args], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A parent that ends must not leave a compiler behind that runs for minutes.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    return { code, output }
  } finally {
    process.off('exit', kill)
  }
}

function lastLines(output: string): string[] {
  return output
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-40)
}
