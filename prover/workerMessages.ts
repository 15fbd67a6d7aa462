import type { Groth16Proof } from './proof.ts'
import type { VerificationKey } from './verificationKey.ts'
import type { CircuitInputs } from './witnessCalculator.ts'

/** What a worker does with a job, in order. The prover adds `queued` before and `done` after. */
export type WorkerPhase = 'witness' | 'proof' | 'verify'

/** Files of one circuit; `hash` is what a worker keeps them by. */
export type WorkerCircuit = {
  name: string
  hash: string
  wasmPath: string
  zkeyPath: string
  verificationKey: VerificationKey
}

/** `inputs` are private. They cross the process border by pipe and are never written anywhere. */
export type WorkerRequest =
  | { type: 'load'; id: number; circuit: WorkerCircuit }
  | { type: 'prove'; id: number; circuit: WorkerCircuit; inputs: CircuitInputs }

/** Milliseconds of each phase. */
export type WorkerTimings = { witnessMs: number; proofMs: number; verifyMs: number }

export type WorkerFailure =
  | { kind: 'unsatisfied'; location: readonly string[] }
  | { kind: 'input'; signal: string; reason: string }
  | { kind: 'program'; reason: string }
  | { kind: 'proving'; reason: string }

export type WorkerAnswer =
  | { type: 'phase'; id: number; phase: WorkerPhase }
  | { type: 'loaded'; id: number }
  | {
      type: 'proved'
      id: number
      proof: Groth16Proof
      publicSignals: readonly bigint[]
      timings: WorkerTimings
    }
  | { type: 'failed'; id: number; failure: WorkerFailure }
