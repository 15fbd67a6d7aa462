import { FIELD_ORDER } from '../../protocol/constants.ts'
import { FieldMachine } from './fieldMachine.ts'
import { CACHED_BYTES, memoryMap, PAIR_BYTES, POINT_BYTES } from './fieldProgram.ts'

/** Two coordinates, 32 bytes each, little endian, canonical. */
export const AFFINE_BYTES = 64

const A = 168_700n
const D = 168_696n
/**
 * A square root of −a: (x, y) → (x·ROOT, y) leads to the curve with a = −1 and d' = −d/a, whose formulas
 * need the fewest multiplications.
 */
const ROOT = squareRoot(FIELD_ORDER - A)
const D_MINUS_ONE = (FIELD_ORDER - D) * inverse(A)

const WINDOW = 5
const TABLE = 2 ** (WINDOW - 1)
/** Points whose coordinates share an inversion. */
const BLOCK = 128

/**
 * scalar·point for many points of Baby Jubjub and one scalar, two at a time.
 *
 * All points go through the same operations: windows of five bits with digits from −16 to 15, each with
 * one addition; which multiple is added depends on the scalar alone. The addition formulas are complete,
 * so points of low order and the identity need no care.
 */
export class PointMultiplier {
  readonly #machine: FieldMachine
  readonly #root: number
  readonly #inverseRoot: number
  readonly #one: number
  readonly #dMinusOne: number
  readonly #table: number
  readonly #point: number
  readonly #spare: number
  readonly #cachedBase: number
  readonly #results: number
  readonly #prefixes: number
  readonly #t: readonly [number, number, number]

  constructor(machine: FieldMachine) {
    this.#machine = machine
    this.#root = machine.constant(ROOT)
    this.#inverseRoot = machine.constant(inverse(ROOT))
    this.#one = machine.constant(1n)
    this.#dMinusOne = machine.constant(D_MINUS_ONE % FIELD_ORDER)
    machine.constant((2n * D_MINUS_ONE) % FIELD_ORDER, memoryMap.twoD)
    this.#table = machine.reserve(TABLE * CACHED_BYTES)
    this.#point = machine.reserve(POINT_BYTES)
    this.#spare = machine.reserve(POINT_BYTES)
    this.#cachedBase = machine.reserve(CACHED_BYTES)
    this.#results = machine.reserve((BLOCK / 2) * POINT_BYTES)
    this.#prefixes = machine.reserve((BLOCK / 2) * PAIR_BYTES)
    const scratch = machine.reserve(3 * PAIR_BYTES)
    this.#t = [scratch, scratch + PAIR_BYTES, scratch + 2 * PAIR_BYTES]
  }

  /**
   * @param points 64 bytes each.
   * @param scalar not negative and below 2^254.
   * @returns the multiples, and for each point whether it was canonical and on the curve; where not,
   * its multiple is (0, 0), which is no point.
   */
  multiply(points: Uint8Array, scalar: bigint): { multiples: Uint8Array; isPoint: Uint8Array } {
    const count = points.length / AFFINE_BYTES
    const multiples = new Uint8Array(points.length)
    const isPoint = new Uint8Array(count)
    const digits = recode(scalar)
    const input = new DataView(points.buffer, points.byteOffset, points.length)
    const output = new DataView(multiples.buffer)
    for (let start = 0; start < count; start += BLOCK) {
      const end = Math.min(count, start + BLOCK)
      for (let at = start; at < end; at += 2) {
        const result = this.#results + ((at - start) / 2) * POINT_BYTES
        this.#load(input, at, end, isPoint)
        this.#ladder(digits)
        this.#machine.copy(result, this.#point, POINT_BYTES)
      }
      this.#finish(output, start, end, isPoint)
    }
    return { multiples, isPoint }
  }

