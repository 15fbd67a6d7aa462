import { FIELD_ORDER } from '../protocol/constants.ts'
import { CircuitInputError, CircuitProgramError, WitnessUnsatisfiedError } from './errors.ts'

/** Field elements are 0 ≤ value < r. Nothing is reduced: a value + r is refused, not accepted. */
export type CircuitInputValue =
  bigint | readonly CircuitInputValue[] | { readonly [field: string]: CircuitInputValue }
export type CircuitInputs = { readonly [signal: string]: CircuitInputValue }

/** Words of 32 bits in a field element. */
const WORDS = 8
const MASK_32 = 0xffffffffn
const MASK_64 = (1n << 64n) - 1n

/** What circom's exception codes mean; 4 is a failed assertion. */
const ASSERTION_FAILED = 4
const exceptionReasons: Readonly<Record<number, string>> = {
  1: 'a signal was not found',
  2: 'too many signals were set',
  3: 'a signal was set twice',
  5: 'not enough memory',
  6: 'an input array is larger than the signal',
  7: 'an array was accessed out of bounds',
}

type Exports = {
  init: (sanityCheck: number) => void
  getFieldNumLen32: () => number
  getInputSignalSize: (hashHigh: number, hashLow: number) => number
  getInputSize: () => number
  setInputSignal: (hashHigh: number, hashLow: number, position: number) => void
  getWitnessSize: () => number
  getWitness: (index: number) => void
  readSharedRWMemory: (word: number) => number
  writeSharedRWMemory: (word: number, value: number) => void
  getMessageChar: () => number
}

/** Thrown through the program to unwind it; never leaves this file. */
class ProgramException extends Error {
  readonly exceptionCode: number
  constructor(exceptionCode: number) {
    super('circom exception')
    this.exceptionCode = exceptionCode
  }
}

/** Runs one circuit's witness program. Compiled once; every witness gets a fresh memory. */
export class WitnessCalculator {
  readonly #circuit: string
  readonly #module: WebAssembly.Module

  private constructor(circuit: string, module: WebAssembly.Module) {
    this.#circuit = circuit
    this.#module = module
  }

  static async load(circuit: string, wasm: Uint8Array<ArrayBuffer>): Promise<WitnessCalculator> {
    return new WitnessCalculator(circuit, await WebAssembly.compile(wasm))
  }

