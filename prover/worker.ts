import { readFile } from 'node:fs/promises'

import { CircuitInputError, CircuitProgramError, WitnessUnsatisfiedError } from './errors.ts'
import { ProvingKeyFileError } from './native/errors.ts'
import { loadProofMaker } from './proofMaker.ts'
import type { ProofMaker } from './proofMaker.ts'
import { verifyProof } from './verifyMany.ts'
import type {
  WorkerAnswer,
  WorkerCircuit,
  WorkerFailure,
  WorkerPhase,
  WorkerRequest,
} from './workerMessages.ts'
import { WitnessCalculator } from './witnessCalculator.ts'

/**
 * A proving process. It takes one job at a time, keeps the keys of every circuit it has met in
 * memory, and ends with its parent. It prints nothing: whatever it holds may be private.
 */

type LoadedCircuit = { calculator: WitnessCalculator; makeProof: ProofMaker }

const circuits = new Map<string, Promise<LoadedCircuit>>()

function loadCircuit(circuit: WorkerCircuit): Promise<LoadedCircuit> {
  const known = circuits.get(circuit.hash)
  if (known !== undefined) return known
  const loading = (async () => {
    const wasm = await readFile(circuit.wasmPath)
    const calculator = await WitnessCalculator.load(circuit.name, new Uint8Array(wasm))
    return { calculator, makeProof: await loadProofMaker(circuit.zkeyPath) }
  })()
  circuits.set(circuit.hash, loading)
  loading.catch(() => circuits.delete(circuit.hash))
  return loading
}

async function prove({
  id,
  circuit,
  inputs,
}: WorkerRequest & { type: 'prove' }): Promise<WorkerAnswer> {
  const timer = startTimer()
  const enter = (phase: WorkerPhase): void => send({ type: 'phase', id, phase })

  enter('witness')
  const { calculator, makeProof } = await loadCircuit(circuit)
  const witness = await calculator.calculate(inputs)
  const witnessMs = timer()

  enter('proof')
  const { proof, publicSignals } = await makeProof(witness)
  const proofMs = timer()

  enter('verify')
  const { verificationKey } = circuit
  if (!(await verifyProof({ verificationKey, proof, publicSignals }))) {
    return { type: 'failed', id, failure: { kind: 'proving', reason: 'it does not verify' } }
  }
  return {
    type: 'proved',
    id,
    proof,
    publicSignals,
    timings: { witnessMs, proofMs, verifyMs: timer() },
  }
}

async function answer(request: WorkerRequest): Promise<WorkerAnswer> {
  try {
    if (request.type === 'prove') return await prove(request)
    await loadCircuit(request.circuit)
    return { type: 'loaded', id: request.id }
  } catch (error) {
    return { type: 'failed', id: request.id, failure: describe(error) }
  }
}

/** Takes an error apart into what may leave the process: our own facts and never a foreign text. */
function describe(error: unknown): WorkerFailure {
  if (error instanceof WitnessUnsatisfiedError) {
    return { kind: 'unsatisfied', location: error.location }
  }
  if (error instanceof CircuitInputError) {
    return { kind: 'input', signal: error.signal, reason: error.reason }
  }
  if (error instanceof CircuitProgramError) return { kind: 'program', reason: error.reason }
  if (error instanceof ProvingKeyFileError) {
    return { kind: 'proving', reason: `the proving key's file is not acceptable, ${error.reason}` }
  }
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return { kind: 'proving', reason: 'a file of the circuit is missing' }
  }
  const kind = error instanceof Error ? error.name : 'unknown'
  return { kind: 'proving', reason: `an error of type ${kind}` }
}

/** Milliseconds since the last call. */
function startTimer(): () => number {
  let last = performance.now()
  return () => {
    const now = performance.now()
    const elapsed = Math.round(now - last)
    last = now
    return elapsed
  }
}

function send(message: WorkerAnswer): void {
  process.send?.(message)
}

process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole process group; the parent decides when its workers end.
process.on('SIGINT', () => {})
process.on('message', (request: WorkerRequest) => void answer(request).then(send))
