import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { BATCH_CIRCUITS, type BatchCircuit } from '../../protocol/constants.ts'
import { ArrivalRate } from '../../sequencer/sealing/arrivalRate.ts'
import {
  type BatchQueue,
  chooseBatch,
  type SealingChoice,
  type SealingMeans,
} from '../../sequencer/sealing/chooseBatch.ts'
import { ProofTimes } from '../../sequencer/sealing/proofTimes.ts'

const GWEI = 10n ** 9n
const batchAgeMs = 10_000
const now = new Date(100_000)
const all = Object.keys(BATCH_CIRCUITS) as BatchCircuit[]
const usual: SealingMeans = {
  now,
  batchAgeMs,
  circuits: ['batch-4', 'batch-16'],
  proofSeconds: { 'batch-4': 1, 'batch-16': 2.5, 'batch-64': 9 },
  unproved: 0,
  provers: 1,
  baseFee: undefined,
  delayPrice: undefined,
  isSilent: false,
}
const choose = (
  transfers: number,
  deposits: number,
  ageMs: number,
  means: Partial<SealingMeans> = {},
  arrivalsPerSecond = 1,
): SealingChoice =>
  chooseBatch(
    { transfers, deposits, oldestAt: new Date(now.getTime() - ageMs), arrivalsPerSecond },
    { ...usual, ...means },
  )
const said = ({ circuit, reason }: SealingChoice) => [circuit, reason]

describe('chooseBatch without prices', () => {
  test('behavior: nothing waits, nothing is sealed', () => {
    const nothing = { transfers: 0, deposits: 0, oldestAt: undefined, arrivalsPerSecond: 1 }
    assert.deepEqual(said(chooseBatch(nothing, usual)), [undefined, 'nothing-waits'])
  })
  test('behavior: an empty batch is sealed where a sign of life is due, the smallest', () => {
    const nothing = { transfers: 0, deposits: 0, oldestAt: undefined, arrivalsPerSecond: 1 }
    const silent = { ...usual, isSilent: true }
    assert.deepEqual(said(chooseBatch(nothing, silent)), ['batch-4', 'keep-alive'])
    assert.deepEqual(said(choose(1, 0, 0, { isSilent: true })), [undefined, 'more-may-come'])
    const noKey = { ...silent, circuits: [] }
    assert.deepEqual(said(chooseBatch(nothing, noKey)), [undefined, 'nothing-waits'])
  })
  test('behavior: by age, to the millisecond', () => {
    assert.deepEqual(said(choose(1, 0, batchAgeMs - 1)), [undefined, 'more-may-come'])
    assert.deepEqual(said(choose(1, 0, batchAgeMs)), ['batch-4', 'due'])
    assert.deepEqual(said(choose(0, 1, batchAgeMs)), ['batch-4', 'due'])
  })
  test('behavior: the size by what waits', () => {
    assert.equal(choose(3, 4, batchAgeMs).circuit, 'batch-4')
    assert.equal(choose(4, 0, batchAgeMs).circuit, 'batch-16')
    assert.equal(choose(200, 0, batchAgeMs).circuit, 'batch-16')
  })
  test('behavior: full ones do not wait', () => {
    assert.deepEqual(said(choose(14, 3, 0)), [undefined, 'more-may-come'])
    assert.deepEqual(said(choose(15, 0, 0)), ['batch-16', 'full'])
    assert.deepEqual(said(choose(0, 4, 0)), ['batch-4', 'full'])
  })
  test('behavior: a key of the batch of 64 makes that the one to fill', () => {
    const means = { circuits: all }
    assert.deepEqual(said(choose(62, 0, 0, means)), [undefined, 'more-may-come'])
    assert.deepEqual(said(choose(63, 0, 0, means)), ['batch-64', 'full'])
    // 17 in the large one cost more than 15 in the middle one, for each.
    assert.equal(choose(17, 0, batchAgeMs, means).circuit, 'batch-16')
    assert.equal(choose(18, 0, batchAgeMs, means).circuit, 'batch-64')
    assert.equal(choose(3, 0, batchAgeMs, means).circuit, 'batch-4')
  })
  test('behavior: without a key nothing is sealed, and it says so', () => {
    assert.deepEqual(said(choose(99, 4, batchAgeMs, { circuits: [] })), [undefined, 'no-key'])
  })
  test('behavior: the choice says what it was made from', () => {
    assert.deepEqual(choose(2, 1, 4_000).facts, {
      transfers: 2,
      deposits: 1,
      ageMs: 4_000,
      arrivalsPerSecond: 1,
      unproved: 0,
      provers: 1,
      baseFee: null,
      delayCost: null,
      gasSaving: null,
      sizes: [
        { circuit: 'batch-4', takes: 3, costEach: 87_559 / 3 },
        { circuit: 'batch-16', takes: 3, costEach: 91_376 / 3 },
      ],
    })
  })
})

