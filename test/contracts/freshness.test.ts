// S2 as a property: whatever registrar, policy, committee and clock do, what was sealed with current values
// settles, as long as it does within the window. Proofs are simulated.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { SettleCall } from '../../l1/codec.ts'
import { CIRCUIT_IDS } from '../../protocol/constants.ts'
import { send } from '../support/expectRevert.ts'
import { publishPolicy, scheduleEpoch, updateIdentity } from '../support/registryMoves.ts'
import {
  ETH_ASSET,
  ETH_UNIT,
  force,
  type ForcedParameters,
  SETTLE_WINDOW,
  SettleBuilder,
  settle,
  startTestRollup,
  type TestRollup,
} from '../support/settlement.ts'

let rollup: TestRollup
const KEY_DELAY = 3_600n
/** A block or two, and the sealing itself: what is settled at the window's very end may come too late. */
const MARGIN = 120n
const DAY = 86_400n

before(async () => {
  rollup = await startTestRollup({ config: { auditKeyDelay: KEY_DELAY } })
})
after(() => rollup.stop())

type Move =
  | {
      do:
        | 'policy'
        | 'identity'
        | 'epoch'
        | 'stop'
        | 'resume'
        | 'stopKey'
        | 'deposit'
        | 'force'
        | 'seal'
        | 'settle'
    }
  | { do: 'wait'; seconds: bigint }

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant<Move>({ do: 'seal' }) },
    { weight: 2, arbitrary: fc.constant<Move>({ do: 'settle' }) },
    {
      weight: 5,
      // Around the window, midnight, due times, and the end of a stop.
      arbitrary: fc
        .constantFrom(60n, 1_800n, SETTLE_WINDOW - MARGIN, 10_800n, DAY / 2n, DAY)
        .map((seconds): Move => ({ do: 'wait', seconds })),
    },
    {
      weight: 8,
      arbitrary: fc
        .constantFrom(
          ...([
            'policy',
            'identity',
            'epoch',
            'stop',
            'resume',
            'stopKey',
            'deposit',
            'force',
          ] as const),
        )
        .map((name): Move => ({ do: name })),
    },
  ),
  { minLength: 30, maxLength: 40 },
)

/** An operator that keeps its duty: it takes the oldest it knows, and settles within the window. */
class Operator {
  readonly #builder = new SettleBuilder(rollup)
  readonly #sealed: { call: SettleCall; sealedAt: bigint }[] = []
  readonly #deposits: bigint[] = []
  readonly #forced: ForcedParameters[] = []
  #moves = 0n
  #lastLeaf = 0n
  settledCount = 0

  async #clock(): Promise<{ time: bigint; isStopped: boolean }> {
    const clock = rollup.contract('clock')
    return { time: await clock['time']?.(), isStopped: await clock['isStopped']?.() }
  }

  async make(move: Move): Promise<void> {
    this.#moves += 1n
    switch (move.do) {
      case 'policy':
        return publishPolicy(rollup, this.#moves)
      case 'identity': {
        // Filed first, then changed again and again: suspended, restored.
        const newLeaf = 10_000n + this.#moves
        await updateIdentity(rollup, { index: 1n, oldLeaf: this.#lastLeaf, newLeaf })
        this.#lastLeaf = newLeaf
        return
      }
      case 'epoch':
        // Not before the last one scheduled: the registry keeps them ascending.
        await scheduleEpoch(rollup, KEY_DELAY).catch(() => undefined)
        return
      case 'stop':
      case 'resume':
        // Refused too soon after the last one, or when there is none.
        await send(rollup.contract('clock'), move.do).catch(() => undefined)
        return
      case 'stopKey': {
        // Of what is sealed here. Refused for one that was stopped before, or too soon after another stop.
        const circuit = CIRCUIT_IDS[this.#moves % 2n === 0n ? 'transfer' : 'batch-4']
        const registry = rollup.contract('verifierRegistry')
        await send(registry, 'stopKey', circuit, 1).catch(() => undefined)
        return
      }
      case 'deposit':
        return this.#deposit()
      case 'force': {
        if ((await this.#clock()).isStopped) return
        // On top of what is settled: its anchor is the initial root.
        const forced = await this.#builder.entry({ anchorBatch: 0n })
        this.#forced.push({ forced, entryId: (await force(rollup, forced)).id })
        return
      }
      case 'seal':
        return this.#seal()
      case 'settle':
        if (!(await this.#clock()).isStopped) await this.settleOldest()
        return
      case 'wait':
        return this.#wait(move.seconds)
    }
  }

  async #deposit(): Promise<void> {
    const vault = rollup.contract('vault')
    const entryFee: bigint = await vault['entryFee']?.()
    const ciphertext = `0x${'11'.repeat(92)}`
    await send(vault, 'deposit', ETH_ASSET, ETH_UNIT, 77n, ciphertext, {
      value: ETH_UNIT + entryFee,
    })
    const [, tail]: [bigint, bigint] = await vault['queue']?.()
    this.#deposits.push(tail - 1n)
  }

  async #seal(): Promise<void> {
    const { time } = await this.#clock()
    const forced = this.#forced.splice(0, 3)
    const slots = [...forced, ...(forced.length < 3 ? [{ anchorBatch: 0n }] : [])]
    const call = await this.#builder.call([{ slots, depositIds: this.#deposits.splice(0, 4) }])
    this.#sealed.push({ call, sealedAt: time })
  }

  async settleOldest(): Promise<void> {
    const oldest = this.#sealed.shift()
    if (oldest === undefined) return
    await settle(rollup, oldest.call)
    this.settledCount += 1
  }

  /** Settles before its window would be over, or, while the clock stands still, once it runs again. */
  async #wait(seconds: bigint): Promise<void> {
    for (;;) {
      const [oldest] = this.#sealed
      const { time, isStopped } = await this.#clock()
      if (oldest === undefined || isStopped) break
      if (time + seconds + MARGIN <= oldest.sealedAt + SETTLE_WINDOW) break
      await this.settleOldest()
    }
    const until = await this.#stopEndsAt()
    const wanted = (await rollup.now()) + seconds
    // A stop that lapses in the meantime ends this wait: the clock runs on from there.
    const next = until !== undefined && until < wanted ? until : wanted
    await rollup.chain.request('evm_setNextBlockTimestamp', [Number(next)])
    await rollup.chain.mine()
  }

  async #stopEndsAt(): Promise<bigint | undefined> {
    const clock = rollup.contract('clock')
    const stops = await clock.queryFilter('Stopped')
    const last = stops.at(-1)
    const isStopped: boolean = await clock['isStopped']?.()
    if (last === undefined || !isStopped) return undefined
    return clock.interface.parseLog(last)?.args['until'] as bigint
  }

  /** All that is left. */
  async finish(): Promise<number> {
    const until = await this.#stopEndsAt()
    if (until !== undefined) await this.#wait(until - (await rollup.now()))
    while (this.#sealed.length > 0) await this.settleOldest()
    return this.settledCount
  }
}

test('S2: every sealed batch settles within the window, whatever anybody does meanwhile', async () => {
  let settledCount = 0
  await fc.assert(
    fc.asyncProperty(moves, async (sequence) => {
      const undo = await rollup.chain.snapshot()
      try {
        const operator = new Operator()
        for (const move of sequence) await operator.make(move)
        settledCount += await operator.finish()
      } finally {
        await undo()
      }
    }),
    // Seeded: the same sequences every time. Each takes some seconds.
    { numRuns: 3, seed: 20_260, endOnFailure: true },
  )
  assert.ok(settledCount >= 12, `only ${String(settledCount)} batches were settled`)
})
