import { domainTag } from '../protocol/constants.ts'
import type { Domain } from '../protocol/constants.ts'
import { KernelCancelledError } from './errors.ts'
import type { BasicKernels, HashTask, KernelOptions } from './kernels.ts'
import {
  checkHashTask,
  checkPoints,
  checkScalar,
  countHashes,
  writeNumber,
} from './kernelsPortable.ts'
import type { NativeProver } from './native/index.ts'
import poseidonConstants from './portable/poseidonConstants.js'

const ELEMENT_BYTES = 32
const POINT_BYTES = 64
/** Work handed over at a time: a few milliseconds, so that aborting is quick and others get their turn. */
const HASHES_A_SLICE = 2_048
const POINTS_A_SLICE = 512
/** Handed over ahead, so that no processor waits for this thread. */
const SLICES_AHEAD = 3

/** The kernels in C++, all cores of the processor. `core` is one of `native.cores`. */
export function nativeKernels(native: NativeProver, core = native.core): BasicKernels {
  const index = native.cores.indexOf(core)
  const { kernels } = native
  const known = new Set<number>()
  const prepare = (arity: number): void => {
    if (known.has(arity)) return
    const { rounds, constants } = constantsOf(arity)
    kernels.setPoseidon(index, arity, rounds, constants)
    known.add(arity)
  }
  return {
    kind: 'native',
    core,
    hash(task) {
      checkHashTask(task)
      prepare(task.arity)
      const hashes = new Uint8Array(countHashes(task) * ELEMENT_BYTES)
      if (!kernels.hash(index, task.arity, stateOf(task), task.inputs, hashes)) {
        throw new RangeError('an input is not canonical')
      }
      return hashes
    },
    async hashMany(task, { signal } = {}) {
      checkHashTask(task)
      prepare(task.arity)
      const state = stateOf(task).slice()
      const inputBytes = task.arity * ELEMENT_BYTES
      const hashes = new Uint8Array(countHashes(task) * ELEMENT_BYTES)
      // As one, so that inputs may be changed once this function has returned.
      const inputs = countHashes(task) > HASHES_A_SLICE ? task.inputs.slice() : task.inputs
      await inSlices(countHashes(task), HASHES_A_SLICE, signal, async (from, to) => {
        const slice = inputs.subarray(from * inputBytes, to * inputBytes)
        const found = await kernels.hashMany(index, task.arity, state, slice)
        hashes.set(found, from * ELEMENT_BYTES)
      })
      return hashes
    },
    async multiplyMany(points, scalar, { signal } = {}) {
      checkPoints(points)
      checkScalar(scalar)
      const count = points.length / POINT_BYTES
      const products = new Uint8Array(points.length)
      const isValid = new Uint8Array(count)
      const copied = count > POINTS_A_SLICE ? points.slice() : points
      const factor = scalar.slice()
      try {
        await inSlices(count, POINTS_A_SLICE, signal, async (from, to) => {
          const slice = copied.subarray(from * POINT_BYTES, to * POINT_BYTES)
          const found = await kernels.multiplyMany(index, slice, factor)
          products.set(found.subarray(0, slice.length), from * POINT_BYTES)
          isValid.set(found.subarray(slice.length), from)
        })
      } finally {
        factor.fill(0)
      }
      return { points: products, isValid }
    },
    async areSubgroupPoints(points, { signal } = {}) {
      checkPoints(points)
      const count = points.length / POINT_BYTES
      const areMembers = new Uint8Array(count)
      const copied = count > POINTS_A_SLICE ? points.slice() : points
      await inSlices(count, POINTS_A_SLICE, signal, async (from, to) => {
        const slice = copied.subarray(from * POINT_BYTES, to * POINT_BYTES)
        areMembers.set(await kernels.findSubgroupPoints(index, slice), from)
      })
      return areMembers
    },
  }
}

const tags = new Map<Domain, Uint8Array>()

function stateOf({ initialState }: HashTask): Uint8Array {
  if (typeof initialState !== 'string') return initialState
  let tag = tags.get(initialState)
  if (tag === undefined) {
    tag = new Uint8Array(ELEMENT_BYTES)
    writeNumber(tag, 0, domainTag(initialState))
    tags.set(initialState, tag)
  }
  return tag
}

/** In the order of src/poseidon.h: round constants, both matrices by outputs, sparse matrices. */
function constantsOf(arity: number): { rounds: number; constants: Uint8Array } {
  const width = arity + 1
  const { C, M, P, S } = poseidonConstants
  const byOutputs = (matrix: readonly (readonly string[])[]): string[] =>
    matrix.flatMap((_, output) => matrix.map((row) => row[output]!))
  const sparse = S[width - 2]!
  const all = [
    ...C[width - 2]!,
    ...byOutputs(M[width - 2]!),
    ...byOutputs(P[width - 2]!),
    ...sparse,
  ]
  const constants = new Uint8Array(all.length * ELEMENT_BYTES)
  all.forEach((text, index) => writeNumber(constants, index * ELEMENT_BYTES, BigInt(text)))
  return { rounds: sparse.length / (2 * width - 1), constants }
}

/**
 * Calls `work` for slices of indexes, a few at a time. What it started has ended when this does.
 *
 * @throws {KernelCancelledError}
 * @throws {RangeError} for operands that the module refused.
 */
async function inSlices(
  count: number,
  size: number,
  signal: KernelOptions['signal'],
  work: (from: number, to: number) => Promise<void>,
): Promise<void> {
  const isAborted = (): boolean => signal?.aborted === true
  let next = 0
  const run = async (): Promise<void> => {
    while (next < count && !isAborted()) {
      const from = next
      next = Math.min(from + size, count)
      await work(from, next)
    }
  }
  const runs = Array.from({ length: SLICES_AHEAD }, run)
  const [failed] = (await Promise.allSettled(runs)).filter((ended) => ended.status === 'rejected')
  if (isAborted()) throw new KernelCancelledError()
  if (failed !== undefined) throw fromNative(failed.reason)
}

function fromNative(error: unknown): unknown {
  const isOperand = error instanceof Error && 'code' in error && error.code === 'OPERAND'
  return isOperand ? new RangeError(error.message) : error
}
