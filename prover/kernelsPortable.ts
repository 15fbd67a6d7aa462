import { setImmediate as yieldToOthers } from 'node:timers/promises'

import { isOnCurve, isSubgroupPoint, mulPoint, SUBGROUP_ORDER } from '../protocol/babyjubjub.ts'
import { domainTag } from '../protocol/constants.ts'
import { FieldElement } from '../protocol/field.ts'
import { hashFrom } from '../protocol/poseidon.ts'
import { KernelCancelledError } from './errors.ts'
import type { BasicKernels, HashTask, KernelOptions } from './kernels.ts'

const ELEMENT_BYTES = 32
const POINT_BYTES = 64
/** Work between two looks at the event loop: a few milliseconds. */
const HASHES_TOGETHER = 32
const POINTS_TOGETHER = 4

/**
 * The kernels in JavaScript and wasm, on this thread. noble's multiplication hides the scalar, as far as BigInt
 * allows: its additions take no longer for one digit than another, its BigInts may.
 */
export function portableKernels(): BasicKernels {
  return {
    kind: 'portable',
    core: 'portable',
    hash(task) {
      checkHashTask(task)
      return hashRange(task, 0, countHashes(task))
    },
    async hashMany(task, { signal } = {}) {
      checkHashTask(task)
      const copied = { ...task, inputs: task.inputs.slice() }
      return inStretches(countHashes(task), HASHES_TOGETHER, ELEMENT_BYTES, signal, (from, to) =>
        hashRange(copied, from, to),
      )
    },
    async multiplyMany(points, scalar, { signal } = {}) {
      checkPoints(points)
      const factor = checkScalar(scalar)
      const copied = points.slice()
      const count = points.length / POINT_BYTES
      const isValid = new Uint8Array(count)
      const products = await inStretches(
        count,
        POINTS_TOGETHER,
        POINT_BYTES,
        signal,
        (from, to) => {
          const bytes = new Uint8Array((to - from) * POINT_BYTES)
          for (let index = from; index < to; index++) {
            const point = readPoint(copied, index)
            if (!isOnCurve(point)) continue
            isValid[index] = 1
            const product = mulPoint(point, factor)
            writeNumber(bytes, (index - from) * POINT_BYTES, product.x)
            writeNumber(bytes, (index - from) * POINT_BYTES + ELEMENT_BYTES, product.y)
          }
          return bytes
        },
      )
      return { points: products, isValid }
    },
    async areSubgroupPoints(points, { signal } = {}) {
      checkPoints(points)
      const copied = points.slice()
      return inStretches(points.length / POINT_BYTES, POINTS_TOGETHER, 1, signal, (from, to) =>
        Uint8Array.from({ length: to - from }, (_, offset) =>
          isSubgroupPoint(readPoint(copied, from + offset)) ? 1 : 0,
        ),
      )
    },
  }
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

/** Calls `work` for stretches of indexes and joins what it returns. @throws {KernelCancelledError} */
export async function inStretches(
  count: number,
  together: number,
  resultBytes: number,
  signal: KernelOptions['signal'],
  work: (from: number, to: number) => Uint8Array,
): Promise<Uint8Array> {
  const result = new Uint8Array(count * resultBytes)
  for (let from = 0; from < count; from += together) {
    if (signal?.aborted === true) throw new KernelCancelledError()
    result.set(work(from, Math.min(from + together, count)), from * resultBytes)
    await yieldToOthers()
  }
  if (signal?.aborted === true) throw new KernelCancelledError()
  return result
}

function hashRange(
  { initialState, arity, inputs }: HashTask,
  from: number,
  to: number,
): Uint8Array {
  const state =
    typeof initialState === 'string'
      ? domainTag(initialState)
      : canonical(readNumber(initialState, 0))
  const result = new Uint8Array((to - from) * ELEMENT_BYTES)
  for (let index = from; index < to; index++) {
    const values = Array.from({ length: arity }, (_, input) =>
      canonical(readNumber(inputs, (index * arity + input) * ELEMENT_BYTES)),
    )
    writeNumber(result, (index - from) * ELEMENT_BYTES, hashFrom(state, values))
  }
  return result
}

/** @throws {RangeError} */
function canonical(value: bigint): FieldElement {
  try {
    return FieldElement(value)
  } catch {
    throw new RangeError('an input is not canonical')
  }
}

function readPoint(bytes: Uint8Array, index: number): { x: bigint; y: bigint } {
  return {
    x: readNumber(bytes, index * POINT_BYTES),
    y: readNumber(bytes, index * POINT_BYTES + ELEMENT_BYTES),
  }
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
