import { CurveProgram } from '../curveProgram.ts'
import type { PointerFunction } from '../curveProgram.ts'

export type GroupName = 'g1' | 'g2'

/** Bytes of a coordinate by group. */
const COORDINATE = { g1: 32, g2: 64 } as const
export const SCALAR_BYTES = 32
/** Scalars have 254 bits; the signed digits may carry one further. */
const DIGIT_BITS = 255
/** Points that are made affine at once. More would outgrow the scratch memory of the program. */
const AFFINE_CHUNK = 1_024

export type FixedBaseParameters = {
  /** ffjavascript's curve program. Passed in: that package cannot be imported in a worker thread. */
  module: WebAssembly.Module
  group: GroupName
  /** 4 to 16. A table has (255 / windowBits) · 2^(windowBits − 1) points. */
  windowBits: number
  /** Affine, in Montgomery form. */
  generator: Uint8Array
}

/**
 * Multiples of the group's generator, for many scalars: signed windows over a table of
 * 2^(bits − 1) multiples a window, one mixed addition a window and scalar.
 */
export class FixedBase {
  readonly #program: CurveProgram
  readonly #add: PointerFunction
  readonly #subtract: PointerFunction
  readonly #zero: PointerFunction
  readonly #toAffine: PointerFunction
  readonly #coordinate: number
  readonly #windowBits: number
  readonly #windows: number
  readonly #table: number
  readonly #work: number
  readonly #out: number

  private constructor(
    program: CurveProgram,
    { group, windowBits, generator }: Omit<FixedBaseParameters, 'module'>,
  ) {
    this.#program = program
    this.#coordinate = COORDINATE[group]
    this.#windowBits = windowBits
    this.#windows = Math.ceil(DIGIT_BITS / windowBits)
    this.#add = program.functionNamed(`${group}m_addMixed`)
    this.#subtract = program.functionNamed(`${group}m_subMixed`)
    this.#zero = program.functionNamed(`${group}m_zero`)
    this.#toAffine = program.functionNamed(`${group}m_batchToAffine`)

    const affine = 2 * this.#coordinate
    const jacobian = 3 * this.#coordinate
    const multiples = 1 << (windowBits - 1)
    this.#table = program.reserve(this.#windows * multiples * affine)
    this.#work = program.reserve(AFFINE_CHUNK * jacobian)
    this.#out = program.reserve(AFFINE_CHUNK * affine)
    this.#fillTable(generator, multiples)
  }

  static async build({ module, ...rest }: FixedBaseParameters): Promise<FixedBase> {
    return new FixedBase(await CurveProgram.run(module), rest)
  }

  /** `scalars`: 32 bytes each, little endian, below r. Returns affine points in Montgomery form. */
  multiply(scalars: Uint8Array): Uint8Array {
    const count = scalars.length / SCALAR_BYTES
    const affine = 2 * this.#coordinate
    const points = new Uint8Array(count * affine)
    for (let start = 0; start < count; start += AFFINE_CHUNK) {
      const size = Math.min(AFFINE_CHUNK, count - start)
      for (let index = 0; index < size; index++) {
        const scalar = scalars.subarray(
          (start + index) * SCALAR_BYTES,
          (start + index + 1) * SCALAR_BYTES,
        )
        this.#multiplyOne(scalar, this.#work + index * 3 * this.#coordinate)
      }
      this.#toAffine(this.#work, size, this.#out)
      points.set(this.#program.bytes(this.#out, size * affine), start * affine)
    }
    return points
  }

  #multiplyOne(scalar: Uint8Array, result: number): void {
    const affine = 2 * this.#coordinate
    const half = 1 << (this.#windowBits - 1)
    let carry = 0
    this.#zero(result)
    for (let window = 0; window < this.#windows; window++) {
      let digit = bitsAt(scalar, window * this.#windowBits, this.#windowBits) + carry
      carry = digit > half ? 1 : 0
      if (carry === 1) digit -= 2 * half
      if (digit === 0) continue
      const entry = this.#table + (window * half + Math.abs(digit) - 1) * affine
      if (digit > 0) this.#add(result, entry, result)
      else this.#subtract(result, entry, result)
    }
  }

  /** Entry k of window j is (k + 1)·2^(windowBits·j) times the generator. */
  #fillTable(generator: Uint8Array, multiples: number): void {
    const affine = 2 * this.#coordinate
    const jacobian = 3 * this.#coordinate
    let base = generator
    for (let window = 0; window < this.#windows; window++) {
      const first = this.#table + window * multiples * affine
      this.#program.write(first, base)
      // The last of a chunk is carried into the next one: slot 0 of `work` is the running sum.
      this.#zero(this.#work)
      let at = 0
      while (at < multiples) {
        const size = Math.min(AFFINE_CHUNK - 1, multiples - at)
        for (let index = 1; index <= size; index++) {
          const pointer = this.#work + index * jacobian
          this.#add(pointer - jacobian, first, pointer)
        }
        this.#toAffine(this.#work + jacobian, size, first + at * affine)
        const last = this.#program.bytes(this.#work + size * jacobian, jacobian)
        this.#program.write(this.#work, last)
        at += size
      }
      // The next window's base is twice the last multiple: 2·2^(bits − 1)·base.
      this.#add(this.#work, first + (multiples - 1) * affine, this.#work)
      this.#toAffine(this.#work, 1, this.#out)
      base = this.#program.bytes(this.#out, affine).slice()
    }
  }
}

/** `count` ≤ 16 bits from bit `from`, little endian; zeros beyond the end. */
function bitsAt(scalar: Uint8Array, from: number, count: number): number {
  const byte = from >> 3
  const three =
    (scalar[byte] ?? 0) | ((scalar[byte + 1] ?? 0) << 8) | ((scalar[byte + 2] ?? 0) << 16)
  return (three >> (from & 7)) & ((1 << count) - 1)
}

/** The window that costs fewest additions for so many scalars, the table's own included. */
export function chooseWindowBits(scalars: number): number {
  let best = 4
  let bestCost = Infinity
  for (let bits = 4; bits <= 14; bits++) {
    const windows = Math.ceil(DIGIT_BITS / bits)
    const cost = windows * scalars + windows * (1 << (bits - 1))
    if (cost < bestCost) {
      best = bits
      bestCost = cost
    }
  }
  return best
}
