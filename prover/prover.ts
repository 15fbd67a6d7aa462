import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { defaultWorkspace } from '../circuits/locateCircuit.ts'
import type { CircuitName, CircuitWorkspace } from '../circuits/locateCircuit.ts'
import type { BaseError } from '../protocol/errors.ts'
import {
  CircuitInputError,
  CircuitProgramError,
  ProverClosedError,
  ProverWorkerError,
  ProvingCancelledError,
  ProvingFailedError,
  WitnessUnsatisfiedError,
} from './errors.ts'
import { loadKeys } from './loadKeys.ts'
import { checkProverChoice } from './native/index.ts'
import type { CircuitKeys } from './loadKeys.ts'
import type { Groth16Proof } from './proof.ts'
import type { VerificationKey } from './verificationKey.ts'
import { verifyMany } from './verifyMany.ts'
import type { CircuitInputs } from './witnessCalculator.ts'
import type {
  WorkerAnswer,
  WorkerCircuit,
  WorkerFailure,
  WorkerRequest,
  WorkerTimings,
} from './workerMessages.ts'

export type ProvingPhase = 'queued' | 'witness' | 'proof' | 'verify' | 'done'

export type ProveOptions = {
  /** Aborting takes the job from the queue, or ends the worker that is at it. */
  signal?: AbortSignal
  /** Called once at the start of each phase, in order. */
  onPhase?: (phase: ProvingPhase) => void
}

export type Proved = {
  proof: Groth16Proof
  /** Outputs, then public inputs, in circom's order. */
  publicSignals: bigint[]
  timings: WorkerTimings & { queuedMs: number }
}

export type Prover<Name extends string = CircuitName> = {
  /**
   * Makes a proof in a worker process and verifies it.
   *
   * @throws {WitnessUnsatisfiedError} when the inputs satisfy no valid statement; no input is quoted.
   * @throws {CircuitInputError} for an unknown, missing or non-canonical input.
   * @throws {ProvingCancelledError | ProverClosedError}
   * @throws {ProverWorkerError} when the worker ended, e.g. for lack of memory.
   * @throws {ProvingFailedError | CircuitProgramError} when program or keys are broken.
   * @throws what `loadKeys` throws.
   */
  prove(circuit: Name, inputs: CircuitInputs, options?: ProveOptions): Promise<Proved>
  /** In this process: about 6 ms. False for anything malformed. */
  verify(circuit: Name, proof: Groth16Proof, publicSignals: readonly bigint[]): Promise<boolean>
  /** Folded: about 2 ms each. */
  verifyMany(
    verifications: readonly {
      circuit: Name
      proof: Groth16Proof
      publicSignals: readonly bigint[]
    }[],
  ): Promise<boolean[]>
  verificationKey(circuit: Name): VerificationKey
  /** Starts a worker and loads a circuit's keys, so that the first proof does not wait for it. */
  warmUp(circuit: Name): Promise<void>
  /** Rejects what is queued or running with ProverClosedError and ends the workers. */
  close(): Promise<void>
}

export type CreateProverParameters = {
  /** Processes, each proving one job at a time on all cores. Default 1: two would share the same cores. */
  workers?: number
  workspace?: CircuitWorkspace
}

type Job = {
  id: number
  request: WorkerRequest
  circuit: WorkerCircuit
  queuedAt: number
  startedAt: number
  onPhase: (phase: ProvingPhase) => void
  resolve: (proved: Proved | undefined) => void
  reject: (error: BaseError) => void
  stopListening: () => void
}

type Worker = { process: ChildProcess; job: Job | undefined; loaded: Set<string> }

/**
 * Starts no process until the first job. Call `close` at the end.
 *
 * @throws {NativeProverMissingError | UnknownProverError} for what CINNABAR_PROVER says.
 */
export function createProver<Name extends string = CircuitName>({
  workers = 1,
  workspace = defaultWorkspace,
}: CreateProverParameters = {}): Prover<Name> {
  checkProverChoice()
  const keysByName = new Map<Name, CircuitKeys>()
  const pool = new WorkerPool(workers)

  // Once a process: a source that changes meanwhile must not change the keys of a running system.
  const keysOf = (name: Name): CircuitKeys => {
    let keys = keysByName.get(name)
    if (keys === undefined) {
      keys = loadKeys(name, workspace)
      keysByName.set(name, keys)
    }
    return keys
  }
  const workerCircuit = (name: Name): WorkerCircuit => {
    const { circuit, zkeyPath, verificationKey } = keysOf(name)
    const { hash, wasmPath } = circuit
    return { name, hash, wasmPath, zkeyPath, verificationKey }
  }

  return {
    async prove(name, inputs, options = {}) {
      const proved = await pool.run(workerCircuit(name), inputs, options)
      if (proved === undefined) throw new ProverClosedError()
      return proved
    },
    async verify(name, proof, publicSignals) {
      const { verificationKey } = keysOf(name)
      const [isValid] = await verifyMany([{ verificationKey, proof, publicSignals }])
      return isValid === true
    },
    verifyMany(verifications) {
      return verifyMany(
        verifications.map(({ circuit, proof, publicSignals }) => ({
          verificationKey: keysOf(circuit).verificationKey,
          proof,
          publicSignals,
        })),
      )
    },
    verificationKey: (name) => keysOf(name).verificationKey,
    async warmUp(name) {
      await pool.run(workerCircuit(name), undefined, {})
    },
    close: () => pool.close(),
  }
}

