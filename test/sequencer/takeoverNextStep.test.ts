import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TakeoverState } from '../../l1/takeover.ts'
import { nextStep, type Proposer } from '../../sequencer/takeover/nextStep.ts'

const me = '0x00000000000000000000000000000000000000aa'
const other = '0x00000000000000000000000000000000000000bb'
const ETHER = 10n ** 18n
const open: TakeoverState = {
  isOpen: true,
  breach: 'deposit',
  time: 1_000n,
  isClockStopped: false,
  depositDeadline: 900n,
  forcedDeadline: undefined,
  waitingForced: 0n,
  livenessDeadline: 9_000n,
  waitingDeposits: 1n,
  lease: undefined,
  requiredBond: ETHER,
  closableAt: 0n,
  own: { bond: 0n, availableAt: 0n, isWaiting: false },
}
const step = (changes: Partial<TakeoverState> = {}, proposer: Partial<Proposer> = {}) =>
  nextStep({ ...open, ...changes }, { account: me, hasWork: true, keepGoing: false, ...proposer })
const lease = (holder: `0x${string}`, endsAt = 2_000n) => ({ holder, endsAt, hasProgress: false })
const waiting = { bond: ETHER, availableAt: 0n, isWaiting: true }

describe('nextStep', () => {
  test('default: opens what may be opened, and nothing else', () => {
    assert.deepEqual(step({ isOpen: false }), { do: 'open' })
    assert.deepEqual(step({ isOpen: false, breach: 'none' }), { do: 'no-breach' })
  })

  test('behavior: bonds what is missing and no more', () => {
    assert.deepEqual(step(), { do: 'join', value: ETHER })
    const own = { bond: ETHER / 4n, availableAt: 0n, isWaiting: false }
    assert.deepEqual(step({ own }), { do: 'join', value: (3n * ETHER) / 4n })
    const kept = { bond: 2n * ETHER, availableAt: 0n, isWaiting: false }
    assert.deepEqual(step({ own: kept }), { do: 'join', value: 0n })
    // Behind another's lease as well: the line is where a turn comes from.
    assert.deepEqual(step({ lease: lease(other) }), { do: 'join', value: ETHER })
  })

  test('behavior: settles under its own lease, whatever the case of its address', () => {
    const upper = `0x${me.slice(2).toUpperCase()}` as const
    assert.deepEqual(step({ lease: lease(me) }, { account: upper }), {
      do: 'settle',
      until: 2_000n,
    })
    assert.deepEqual(step({ lease: lease(me, 1_000n) }), { do: 'advance' })
  })

  test('behavior: waits its turn, keeps its bond up, and takes its turn', () => {
    const until = 2_000n
    assert.deepEqual(step({ own: waiting, lease: lease(other) }), {
      do: 'wait',
      for: 'turn',
      until,
    })
    const dearer = { own: waiting, lease: lease(other), requiredBond: 4n * ETHER }
    assert.deepEqual(step(dearer), { do: 'post', value: 3n * ETHER })
    assert.deepEqual(step({ own: waiting }), { do: 'advance' })
  })

  test('behavior: waits out its cool-down and a stopped clock', () => {
    const own = { bond: 0n, availableAt: 5_000n, isWaiting: false }
    assert.deepEqual(step({ own }), { do: 'wait', for: 'cool-down', until: 5_000n })
    const stopped = { own: waiting, lease: lease(other, 1_000n), isClockStopped: true }
    assert.deepEqual(step(stopped), { do: 'wait', for: 'clock', until: 1_000n })
  })

  test('behavior: ends when nothing waits, unless it is to go on', () => {
    const done = { do: 'done', because: 'nothing-waits' }
    assert.deepEqual(step({ lease: lease(me) }, { hasWork: false }), done)
    assert.deepEqual(step({}, { hasWork: false }), done)
    const going = { hasWork: false, keepGoing: true }
    assert.deepEqual(step({ lease: lease(me) }, going), { do: 'settle', until: 2_000n })
  })

  test('behavior: stands in no line that leads nowhere', () => {
    const closing = { closableAt: 900n, breach: 'liveness' } as const
    const done = { do: 'done', because: 'closing' }
    assert.deepEqual(step(closing), done)
    assert.deepEqual(step({ ...closing, own: waiting }), done)
    // What is overdue still needs a lease.
    assert.deepEqual(step({ closableAt: 900n }), { do: 'join', value: ETHER })
    assert.deepEqual(step({ ...closing, lease: lease(me) }), { do: 'settle', until: 2_000n })
  })
})
