import { closeSync, openSync, writeSync } from 'node:fs'

import { buildBn128 } from 'ffjavascript'

import type { R1cs } from '../../circuits/r1cs.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'

/** Order q of BN254's base field (EIP-196). */
const BASE_FIELD_ORDER =
  21888242871839275222246405745257275088696311157297823662689037894645226208583n
const PROTOCOL_GROTH16 = 1
const COEFFICIENT_BYTES = 12 + 32

/** Affine points in Montgomery form, 64 bytes in G1 and 128 in G2, concatenated. */
export type ZkeyPoints = {
  alpha1: Uint8Array
  beta1: Uint8Array
  beta2: Uint8Array
  gamma2: Uint8Array
  delta1: Uint8Array
  delta2: Uint8Array
  /** One for the constant and each public wire. */
  ic: Uint8Array
  /** One a wire. */
  a: Uint8Array
  b1: Uint8Array
  b2: Uint8Array
  /** One a private wire. */
  c: Uint8Array
  /** One a point of the domain. */
  h: Uint8Array
}

/** Writes a Groth16 proving key in snarkjs' zkey format, version 1, without contributions. */
export async function writeZkey(
  path: string,
  { r1cs, power, points }: { r1cs: R1cs; power: number; points: ZkeyPoints },
): Promise<void> {
  const { header } = r1cs
  const publicWires = header.publicOutputs + header.publicInputs
  const sections: [id: number, parts: Uint8Array[]][] = [
    [1, [words(PROTOCOL_GROTH16)]],
    [
      2,
      [
        words(32),
        littleEndian(BASE_FIELD_ORDER),
        words(32),
        littleEndian(FIELD_ORDER),
        words(header.wires, publicWires, 2 ** power),
        points.alpha1,
        points.beta1,
        points.beta2,
        points.gamma2,
        points.delta1,
        points.delta2,
      ],
    ],
    [3, [points.ic]],
    [4, [await encodeCoefficients(r1cs)]],
    [5, [points.a]],
    [6, [points.b1]],
    [7, [points.b2]],
    [8, [points.c]],
    [9, [points.h]],
    // The hash of phase 2's start and the number of contributions: there was no phase 2.
    [10, [new Uint8Array(64), words(0)]],
  ]
  const file = openSync(path, 'wx')
  try {
    writeSync(file, Buffer.from('zkey'))
    writeSync(file, words(1, sections.length))
    for (const [id, parts] of sections) {
      const length = parts.reduce((sum, part) => sum + part.length, 0)
      writeSync(file, words(id, length % 2 ** 32, Math.floor(length / 2 ** 32)))
      for (const part of parts) writeWhole(file, part)
    }
  } finally {
    closeSync(file)
  }
}

/**
 * The rows of A and B as (matrix, row, wire, value), then A's extra row for each public wire.
 * snarkjs multiplies a value by a witness element that is not in Montgomery form and wants the product
 * in it, hence value·2^512.
 */
async function encodeCoefficients({ header, bytes, a, b }: R1cs): Promise<Uint8Array> {
  const publicWires = header.publicOutputs + header.publicInputs
  const count = a.signals.length + b.signals.length + publicWires + 1
  const encoded = new Uint8Array(4 + count * COEFFICIENT_BYTES)
  const view = new DataView(encoded.buffer)
  const values = new Uint8Array(count * 32)
  view.setUint32(0, count, true)
  let index = 0
  const put = (matrix: number, row: number, wire: number): void => {
    const at = 4 + index * COEFFICIENT_BYTES
    view.setUint32(at, matrix, true)
    view.setUint32(at + 4, row, true)
    view.setUint32(at + 8, wire, true)
    index += 1
  }
  for (let row = 0; row < header.constraints; row++) {
    for (const [side, matrix] of [a, b].entries()) {
      for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++) {
        const offset = matrix.coefficients[at]!
        values.set(bytes.subarray(offset, offset + 32), index * 32)
        put(side, row, matrix.signals[at]!)
      }
    }
  }
  for (let wire = 0; wire <= publicWires; wire++) {
    values[index * 32] = 1
    put(0, header.constraints + wire, wire)
  }
  // In this thread: ffjavascript's own threads would keep the process alive.
  const { Fr } = await buildBn128(true)
  // Chunks, because the program's memory takes only so much at once.
  const chunk = 2 ** 16 * 32
  for (let start = 0; start < values.length; start += chunk) {
    const part = values.slice(start, start + chunk)
    const scaled = await Fr.batchToMontgomery(await Fr.batchToMontgomery(part))
    for (let at = 0; at < scaled.length; at += 32) {
      const target = 4 + ((start + at) / 32) * COEFFICIENT_BYTES + 12
      encoded.set(scaled.subarray(at, at + 32), target)
    }
  }
  return encoded
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at)
}

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true)
  return bytes
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, byte) => Number((value >> BigInt(8 * byte)) & 0xffn))
}
