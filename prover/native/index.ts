import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'

import { FIELD_ORDER } from '../../protocol/constants.ts'
import type { Groth16Proof } from '../proof.ts'
import { findNative } from './build.ts'
import {
  NativeMemoryError,
  NativeProverMissingError,
  NativeProvingCancelledError,
  ProvingKeyFileError,
  UnknownProverError,
  WitnessFileError,
} from './errors.ts'

/**
 * evaluate: the circuit's rows on the witness; transform: the quotient polynomial; sort: the scalars'
 * digits; multiply: sums of multiples of the key's points, most of the time.
 */
export const nativePhases = ['evaluate', 'transform', 'sort', 'multiply'] as const
export type NativePhase = (typeof nativePhases)[number]

/** A proving key: its file stays mapped until this is garbage. Do not change the file meanwhile. */
export type LoadedKey = {
  /** All wires, with the constant one. */
  readonly wires: number
  /** Outputs and public inputs. */
  readonly publicWires: number
  /** Size of the evaluation domain, a power of two. */
  readonly domain: number
  /** Of the native module's own kind. */
  readonly handle: object
}

export type NativeProveOptions = {
  /** The proof's blinding factors. Only for tests: equal ones reveal the witness. Default: random. */
  r?: bigint
  s?: bigint
  /** Aborting ends the job within milliseconds. */
  signal?: AbortSignal
  /** Called at the start of each phase, in order. */
  onPhase?: (phase: NativePhase) => void
}

/**
 * Bulk arithmetic as the module has it; `core` is an index into `cores`. See ../kernelsNative.ts. Each throws, or rejects
 * with, NativeMemoryError.
 */
export type NativeKernels = {
  setPoseidon(core: number, arity: number, partialRounds: number, constants: Uint8Array): void
  hash(
    core: number,
    arity: number,
    state: Uint8Array,
    inputs: Uint8Array,
    hashes: Uint8Array,
  ): boolean
  hashMany(core: number, arity: number, state: Uint8Array, inputs: Uint8Array): Promise<Uint8Array>
  multiplyMany(core: number, points: Uint8Array, scalar: Uint8Array): Promise<Uint8Array>
  findSubgroupPoints(core: number, points: Uint8Array): Promise<Uint8Array>
  /** Undefined when a point is none of its group. */
  prepareKey(core: number, publicSignals: number, points: Uint8Array): object | undefined
  /** A byte for the fold, then one for each item. */
  verifyFold(
    core: number,
    keys: object[],
    keyOf: Uint8Array,
    proofs: Uint8Array,
    weights: Uint8Array,
    signals: Uint8Array,
    areChecked: boolean,
  ): Promise<Uint8Array>
}

export type NativeProver = {
  /** Instructions used: `ifma`, `adx` or `generic`. */
  readonly core: string
  /** Those this processor can run, best first. */
  readonly cores: readonly string[]
  /**
   * Maps a zkey file and validates all of it.
   *
   * @throws {ProvingKeyFileError | NativeMemoryError}
   */
  loadKey(path: string): Promise<LoadedKey>
  /**
   * Makes a proof from the bytes of a wtns file. Jobs run in order of arrival, each on all cores. Whether the
   * witness satisfies the circuit is not checked: the proof of a false one does not verify.
   *
   * @throws {WitnessFileError | NativeProvingCancelledError | NativeMemoryError | ProvingKeyFileError}
   * @throws {RangeError} for an `r` or `s` that is not a scalar.
   */
  prove(key: LoadedKey, witness: Uint8Array, options?: NativeProveOptions): Promise<Groth16Proof>
  readonly kernels: NativeKernels
  /** For tests: an operation of a core on raw operands; empty when they do not fit it. */
  test(core: string, operation: string, input: Uint8Array, outputLength: number): Uint8Array
}

type NativeModule = NativeKernels & {
  core: string
  cores: string[]
  open(path: string): Promise<LoadedKey>
  prove(
    handle: object,
    witness: Uint8Array,
    r: Uint8Array,
    s: Uint8Array,
    onPhase?: (phase: number) => void,
  ): { promise: Promise<Uint8Array>; job: object }
  cancel(job: object): void
  test(core: string, operation: string, input: Uint8Array, outputLength: number): Uint8Array
}

const require = createRequire(import.meta.url)
let loaded: { native: NativeProver | undefined } | undefined

/** The native prover, if `buildNative` has built it for the present sources. Loaded once a process. */
export function loadNative(): NativeProver | undefined {
  loaded ??= { native: load() }
  return loaded.native
}

/**
 * Refuses a choice that cannot be had, before a process is started for it.
 *
 * @throws {NativeProverMissingError | UnknownProverError}
 */
