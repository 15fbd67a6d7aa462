import { parseArgs } from 'node:util'

import { BaseError } from '../../protocol/errors.ts'
import { buildNative } from '../native/build.ts'
import { NativeBuildError } from '../native/errors.ts'
import { ensureCircuitsAndKeys } from './ensureCircuitsAndKeys.ts'

const usage = `Usage: npm run setup -- [--json] [--force] [names…]

Compiles the native prover where a compiler is present and the circuits named, or all, and makes
INSECURE development keys for them. What is there and up to date is kept.

batch-64 is made only when it is named: it takes some ten minutes, 4 GB of memory and 1 GB of disk.
A sequencer uses it from its next start, where its key is active on the base chain too.

  --json   one JSON object on standard output, progress on standard error
  --force  make everything again
`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      force: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const started = performance.now()
  const progress = values.json ? process.stderr : process.stdout
  const say = (line: string): void => {
    progress.write(`${line}\n`)
  }
  const hasNativeProver = await ensureNativeProver(say)
  const keys = await ensureCircuitsAndKeys({
    ...(positionals.length === 0 ? {} : { names: positionals }),
    force: values.force ?? false,
    onProgress: say,
  })
  const circuits = keys.map(({ circuit, info }) => ({
    name: circuit.name,
    circuitHash: circuit.hash,
    constraints: circuit.info.nonLinear,
    publicSignals: circuit.info.publicOutputs + circuit.info.publicInputs,
    verificationKeyHash: info.verificationKeyHash,
    insecure: info.insecure,
  }))
  if (values.json) {
    const seconds = (performance.now() - started) / 1000
    process.stdout.write(`${JSON.stringify({ circuits, hasNativeProver, seconds }, null, 2)}\n`)
    return
  }
  for (const { name, constraints, publicSignals, verificationKeyHash } of circuits) {
    const key = verificationKeyHash.slice(0, 16)
    process.stdout.write(
      `${name}: ${constraints} constraints, ${publicSignals} public, insecure key ${key}\n`,
    )
  }
}

/** A compiler that refuses the sources is no reason to do without proofs. */
async function ensureNativeProver(say: (line: string) => void): Promise<boolean> {
  try {
    return (await buildNative({ onProgress: say })) !== undefined
  } catch (error) {
    if (!(error instanceof NativeBuildError)) throw error
    say(
      `native prover: skipped, it could not be compiled; snarkjs makes the proofs\n${error.message}`,
    )
    return false
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof BaseError ? error.message : String(error)}\n`)
  process.exitCode = 1
})