/** Worker processes, their queue, and nothing about circuits. */
class WorkerPool {
  readonly #size: number
  readonly #workers = new Set<Worker>()
  readonly #queue: Job[] = []
  #nextId = 1
  #isClosed = false

  constructor(size: number) {
    this.#size = size
  }

  /** Without `inputs` the circuit is only loaded, and the answer is undefined. */
  run(
    circuit: WorkerCircuit,
    inputs: CircuitInputs | undefined,
    { signal, onPhase = () => {} }: ProveOptions,
  ): Promise<Proved | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new ProverClosedError())
      if (signal?.aborted) return reject(new ProvingCancelledError({ circuit: circuit.name }))
      const id = this.#nextId
      this.#nextId += 1
      const abort = (): void => this.#cancel(job)
      signal?.addEventListener('abort', abort, { once: true })
      const job: Job = {
        id,
        circuit,
        request:
          inputs === undefined
            ? { type: 'load', id, circuit }
            : { type: 'prove', id, circuit, inputs },
        queuedAt: performance.now(),
        startedAt: 0,
        onPhase,
        resolve,
        reject,
        stopListening: () => signal?.removeEventListener('abort', abort),
      }
      onPhase('queued')
      this.#queue.push(job)
      this.#assign()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const job of this.#queue.splice(0)) this.#fail(job, new ProverClosedError())
    await Promise.all(
      [...this.#workers].map(async (worker) => {
        if (worker.job !== undefined) this.#fail(worker.job, new ProverClosedError())
        await this.#end(worker)
      }),
    )
  }

  #assign(): void {
    while (this.#queue.length > 0) {
      const next = this.#queue[0]!
      const idle = [...this.#workers].filter((worker) => worker.job === undefined)
      const worker =
        idle.find(({ loaded }) => loaded.has(next.circuit.hash)) ??
        (this.#workers.size < this.#size ? this.#spawn() : idle[0])
      if (worker === undefined) return
      this.#queue.shift()
      worker.job = next
      next.startedAt = performance.now()
      worker.process.ref()
      worker.process.channel?.ref()
      worker.process.send(next.request)
    }
  }

  #spawn(): Worker {
    const child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), {
      // Keeps bigints and bytes as they are.
      serialization: 'advanced',
      // Nothing a worker could print is fit to be seen, and our secrets are none of its business.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: Object.fromEntries(
        Object.entries(process.env).filter(([name]) => name.startsWith('CINNABAR_PROVER')),
      ),
      execArgv: [],
    })
    const worker: Worker = { process: child, job: undefined, loaded: new Set() }
    this.#workers.add(worker)
    child.on('message', (answer: WorkerAnswer) => this.#receive(worker, answer))
    child.on('error', () => this.#ended(worker, 'it could not be started or reached'))
    child.on('exit', (code, signal) => this.#ended(worker, String(signal ?? code)))
    release(worker)
    return worker
  }

  #receive(worker: Worker, answer: WorkerAnswer): void {
    const { job } = worker
    if (job?.id !== answer.id) return
    if (answer.type === 'phase') {
      job.onPhase(answer.phase)
      return
    }
    worker.job = undefined
    release(worker)
    if (answer.type === 'failed') {
      this.#fail(job, errorFrom(job.circuit.name, answer.failure))
    } else {
      worker.loaded.add(job.circuit.hash)
      job.stopListening()
      if (answer.type === 'loaded') {
        job.resolve(undefined)
      } else {
        const queuedMs = Math.round(job.startedAt - job.queuedAt)
        job.onPhase('done')
        job.resolve({
          proof: answer.proof,
          publicSignals: [...answer.publicSignals],
          timings: { queuedMs, ...answer.timings },
        })
      }
    }
    this.#assign()
  }

  #cancel(job: Job): void {
    const position = this.#queue.indexOf(job)
    if (position >= 0) this.#queue.splice(position, 1)
    const worker = [...this.#workers].find((candidate) => candidate.job === job)
    this.#fail(job, new ProvingCancelledError({ circuit: job.circuit.name }))
    if (worker === undefined) return
    // snarkjs cannot be interrupted; the process can. The next one is started for the same circuit.
    void this.#end(worker)
    if (!this.#isClosed && this.#queue.length === 0) {
      this.run(job.circuit, undefined, {}).catch(() => {})
    }
    this.#assign()
  }

  #ended(worker: Worker, exit: string): void {
    this.#workers.delete(worker)
    const { job } = worker
    worker.job = undefined
    if (job !== undefined) {
      this.#fail(job, new ProverWorkerError({ circuit: job.circuit.name, exit }))
    }
    if (!this.#isClosed) this.#assign()
  }

  async #end(worker: Worker): Promise<void> {
    this.#workers.delete(worker)
    worker.job = undefined
    const { process: child } = worker
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.ref()
    child.kill('SIGKILL')
    await exited
  }

  /** A second answer to the same job is ignored by its promise. */
  #fail(job: Job, error: BaseError): void {
    job.stopListening()
    job.reject(error)
  }
}

/** An idle worker does not keep the process alive. */
function release({ process: child }: Worker): void {
  child.unref()
  child.channel?.unref()
}

function errorFrom(circuit: string, failure: WorkerFailure): BaseError {
  switch (failure.kind) {
    case 'unsatisfied':
      return new WitnessUnsatisfiedError({ circuit, location: failure.location })
    case 'input':
      return new CircuitInputError({ circuit, signal: failure.signal, reason: failure.reason })
    case 'program':
      return new CircuitProgramError({ circuit, reason: failure.reason })
    case 'proving':
      return new ProvingFailedError({ circuit, reason: failure.reason })
  }
}
