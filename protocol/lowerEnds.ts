import { NULLIFIER_BITS } from './constants.ts'

/** Upper end of the last interval. It is no nullifier: nullifiers are below it. */
export const NULLIFIER_LIMIT = 1n << BigInt(NULLIFIER_BITS)

/** One interval leaf: no member of the nullifier set lies strictly between `from` and `to`. */
export type Interval = {
  /** Leaf index in the nullifier tree. */
  readonly index: number
  readonly from: bigint
  readonly to: bigint
}

/**
 * The intervals of the nullifier tree in order, with their leaves. They partition [0, 2^248), so the
 * lower ends say it all: each interval ends where the next one starts. 0 is always one of them.
 */
export type LowerEnds = {
  /** Number of intervals. */
  readonly size: number
  /** The interval with from ≤ value < to, for a value in [0, 2^248). */
  find(value: bigint): Interval
  /** Splits the interval around an absent value. */
  insert(from: bigint, index: number): void
  /** Joins the interval that starts at a present value, not 0, to the one before it. */
  remove(from: bigint): void
}

/** Splits at twice this: a million members are some thousand chunks. */
const CHUNK_LENGTH = 512

type Chunk = { readonly from: bigint[]; readonly index: number[] }

/** All in memory, in sorted chunks. */
export class MemoryLowerEnds implements LowerEnds {
  #chunks: Chunk[] = [{ from: [0n], index: [0] }]
  #size = 1

  get size(): number {
    return this.#size
  }

  find(value: bigint): Interval {
    const { at, chunk, offset } = this.#locate(value)
    const next = chunk.from[offset + 1] ?? this.#chunks[at + 1]?.from[0]
    return {
      index: chunk.index[offset] ?? 0,
      from: chunk.from[offset] ?? 0n,
      to: next ?? NULLIFIER_LIMIT,
    }
  }

  insert(from: bigint, index: number): void {
    const { at, chunk, offset } = this.#locate(from)
    chunk.from.splice(offset + 1, 0, from)
    chunk.index.splice(offset + 1, 0, index)
    this.#size += 1
    if (chunk.from.length <= 2 * CHUNK_LENGTH) return
    const upper = { from: chunk.from.splice(CHUNK_LENGTH), index: chunk.index.splice(CHUNK_LENGTH) }
    this.#chunks.splice(at + 1, 0, upper)
  }

  remove(from: bigint): void {
    const { at, chunk, offset } = this.#locate(from)
    chunk.from.splice(offset, 1)
    chunk.index.splice(offset, 1)
    this.#size -= 1
    if (chunk.from.length === 0) this.#chunks.splice(at, 1)
  }

  /** Every interval's lower end and leaf, ascending. */
  *[Symbol.iterator](): Generator<{ from: bigint; index: number }> {
    for (const { from, index } of this.#chunks) {
      for (const [i, value] of from.entries()) yield { from: value, index: index[i] ?? 0 }
    }
  }

  #locate(value: bigint): { at: number; chunk: Chunk; offset: number } {
    const at = lastAtMost(this.#chunks.length, value, (i) => this.#chunks[i]?.from[0] ?? 0n)
    const chunk = this.#chunks[at]
    if (chunk === undefined) throw new RangeError('no such chunk')
    return {
      at,
      chunk,
      offset: lastAtMost(chunk.from.length, value, (i) => chunk.from[i] ?? 0n),
    }
  }
}

/** Reads through to others and keeps its changes to itself. */
export class OverlayLowerEnds implements LowerEnds {
  readonly #under: LowerEnds
  readonly #inserted = new MemoryLowerEnds()
  readonly #removed = new Set<bigint>()

  constructor(under: LowerEnds) {
    this.#under = under
  }

  get size(): number {
    return this.#under.size - this.#removed.size + this.#inserted.size - 1
  }

  find(value: bigint): Interval {
    let under = this.#under.find(value)
    while (this.#removed.has(under.from)) {
      const { index, from } = this.#under.find(under.from - 1n)
      under = { index, from, to: under.to }
    }
    while (this.#removed.has(under.to)) {
      under = { ...under, to: this.#under.find(under.to).to }
    }
    // Its own 0 stands for nothing: below, there is always another.
    const own = this.#inserted.find(value)
    const { index, from } = own.from > under.from ? own : under
    return { index, from, to: own.to < under.to ? own.to : under.to }
  }

  insert(from: bigint, index: number): void {
    this.#inserted.insert(from, index)
  }

  remove(from: bigint): void {
    if (from !== 0n && this.#inserted.find(from).from === from) this.#inserted.remove(from)
    else this.#removed.add(from)
  }

  /** Makes the same changes to others, most often to those below. */
  writeTo(ends: LowerEnds): void {
    for (const from of this.#removed) ends.remove(from)
    for (const { from, index } of this.#inserted) if (from !== 0n) ends.insert(from, index)
  }
}

/** The last of `count` ascending values that is at most `value`; the first when none is. */
function lastAtMost(count: number, value: bigint, get: (i: number) => bigint): number {
  let low = 0
  let high = count - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (get(middle) <= value) low = middle
    else high = middle - 1
  }
  return low
}
