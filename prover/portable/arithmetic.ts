import { SUBGROUP_ORDER } from '../../protocol/constants.ts'
import { FieldHasher } from './hashFields.ts'
import { FieldMachine } from './fieldMachine.ts'
import { AFFINE_BYTES, PointMultiplier } from './multiplyPoints.ts'
import poseidonConstants from './poseidonConstants.js'

/** The bulk arithmetic of one thread, on a field program of its own. Nothing here is of Node. */
export class Arithmetic {
  readonly #multiplier: PointMultiplier
  readonly #hasher: FieldHasher

  constructor(module: WebAssembly.Module) {
    const machine = new FieldMachine(module)
    this.#multiplier = new PointMultiplier(machine)
    this.#hasher = new FieldHasher(machine, poseidonConstants)
  }

  /** As `PointMultiplier.multiply`. */
  multiply(points: Uint8Array, scalar: bigint): { multiples: Uint8Array; isPoint: Uint8Array } {
    return this.#multiplier.multiply(points, scalar)
  }

  /** As `FieldHasher.hashMany`. */
  hashMany(initialState: Uint8Array, arity: number, inputs: Uint8Array): Uint8Array {
    return this.#hasher.hashMany(initialState, arity, inputs)
  }

  /** 1 for points other than the identity whose order is the subgroup's. */
  areSubgroupPoints(points: Uint8Array): Uint8Array {
    const { multiples, isPoint } = this.#multiplier.multiply(points, SUBGROUP_ORDER)
    return isPoint.map((onCurve, at) =>
      onCurve === 1 && isIdentity(multiples, at) && !isIdentity(points, at) ? 1 : 0,
    )
  }
}

/** (0, 1). */
function isIdentity(points: Uint8Array, at: number): boolean {
  const bytes = points.subarray(at * AFFINE_BYTES, (at + 1) * AFFINE_BYTES)
  return bytes.every((byte, i) => byte === (i === 32 ? 1 : 0))
}
