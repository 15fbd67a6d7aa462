import type { FieldMachine } from './fieldMachine.ts'
import { PAIR_BYTES } from './fieldProgram.ts'
import type poseidonConstants from './poseidonConstants.js'

const ELEMENT_BYTES = 32
const FULL_ROUNDS = 8
/** After so many partial rounds the state has grown to nine times the order, and is brought down. */
const ROUNDS_BEFORE_REDUCTION = 8

type Instance = {
  readonly width: number
  readonly partialRounds: number
  readonly fullRound: (...pointers: number[]) => void
  readonly partialRound: (...pointers: number[]) => void
  /** Added before the first round, then `width` for each full round of the first half. */
  readonly firstConstants: number
  readonly partialConstants: number
  readonly lastConstants: number
  readonly matrix: number
  readonly preSparseMatrix: number
  readonly states: readonly [number, number]
}

/** Poseidon of many inputs, two hashes at a time, with circomlib's constants. */
export class FieldHasher {
  readonly #machine: FieldMachine
  readonly #constants: typeof poseidonConstants
  readonly #instances = new Map<number, Instance>()
  readonly #one: number
  readonly #out: number

  constructor(machine: FieldMachine, constants: typeof poseidonConstants) {
    this.#machine = machine
    this.#constants = constants
    this.#one = machine.constant(1n)
    this.#out = machine.reserve(PAIR_BYTES)
  }

  /**
   * @param initialState 32 bytes, little endian, canonical, as all numbers here.
   * @param arity inputs of each hash, 1 to 16.
   * @returns 32 bytes a hash.
   * @throws {RangeError} when an input is not canonical.
   */
  hashMany(initialState: Uint8Array, arity: number, inputs: Uint8Array): Uint8Array {
    const instance = this.#instance(arity)
    const machine = this.#machine
    const count = inputs.length / (ELEMENT_BYTES * arity)
    const hashes = new Uint8Array(count * ELEMENT_BYTES)
    const output = new DataView(hashes.buffer)
    const input = new DataView(inputs.buffer, inputs.byteOffset, inputs.length)
    const state = new DataView(initialState.buffer, initialState.byteOffset, ELEMENT_BYTES)
    const [first] = instance.states
    for (let at = 0; at < count; at += 2) {
      const lanes = at + 1 < count ? ([0, 1] as const) : ([0] as const)
      let isCanonical = true
      for (let i = 0; i <= arity; i++) {
        const element = first + i * PAIR_BYTES
        machine.clear(element)
        for (const lane of lanes) {
          const offset = ((at + lane) * arity + i - 1) * ELEMENT_BYTES
          isCanonical &&=
            i === 0
              ? machine.read(element, lane, state, 0)
              : machine.read(element, lane, input, offset)
        }
        machine.enter(element)
      }
      if (!isCanonical) throw new RangeError('an input is not canonical')
      machine.leave(this.#out, this.#permute(instance))
      for (const lane of lanes) machine.write(this.#out, lane, output, (at + lane) * ELEMENT_BYTES)
    }
    return hashes
  }

  /** @returns where the first element of the permuted state is. */
  #permute(instance: Instance): number {
    const { add, carry, multiply } = this.#machine.call
    const { width, fullRound, partialRound, partialRounds, matrix } = instance
    const stateBytes = width * PAIR_BYTES
    let [from, to] = instance.states
    for (let i = 0; i < stateBytes; i += PAIR_BYTES) {
      add(from + i, from + i, instance.firstConstants + i)
      carry(from + i, from + i)
    }
    const half = FULL_ROUNDS / 2
    for (let round = 0; round < half; round++) {
      const constants = instance.firstConstants + (round + 1) * stateBytes
      fullRound(to, from, constants, round === half - 1 ? instance.preSparseMatrix : matrix)
      ;[from, to] = [to, from]
    }
    for (let round = 0; round < partialRounds; round++) {
      partialRound(from, instance.partialConstants + round * 2 * stateBytes)
      if (round % ROUNDS_BEFORE_REDUCTION !== ROUNDS_BEFORE_REDUCTION - 1) continue
      for (let i = PAIR_BYTES; i < stateBytes; i += PAIR_BYTES) {
        multiply(from + i, from + i, this.#one)
      }
    }
    for (let round = 0; round < half; round++) {
      fullRound(to, from, instance.lastConstants + round * stateBytes, matrix)
      ;[from, to] = [to, from]
    }
    return from
  }

  #instance(arity: number): Instance {
    const known = this.#instances.get(arity)
    if (known !== undefined) return known
    const machine = this.#machine
    const width = arity + 1
    const { C, S, M, P } = this.#constants
    const [c, s, m, p] = [C[arity - 1], S[arity - 1], M[arity - 1], P[arity - 1]]
    if (c === undefined || s === undefined || m === undefined || p === undefined) {
      throw new RangeError('a hash takes 1 to 16 inputs')
    }
    const partialRounds = c.length - FULL_ROUNDS * width
    const store = (values: readonly string[]): number => {
      const pointer = machine.reserve(values.length * PAIR_BYTES)
      values.forEach((value, i) => machine.constant(BigInt(value), pointer + i * PAIR_BYTES))
      return pointer
    }
    const columnsOf = (rows: readonly (readonly string[])[]): string[] =>
      rows.flatMap((_, column) => rows.map((row) => row[column] ?? '0'))
    const beforePartial = (FULL_ROUNDS / 2 + 1) * width
    const sparse = 2 * width - 1
    const instance: Instance = {
      width,
      partialRounds,
      fullRound: machine.functionNamed(`fullRound${String(width)}`),
      partialRound: machine.functionNamed(`partialRound${String(width)}`),
      firstConstants: store(c.slice(0, beforePartial)),
      partialConstants: store(
        Array.from({ length: partialRounds }, (_, round) => [
          c[beforePartial + round] ?? '0',
          ...s.slice(round * sparse, (round + 1) * sparse),
        ]).flat(),
      ),
      // The last round adds nothing.
      lastConstants: store([
        ...c.slice(beforePartial + partialRounds),
        ...Array.from({ length: width }, () => '0'),
      ]),
      matrix: store(columnsOf(m)),
      preSparseMatrix: store(columnsOf(p)),
      states: [machine.reserve(width * PAIR_BYTES), machine.reserve(width * PAIR_BYTES)],
    }
    this.#instances.set(arity, instance)
    return instance
  }
}
