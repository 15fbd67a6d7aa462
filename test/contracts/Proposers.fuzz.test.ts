import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { Contract, Wallet } from 'ethers'
import { encodeSettle, type Hex } from '../../l1/codec.ts'
import { revertOf, send } from '../support/expectRevert.ts'
import {
  DEADLINE,
  ETH_ASSET,
  ETH_UNIT,
  SettleBuilder,
  startTestRollup,
  type TestRollup,
} from '../support/settlement.ts'

const HOUR = 3_600n
const DAY = 86_400n
const GAP = 3n * DAY
const NOTICE = 7n * DAY
const BOND = 10n ** 18n
const SPACING = 15n
const RUNS = 8
const STEPS = 28

type Step =
  | { do: 'pass'; seconds: bigint }
  | { do: 'deposit' | 'open' | 'announce' | 'close' | 'sequencer' | 'advance' }
  | { do: 'join'; who: number; bonds: bigint }
  | { do: 'quit' | 'withdraw' | 'settle'; who: number }

const who = fc.integer({ min: 0, max: 2 })
const plain = (name: 'deposit' | 'open' | 'announce' | 'close' | 'sequencer' | 'advance') =>
  fc.constant<Step>({ do: name })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      seconds: fc.constantFrom(
        60n,
        HOUR / 2n,
        HOUR,
        HOUR + 1n,
        DEADLINE,
        DEADLINE + 1n,
        GAP,
        NOTICE,
      ),
    }),
  },
  { weight: 3, arbitrary: plain('deposit') },
  { weight: 2, arbitrary: plain('open') },
  { weight: 3, arbitrary: plain('announce') },
  { weight: 4, arbitrary: plain('close') },
  { weight: 1, arbitrary: plain('sequencer') },
  { weight: 3, arbitrary: plain('advance') },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      who,
      bonds: fc.constantFrom(0n, 1n, 2n, 4n),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('quit' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle' as const), who }) },
)

/** What opens settlement, so that few steps are spent before it. */
const PREFIX: readonly Step[] = [
  { do: 'deposit' },
  { do: 'pass', seconds: DEADLINE + 1n },
  { do: 'open' },
]

/** What closes it again, if the random steps left it open. Who holds the lease by then, one of the three settles. */
const SUFFIX: readonly Step[] = [
  ...[0, 1, 2].map((one): Step => ({ do: 'join', who: one, bonds: 4n })),
  ...[0, 1, 2, 0, 1, 2].map((one): Step => ({ do: 'settle', who: one })),
  { do: 'announce' },
  { do: 'pass', seconds: NOTICE + HOUR },
  { do: 'advance' },
  { do: 'close' },
  { do: 'sequencer' },
]

/**
 * What the lease machine is meant to do, written down once more and plainly: lists in place of packed slots, and the
 * whole line in place of bounded passes. Each method gives the error it expects, or nothing.
 */
class Model {
  time = 0n
  isOpen = false
  aliveAt = 0n
  closableAt = 0n
  holder: number | undefined
  endsAt = 0n
  isUsed = false
  failures = 0n
  line: number[] = []
  deadlines: bigint[] = []
  forfeited = 0n
  readonly bonds = [0n, 0n, 0n]
  readonly availableAt = [0n, 0n, 0n]

  get price(): bigint {
    return BOND << this.failures
  }

  isOverdue(time = this.time): boolean {
    const [first] = this.deadlines
    return first !== undefined && first < time
  }

  get isClosable(): boolean {
    const from = this.closableAt
    return from !== 0n && this.time >= from && this.time <= from + 7n * DAY
  }

  endLease(): boolean {
    const { holder } = this
    if (holder === undefined || this.time < this.endsAt) return false
    if (this.isUsed) this.failures = 0n
    else if (this.isOverdue(this.endsAt)) {
      this.bonds[holder] = (this.bonds[holder] ?? 0n) - this.price
      this.forfeited += this.price
      this.availableAt[holder] = this.time + DAY
      this.line = this.line.filter((one) => one !== holder)
      if (this.failures < 6n) this.failures += 1n
    }
    this.holder = undefined
    this.isUsed = false
    return true
  }

  startLease(): boolean {
    if (!this.isOpen || this.holder !== undefined) return false
    if (this.isClosable && !this.isOverdue()) return false
    const waiting = this.line.length
    for (;;) {
      const next = this.line.shift()
      if (next === undefined) return waiting > 0
      if ((this.bonds[next] ?? 0n) < this.price) continue
      this.holder = next
      this.endsAt = this.time + HOUR
      return true
    }
  }

  open(): string | undefined {
    if (this.isOpen) return 'AlreadyOpen'
    if (!this.isOverdue() && this.time <= this.aliveAt + GAP) return 'NoBreach'
    this.isOpen = true
    this.failures = 0n
    return undefined
  }