  /**
   * The witness as 32-byte little-endian elements: 1, outputs, public inputs, then the rest.
   *
   * @throws {CircuitInputError} for an unknown, missing or non-canonical input.
   * @throws {WitnessUnsatisfiedError} when an assertion or constraint fails.
   * @throws {CircuitProgramError}
   */
  async calculate(inputs: CircuitInputs): Promise<Uint8Array> {
    const messages: string[] = []
    // A fresh instance: the last run's private values are gone, and so is the state of a failed one.
    const instance = await WebAssembly.instantiate(this.#module, {
      runtime: {
        exceptionHandler: (code: number) => {
          throw new ProgramException(code)
        },
        printErrorMessage: () => void messages.push(readMessage(program)),
        // `log()` in a circuit prints signals, which are private: read and dropped.
        writeBufferMessage: () => void readMessage(program),
        showSharedRWMemory: () => {},
      },
    })
    const program = instance.exports as unknown as Exports
    if (program.getFieldNumLen32() !== WORDS) {
      throw new CircuitProgramError({ circuit: this.#circuit, reason: 'another field' })
    }
    try {
      program.init(1)
      this.#setInputs(program, inputs)
      return readWitness(program)
    } catch (error) {
      if (error instanceof CircuitInputError) throw error
      if (error instanceof ProgramException && error.exceptionCode === ASSERTION_FAILED) {
        const location = messages.map(withoutValues).filter((line) => line !== '')
        throw new WitnessUnsatisfiedError({ circuit: this.#circuit, location })
      }
      // No cause: an error of the engine could quote what the program held.
      const reason =
        error instanceof ProgramException
          ? (exceptionReasons[error.exceptionCode] ?? 'an unknown exception')
          : 'the program stopped'
      throw new CircuitProgramError({ circuit: this.#circuit, reason })
    }
  }

  #setInputs(program: Exports, inputs: CircuitInputs): void {
    const flat = new Map<string, bigint[]>()
    for (const [signal, value] of Object.entries(inputs)) this.#flatten(signal, value, flat)
    // Sizes first: the program runs as soon as its last input is set.
    let count = 0
    for (const [signal, values] of flat) {
      const size = program.getInputSignalSize(...hashName(signal))
      if (size < 0) {
        throw new CircuitInputError({ circuit: this.#circuit, signal, reason: 'no such input' })
      }
      if (size !== values.length) {
        throw new CircuitInputError({
          circuit: this.#circuit,
          signal,
          reason: `${values.length} values where the signal has ${size}`,
        })
      }
      count += size
    }
    if (count !== program.getInputSize()) {
      throw new CircuitInputError({
        circuit: this.#circuit,
        signal: [...flat.keys()].join(', '),
        reason: `only ${count} of ${program.getInputSize()} input values are given`,
      })
    }
    for (const [signal, values] of flat) {
      const [high, low] = hashName(signal)
      for (const [position, value] of values.entries()) {
        for (let word = 0; word < WORDS; word++) {
          program.writeSharedRWMemory(word, Number((value >> BigInt(32 * word)) & MASK_32))
        }
        program.setInputSignal(high, low, position)
      }
    }
  }

  /** Arrays of numbers are one signal; arrays of buses and buses are one signal for each field. */
  #flatten(signal: string, value: CircuitInputValue, flat: Map<string, bigint[]>): void {
    if (typeof value === 'bigint') {
      if (value < 0n || value >= FIELD_ORDER) {
        throw new CircuitInputError({
          circuit: this.#circuit,
          signal,
          reason: 'not a canonical field element',
        })
      }
      const values = flat.get(signal)
      if (values === undefined) flat.set(signal, [value])
      else values.push(value)
    } else if (isArray(value)) {
      // An empty array is a signal of size 0 and has no value to set.
      const holdsBuses = value.some(containsBus)
      for (const [index, element] of value.entries()) {
        this.#flatten(holdsBuses ? `${signal}[${index}]` : signal, element, flat)
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [field, element] of Object.entries(value)) {
        this.#flatten(`${signal}.${field}`, element, flat)
      }
    } else {
      throw new CircuitInputError({ circuit: this.#circuit, signal, reason: 'not a bigint' })
    }
  }
}

/** The witness as an iden3 wtns file, version 2, which is what snarkjs reads. */
export function encodeWitnessFile(witness: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + 12 + 40 + 12 + witness.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0x77, 0x74, 0x6e, 0x73]) // wtns
  view.setUint32(4, 2, true)
  view.setUint32(8, 2, true)
  view.setUint32(12, 1, true)
  view.setBigUint64(16, 40n, true)
  view.setUint32(24, 4 * WORDS, true)
  for (let word = 0; word < WORDS; word++) {
    view.setUint32(28 + 4 * word, Number((FIELD_ORDER >> BigInt(32 * word)) & MASK_32), true)
  }
  view.setUint32(60, witness.length / (4 * WORDS), true)
  view.setUint32(64, 2, true)
  view.setBigUint64(68, BigInt(witness.length), true)
  bytes.set(witness, 76)
  return bytes
}

/** The elements of a witness as numbers. */
export function decodeWitness(witness: Uint8Array): bigint[] {
  const view = new DataView(witness.buffer, witness.byteOffset, witness.byteLength)
  return Array.from({ length: witness.length / (4 * WORDS) }, (_, index) => {
    const at = index * 4 * WORDS
    return (
      view.getBigUint64(at, true) |
      (view.getBigUint64(at + 8, true) << 64n) |
      (view.getBigUint64(at + 16, true) << 128n) |
      (view.getBigUint64(at + 24, true) << 192n)
    )
  })
}

function readWitness(program: Exports): Uint8Array {
  const size = program.getWitnessSize()
  const witness = new Uint32Array(size * WORDS)
  for (let index = 0; index < size; index++) {
    program.getWitness(index)
    for (let word = 0; word < WORDS; word++) {
      witness[index * WORDS + word] = program.readSharedRWMemory(word)
    }
  }
  return new Uint8Array(witness.buffer)
}

function readMessage(program: Exports): string {
  let message = ''
  for (let char = program.getMessageChar(); char !== 0; char = program.getMessageChar()) {
    message += String.fromCharCode(char)
  }
  return message
}

/** circom's messages name template, line and component. Should one ever quote a number, it goes. */
function withoutValues(message: string): string {
  return message.trim().replace(/\d{7,}/g, '…')
}

/** FNV-1a over the name, 64 bits, as circom's programs look signals up. */
function hashName(name: string): [high: number, low: number] {
  let hash = 0xcbf29ce484222325n
  for (let index = 0; index < name.length; index++) {
    hash = ((hash ^ BigInt(name.charCodeAt(index))) * 0x100000001b3n) & MASK_64
  }
  return [Number(hash >> 32n), Number(hash & MASK_32)]
}

function containsBus(value: CircuitInputValue): boolean {
  if (typeof value === 'bigint') return false
  return isArray(value) ? value.some(containsBus) : true
}

function isArray(value: CircuitInputValue): value is readonly CircuitInputValue[] {
  return Array.isArray(value)
}