  /** Both points into `#point`; the identity in the place of what is none. */
  #load(input: DataView, at: number, end: number, isPoint: Uint8Array): void {
    const machine = this.#machine
    const { multiply, square, add, subtract } = machine.call
    const [x, y, t, z] = this.#coordinates(this.#point)
    machine.clear(x)
    machine.clear(y)
    const canonical: boolean[] = []
    for (const lane of [0, 1] as const) {
      if (at + lane >= end) continue
      const offset = (at + lane) * AFFINE_BYTES
      const isX = machine.read(x, lane, input, offset)
      canonical.push(machine.read(y, lane, input, offset + 32) && isX)
    }
    machine.enter(x)
    machine.enter(y)
    multiply(x, x, this.#root)
    multiply(t, x, y)
    machine.copy(z, this.#one)
    // y² − x² = 1 + d'·(xy)²
    const [left, right, difference] = this.#t
    square(left, y)
    square(right, x)
    subtract(left, left, right)
    square(right, t)
    multiply(right, right, this.#dMinusOne)
    add(right, right, this.#one)
    subtract(difference, left, right)
    for (const lane of [0, 1] as const) {
      if (canonical[lane] === true && machine.isZero(difference, lane)) {
        isPoint[at + lane] = 1
        continue
      }
      machine.clear(x, lane)
      machine.clear(t, lane)
      machine.copyLane(y, this.#one, lane)
    }
  }

  /** `#point` becomes its multiple. */
  #ladder(digits: readonly number[]): void {
    const machine = this.#machine
    const { cache, addCached, addCachedLast, subtractCachedLast, double } = machine.call
    const point = this.#point
    const table = this.#table
    cache(table, point)
    machine.copy(this.#cachedBase, table, CACHED_BYTES)
    for (let i = 1; i < TABLE; i++) {
      addCached(point, this.#cachedBase)
      cache(table + i * CACHED_BYTES, point)
    }
    const [x, y, t, z] = this.#coordinates(point)
    machine.clear(x)
    machine.clear(t)
    machine.copy(y, this.#one)
    machine.copy(z, this.#one)
    for (const digit of digits) {
      // WINDOW doublings.
      double(point, WINDOW - 1)
      if (digit > 0) addCachedLast(point, table + (digit - 1) * CACHED_BYTES)
      else if (digit < 0) subtractCachedLast(point, table + (-digit - 1) * CACHED_BYTES)
      // A point that is added and thrown away: digits of 0 take as long as others.
      else {
        machine.copy(this.#spare, point, POINT_BYTES)
        addCachedLast(point, table)
        machine.copy(point, this.#spare, POINT_BYTES)
      }
    }
  }

  /** Affine coordinates of a block: one inversion for all of them (Montgomery's trick). */
  #finish(output: DataView, start: number, end: number, isPoint: Uint8Array): void {
    const machine = this.#machine
    const { multiply } = machine.call
    const pairs = Math.ceil((end - start) / 2)
    const zOf = (pair: number): number => this.#coordinates(this.#results + pair * POINT_BYTES)[3]
    const prefix = (pair: number): number => this.#prefixes + pair * PAIR_BYTES
    machine.copy(prefix(0), zOf(0))
    for (let pair = 1; pair < pairs; pair++) multiply(prefix(pair), prefix(pair - 1), zOf(pair))
    const [running, inverseZ, value] = this.#t
    machine.power(running, prefix(pairs - 1), FIELD_ORDER - 2n)
    for (let pair = pairs - 1; pair >= 0; pair--) {
      if (pair > 0) multiply(inverseZ, running, prefix(pair - 1))
      else machine.copy(inverseZ, running)
      multiply(running, running, zOf(pair))
      const [x, y] = this.#coordinates(this.#results + pair * POINT_BYTES)
      multiply(x, x, inverseZ)
      multiply(x, x, this.#inverseRoot)
      multiply(y, y, inverseZ)
      for (const [coordinate, shift] of [
        [x, 0],
        [y, 32],
      ] as const) {
        machine.leave(value, coordinate)
        for (const lane of [0, 1] as const) {
          const at = start + 2 * pair + lane
          if (at < end && isPoint[at] === 1) {
            machine.write(value, lane, output, at * AFFINE_BYTES + shift)
          }
        }
      }
    }
  }

  #coordinates(point: number): [x: number, y: number, t: number, z: number] {
    return [point, point + PAIR_BYTES, point + 2 * PAIR_BYTES, point + 3 * PAIR_BYTES]
  }
}

/** Digits from −16 to 15, highest first; always as many. */
function recode(scalar: bigint): number[] {
  const digits: number[] = []
  let rest = scalar
  for (let i = 0; i < Math.ceil(255 / WINDOW); i++) {
    let digit = Number(rest & BigInt(2 ** WINDOW - 1))
    rest >>= BigInt(WINDOW)
    if (digit >= TABLE) {
      digit -= 2 ** WINDOW
      rest += 1n
    }
    digits.push(digit)
  }
  if (scalar < 0n || rest !== 0n) throw new RangeError('the scalar has more than 254 bits')
  return digits.reverse()
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = (b * b) % FIELD_ORDER) {
    if ((e & 1n) === 1n) result = (result * b) % FIELD_ORDER
  }
  return result
}

function inverse(value: bigint): bigint {
  return power(value, FIELD_ORDER - 2n)
}

/** Tonelli and Shanks. @throws {RangeError} for what is no square. */
function squareRoot(value: bigint): bigint {
  let odd = FIELD_ORDER - 1n
  let twos = 0
  for (; (odd & 1n) === 0n; odd >>= 1n) twos += 1
  let nonResidue = 2n
  while (power(nonResidue, (FIELD_ORDER - 1n) / 2n) === 1n) nonResidue += 1n
  let generator = power(nonResidue, odd)
  let root = power(value, (odd + 1n) / 2n)
  let rest = power(value, odd)
  while (rest !== 1n) {
    let order = 0
    for (let square = rest; square !== 1n; square = (square * square) % FIELD_ORDER) order += 1
    if (order >= twos) throw new RangeError('no square root')
    const step = power(generator, 1n << BigInt(twos - order - 1))
    root = (root * step) % FIELD_ORDER
    generator = (step * step) % FIELD_ORDER
    rest = (rest * generator) % FIELD_ORDER
    twos = order
  }
  return root
}
