import { FIELD_ORDER } from '../../protocol/constants.ts'
import {
  initialMemory,
  limbsOf,
  LIMB_BITS,
  LIMBS,
  MONTGOMERY,
  memoryMap,
  PAIR_BYTES,
} from './fieldProgram.ts'

const PAGE = 65_536

type FieldFunctions = Record<
  'multiply' | 'add' | 'subtract' | 'accumulate',
  (result: number, a: number, b: number) => void
> &
  Record<
    | 'square'
    | 'carry'
    | 'reduce'
    | 'double'
    | 'cache'
    | 'addCached'
    | 'addCachedLast'
    | 'subtractCachedLast',
    (result: number, a: number) => void
  >

/**
 * A running copy of the field program with its memory. Elements stand in Montgomery form, two side by
 * side; `lane` says which. Nothing here is of Node: it runs in a browser's worker as well.
 */
export class FieldMachine {
  readonly call: FieldFunctions
  readonly #exports: WebAssembly.Exports
  readonly #memory: WebAssembly.Memory
  #words: Uint32Array
  #next: number = memoryMap.free
  readonly #montgomerySquared: number
  readonly #one: number
  readonly #scratch: number

  constructor(module: WebAssembly.Module) {
    this.#memory = new WebAssembly.Memory({ initial: 1 })
    this.#words = new Uint32Array(this.#memory.buffer)
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } })
    this.#exports = instance.exports
    this.call = instance.exports as FieldFunctions
    for (const { pointer, limbs } of initialMemory) this.#writeLimbs(pointer, limbs)
    this.#montgomerySquared = this.reserve(PAIR_BYTES)
    this.#writeLimbs(this.#montgomerySquared, limbsOf((MONTGOMERY * MONTGOMERY) % FIELD_ORDER))
    this.#one = this.reserve(PAIR_BYTES)
    this.#writeLimbs(this.#one, limbsOf(1n))
    this.#scratch = this.reserve(PAIR_BYTES)
  }

  /** @throws {TypeError} when the program has no such function. */
  functionNamed(name: string): (...pointers: number[]) => void {
    const found = this.#exports[name]
    if (typeof found !== 'function') throw new TypeError(`the field program has no ${name}`)
    return found as (...pointers: number[]) => void
  }

  /** Memory for good. */
  reserve(bytes: number): number {
    const pointer = this.#next
    this.#next += Math.ceil(bytes / 16) * 16
    const missing = this.#next - this.#memory.buffer.byteLength
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE))
      this.#words = new Uint32Array(this.#memory.buffer)
    }
    return pointer
  }

  /** A constant in both lanes, in Montgomery form. */
  constant(value: bigint, pointer = this.reserve(PAIR_BYTES)): number {
    this.#writeLimbs(pointer, limbsOf((value * MONTGOMERY) % FIELD_ORDER))
    return pointer
  }

  copy(to: number, from: number, bytes = PAIR_BYTES): void {
    this.#words.copyWithin(to / 4, from / 4, (from + bytes) / 4)
  }

  /**
   * Reads 32 bytes, little endian, into a lane, as a number: `enter` makes both lanes field elements.
   * @returns whether they are canonical, below r; if not, the lane holds 0.
   */
  read(pointer: number, lane: 0 | 1, bytes: DataView, offset: number): boolean {
    const words = this.#words
    let at = pointer / 4 + lane
    const isCanonical = isBelowOrder(bytes, offset)
    for (let i = 0; i < LIMBS; i++, at += 2) {
      const bit = LIMB_BITS * i
      const start = offset + 4 * (bit >> 5)
      const shift = bit & 31
      let limb = bytes.getUint32(start, true) >>> shift
      if (shift > 32 - LIMB_BITS && i < LIMBS - 1) {
        limb |= bytes.getUint32(start + 4, true) << (32 - shift)
      }
      words[at] = isCanonical ? limb & (2 ** LIMB_BITS - 1) : 0
    }
    return isCanonical
  }

  /** Montgomery form of what `read` left. */
  enter(pointer: number): void {
    this.call.multiply(pointer, pointer, this.#montgomerySquared)
  }

  /** Back from Montgomery form, so that `write` gives canonical bytes. */
  leave(result: number, pointer: number): void {
    this.call.multiply(result, pointer, this.#one)
  }

  /** Writes a lane of what `leave` gave: at most r, and r itself stands for 0. */
  write(pointer: number, lane: 0 | 1, bytes: DataView, offset: number): void {
    const words = this.#words
    const at = pointer / 4 + lane
    if (this.#isOrder(at)) {
      for (let word = 0; word < 8; word++) bytes.setUint32(offset + 4 * word, 0, true)
      return
    }
    for (let word = 0; word < 8; word++) {
      const bit = 32 * word
      const i = Math.floor(bit / LIMB_BITS)
      const shift = bit - LIMB_BITS * i
      // 32 bits from at most three limbs.
      let value = words[at + 2 * i]! >>> shift
      value |= words[at + 2 * (i + 1)]! << (LIMB_BITS - shift)
      const used = 2 * LIMB_BITS - shift
      if (used < 32 && i + 2 < LIMBS) value |= words[at + 2 * (i + 2)]! << used
      bytes.setUint32(offset + 4 * word, value >>> 0, true)
    }
  }

  /** Whether a lane is 0. */
  isZero(pointer: number, lane: 0 | 1): boolean {
    this.leave(this.#scratch, pointer)
    const words = this.#words
    const at = this.#scratch / 4 + lane
    let any = 0
    for (let i = 0; i < LIMBS; i++) any |= words[at + 2 * i]!
    return any === 0 || this.#isOrder(at)
  }

  /** pointer^exponent, for a public exponent. `result` and `pointer` differ. */
  power(result: number, pointer: number, exponent: bigint): void {
    const bits = exponent.toString(2)
    this.copy(result, pointer)
    for (let i = 1; i < bits.length; i++) {
      this.call.square(result, result)
      if (bits[i] === '1') this.call.multiply(result, result, pointer)
    }
  }

  /** 0 in one lane, or both, as a number. */
  clear(pointer: number, lane?: 0 | 1): void {
    for (let i = 0; i < LIMBS; i++) {
      if (lane !== 1) this.#words[pointer / 4 + 2 * i] = 0
      if (lane !== 0) this.#words[pointer / 4 + 2 * i + 1] = 0
    }
  }

  /** Sets one lane from another element's same lane. */
  copyLane(to: number, from: number, lane: 0 | 1): void {
    const words = this.#words
    for (let i = 0; i < LIMBS; i++) words[to / 4 + lane + 2 * i] = words[from / 4 + lane + 2 * i]!
  }

  #isOrder(at: number): boolean {
    const words = this.#words
    for (let i = 0; i < LIMBS; i++) if (words[at + 2 * i] !== ORDER_LIMBS[i]) return false
    return true
  }

  #writeLimbs(pointer: number, limbs: readonly number[]): void {
    limbs.forEach((limb, i) => {
      this.#words[pointer / 4 + 2 * i] = limb
      this.#words[pointer / 4 + 2 * i + 1] = limb
    })
  }
}

const ORDER_LIMBS = limbsOf(FIELD_ORDER)
const ORDER_WORDS = Array.from({ length: 8 }, (_, i) =>
  Number((FIELD_ORDER >> BigInt(32 * i)) & 0xffff_ffffn),
)

function isBelowOrder(bytes: DataView, offset: number): boolean {
  for (let i = 7; i >= 0; i--) {
    const word = bytes.getUint32(offset + 4 * i, true)
    if (word !== ORDER_WORDS[i]!) return word < ORDER_WORDS[i]!
  }
  return false
}
