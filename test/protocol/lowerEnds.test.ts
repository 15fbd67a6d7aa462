import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  type Interval,
  type LowerEnds,
  MemoryLowerEnds,
  NULLIFIER_LIMIT,
  OverlayLowerEnds,
} from '../../protocol/lowerEnds.ts'

/** A list, sorted anew every time. */
class PlainLowerEnds implements LowerEnds {
  #ends = new Map<bigint, number>([[0n, 0]])
  get size(): number {
    return this.#ends.size
  }
  find(value: bigint): Interval {
    const sorted = [...this.#ends.keys()].sort((a, b) => (a < b ? -1 : 1))
    const at = sorted.findLastIndex((from) => from <= value)
    const from = sorted[at] ?? 0n
    return { from, index: this.#ends.get(from) ?? 0, to: sorted[at + 1] ?? NULLIFIER_LIMIT }
  }
  insert(from: bigint, index: number): void {
    this.#ends.set(from, index)
  }
  remove(from: bigint): void {
    this.#ends.delete(from)
  }
}

const TOP = 30n
const changes = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.bigInt({ min: 1n, max: TOP }) },
    { weight: 1, arbitrary: fc.constantFrom('fork' as const, 'merge' as const, 'drop' as const) },
  ),
  { maxLength: 60 },
)

describe('LowerEnds', () => {
  test('property: overlays of overlays, merged and dropped, are as a plain list', () => {
    fc.assert(
      fc.property(changes, (run) => {
        const layers: { ends: LowerEnds; plain: PlainLowerEnds }[] = [
          { ends: new MemoryLowerEnds(), plain: new PlainLowerEnds() },
        ]
        const toggle = (plain: LowerEnds, value: bigint, index: number) => {
          if (plain.find(value).from === value) plain.remove(value)
          else plain.insert(value, index)
        }
        run.forEach((change, i) => {
          const top = layers.at(-1)
          const below = layers.at(-2)
          assert.ok(top !== undefined)
          if (change === 'fork') {
            const plain = new PlainLowerEnds()
            for (let v = 1n; v <= TOP; v++) {
              const found = top.plain.find(v)
              if (found.from === v) plain.insert(v, found.index)
            }
            layers.push({ ends: new OverlayLowerEnds(top.ends), plain })
          } else if (change === 'drop' || change === 'merge') {
            if (below === undefined) return
            layers.pop()
            if (change === 'drop') return
            assert.ok(top.ends instanceof OverlayLowerEnds)
            top.ends.writeTo(below.ends)
            below.plain = top.plain
          } else {
            toggle(top.ends, change, i + 1)
            toggle(top.plain, change, i + 1)
          }
          const { ends, plain } = layers.at(-1) ?? top
          assert.equal(ends.size, plain.size)
          for (let v = 0n; v <= TOP + 1n; v++) assert.deepEqual(ends.find(v), plain.find(v))
        })
      }),
      { numRuns: 200, seed: 4 },
    )
  })

  test('behavior: thousands in memory come out in order, and can be taken out again', () => {
    const ends = new MemoryLowerEnds()
    const values = Array.from({ length: 5_000 }, (_, i) => ((BigInt(i) * 7919n) % 5_003n) + 1n)
    values.forEach((value, i) => {
      ends.insert(value, i + 1)
    })
    const sorted = [0n, ...values].sort((a, b) => (a < b ? -1 : 1))
    assert.deepEqual(
      [...ends].map(({ from }) => from),
      sorted,
    )
    for (const value of values.slice(10)) ends.remove(value)
    assert.equal(ends.size, 11)
    assert.deepEqual(
      [...ends].map(({ from }) => from),
      [0n, ...values.slice(0, 10)].sort((a, b) => (a < b ? -1 : 1)),
    )
  })
})
