import { MalformedR1csError } from './errors.ts'

/** BN254 scalar field order, the only field our circuits are compiled for. */
const FIELD_ORDER = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
const FIELD_BYTES = 32

/** Header of an iden3 r1cs file, version 1. */
export type R1csHeader = {
  wires: number
  publicOutputs: number
  publicInputs: number
  privateInputs: number
  labels: number
  constraints: number
}

export type R1csCounts = R1csHeader & {
  /** Rows whose A and B both hold a signal that is not the constant: what Groth16 pays for. */
  nonLinear: number
  linear: number
}

/**
 * One side (A, B or C) of all rows, row after row: row i's terms are `starts[i]` to `starts[i + 1]`.
 * `coefficients` holds byte offsets into the file, where each is 32 bytes, little endian, canonical.
 */
export type R1csMatrix = {
  starts: Uint32Array
  signals: Uint32Array
  coefficients: Float64Array
}

export type R1cs = {
  header: R1csHeader
  bytes: Uint8Array
  a: R1csMatrix
  b: R1csMatrix
  c: R1csMatrix
}

/** Size of a field element, the field, four counts of signals, of labels, and of constraints. */
const HEADER_BYTES = 4 + FIELD_BYTES + 4 * 4 + 8 + 4

type Sections = Map<number, { start: number; length: number }>

/** @throws {MalformedR1csError} when it is no r1cs file over BN254. */
export function readR1csHeader(bytes: Uint8Array): R1csHeader {
  return headerOf(bytes, sectionsOf(bytes))
}

/** Reads all constraints. @throws {MalformedR1csError} */
export function readR1cs(bytes: Uint8Array): R1cs {
  const sections = sectionsOf(bytes)
  const header = headerOf(bytes, sections)
  const section = sections.get(2)
  if (section === undefined) throw new MalformedR1csError({ reason: 'no constraints section' })
  const view = viewOf(bytes)

  const sizes = [0, 0, 0]
  let position = section.start
  for (let row = 0; row < header.constraints; row++) {
    for (let side = 0; side < 3; side++) {
      // A count that lies would have the view throw an error of its own.
      if (position + 4 > view.byteLength) throw new MalformedR1csError({ reason: 'it is cut off' })
      const terms = view.getUint32(position, true)
      sizes[side]! += terms
      position += 4 + terms * (4 + FIELD_BYTES)
    }
  }
  if (position !== section.start + section.length) {
    throw new MalformedR1csError({ reason: 'the rows do not fill their section' })
  }

  const matrices = sizes.map((size) => ({
    starts: new Uint32Array(header.constraints + 1),
    signals: new Uint32Array(size),
    coefficients: new Float64Array(size),
  }))
  const filled = [0, 0, 0]
  position = section.start
  for (let row = 0; row < header.constraints; row++) {
    for (let side = 0; side < 3; side++) {
      const matrix = matrices[side]!
      const terms = view.getUint32(position, true)
      position += 4
      let at = filled[side]!
      for (let term = 0; term < terms; term++) {
        const signal = view.getUint32(position, true)
        if (signal >= header.wires) throw new MalformedR1csError({ reason: 'unknown wire' })
        matrix.signals[at] = signal
        matrix.coefficients[at] = position + 4
        at += 1
        position += 4 + FIELD_BYTES
      }
      filled[side] = at
      matrix.starts[row + 1] = at
    }
  }
  return { header, bytes, a: matrices[0]!, b: matrices[1]!, c: matrices[2]! }
}

/** Counts rows the way circom reports them. */
export function countConstraints(bytes: Uint8Array): R1csCounts {
  const { header, a, b } = readR1cs(bytes)
  let nonLinear = 0
  for (let row = 0; row < header.constraints; row++) {
    if (hasSignal(a, row) && hasSignal(b, row)) nonLinear += 1
  }
  return { ...header, nonLinear, linear: header.constraints - nonLinear }
}

/** Reads `FIELD_BYTES` little-endian bytes at `offset`. */
export function readFieldElement(bytes: Uint8Array, offset: number): bigint {
  const view = viewOf(bytes)
  return (
    view.getBigUint64(offset, true) |
    (view.getBigUint64(offset + 8, true) << 64n) |
    (view.getBigUint64(offset + 16, true) << 128n) |
    (view.getBigUint64(offset + 24, true) << 192n)
  )
}

function hasSignal(matrix: R1csMatrix, row: number): boolean {
  for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++) {
    if (matrix.signals[at] !== 0) return true
  }
  return false
}

function sectionsOf(bytes: Uint8Array): Sections {
  const view = viewOf(bytes)
  if (bytes.length < 12 || view.getUint32(0, false) !== 0x72316373) {
    throw new MalformedR1csError({ reason: 'it does not begin with r1cs' })
  }
  if (view.getUint32(4, true) !== 1) throw new MalformedR1csError({ reason: 'unknown version' })
  const count = view.getUint32(8, true)
  const sections: Sections = new Map()
  let position = 12
  for (let i = 0; i < count; i++) {
    if (position + 12 > bytes.length) throw new MalformedR1csError({ reason: 'it is cut off' })
    const type = view.getUint32(position, true)
    const length = Number(view.getBigUint64(position + 4, true))
    position += 12
    if (position + length > bytes.length) throw new MalformedR1csError({ reason: 'it is cut off' })
    sections.set(type, { start: position, length })
    position += length
  }
  return sections
}

function headerOf(bytes: Uint8Array, sections: Sections): R1csHeader {
  const section = sections.get(1)
  if (section === undefined) throw new MalformedR1csError({ reason: 'no header' })
  if (section.length < HEADER_BYTES) throw new MalformedR1csError({ reason: 'it is cut off' })
  const view = viewOf(bytes)
  let position = section.start
  if (
    view.getUint32(position, true) !== FIELD_BYTES ||
    readFieldElement(bytes, position + 4) !== FIELD_ORDER
  ) {
    throw new MalformedR1csError({ reason: 'its field is not the BN254 scalar field' })
  }
  position += 4 + FIELD_BYTES
  const at = (word: number): number => view.getUint32(position + word * 4, true)
  return {
    wires: at(0),
    publicOutputs: at(1),
    publicInputs: at(2),
    privateInputs: at(3),
    labels: Number(view.getBigUint64(position + 16, true)),
    constraints: view.getUint32(position + 24, true),
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
