// Random sequences of what users, operators, proposers, registrar, supervisor, governance and guardian may do, and lies
// between them. After every step: escrow = notes + pending withdrawals + queued deposits, roots chain, the forced queue
// moves in turn. At the end whoever holds notes leaves without the operator. `CINNABAR_FUZZ_RUNS=200` plays more
// sequences than CI does, `CINNABAR_FUZZ_SEED=7` others.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { Wallet } from 'ethers'
import { CIRCUIT_IDS } from '../../protocol/constants.ts'
import { lies, makeLie } from '../support/contractLies.ts'
import { ASSETS, ContractWorld, type Payout } from '../support/contractWorld.ts'
import { revertOf, send } from '../support/expectRevert.ts'
import { publishPolicy, scheduleEpoch, updateIdentity } from '../support/registryMoves.ts'
import { simulatedKeys } from '../support/simulatedKeys.ts'
import { DEADLINE, ETH_ASSET, startTestRollup, type TestRollup } from '../support/settlement.ts'

const HOUR = 3_600n
const DAY = 24n * HOUR
const KEY_DELAY = HOUR
const RUNS = Number(process.env['CINNABAR_FUZZ_RUNS'] ?? 2)
const SEED = Number(process.env['CINNABAR_FUZZ_SEED'] ?? 115)
const STEPS = 24
const LEASES = 12
const DAYS_TO_PAY = 130

const governed = [
  'policy',
  'identity',
  'epoch',
  'stopClock',
  'resumeClock',
  'stopKey',
  'openAsset',
  'limit',
  'fees',
] as const
type Move = {
  readonly do:
    | 'deposit'
    | 'reclaim'
    | 'refund'
    | 'force'
    | 'twin'
    | 'settle'
    | 'claim'
    | 'pass'
    | 'open'
    | 'join'
    | 'lie'
    | (typeof governed)[number]
  /** Whatever a move needs to choose by. */
  readonly pick: number
  readonly payout: Payout
  readonly seconds: bigint
}

const weights: readonly (readonly [number, readonly Move['do'][]])[] = [
  [5, ['settle']],
  [4, ['deposit', 'force', 'pass', 'lie']],
  [2, ['twin', 'claim', 'open', 'join']],
  [1, ['reclaim', 'refund', ...governed]],
]
const names = weights.flatMap(([weight, all]) => all.map((name) => ({ weight, name })))
const moves = fc.array(
  fc.record({
    do: fc.oneof(...names.map(({ weight, name }) => ({ weight, arbitrary: fc.constant(name) }))),
    pick: fc.nat({ max: 999 }),
    payout: fc.record({
      asset: fc.constantFrom(...ASSETS),
      amount: fc.bigInt({ min: 0n, max: 40n }),
      fee: fc.bigInt({ min: 0n, max: 5n }),
    }),
    seconds: fc.constantFrom(60n, HOUR / 2n, HOUR + 1n, 3n * HOUR, DEADLINE + 1n, 3n * DAY + 1n),
  }),
  { minLength: STEPS, maxLength: STEPS },
)

const nothing: Payout = { asset: ETH_ASSET, amount: 0n, fee: 0n }
const first = (move: Partial<Move> & Pick<Move, 'do'>): Move => ({
  ...{ pick: 0, payout: nothing, seconds: 3n * HOUR },
  ...move,
})
/** So that there is a chance for each lie once at least, whatever comes then. */
const PREFIX: readonly Move[] = [
  first({ do: 'deposit' }),
  first({ do: 'pass' }),
  first({ do: 'lie' }),
  first({ do: 'settle' }),
  first({ do: 'force', payout: { asset: ETH_ASSET, amount: 7n, fee: 3n } }),
  first({ do: 'lie' }),
  first({ do: 'twin' }),
  // Two wait and neither is due: only order refuses the second.
  first({ do: 'lie' }),
  first({ do: 'settle', pick: 1 }),
  first({ do: 'lie' }),
]

/** A guardian who means harm, just before somebody leaves; long after the last stop, so that it may. */
const SUFFIX: readonly Move[] = [
  first({ do: 'pass', seconds: 11n * DAY }),
  first({ do: 'stopKey', pick: Object.keys(CIRCUIT_IDS).indexOf('batch-4') }),
]

