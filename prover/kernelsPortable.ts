import { SUBGROUP_ORDER } from '../protocol/babyjubjub.ts'
import { domainTag } from '../protocol/constants.ts'
import { KernelCancelledError } from './errors.ts'
import type { BasicKernels, HashTask, KernelOptions } from './kernels.ts'
import { Arithmetic } from './portable/arithmetic.ts'
import { writeFieldProgram } from './portable/fieldProgram.ts'
import type { ArithmeticRequest, ArithmeticResult } from './portable/worker.ts'
import { WorkerPool } from './portable/workerPool.ts'

const ELEMENT_BYTES = 32
const POINT_BYTES = 64
/** Work of one request to a thread: some tens of milliseconds, so that aborting does not wait long. */
const HASHES_TOGETHER = 512
const POINTS_TOGETHER = 256
/** Fewer than these take a millisecond or two, and are done in this thread. */
const HASHES_INLINE = 32
const POINTS_INLINE = 8

/**
 * The kernels in WebAssembly, on threads of their own, one for each processor. All points go through the same
 * operations, whatever the scalar; which multiple of a point is added follows the scalar's digits, so
 * memory accesses do too. Not for machines on which somebody else measures caches.
 */
export function portableKernels(): BasicKernels {
  return {
    kind: 'portable',
    core: 'portable',
    hash(task) {
      checkHashTask(task)
      return hashInline(task)
    },
    async hashMany(task, { signal } = {}) {
      checkHashTask(task)
      const count = countHashes(task)
      checkSignal(signal)
      if (count <= HASHES_INLINE) return hashInline(task)
      const { arity, inputs } = task
      const initialState = stateOf(task).slice()
      const result = new Uint8Array(count * ELEMENT_BYTES)
      const bytesEach = arity * ELEMENT_BYTES
      await inThreads(count, HASHES_TOGETHER, signal, (from, to) => ({
        request: {
          kind: 'hash',
          initialState,
          arity,
          inputs: new Uint8Array(inputs.subarray(from * bytesEach, to * bytesEach)),
        },
        take: ({ bytes }) => bytes !== undefined && result.set(bytes, from * ELEMENT_BYTES),
      }))
      return result
    },
    async multiplyMany(points, scalar, { signal } = {}) {
      checkPoints(points)
      const factor = checkScalar(scalar)
      const count = points.length / POINT_BYTES
      checkSignal(signal)
      if (count <= POINTS_INLINE) {
        const { multiples, isPoint } = arithmetic().multiply(points, factor)
        return { points: multiples, isValid: isPoint }
      }
      const result = { points: new Uint8Array(points.length), isValid: new Uint8Array(count) }
      await inThreads(count, POINTS_TOGETHER, signal, (from, to) => ({
        request: { kind: 'multiply', points: copyPoints(points, from, to), scalar: factor },
        take: ({ bytes, flags }) => {
          if (bytes !== undefined) result.points.set(bytes, from * POINT_BYTES)
          if (flags !== undefined) result.isValid.set(flags, from)
        },
      }))
      return result
    },
    async areSubgroupPoints(points, { signal } = {}) {
      checkPoints(points)
      const count = points.length / POINT_BYTES
      checkSignal(signal)
      if (count <= POINTS_INLINE) return arithmetic().areSubgroupPoints(points)
      const result = new Uint8Array(count)
      await inThreads(count, POINTS_TOGETHER, signal, (from, to) => ({
        request: { kind: 'subgroup', points: copyPoints(points, from, to) },
        take: ({ flags }) => flags !== undefined && result.set(flags, from),
      }))
      return result
    },
  }
}

let module: WebAssembly.Module | undefined
let ownArithmetic: Arithmetic | undefined
let pool: WorkerPool<ArithmeticRequest, ArithmeticResult> | undefined

function fieldModule(): WebAssembly.Module {
  module ??= new WebAssembly.Module(writeFieldProgram())
  return module
}