export function checkProverChoice(wanted = process.env['CINNABAR_PROVER']): void {
  if (wanted === undefined || wanted === '' || wanted === 'snarkjs') return
  if (wanted !== 'native') throw new UnknownProverError({ found: wanted })
  if (findNative() === undefined) throw new NativeProverMissingError()
}

/**
 * The native prover, unless CINNABAR_PROVER says snarkjs or there is none that works here.
 *
 * @throws {NativeProverMissingError | UnknownProverError}
 */
export function chooseNative(wanted = process.env['CINNABAR_PROVER']): NativeProver | undefined {
  checkProverChoice(wanted)
  if (wanted === 'snarkjs') return undefined
  if (wanted === 'native') return loadNative()
  try {
    return loadNative()
  } catch {
    // Built for another system's libraries, perhaps. Nobody insisted on it.
    return undefined
  }
}

function load(): NativeProver | undefined {
  const path = findNative()
  if (path === undefined) return undefined
  const module = require(path) as NativeModule
  return {
    core: module.core,
    cores: module.cores,
    kernels: kernelsOf(module),
    async loadKey(keyPath) {
      try {
        return await module.open(keyPath)
      } catch (error) {
        throw fromNative(error)
      }
    },
    async prove(key, witness, { r, s, signal, onPhase } = {}) {
      if (signal?.aborted) throw new NativeProvingCancelledError()
      const { promise, job } = start(() =>
        module.prove(
          key.handle,
          witness,
          encodeScalar(r ?? randomScalar()),
          encodeScalar(s ?? randomScalar()),
          onPhase === undefined ? undefined : (phase) => onPhase(nativePhases[phase]!),
        ),
      )
      const cancel = (): void => module.cancel(job)
      signal?.addEventListener('abort', cancel, { once: true })
      try {
        return decodeProof(await promise)
      } catch (error) {
        throw fromNative(error)
      } finally {
        signal?.removeEventListener('abort', cancel)
      }
    },
    test: (core, operation, input, outputLength) =>
      module.test(core, operation, input, outputLength),
  }
}

function kernelsOf(module: NativeModule): NativeKernels {
  const end = <T>(begin: () => Promise<T>): Promise<T> =>
    start(begin).catch((error: unknown) => {
      throw fromNative(error)
    })
  return {
    setPoseidon: (...all) => start(() => module.setPoseidon(...all)),
    // Takes no memory, and is called for single hashes.
    hash: (...all) => module.hash(...all),
    hashMany: (...all) => end(() => module.hashMany(...all)),
    multiplyMany: (...all) => end(() => module.multiplyMany(...all)),
    findSubgroupPoints: (...all) => end(() => module.findSubgroupPoints(...all)),
    prepareKey: (...all) => start(() => module.prepareKey(...all)),
    verifyFold: (...all) => end(() => module.verifyFold(...all)),
  }
}

/** A call into the module: it may refuse at once. */
function start<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw fromNative(error)
  }
}

function fromNative(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  switch (error.code) {
    case 'KEY':
      return new ProvingKeyFileError({ reason: error.message })
    case 'WITNESS':
      return new WitnessFileError({ reason: error.message })
    case 'CANCELLED':
      return new NativeProvingCancelledError()
    case 'MEMORY':
      return new NativeMemoryError()
    default:
      return error
  }
}

/** Uniform below the field's order: 254 random bits until they are. */
function randomScalar(): bigint {
  for (;;) {
    const bytes = randomBytes(32)
    bytes[0]! &= 0x3f
    const scalar = BigInt(`0x${bytes.toString('hex')}`)
    if (scalar < FIELD_ORDER) return scalar
  }
}

function encodeScalar(scalar: bigint): Uint8Array {
  if (scalar < 0n || scalar >= FIELD_ORDER) throw new RangeError('a blinding factor is no scalar')
  return Uint8Array.from({ length: 32 }, (_, byte) => Number((scalar >> BigInt(8 * byte)) & 0xffn))
}

/** From A.x, A.y, B.x real, imaginary, B.y real, imaginary, C.x, C.y, little endian. */
function decodeProof(bytes: Uint8Array): Groth16Proof {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = (index: number): bigint => {
    let value = 0n
    for (let word = 3; word >= 0; word--) {
      value = (value << 64n) | view.getBigUint64(index * 32 + word * 8, true)
    }
    return value
  }
  return {
    a: { x: at(0), y: at(1) },
    b: { x: { real: at(2), imaginary: at(3) }, y: { real: at(4), imaginary: at(5) } },
    c: { x: at(6), y: at(7) },
  }
}