/** What honest steps may be refused with, for reasons that the sequence brought about. */
const EXPECTED: Readonly<Partial<Record<Move['do'], readonly string[]>>> = {
  deposit: ['AssetClosed'],
  reclaim: ['DeadlineNotReached'],
  refund: ['RefundTooSoon'],
  force: ['ClockStopped'],
  twin: ['ClockStopped'],
  claim: ['OutflowLimitReached', 'NothingToClaim'],
  open: ['AlreadyOpen', 'NoBreach'],
  join: ['NotOpen', 'AlreadyWaiting', 'CoolingDown'],
  epoch: ['EpochTooSoon', 'EpochNotAfterLast', 'EpochsUnstarted'],
  stopClock: ['StopTooSoon'],
  resumeClock: ['NotStopped'],
  stopKey: ['StopTooSoon', 'KeyStoppedBefore'],
  identity: ['KeyNotUsable'],
}

let rollup: TestRollup
before(async () => {
  rollup = await startTestRollup({
    keys: simulatedKeys('invariants', { pairs: 8 }),
    config: { auditKeyDelay: KEY_DELAY, forcedEntryFee: 1_000n },
  })
})
after(() => rollup.stop())

const seen = new Map<string, number>()
const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)

class Play {
  readonly world = new ContractWorld(rollup)
  #lastLeaf = 0n