describe('chooseBatch with prices', () => {
  // 100 gwei for each transfer and second: a batch of its own costs as much as 9 transfer-seconds at
  // 0.01 gwei of base fee, and as 870 at 1 gwei.
  const delayPrice = 100n * GWEI
  const cheap = { delayPrice, baseFee: GWEI / 100n, circuits: all }
  const dear = { delayPrice, baseFee: 20n * GWEI, circuits: all }

  test('behavior: a low base fee seals early, a high one waits for more until it is due', () => {
    assert.deepEqual(said(choose(2, 0, 0, cheap)), ['batch-4', 'delay-costs-more'])
    assert.deepEqual(said(choose(2, 0, 0, dear)), [undefined, 'more-may-come'])
    assert.deepEqual(said(choose(40, 0, 9_999, dear)), [undefined, 'more-may-come'])
    assert.deepEqual(said(choose(40, 0, batchAgeMs, dear)), ['batch-64', 'due'])
  })
  test('behavior: where nobody else comes, nobody is waited for', () => {
    const means = { delayPrice, baseFee: GWEI, circuits: all }
    assert.deepEqual(said(choose(2, 0, 0, means, 1)), [undefined, 'more-may-come'])
    assert.deepEqual(said(choose(2, 0, 0, means, 0.0001)), ['batch-4', 'delay-costs-more'])
  })
  test('behavior: early only while a prover is idle', () => {
    assert.deepEqual(said(choose(2, 0, 0, { ...cheap, unproved: 1 })), [undefined, 'provers-busy'])
    assert.equal(choose(2, 0, 0, { ...cheap, unproved: 1, provers: 2 }).circuit, 'batch-4')
    // What is due or full asks nobody.
    assert.equal(choose(2, 0, batchAgeMs, { ...cheap, unproved: 9 }).circuit, 'batch-4')
    assert.equal(choose(63, 0, 0, { ...cheap, unproved: 9 }).reason, 'full')
  })
  test('behavior: the base fee decides between fewer large batches and earlier proofs', () => {
    assert.equal(choose(30, 0, batchAgeMs, cheap).circuit, 'batch-16')
    assert.equal(choose(30, 0, batchAgeMs, dear).circuit, 'batch-64')
  })
  test('behavior: a delay that costs nothing is never a reason', () => {
    const free = { ...cheap, delayPrice: 0n, baseFee: 0n }
    assert.deepEqual(said(choose(9, 0, 9_999, free)), [undefined, 'more-may-come'])
  })
})

