/**
 * As much of a WebAssembly assembler as the field program needs: functions over pointers and 128-bit
 * vectors, no control flow but one counted loop.
 *
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

const VECTOR = 0xfd
const I32 = 0x7f
const V128 = 0x7b

function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low + 128 : low)
  } while (rest > 0)
  return bytes
}

function signed(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
    bytes.push(isLast ? low : low | 0x80)
    if (isLast) return bytes
  }
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()]
}

function section(id: number, contents: readonly number[]): number[] {
  return [id, ...unsigned(contents.length), ...contents]
}

function text(name: string): number[] {
  const bytes = [...new TextEncoder().encode(name)]
  return [...unsigned(bytes.length), ...bytes]
}

/** A local variable of 128 bits. */
export type VectorLocal = { readonly index: number }

/** The code of one function: parameters are pointers or counts, and it returns nothing. */
export class FunctionWriter {
  readonly parameters: number
  #vectors = 0
  readonly #code: number[] = []

  constructor(parameters: number) {
    this.parameters = parameters
  }

  local(): VectorLocal {
    return { index: this.parameters + this.#vectors++ }
  }

  locals(count: number): VectorLocal[] {
    return Array.from({ length: count }, () => this.local())
  }

  parameter(index: number): this {
    return this.#emit(0x20, ...unsigned(index))
  }
  /** The constant, as a pointer or count. */
  number(value: number): this {
    return this.#emit(0x41, ...signed(value))
  }
  get(local: VectorLocal): this {
    return this.#emit(0x20, ...unsigned(local.index))
  }
  set(local: VectorLocal): this {
    return this.#emit(0x21, ...unsigned(local.index))
  }
  /** Pushes the pointer `parameter(base) + offset`. */
  pointer(base: number, offset = 0): this {
    this.parameter(base)
    return offset === 0 ? this : this.number(offset).#emit(0x6a)
  }
  call(index: number): this {
    return this.#emit(0x10, ...unsigned(index))
  }
  /** The body as often as the parameter says, which it counts down to 0. */
  repeat(parameter: number, body: () => void): this {
    const counter = unsigned(parameter)
    this.#emit(0x02, 0x40, 0x03, 0x40)
    this.#emit(0x20, ...counter, 0x45, 0x0d, 1)
    body()
    this.#emit(0x20, ...counter, 0x41, 1, 0x6b, 0x21, ...counter, 0x0c, 0, 0x0b, 0x0b)
    return this
  }

  /** 16 bytes at the pointer on the stack, plus a constant offset. */
  load(offset: number): this {
    return this.#vector(0x00, 4, ...unsigned(offset))
  }
  /** 8 bytes, twice. */
  loadTwice(offset: number): this {
    return this.#vector(0x0a, 3, ...unsigned(offset))
  }
  /** Pointer and value are on the stack. */
  store(offset: number): this {
    return this.#vector(0x0b, 4, ...unsigned(offset))
  }
  /** Four lanes of 32 bits. */
  constant(...lanes: readonly [number, number, number, number]): this {
    return this.#vector(
      0x0c,
      ...lanes.flatMap((lane) => [0, 8, 16, 24].map((at) => (lane >>> at) & 255)),
    )
  }
  /** Picks lanes of 32 bits out of two vectors: 0 to 3 of the first, 4 to 7 of the second. */
  shuffle(...lanes: readonly [number, number, number, number]): this {
    return this.#vector(0x0d, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((at) => lane * 4 + at)))
  }
  and(): this {
    return this.#vector(0x4e)
  }
  /** Four lanes of 32 bits. */
  add32(): this {
    return this.#vector(0xae)
  }
  sub32(): this {
    return this.#vector(0xb1)
  }
  shiftRight32(bits: number): this {
    return this.number(bits).#vector(0xad)
  }
  /** Two lanes of 64 bits. */
  add64(): this {
    return this.#vector(0xce)
  }
  negate64(): this {
    return this.#vector(0xc1)
  }
  shiftLeft64(bits: number): this {
    return this.number(bits).#vector(0xcb)
  }
  shiftRight64(bits: number): this {
    return this.number(bits).#vector(0xcd)
  }
  /** 64-bit products of the two low, or the two high, 32-bit lanes. */
  multiply(half: 'low' | 'high'): this {
    return this.#vector(half === 'low' ? 0xde : 0xdf)
  }

  bytes(): number[] {
    const groups = this.#vectors === 0 ? [] : [[...unsigned(this.#vectors), V128]]
    const body = [...vector(groups), ...this.#code, 0x0b]
    return [...unsigned(body.length), ...body]
  }

  #vector(opcode: number, ...operands: number[]): this {
    return this.#emit(VECTOR, ...unsigned(opcode), ...operands)
  }
  #emit(...bytes: number[]): this {
    for (const byte of bytes) this.#code.push(byte)
    return this
  }
}

/** A module of such functions, all exported, over one imported memory. */
export class ModuleWriter {
  readonly #functions: { name: string; writer: FunctionWriter }[] = []

  /** @returns its index, by which later ones call it. */
  add(name: string, parameters: number, write: (writer: FunctionWriter) => void): number {
    const writer = new FunctionWriter(parameters)
    write(writer)
    this.#functions.push({ name, writer })
    return this.#functions.length - 1
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const functions = this.#functions
    const counts = [...new Set(functions.map(({ writer }) => writer.parameters))]
    const types = counts.map((count) => [
      0x60,
      ...vector(Array.from({ length: count }, () => [I32])),
      0,
    ])
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(1, vector(types)),
      ...section(2, vector([[...text('env'), ...text('memory'), 0x02, 0x00, 0x01]])),
      ...section(
        3,
        vector(functions.map(({ writer }) => unsigned(counts.indexOf(writer.parameters)))),
      ),
      ...section(7, vector(functions.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]))),
      ...section(10, vector(functions.map(({ writer }) => writer.bytes()))),
    ])
  }
}