  announce(): string | undefined {
    if (!this.isOpen) return 'NotOpen'
    this.closableAt = this.time + NOTICE
    return undefined
  }

  close(): string | undefined {
    if (!this.isOpen) return 'NotOpen'
    if (this.closableAt === 0n || this.time > this.closableAt + 7n * DAY) {
      return 'ClosingNotAnnounced'
    }
    if (this.time < this.closableAt) return 'ClosingTooSoon'
    // A refused call undoes the end of the lease too; it is found again by the next.
    const isRunning = this.holder !== undefined && this.time < this.endsAt
    if (isRunning) return 'LeaseRunning'
    if (this.isOverdue()) return 'BreachOngoing'
    this.endLease()
    this.isOpen = false
    this.closableAt = 0n
    this.aliveAt = this.time
    return undefined
  }

  advance(): string | undefined {
    if (this.holder !== undefined && this.time < this.endsAt) return 'LeaseRunning'
    const hasEnded = this.endLease()
    if (this.startLease() || hasEnded) return undefined
    if (!this.isOpen) return 'NotOpen'
    return this.isClosable ? 'ClosingDue' : 'NobodyWaits'
  }

  join(who: number, value: bigint): string | undefined {
    if (!this.isOpen) return 'NotOpen'
    const before = structuredClone(Object.fromEntries(Object.entries(this)))
    this.endLease()
    const refuse = (error: string) => {
      Object.assign(this, before)
      return error
    }
    if (this.line.includes(who)) return refuse('AlreadyWaiting')
    if (this.time < (this.availableAt[who] ?? 0n)) return refuse('CoolingDown')
    if ((this.bonds[who] ?? 0n) + value < this.price) return refuse('BondTooLow')
    this.bonds[who] = (this.bonds[who] ?? 0n) + value
    this.line.push(who)
    this.startLease()
    return undefined
  }

  quit(who: number): string | undefined {
    if (!this.line.includes(who)) return 'NotWaiting'
    this.line = this.line.filter((one) => one !== who)
    return undefined
  }

  withdraw(who: number): string | undefined {
    const before = structuredClone(Object.fromEntries(Object.entries(this)))
    this.endLease()
    const refuse = (error: string) => {
      Object.assign(this, before)
      return error
    }
    if (this.holder === who) return refuse('LeaseRunning')
    if (this.line.includes(who)) return refuse('AlreadyWaiting')
    if (this.bonds[who] === 0n) return refuse('NoBond')
    this.bonds[who] = 0n
    return undefined
  }

  /** A batch of the four oldest deposits; `who` undefined is the sequencer. */
  settle(who: number | undefined): string | undefined {
    if (!this.isOpen) {
      if (who !== undefined) return 'AccessManagedUnauthorized'
    } else {
      if (who === undefined || who !== this.holder || this.time >= this.endsAt)
        return 'LeaseNotHeld'
      if (this.deadlines.length === 0) return 'BatchEmpty'
      this.isUsed = true
    }
    this.deadlines.splice(0, 4)
    this.aliveAt = this.time
    return undefined
  }

  deposit(): undefined {
    const last = this.lastDeadline + SPACING
    const own = this.time + DEADLINE
    this.lastDeadline = last > own ? last : own
    this.deadlines.push(this.lastDeadline)
  }
  lastDeadline = 0n
}

let rollup: TestRollup
let proposers: Contract
before(async () => {
  rollup = await startTestRollup()
  proposers = rollup.contract('proposers')
})
after(() => rollup.stop())

/** Plays one sequence against contract and model. Returns what happened, for the count at the end. */
async function play(steps: readonly Step[]): Promise<string[]> {
  const builder = new SettleBuilder(rollup)
  const model = new Model()
  const vault = rollup.contract('vault')
  const entryFee = (await vault['entryFee']?.()) as bigint
  model.time = await rollup.now()
  model.aliveAt = (await proposers['aliveAt']?.()) as bigint
  const outcomes: string[] = []

  for (const one of steps) {
    if (one.do === 'pass') {
      model.time += one.seconds
      continue
    }
    model.time += 1n
    const time = Number(model.time)
    // The block that estimates and calls see, and then the one that it is mined in.
    await rollup.provider.send('evm_setNextBlockTimestamp', [time])
    await rollup.provider.send('evm_mine', [])
    model.time += 1n
    await rollup.provider.send('evm_setNextBlockTimestamp', [time + 1])
    const call = await perform(one, { model, builder, vault, entryFee })
    const actual = await call.send().then(
      () => undefined,
      (error: unknown) => revertOf(error)?.name ?? String(error).slice(0, 200),
    )
    assert.equal(actual, call.expected, `${JSON.stringify(one, bigintText)} at ${String(time)}`)
    if (actual !== undefined) model.time = await rollup.now()
    outcomes.push(actual ?? one.do)
    await compare(model)
  }
  return outcomes
}