/** This thread's own. */
function arithmetic(): Arithmetic {
  ownArithmetic ??= new Arithmetic(fieldModule())
  return ownArithmetic
}

function threads(): WorkerPool<ArithmeticRequest, ArithmeticResult> {
  pool ??= new WorkerPool(new URL('./portable/worker.ts', import.meta.url), {
    data: fieldModule(),
  })
  return pool
}

type Part = {
  readonly request: ArithmeticRequest
  readonly take: (result: ArithmeticResult) => unknown
}

/**
 * Cuts indexes 0 to `count` into parts and has the threads work on them. All are cut before this returns to its
 * caller, who may change the inputs then.
 *
 * @throws {KernelCancelledError}
 */
async function inThreads(
  count: number,
  together: number,
  signal: KernelOptions['signal'],
  cut: (from: number, to: number) => Part,
): Promise<void> {
  const parts: Part[] = []
  for (let from = 0; from < count; from += together) {
    parts.push(cut(from, Math.min(from + together, count)))
  }
  const workers = threads()
  let next = 0
  // Few enough requests under way that aborting leaves little to wait for.
  const runner = async (): Promise<void> => {
    for (let part = parts[next++]; part !== undefined; part = parts[next++]) {
      checkSignal(signal)
      part.take(await workers.run(part.request))
    }
  }
  await Promise.all(Array.from({ length: 2 * workers.size }, runner))
  checkSignal(signal)
}

/** @throws {KernelCancelledError} */
function checkSignal(signal: KernelOptions['signal']): void {
  if (signal?.aborted === true) throw new KernelCancelledError()
}

function copyPoints(points: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(points.subarray(from * POINT_BYTES, to * POINT_BYTES))
}

function hashInline(task: HashTask): Uint8Array {
  return arithmetic().hashMany(stateOf(task), task.arity, task.inputs)
}

function stateOf({ initialState }: HashTask): Uint8Array {
  if (typeof initialState !== 'string') return initialState
  const bytes = new Uint8Array(ELEMENT_BYTES)
  writeNumber(bytes, 0, domainTag(initialState))
  return bytes
}

export function countHashes({ arity, inputs }: HashTask): number {
  return inputs.length / (ELEMENT_BYTES * arity)
}

/** @throws {RangeError} */
export function checkHashTask(task: HashTask): void {
  const { initialState, arity } = task
  if (!Number.isInteger(arity) || arity < 1 || arity > 16) {
    throw new RangeError('a hash takes 1 to 16 inputs')
  }
  if (!Number.isInteger(countHashes(task))) {
    throw new RangeError('the inputs are no whole number of hashes')
  }
  if (typeof initialState !== 'string' && initialState.length !== ELEMENT_BYTES) {
    throw new RangeError('an initial state has 32 bytes')
  }
}

/** @throws {RangeError} */
export function checkPoints(points: Uint8Array): void {
  if (points.length % POINT_BYTES !== 0) throw new RangeError('a point has 64 bytes')
}

/** @throws {RangeError} */
export function checkScalar(scalar: Uint8Array): bigint {
  const value = scalar.length === ELEMENT_BYTES ? readNumber(scalar, 0) : SUBGROUP_ORDER
  if (value >= SUBGROUP_ORDER) throw new RangeError('the scalar is not below the group’s order')
  return value
}

/** 32 bytes at `offset`, little endian. */
export function readNumber(bytes: Uint8Array, offset: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, ELEMENT_BYTES)
  return (
    view.getBigUint64(0, true) |
    (view.getBigUint64(8, true) << 64n) |
    (view.getBigUint64(16, true) << 128n) |
    (view.getBigUint64(24, true) << 192n)
  )
}

export function writeNumber(bytes: Uint8Array, offset: number, value: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, ELEMENT_BYTES)
  for (let word = 0; word < 4; word++) {
    view.setBigUint64(word * 8, BigInt.asUintN(64, value >> BigInt(64 * word)), true)
  }
}