describe('chooseBatch, whatever the figures', () => {
  const queue = fc.record({
    transfers: fc.nat({ max: 200 }),
    deposits: fc.nat({ max: 4 }),
    ageMs: fc.nat({ max: 20_000 }),
    arrivalsPerSecond: fc.double({ min: 0, max: 1_000, noNaN: true }),
  })
  const price = fc.option(fc.bigInt({ min: 0n, max: 10n ** 13n }), { nil: undefined })
  /** Larger circuits take less time for each place, as all real ones do. */
  const proofSeconds = fc
    .tuple(fc.double({ min: 0.05, max: 50, noNaN: true }), economy(), economy())
    .map(([four, middle, large]) => ({
      'batch-4': four,
      'batch-16': four * (1 + (15 / 3 - 1) * middle),
      'batch-64': four * (1 + (15 / 3 - 1) * middle) * (1 + (63 / 15 - 1) * large),
    }))
  const means = fc.record({
    circuits: fc.subarray(all),
    proofSeconds,
    unproved: fc.nat({ max: 5 }),
    provers: fc.integer({ min: 1, max: 5 }),
    baseFee: price,
    delayPrice: price,
  })
  type Queue = { transfers: number; deposits: number; ageMs: number; arrivalsPerSecond: number }
  const decide = ({ ageMs, ...rest }: Queue, given: Partial<SealingMeans>) => {
    const oldestAt =
      rest.transfers + rest.deposits === 0 ? undefined : new Date(now.getTime() - ageMs)
    return chooseBatch({ ...rest, oldestAt } satisfies BatchQueue, { ...usual, ...given })
  }
  const sizeOf = (circuit: BatchCircuit | undefined) =>
    circuit === undefined ? 0 : BATCH_CIRCUITS[circuit].size

  test('property: what is due is sealed, and nothing else waits beyond that', () => {
    fc.assert(
      fc.property(queue, means, (waiting, given) => {
        const { circuit, reason } = decide(waiting, given)
        const isDue = waiting.ageMs >= batchAgeMs && waiting.transfers + waiting.deposits > 0
        if (isDue && given.circuits.length > 0) assert.ok(circuit !== undefined, reason)
      }),
      { numRuns: 2_000 },
    )
  })

  test('property: only a size whose key is there, and a reason that fits', () => {
    const sealing = new Set(['full', 'due', 'delay-costs-more'])
    fc.assert(
      fc.property(queue, means, (waiting, given) => {
        const { circuit, reason } = decide(waiting, given)
        if (circuit !== undefined) assert.ok(given.circuits.includes(circuit))
        assert.equal(circuit !== undefined, sealing.has(reason))
        if (reason === 'nothing-waits') assert.equal(waiting.transfers + waiting.deposits, 0)
      }),
      { numRuns: 2_000 },
    )
  })

  test('property: a longer queue is sealed no later and in no smaller size', () => {
    fc.assert(
      fc.property(queue, means, fc.integer({ min: 1, max: 50 }), (waiting, given, more) => {
        const one = decide(waiting, given)
        const other = decide({ ...waiting, transfers: waiting.transfers + more }, given)
        assert.ok(sizeOf(other.circuit) >= sizeOf(one.circuit))
      }),
      { numRuns: 2_000 },
    )
  })

  test('property: a higher base fee seals no earlier, and what it seals is no smaller', () => {
    fc.assert(
      fc.property(queue, means, fc.bigInt({ min: 1n, max: 10n ** 12n }), (waiting, given, more) => {
        if (given.baseFee === undefined) return
        const one = decide(waiting, given)
        const other = decide(waiting, { ...given, baseFee: given.baseFee + more })
        if (one.circuit === undefined) assert.equal(other.circuit, undefined)
        if (other.circuit !== undefined) {
          assert.ok(sizeOf(other.circuit) >= sizeOf(one.circuit))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  /** Share of proportional growth: below 1, since a part of each circuit is fixed. */
  function economy() {
    return fc.double({ min: 0.1, max: 0.98, noNaN: true })
  }
})

describe('ArrivalRate', () => {
  test('behavior: settles at the rate of steady arrivals, and forgets', () => {
    const rate = new ArrivalRate()
    for (let ms = 0; ms <= 300_000; ms += 200) rate.note(new Date(ms))
    assert.ok(Math.abs(rate.at(new Date(300_000)) - 5) < 0.1)
    assert.ok(Math.abs(rate.at(new Date(330_000)) - 5 / Math.E) < 0.1)
    assert.ok(rate.at(new Date(900_000)) < 1e-6)
  })
  test('behavior: a clock that is set back keeps what it knows', () => {
    const rate = new ArrivalRate()
    rate.note(new Date(1_000_000), 30)
    assert.equal(rate.at(new Date(0)), 1)
  })
})

describe('ProofTimes', () => {
  test('behavior: moves towards what is measured, each size for itself', () => {
    const times = new ProofTimes()
    const before = times.seconds
    for (let i = 0; i < 30; i++) times.note('batch-16', 4_000)
    assert.ok(Math.abs(times.seconds['batch-16'] - 4) < 0.01)
    assert.equal(times.seconds['batch-4'], before['batch-4'])
  })
})