const bigintText = (_: string, value: unknown) =>
  typeof value === 'bigint' ? String(value) : value

async function perform(
  one: Exclude<Step, { do: 'pass' }>,
  context: { model: Model; builder: SettleBuilder; vault: Contract; entryFee: bigint },
): Promise<{ expected: string | undefined; send: () => Promise<unknown> }> {
  const { model, builder, vault, entryFee } = context
  const user = 'who' in one ? (rollup.users[one.who] as Wallet) : rollup.operator
  const as = rollup.as('proposers', user)
  switch (one.do) {
    case 'deposit': {
      const value = ETH_UNIT + entryFee
      const args = [ETH_ASSET, ETH_UNIT, 5n, `0x${'11'.repeat(92)}`] as const
      return { expected: model.deposit(), send: () => send(vault, 'deposit', ...args, { value }) }
    }
    case 'open':
      return { expected: model.open(), send: () => send(as, 'open') }
    case 'announce':
      return { expected: model.announce(), send: () => send(as, 'announceClosing') }
    case 'close':
      return { expected: model.close(), send: () => send(as, 'close') }
    case 'advance':
      return { expected: model.advance(), send: () => send(as, 'advance') }
    case 'join': {
      const value = one.bonds * BOND
      return { expected: model.join(one.who, value), send: () => send(as, 'join', { value }) }
    }
    case 'quit':
      return { expected: model.quit(one.who), send: () => send(as, 'quit') }
    case 'withdraw':
      return {
        expected: model.withdraw(one.who),
        send: () => send(as, 'withdraw', `0x${'ab'.repeat(20)}`),
      }
    case 'settle':
    case 'sequencer': {
      const [head, tail] = (await vault['queue']?.()) as [bigint, bigint]
      const count = Number(tail - head < 4n ? tail - head : 4n)
      const depositIds = Array.from({ length: count }, (_, i) => head + BigInt(i))
      const expected = model.settle(one.do === 'settle' ? one.who : undefined)
      // A refused call does not count in the builder.
      const using = expected === undefined ? builder : builder.fork(String(model.time))
      const data: Hex = encodeSettle(await using.call([{ slots: [], depositIds }]))
      return { expected, send: () => send(rollup.as('rollup', user), 'settle', data) }
    }
  }
}

async function compare(model: Model): Promise<void> {
  const address = rollup.deployment.contracts.proposers
  const [{ holder, endsAt, hasProgress }, isOpen, required, forfeited, balance] = await Promise.all(
    [
      proposers['lease']?.(),
      proposers['isOpen']?.(),
      proposers['requiredBond']?.(),
      proposers['forfeitedTotal']?.(),
      rollup.provider.getBalance(address),
    ],
  )
  const users = rollup.users.slice(0, 3)
  const none = '0x0000000000000000000000000000000000000000'
  assert.equal(holder, model.holder === undefined ? none : users[model.holder]?.address)
  if (model.holder !== undefined) assert.equal(endsAt, model.endsAt)
  assert.equal(hasProgress, model.isUsed)
  assert.deepEqual([isOpen, required, forfeited], [model.isOpen, model.price, model.forfeited])
  for (const [i, user] of users.entries()) {
    const { bond, availableAt, isWaiting } = await proposers['proposerOf']?.(user.address)
    assert.deepEqual(
      [bond, availableAt, isWaiting],
      [model.bonds[i], model.availableAt[i], model.line.includes(i)],
    )
  }
  // What it holds is bonds and what was forfeited, to the wei.
  assert.equal(balance, model.bonds.reduce((sum, bond) => sum + bond, 0n) + model.forfeited)
  if (model.holder !== undefined && model.time < model.endsAt) {
    assert.ok((model.bonds[model.holder] ?? 0n) >= model.price, 'a lease is always covered')
  }
}

test(`random sequences of calls end as a plain model says`, async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: STEPS, maxLength: STEPS }), async (steps) => {
      const undo = await rollup.chain.snapshot()
      try {
        for (const outcome of await play([...PREFIX, ...steps, ...SUFFIX]))
          seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
      } finally {
        await undo()
      }
    }),
    { seed: 66, numRuns: RUNS, endOnFailure: true },
  )
  // The sequences reach what they are about.
  for (const outcome of ['open', 'join', 'settle', 'advance', 'close', 'withdraw', 'CoolingDown']) {
    assert.ok((seen.get(outcome) ?? 0) > 0, `no sequence reached ${outcome}: ${String([...seen])}`)
  }
})
