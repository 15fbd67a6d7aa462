import { buildBn128 } from 'ffjavascript'
import type { Curve } from 'ffjavascript'

import { FIELD_ORDER } from '../../protocol/constants.ts'
import { BASE_FIELD_ORDER } from '../../prover/proof.ts'
import { encodeWitnessFile } from '../../prover/witnessCalculator.ts'

/** Reproducible numbers: xorshift64* over a seed. */
export class Random {
  #state: bigint
  constructor(seed: bigint) {
    this.#state = (seed * 0x9e3779b97f4a7c15n + 1n) & 0xffffffffffffffffn
  }
  next(): bigint {
    let x = this.#state
    x ^= x >> 12n
    x ^= (x << 25n) & 0xffffffffffffffffn
    x ^= x >> 27n
    this.#state = x
    return (x * 0x2545f4914f6cdd1dn) & 0xffffffffffffffffn
  }
  below(limit: number): number {
    return Number(this.next() % BigInt(limit))
  }
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!
  }
  scalar(): bigint {
    let value = 0n
    for (let word = 0; word < 5; word++) value = (value << 64n) | this.next()
    return value % FIELD_ORDER
  }
}

/** How a list of points is filled. */
export type PointKind = 'mixed' | 'infinity' | 'equal' | 'opposite'
/** How a witness is filled. */
export type ScalarKind = 'mixed' | 'zero' | 'one' | 'minus one' | 'small' | 'large'

export type ZkeyShape = {
  wires: number
  publicWires: number
  power: number
  /** Entries of the matrices. */
  coefficients?: number
  points?: PointKind
  scalars?: ScalarKind
}

export type ZkeyAndWitness = { zkey: Uint8Array; witness: Uint8Array }

const boundaryScalars = [
  0n,
  1n,
  2n,
  FIELD_ORDER - 1n,
  FIELD_ORDER - 2n,
  (FIELD_ORDER - 1n) / 2n,
  (FIELD_ORDER + 1n) / 2n,
  2n ** 64n - 1n,
  2n ** 64n,
  2n ** 128n,
  2n ** 253n,
]

/**
 * A key and a witness of any shape, in snarkjs' formats. They belong to no circuit, so their proofs do not verify;
 * but a prover computes the same sums for them as for any.
 */
export async function aZkey(seed: bigint, shape: ZkeyShape): Promise<ZkeyAndWitness> {
  const curve = await buildBn128()
  const random = new Random(seed)
  const { wires, publicWires, power } = shape
  const domain = 2 ** power
  const points = new PointPool(curve, random, shape.points ?? 'mixed')
  const privateWires = wires - publicWires - 1
  const header = join([
    words(32),
    littleEndian(BASE_FIELD_ORDER),
    words(32),
    littleEndian(FIELD_ORDER),
    words(wires, publicWires, domain),
    points.list('g1', 2, 'mixed'),
    points.list('g2', 2, 'mixed'),
    points.list('g1', 1, 'mixed'),
    points.list('g2', 1, 'mixed'),
  ])
  const count = shape.coefficients ?? 3 * domain
  const table = new Uint8Array(4 + count * 44)
  table.set(words(count))
  for (let i = 0; i < count; i++) {
    const value = random.below(4) === 0 ? random.pick(boundaryScalars) : random.scalar()
    table.set(words(random.below(2), random.below(domain), random.below(wires)), 4 + i * 44)
    table.set(littleEndian(value), 4 + i * 44 + 12)
  }
  const zkey = binaryFile('zkey', 1, [
    [1, words(1)],
    [2, header],
    [3, points.list('g1', publicWires + 1)],
    [4, table],
    [5, points.list('g1', wires)],
    [6, points.list('g1', wires)],
    [7, points.list('g2', wires)],
    [8, points.list('g1', privateWires)],
    [9, points.list('g1', domain)],
  ])
  const witness = join(
    Array.from({ length: wires }, () => littleEndian(aScalar(random, shape.scalars ?? 'mixed'))),
  )
  return { zkey, witness: encodeWitnessFile(witness) }
}

function aScalar(random: Random, kind: ScalarKind): bigint {
  switch (kind) {
    case 'zero':
      return 0n
    case 'one':
      return 1n
    case 'minus one':
      return FIELD_ORDER - 1n
    case 'small':
      return random.next() & 0xffn
    case 'large':
      return random.scalar()
    case 'mixed':
      return random.pick([
        () => random.pick(boundaryScalars),
        () => BigInt(random.below(2)),
        () => random.scalar(),
        () => random.next(),
      ])()
  }
}

/** Few different points, so that equal and opposite ones meet often. */
class PointPool {
  readonly #random: Random
  readonly #kind: PointKind
  readonly #pools: Record<'g1' | 'g2', Uint8Array[]>

  constructor(curve: Curve, random: Random, kind: PointKind) {
    this.#random = random
    this.#kind = kind
    const poolOf = (group: Curve['G1']): Uint8Array[] => {
      const multiples = Array.from({ length: 24 }, () =>
        group.toAffine(group.timesScalar(group.g, random.scalar())),
      )
      const opposites = multiples.slice(0, 4).map((point) => group.toAffine(group.neg(point)))
      return [group.zeroAffine, ...opposites, ...multiples]
    }
    this.#pools = { g1: poolOf(curve.G1), g2: poolOf(curve.G2) }
  }

  list(group: 'g1' | 'g2', length: number, kind = this.#kind): Uint8Array {
    const pool = this.#pools[group]
    return join(
      Array.from({ length }, () => {
        if (kind === 'infinity') return pool[0]!
        if (kind === 'equal') return pool[5]!
        // The first opposite is that of the first multiple.
        if (kind === 'opposite') return this.#random.pick([pool[1]!, pool[5]!])
        return this.#random.pick(pool)
      }),
    )
  }
}

function binaryFile(
  kind: string,
  version: number,
  sections: readonly (readonly [id: number, bytes: Uint8Array])[],
): Uint8Array {
  return join([
    Buffer.from(kind),
    words(version, sections.length),
    ...sections.flatMap(([id, bytes]) => [words(id, bytes.length, 0), bytes]),
  ])
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true)
  return bytes
}

export function littleEndian(value: bigint, length = 32): Uint8Array {
  return Uint8Array.from({ length }, (_, byte) => Number((value >> BigInt(8 * byte)) & 0xffn))
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}
