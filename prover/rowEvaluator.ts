import { curveModule } from './curveModule.ts'
import { CurveProgram } from './curveProgram.ts'
import type { PointerFunction } from './curveProgram.ts'

/** Matrix, row and wire of 4 bytes each, then the value. */
const COEFFICIENT_BYTES = 12 + 32
const ELEMENT_BYTES = 32
const COEFFICIENTS_SECTION = 4
/** Magic, version, number of sections; and id and length of each. */
const FILE_HEADER_BYTES = 12
const SECTION_HEADER_BYTES = 12

/**
 * Evaluates the rows of A and B for a witness and hides them in the proving key.
 *
 * snarkjs evaluates them itself, coefficient by coefficient in JavaScript, about 2 µs each: of batch-16's
 * 4.3 million that is half the time of a proof. Here the curve program does it in one call, and snarkjs gets a
 * key in which each row is one coefficient, the row's value, at the wire that is always 1. The
 * polynomials, and so the proof, are the same.
 */
export class RowEvaluator {
  readonly #program: CurveProgram
  readonly #buildRows: PointerFunction
  readonly #toMontgomery: PointerFunction
  readonly #key: Uint8Array
  /** Offset in `key` of the first row's coefficient. */
  readonly #rowsStart: number
  readonly #rows: number
  readonly #coefficients: { pointer: number; count: number }
  readonly #witness: { pointer: number; wires: number }
  /** Values of A, of B and of their products. */
  readonly #a: number
  readonly #b: number
  readonly #product: number

  private constructor(program: CurveProgram, zkey: Uint8Array) {
    this.#program = program
    this.#buildRows = program.functionNamed('qap_buildABC')
    this.#toMontgomery = program.functionNamed('frm_batchToMontgomery')

    const sections = sectionsOf(zkey)
    const coefficients = sections.get(COEFFICIENTS_SECTION)
    const header = sections.get(2)
    if (coefficients === undefined || header === undefined) {
      throw new TypeError('the proving key lacks a section')
    }
    const view = new DataView(coefficients.buffer, coefficients.byteOffset)
    const count = view.getUint32(0, true)
    let rows = 0
    for (let index = 0; index < count; index++) {
      rows = Math.max(rows, view.getUint32(4 + index * COEFFICIENT_BYTES + 4, true) + 1)
    }
    // n8q, q, n8r, r, then the number of wires.
    const wires = new DataView(header.buffer, header.byteOffset).getUint32(72, true)

    this.#rows = rows
    this.#coefficients = { pointer: program.reserve(count * COEFFICIENT_BYTES), count }
    program.write(this.#coefficients.pointer, coefficients.subarray(4))
    this.#witness = { pointer: program.reserve(wires * ELEMENT_BYTES), wires }
    this.#a = program.reserve(rows * ELEMENT_BYTES)
    this.#b = program.reserve(rows * ELEMENT_BYTES)
    this.#product = program.reserve(rows * ELEMENT_BYTES)

    const { key, rowsStart } = keyOfRows(zkey, sections, rows)
    this.#key = key
    this.#rowsStart = rowsStart
  }

  /** `zkey` is copied and can be dropped. */
  static async load(zkey: Uint8Array): Promise<RowEvaluator> {
    const { module } = await curveModule()
    return new RowEvaluator(await CurveProgram.run(module), zkey)
  }

  /**
   * Gives `use` the key for one witness (32-byte little-endian elements). It holds private values until
   * `use` is done, and none afterwards. One witness at a time.
   *
   * @throws {RangeError} when the witness is of another circuit.
   */
  async withKeyFor<Result>(
    witness: Uint8Array,
    use: (key: Uint8Array) => Promise<Result>,
  ): Promise<Result> {
    const { pointer, wires } = this.#witness
    if (witness.length !== wires * ELEMENT_BYTES) {
      throw new RangeError('the witness does not have as many elements as the key has wires')
    }
    this.#program.write(pointer, witness)
    this.#buildRows(
      this.#coefficients.pointer,
      this.#coefficients.count,
      pointer,
      this.#a,
      this.#b,
      this.#product,
      0,
      this.#rows,
      0,
      wires,
    )
    // The program leaves value·2^256. snarkjs divides a coefficient by 2^256 as it multiplies it by
    // the wire, here 1, and wants value·2^256 again.
    this.#toMontgomery(this.#a, this.#rows, this.#a)
    this.#toMontgomery(this.#b, this.#rows, this.#b)
    this.#copyRows()
    try {
      return await use(this.#key)
    } finally {
      this.#program.bytes(pointer, witness.length).fill(0)
      for (const area of [this.#a, this.#b, this.#product]) {
        this.#program.bytes(area, this.#rows * ELEMENT_BYTES).fill(0)
      }
      this.#copyRows()
    }
  }

  #copyRows(): void {
    const length = this.#rows * ELEMENT_BYTES
    for (const [matrix, area] of [this.#a, this.#b].entries()) {
      const values = this.#program.bytes(area, length)
      for (let row = 0; row < this.#rows; row++) {
        this.#key.set(
          values.subarray(row * ELEMENT_BYTES, (row + 1) * ELEMENT_BYTES),
          this.#rowsStart + (2 * row + matrix) * COEFFICIENT_BYTES + 12,
        )
      }
    }
  }
}

function sectionsOf(zkey: Uint8Array): Map<number, Uint8Array> {
  const view = new DataView(zkey.buffer, zkey.byteOffset, zkey.byteLength)
  const sections = new Map<number, Uint8Array>()
  let position = FILE_HEADER_BYTES
  for (let left = view.getUint32(8, true); left > 0; left--) {
    const id = view.getUint32(position, true)
    const length = Number(view.getBigUint64(position + 4, true))
    position += SECTION_HEADER_BYTES
    sections.set(id, zkey.subarray(position, position + length))
    position += length
  }
  return sections
}

/** The same key with two coefficients a row, both at wire 0, their values left open. */
function keyOfRows(
  zkey: Uint8Array,
  sections: Map<number, Uint8Array>,
  rows: number,
): { key: Uint8Array; rowsStart: number } {
  const kept = [...sections].filter(([id]) => id !== COEFFICIENTS_SECTION)
  const keptBytes = kept.reduce((sum, [, { length }]) => sum + SECTION_HEADER_BYTES + length, 0)
  const rowsBytes = 4 + 2 * rows * COEFFICIENT_BYTES
  const key = new Uint8Array(FILE_HEADER_BYTES + keptBytes + SECTION_HEADER_BYTES + rowsBytes)
  const view = new DataView(key.buffer)
  key.set(zkey.subarray(0, 8))
  view.setUint32(8, kept.length + 1, true)
  let position = FILE_HEADER_BYTES
  const startSection = (id: number, length: number): void => {
    view.setUint32(position, id, true)
    view.setBigUint64(position + 4, BigInt(length), true)
    position += SECTION_HEADER_BYTES
  }
  for (const [id, content] of kept) {
    startSection(id, content.length)
    key.set(content, position)
    position += content.length
  }
  startSection(COEFFICIENTS_SECTION, rowsBytes)
  view.setUint32(position, 2 * rows, true)
  const rowsStart = position + 4
  for (let row = 0; row < rows; row++) {
    for (const matrix of [0, 1]) {
      const at = rowsStart + (2 * row + matrix) * COEFFICIENT_BYTES
      view.setUint32(at, matrix, true)
      view.setUint32(at + 4, row, true)
    }
  }
  return { key, rowsStart }
}
