import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SequencerBusyError } from '../../../sequencer/admission/errors.ts'
import { Gate } from '../../../sequencer/admission/gate.ts'

type Simulation = {
  /** Transfers that come a second. */
  offered: number
  /** Transfers that can be done a second, at a time. */
  capacity: (time: number) => number
  seconds: number
  /** Groups are done every so often. */
  groupSeconds?: number
  gate?: { gate: Gate; clock: { now: number } }
  /** Whether what comes has its proof looked at. */
  isWork?: boolean
}

/** One server that works on groups, as admission does, in simulated time. */
function simulate({
  offered,
  capacity,
  seconds,
  groupSeconds = 0.04,
  gate: given,
  isWork = true,
}: Simulation) {
  const clock = given?.clock ?? { now: 0 }
  const gate = given?.gate ?? new Gate(() => clock.now)
  const queue: { at: number; leave: ReturnType<Gate['enter']> }[] = []
  const latencies: { at: number; seconds: number }[] = []
  const waits: number[] = []
  const start = clock.now
  let due = start
  for (let group = start + groupSeconds; group < start + seconds; group += groupSeconds) {
    while (due < group) {
      clock.now = due
      try {
        queue.push({ at: due, leave: gate.enter() })
      } catch (error) {
        assert.ok(error instanceof SequencerBusyError)
        waits.push(error.retryAfterSeconds)
      }
      due += 1 / offered
    }
    clock.now = group
    for (const { at, leave } of queue.splice(0, Math.round(capacity(group) * groupSeconds))) {
      latencies.push({ at: group, seconds: group - at })
      leave({ isWork })
    }
  }
  return { gate, clock, latencies, waits, done: latencies.length }
}

const worst = (latencies: readonly { seconds: number }[]) =>
  Math.max(...latencies.map(({ seconds }) => seconds))

describe('Gate', () => {
  test('default: below capacity nobody is turned away', () => {
    const { waits, done } = simulate({ offered: 300, capacity: () => 1_000, seconds: 10 })
    assert.equal(waits.length, 0)
    assert.ok(done > 2_900)
  })

  for (const capacity of [50, 200, 1_000, 5_000]) {
    test(`behavior: at twice a capacity of ${String(capacity)}, what is let in is answered in time`, () => {
      const { latencies, done } = simulate({
        offered: 2 * capacity,
        capacity: () => capacity,
        seconds: 20,
      })
      // The first seconds are for learning it.
      assert.ok(worst(latencies.filter(({ at }) => at > 5)) < 0.6)
      assert.ok(done > 0.9 * 20 * capacity, `did ${String(done)}`)
    })
  }

  test('behavior: follows a capacity that falls and comes back', () => {
    const { latencies } = simulate({
      offered: 2_000,
      capacity: (time) => (time < 10 || time > 20 ? 1_000 : 100),
      seconds: 30,
    })
    assert.ok(worst(latencies.filter(({ at }) => at > 14 && at < 20)) < 0.6)
    const last = latencies.filter(({ at }) => at > 25)
    assert.ok(last.length > 0.9 * 5 * 1_000, `did ${String(last.length)} in the last 5 s`)
  })

  test('behavior: a worker that hangs lets in no more than before, and is found when it goes on', () => {
    const { gate, latencies } = simulate({
      offered: 1_000,
      capacity: (time) => (time > 5 && time < 15 ? 0 : 500),
      seconds: 25,
    })
    const last = latencies.filter(({ at }) => at > 20)
    assert.ok(last.length > 0.9 * 5 * 500)
    assert.ok(gate.inside <= gate.limit)
  })

  test('behavior: a flood of what needs no work is not taken for speed', () => {
    const flood = simulate({
      offered: 20_000,
      capacity: () => 20_000,
      seconds: 5,
      groupSeconds: 0.001,
      isWork: false,
    })
    assert.ok(flood.gate.rate <= 200)
    assert.ok(flood.done > 50_000)
  })

  test('behavior: the more are told to come again, the later', () => {
    const { waits: few } = simulate({ offered: 600, capacity: () => 500, seconds: 10 })
    const { waits: many } = simulate({ offered: 5_000, capacity: () => 500, seconds: 10 })
    assert.ok(Math.max(...few) <= 3)
    assert.ok(Math.max(...many) >= 10)
    for (const wait of [...few, ...many]) assert.ok(Number.isInteger(wait) && wait >= 1)
    assert.ok(Math.max(...many) <= 30)
  })

  test('behavior: asking does not take a place', () => {
    const gate = new Gate(() => 0)
    for (let i = 0; i < 1_000; i++) gate.check()
    assert.equal(gate.inside, 0)
  })
})