  async make(move: Move): Promise<void> {
    const outcome = await this.#perform(move).catch((error: unknown) => {
      const name = revertOf(error)?.name
      if (name === undefined || EXPECTED[move.do]?.includes(name) !== true) throw error
      return name
    })
    note(outcome)
    await this.world.check()
  }

  /** @returns what happened, for the count. */
  async #perform(move: Move): Promise<string> {
    const { world } = this
    const { pick, payout } = move
    // Account 3 keeps out of everything, to lead the way out at the end.
    const who = rollup.users[pick % 2] as Wallet
    const payment = { ...payout, to: who }
    const governance = (name: Parameters<TestRollup['contract']>[0]) => rollup.contract(name)
    switch (move.do) {
      case 'deposit':
        await world.deposit(who, payout.asset, 10n + payout.amount)
        return 'deposit'
      case 'reclaim':
      case 'refund': {
        const status = move.do === 'reclaim' ? 'queued' : 'reclaiming'
        const found = world.deposits.find((one) => one.status === status)
        if (found === undefined) return `nothing to ${move.do}`
        await world[move.do](found)
        return move.do
      }
      case 'force':
        if (world.free(payout.asset) < payout.amount + payout.fee) return 'no notes'
        await world.force(who, payment)
        return 'force'
      case 'twin': {
        const [twin] = world.waiting
        if (twin === undefined) return 'nothing to repeat'
        const outdated = ['IdentityVersionOutdated', 'PolicyVersionOutdated', 'DayOutdated']
        return world.force(who, twin.payment, twin).then(
          () => 'twin',
          (error: unknown) => {
            if (!outdated.includes(revertOf(error)?.name ?? '')) throw error
            return 'outdated twin'
          },
        )
      }
      case 'settle': {
        const by = await this.#settler(who)
        if (by === undefined) return 'nobody may settle'
        const isAffordable = world.free(payout.asset) >= payout.amount + payout.fee
        return world.settle(by, {
          forced: pick % 4,
          transfers: isAffordable ? [payment] : [],
        })
      }
      case 'claim':
        await world.claim(who, payout.asset, rollup.operator)
        return 'claim'
      case 'pass':
        await rollup.chain.increaseTime(Number(move.seconds))
        return 'pass'
      case 'open':
        await send(rollup.as('proposers', who), 'open')
        return 'open'
      case 'join':
        await this.#join(who)
        return 'join'
      case 'lie': {
        const by = await this.#settler(who)
        if (by === undefined) return 'nobody may lie'
        await this.#lie(by)
        return 'lie'
      }
      case 'policy':
        await publishPolicy(rollup, BigInt(pick))
        return 'policy'
      case 'identity': {
        const newLeaf = 10_000n + this.#lastLeaf
        await updateIdentity(rollup, { index: 1n, oldLeaf: this.#lastLeaf, newLeaf })
        this.#lastLeaf = newLeaf
        return 'identity'
      }
      case 'epoch':
        await scheduleEpoch(rollup, KEY_DELAY)
        return 'epoch'
      case 'stopClock':
        await send(governance('clock'), 'stop')
        return 'stopClock'
      case 'resumeClock':
        await send(governance('clock'), 'resume')
        return 'resumeClock'
      case 'stopKey': {
        const ids = Object.values(CIRCUIT_IDS)
        await send(governance('verifierRegistry'), 'stopKey', ids[pick % ids.length], 1)
        return 'stopKey'
      }
      case 'openAsset':
        await send(governance('vault'), 'openAsset', payout.asset, pick % 2 === 0)
        return 'openAsset'
      case 'limit': {
        const parts: bigint[] = await governance('vault')['ledgerOf']?.(payout.asset)
        const least = ([...parts].reduce((sum, units) => sum + units, 0n) + 29n) / 30n + 1n
        await send(
          governance('vault'),
          'setOutflowLimit',
          payout.asset,
          least * BigInt(1 + (pick % 3)),
        )
        return 'limit'
      }
      case 'fees':
        await send(governance('vault'), 'setEntryFee', BigInt(pick))
        await send(governance('vault'), 'payEntryFees', rollup.operator.address)
        await send(governance('forcedQueue'), 'setBaseEntryFee', BigInt(pick))
        await send(governance('forcedQueue'), 'payEntryFees', rollup.operator.address)
        return 'fees'
    }
  }

  async #join(who: Wallet): Promise<void> {
    const proposers = rollup.as('proposers', who)
    await send(proposers, 'join', { value: await proposers['requiredBond']?.() })
  }

  /** Who may settle once a stop has lapsed and, where nobody has the lease, somebody has asked for it. */
  async #settler(who: Wallet): Promise<Wallet | undefined> {
    const { world } = this
    if (await world.isStopped()) await rollup.chain.increaseTime(Number(3n * DAY + 1n))
    const by = await world.settler()
    if (by !== undefined) return by
    await this.#join(who).catch((error: unknown) => {
      if (EXPECTED.join?.includes(revertOf(error)?.name ?? '') !== true) throw error
    })
    return world.settler()
  }

  /** Whoever may settle tells every lie that there is a chance for; the check that is there for it refuses. */
  async #lie(by: Wallet): Promise<void> {
    for (const kind of lies) {
      const lie = await makeLie(this.world, kind)
      if (lie === undefined) continue
      const [call, ...errors] = lie
      const outcome = await this.world.attempt(by, call)
      assert.ok(outcome !== undefined && errors.includes(outcome), `${kind}: ${String(outcome)}`)
      note(kind)
    }
  }

  /** A holder of notes leaves, whatever came before, and the operator does nothing. */
  async leave(): Promise<void> {
    const { world } = this
    const [holder, , helper] = rollup.users as [Wallet, Wallet, Wallet]
    // The longest that a guardian can hold anything up.
    if (await world.isStopped()) await rollup.chain.increaseTime(Number(3n * DAY + 1n))
    const exit = await world.force(holder, { asset: ETH_ASSET, amount: 35n, fee: 0n, to: holder })
    const proposers = rollup.as('proposers', helper)
    if (!(await proposers['isOpen']?.())) {
      const { deadline } = await rollup.contract('forcedQueue')['entryOf']?.(world.waiting[0]?.id)
      const time: bigint = await rollup.contract('clock')['time']?.()
      if (time <= deadline) await rollup.chain.increaseTime(Number(deadline - time + 1n))
      await send(proposers, 'open')
    }
    await this.#join(helper)
    for (let lease = 0; !(await proposers['maySettle']?.(helper.address)); lease++) {
      assert.ok(lease < LEASES, 'no turn in a bounded number of leases')
      await rollup.chain.increaseTime(Number(HOUR + 1n))
      await send(proposers, 'post', helper.address, { value: await proposers['requiredBond']?.() })
      await send(proposers, 'advance').catch((error: unknown) => {
        // Somebody's lease began with what was posted.
        if (revertOf(error)?.name !== 'LeaseRunning') throw error
      })
    }
    await this.#lie(helper)
    while (exit.status === 1n) await world.settle(helper)
    assert.equal(exit.status, 2n, 'the exit is settled live')
    await world.check()
    for (let day = 0; world.claimableOf(holder, ETH_ASSET) > 0n; day++) {
      assert.ok(day < DAYS_TO_PAY, 'not paid in a bounded number of days')
      await world.claim(holder, ETH_ASSET, helper)
      await rollup.chain.increaseTime(Number(DAY))
    }
    await world.check()
    await world.checkCredits()
    note('left')
    await world.checkHistory()
  }
}

test('whatever anybody does, nothing is lost or made, nothing is taken twice, and the way out stays open', async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (sequence) => {
      const undo = await rollup.chain.snapshot()
      try {
        const play = new Play()
        const [rich] = rollup.users as [Wallet]
        for (const asset of ASSETS) await play.world.deposit(rich, asset, 1_000n)
        await play.world.settle(rollup.operator)
        for (const move of [...PREFIX, ...sequence, ...SUFFIX]) await play.make(move)
        await play.leave()
      } finally {
        await undo()
      }
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  )
  // The sequences reach what they are about.
  if (SEED !== 115 || RUNS < 2) return
  const reached = ['settled', 'force', 'twin', 'stopClock', 'stopKey', 'left']
  for (const outcome of [...reached, ...lies]) {
    assert.ok((seen.get(outcome) ?? 0) > 0, `no sequence reached ${outcome}: ${String([...seen])}`)
  }
})
