/** Memory that ffjavascript's curve program is compiled for, in pages of 64 KiB. */
const PROGRAM_PAGES = 25
const PAGE = 65_536

export type PointerFunction = (...pointers: number[]) => number

/**
 * One running copy of ffjavascript's BN254 program with memory of our own. Calling its functions
 * directly is what makes loops of single group operations fast; ffjavascript's own interface copies
 * operands at each call. It is passed the module because that package cannot be imported in a worker
 * thread (it takes every worker thread for its own).
 */
export class CurveProgram {
  readonly #memory: WebAssembly.Memory
  readonly #exports: WebAssembly.Exports

  private constructor(memory: WebAssembly.Memory, exports: WebAssembly.Exports) {
    this.#memory = memory
    this.#exports = exports
  }

  static async run(module: WebAssembly.Module): Promise<CurveProgram> {
    const memory = new WebAssembly.Memory({ initial: PROGRAM_PAGES })
    const instance = await WebAssembly.instantiate(module, { env: { memory } })
    return new CurveProgram(memory, instance.exports)
  }

  /** @throws {TypeError} when the program has no such function. */
  functionNamed(name: string): PointerFunction {
    const found = this.#exports[name]
    if (typeof found !== 'function') throw new TypeError(`the curve program has no ${name}`)
    return found as PointerFunction
  }

  /** Memory for ever, beyond what the program has taken for itself. */
  reserve(length: number): number {
    const pointer = this.#memory.buffer.byteLength
    this.#memory.grow(Math.ceil(length / PAGE))
    return pointer
  }

  /** A view that holds until the next `reserve`. */
  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, pointer, length)
  }

  write(pointer: number, bytes: Uint8Array): void {
    this.bytes(pointer, bytes.length).set(bytes)
  }

  /** A number of up to `length` · 8 bits, little endian; `length` is a multiple of 8. */
  writeNumber(pointer: number, value: bigint, length = 32): void {
    const view = new DataView(this.#memory.buffer, pointer, length)
    for (let word = 0; word < length / 8; word++) {
      view.setBigUint64(word * 8, BigInt.asUintN(64, value >> BigInt(64 * word)), true)
    }
  }
}
