import type { Domain } from '../protocol/constants.ts'
import { nativeKernels } from './kernelsNative.ts'
import { portableKernels } from './kernelsPortable.ts'
import { chooseNative } from './native/index.ts'
import type { NativeProver } from './native/index.ts'

/** Bytes of a field element or scalar: little endian, canonical. */
export const ELEMENT_BYTES = 32
/** Bytes of a Baby Jubjub point: x, then y, affine. */
export const POINT_BYTES = 64
/** Children of a node, as in protocol/tree.ts. */
const TREE_ARITY = 4

export type HashTask = {
  /** A domain's tag, or 32 bytes. */
  initialState: Domain | Uint8Array
  /** Inputs of each hash, 1 to 16. */
  arity: number
  /** Of all hashes, one after the other: arity · 32 bytes each. */
  inputs: Uint8Array
}

export type KernelOptions = {
  /** Aborting ends the work within a tenth of a second. */
  signal?: AbortSignal
}

/** Points of the same order and number as were asked for. */
export type MultipliedPoints = {
  /** 64 bytes each; zeros where `isValid` is 0. */
  points: Uint8Array
  /** 1 for a point with canonical coordinates on the curve, whatever its order. */
  isValid: Uint8Array
}

/**
 * Arithmetic in bulk, natively where that is built and portably elsewhere, with equal results. All numbers are
 * 32 bytes, little endian and canonical. Asynchronous functions leave the event loop free and use all
 * processors where they can; inputs may be changed as soon as a function has returned.
 */
export type Kernels = {
  readonly kind: 'native' | 'portable'
  /** Instructions used: `ifma`, `adx`, `generic` or `portable`. */
  readonly core: string
  /**
   * Poseidon hashes at once, in this thread: equal to protocol/poseidon.ts `hash`. For a few; 32 bytes each.
   *
   * @throws {RangeError} for an arity or lengths that do not fit, or an input that is not canonical.
   */
  hash(task: HashTask): Uint8Array
  /**
   * The same for many.
   *
   * @throws {RangeError} as above.
   * @throws {KernelCancelledError}
   */
  hashMany(task: HashTask, options?: KernelOptions): Promise<Uint8Array>
  /**
   * All inner nodes of a tree over 4^k leaves (protocol/tree.ts `hashNode`), parents of leaves first, the
   * root last: k levels of 4^(k-1), …, 4, 1 nodes.
   *
   * @throws {RangeError} when the leaves are not a power of four, or not canonical.
   * @throws {KernelCancelledError}
   */
  hashLevels(leaves: Uint8Array, options?: KernelOptions): Promise<Uint8Array[]>
  /**
   * scalar · each point of Baby Jubjub, exactly: also for points outside the subgroup. The scalar is secret:
   * the sequence of operations does not depend on it (but for the portable kernels, see there).
   *
   * @throws {RangeError} unless 0 ≤ scalar < l, or when the points have a wrong length.
   * @throws {KernelCancelledError}
   */
  multiplyMany(
    points: Uint8Array,
    scalar: Uint8Array,
    options?: KernelOptions,
  ): Promise<MultipliedPoints>
  /**
   * 1 for each that protocol/babyjubjub.ts `isSubgroupPoint` takes: canonical, on the curve, in the subgroup
   * of prime order, not the identity.
   *
   * @throws {RangeError} when the points have a wrong length.
   * @throws {KernelCancelledError}
   */
  areSubgroupPoints(points: Uint8Array, options?: KernelOptions): Promise<Uint8Array>
}

/** What an implementation has to bring; the rest follows from it. */
export type BasicKernels = Omit<Kernels, 'hashLevels'>

let opened: Kernels | undefined

/**
 * The native kernels where they are built, unless CINNABAR_PROVER says snarkjs; else the portable ones.
 *
 * @throws {NativeProverMissingError | UnknownProverError}
 */
export function openKernels(): Kernels {
  opened ??= open()
  return opened
}

function open(): Kernels {
  const native = chooseNative()
  return native === undefined ? openPortableKernels() : openNativeKernels(native)
}

/** Of one kind of processor: for tests. */
export function openNativeKernels(native: NativeProver, core?: string): Kernels {
  return withLevels(nativeKernels(native, core))
}

/** The portable kernels, whatever is built: for comparisons. */
export function openPortableKernels(): Kernels {
  return withLevels(portableKernels())
}

function withLevels(kernels: BasicKernels): Kernels {
  return {
    ...kernels,
    async hashLevels(leaves, options) {
      let width = leaves.length / ELEMENT_BYTES
      for (let rest = width; rest !== 1; rest /= TREE_ARITY) {
        if (!Number.isInteger(rest) || rest < 1) {
          throw new RangeError('the leaves are not a power of four')
        }
      }
      const levels: Uint8Array[] = []
      let below = leaves
      while (width > 1) {
        below = await kernels.hashMany(
          { initialState: 'NODE', arity: TREE_ARITY, inputs: below },
          options,
        )
        levels.push(below)
        width /= TREE_ARITY
      }
      return levels
    },
  }
}
