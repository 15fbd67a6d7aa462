import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { Contract, TransactionReceipt, Wallet } from 'ethers'
import { encodeSettle } from '../../l1/codec.ts'
import { eventsOf, expectRevert, send } from '../support/expectRevert.ts'
import {
  type BatchParameters,
  DEADLINE,
  deployTestContract,
  ETH_ASSET,
  ETH_UNIT,
  force,
  SettleBuilder,
  startTestRollup,
  type TestRollup,
} from '../support/settlement.ts'

const HOUR = 3_600n
const DAY = 86_400n
const LIVENESS_GAP = 3n * DAY
const CLOSE_NOTICE = 7n * DAY
const BOND = 10n ** 18n
const CIPHERTEXT = `0x${'11'.repeat(92)}`
const FORCED = 1n
const DEPOSIT = 2n
const LIVENESS = 3n

let rollup: TestRollup
let proposers: Contract
let builder: SettleBuilder
let undo: () => Promise<void>
let [alice, bob, carol]: Wallet[] = []

before(async () => {
  rollup = await startTestRollup()
  proposers = rollup.contract('proposers')
  ;[alice, bob, carol] = rollup.users as Wallet[]
})
after(() => rollup.stop())
beforeEach(async () => {
  undo = await rollup.chain.snapshot()
  builder = new SettleBuilder(rollup)
})
afterEach(() => undo())

const pass = (seconds: bigint) => rollup.chain.increaseTime(Number(seconds))
const as = (wallet: Wallet | undefined) => rollup.as('proposers', wallet as Wallet)
const join = (wallet: Wallet | undefined, value = BOND) => send(as(wallet), 'join', { value })
const lease = async () => (await proposers['lease']?.()) as { holder: string; endsAt: bigint }
const proposerOf = (wallet: Wallet | undefined) =>
  proposers['proposerOf']?.(wallet?.address) as Promise<{
    bond: bigint
    availableAt: bigint
    isWaiting: boolean
  }>

async function deposit(): Promise<void> {
  const vault = rollup.as('vault', carol as Wallet)
  const value = 5n * ETH_UNIT + ((await vault['entryFee']?.()) as bigint)
  await send(vault, 'deposit', ETH_ASSET, 5n * ETH_UNIT, 5n, CIPHERTEXT, { value })
}

/** Settles as somebody. A call that is refused does not count in the builder. */
async function settleAs(
  wallet: Wallet | undefined,
  ...batches: BatchParameters[]
): Promise<TransactionReceipt> {
  const data = encodeSettle(await builder.fork('refused').call(batches))
  await rollup.as('rollup', wallet as Wallet)['settle']?.staticCall(data)
  const call = await builder.call(batches)
  return send(rollup.as('rollup', wallet as Wallet), 'settle', encodeSettle(call))
}

/** A deposit nobody takes, and settlement open because of it. */
async function openByDeposit(): Promise<void> {
  await deposit()
  await pass(DEADLINE + 30n)
  await send(as(alice), 'open')
}

describe('given closed settlement', () => {
  it('only the role may settle', async () => {
    await settleAs(rollup.operator, {})
    await expectRevert(settleAs(alice, {}), 'AccessManagedUnauthorized', [alice?.address])
    assert.equal(await proposers['maySettle']?.(rollup.operator.address), true)
    assert.equal(await proposers['maySettle']?.(alice?.address), false)
    await send(rollup.contract('accessManager'), 'revokeRole', 1n, rollup.operator.address)
    await expectRevert(settleAs(rollup.operator, {}), 'AccessManagedUnauthorized')
  })

  it('an idle operator stays alive with an empty batch', async () => {
    await pass(LIVENESS_GAP - HOUR)
    await settleAs(rollup.operator, { slots: [] })
    assert.equal(await rollup.contract('rollup')['settledAt']?.(), await rollup.now())
    await pass(LIVENESS_GAP - HOUR)
    assert.equal(await proposers['breach']?.(), 0n)
  })

  it('takes no bonds and has no leases', async () => {
    await expectRevert(join(alice), 'NotOpen')
    await expectRevert(send(as(alice), 'post', alice?.address, { value: 1n }), 'NotOpen')
    await expectRevert(send(as(alice), 'advance'), 'NotOpen')
    await expectRevert(send(as(alice), 'close'), 'NotOpen')
    await expectRevert(send(proposers, 'announceClosing'), 'NotOpen')
    await expectRevert(send(as(alice), 'quit'), 'NotWaiting')
    await expectRevert(send(as(alice), 'withdraw', alice?.address), 'NoBond')
  })

  it('authorize is for the rollup alone', () =>
    expectRevert(send(proposers, 'authorize', rollup.operator.address), 'CallerNotRollup'))

  describe('when nothing is wrong', () => {
    it('open reverts', async () => {
      await deposit()
      await pass(DEADLINE - 30n)
      await expectRevert(send(as(alice), 'open'), 'NoBreach')
    })
  })

  describe('when a deposit is past its deadline', () => {
    beforeEach(async () => {
      await deposit()
      await pass(DEADLINE + 30n)
    })

    it('anybody opens it', async () => {
      assert.equal(await proposers['breach']?.(), DEPOSIT)
      const receipt = await send(as(bob), 'open')
      const [event] = eventsOf(receipt, proposers, 'Opened')
      assert.deepEqual(event?.toArray(), [DEPOSIT, bob?.address])
      assert.equal(await proposers['isOpen']?.(), true)
      await expectRevert(send(as(bob), 'open'), 'AlreadyOpen')
    })

    it('the sequencer may still mend it before anybody does', async () => {
      await settleAs(rollup.operator, { slots: [], depositIds: [1n] })
      await expectRevert(send(as(bob), 'open'), 'NoBreach')
    })

    it('one that is asked back is no breach', async () => {
      await send(rollup.as('vault', carol as Wallet), 'requestReclaim', 1n)
      await expectRevert(send(as(bob), 'open'), 'NoBreach')
    })
  })

  describe('when a forced transfer is past its deadline', () => {
    it('anybody opens it, and the holder of the lease settles it', async () => {
      await settleAs(rollup.operator, {})
      const entry = await builder.entry()
      await force(rollup, entry, { wallet: carol as Wallet })
      await pass(DEADLINE - 30n)
      await expectRevert(send(as(bob), 'open'), 'NoBreach')
      await pass(60n)
      assert.equal(await proposers['breach']?.(), FORCED)
      await send(as(bob), 'open')
      await join(bob)
      // It counts as something taken, alone in its batch.
      await settleAs(bob, { slots: [{ forced: entry, entryId: 1n }] })
      assert.equal(await proposers['breach']?.(), 0n)
      assert.equal((await rollup.contract('forcedQueue')['entryOf']?.(1n)).status, 2n)
    })
  })

  describe('when deposits flood the queue', () => {
    it('each deadline leaves time for the one before', async () => {
      const vault = rollup.contract('vault')
      for (let i = 0; i < 6; i++) await deposit()
      const first = (await vault['headDeadline']?.()) as bigint
      const { queuedAt } = (await vault['depositOf']?.(1n)) as { queuedAt: bigint }
      assert.equal(first, queuedAt + DEADLINE)
      await settleAs(rollup.operator, { slots: [], depositIds: [1n, 2n, 3n, 4n] })
      // Queued within seconds, and due by a quarter of a minute each.
      assert.equal(await vault['headDeadline']?.(), first + 4n * 15n)
      await settleAs(rollup.operator, { slots: [], depositIds: [5n, 6n] })
      assert.equal(await vault['headDeadline']?.(), 0n)
    })
  })

  describe('when nothing was settled for the gap', () => {
    it('anybody opens it', async () => {
      await settleAs(rollup.operator, {})
      await pass(LIVENESS_GAP - 30n)
      await expectRevert(send(as(alice), 'open'), 'NoBreach')
      await pass(60n)
      assert.equal(await proposers['breach']?.(), LIVENESS)
      await send(as(alice), 'open')
    })

    it('a stop of the clock does not count', async () => {
      await settleAs(rollup.operator, {})
      await pass(LIVENESS_GAP - HOUR)
      await send(rollup.contract('clock'), 'stop')
      await pass(2n * DAY)
      await expectRevert(send(as(alice), 'open'), 'NoBreach')
      await send(rollup.contract('clock'), 'resume')
      await pass(HOUR - 30n)
      await expectRevert(send(as(alice), 'open'), 'NoBreach')
      await pass(60n)
      await send(as(alice), 'open')
    })
  })
})

describe('given open settlement', () => {
  beforeEach(openByDeposit)
  const taking: BatchParameters = { slots: [], depositIds: [1n] }

  describe('when nobody holds the lease', () => {
    it('nobody may settle, the sequencer neither', async () => {
      await expectRevert(settleAs(rollup.operator, taking), 'LeaseNotHeld')
      await expectRevert(settleAs(alice, taking), 'LeaseNotHeld')
      assert.equal(await proposers['maySettle']?.(rollup.operator.address), false)
      await expectRevert(send(proposers, 'advance'), 'NobodyWaits')
    })

    it('the first with a whole bond has it at once, the sequencer as any other', async () => {
      await expectRevert(join(rollup.operator, BOND - 1n), 'BondTooLow', [BOND, BOND - 1n])
      const receipt = await join(rollup.operator)
      const endsAt = (await rollup.now()) + HOUR
      const [event] = eventsOf(receipt, proposers, 'LeaseStarted')
      assert.deepEqual(event?.toArray(), [rollup.operator.address, endsAt])
      assert.equal((await lease()).holder, rollup.operator.address)
      assert.equal(await proposers['maySettle']?.(rollup.operator.address), true)
    })
  })

  describe('when somebody holds the lease', () => {
    beforeEach(() => join(alice))

    it('nobody else may settle', async () => {
      const { endsAt } = await lease()
      await expectRevert(settleAs(bob, taking), 'LeaseNotHeld', [
        bob?.address,
        alice?.address,
        endsAt,
      ])
      await expectRevert(settleAs(rollup.operator, taking), 'LeaseNotHeld')
      await settleAs(alice, taking)
    })

    it('an empty batch is refused, alone and among others', async () => {
      await expectRevert(settleAs(alice, taking, { slots: [] }), 'BatchEmpty', [2n])
      await settleAs(alice, taking)
      await expectRevert(settleAs(alice, { slots: ['empty', 'empty'] }), 'BatchEmpty', [2n])
      await settleAs(alice, { slots: ['empty', {}] })
    })

    it('others wait in line, and neither skip it nor end the lease', async () => {
      await join(bob)
      await join(carol)
      const { endsAt } = await lease()
      await expectRevert(send(as(bob), 'advance'), 'LeaseRunning', [alice?.address, endsAt])
      await expectRevert(join(bob, 0n), 'AlreadyWaiting')
      await settleAs(alice, taking)
      await pass(HOUR + 1n)
      await send(as(carol), 'advance')
      assert.equal((await lease()).holder, bob?.address)
    })

    it('the bond cannot be taken out', async () => {
      await expectRevert(send(as(alice), 'withdraw', alice?.address), 'LeaseRunning')
      await join(bob)
      await expectRevert(send(as(bob), 'withdraw', bob?.address), 'AlreadyWaiting')
      await send(as(bob), 'quit')
      const to = `0x${'ab'.repeat(20)}`
      await send(as(bob), 'withdraw', to)
      assert.equal(await rollup.provider.getBalance(to), BOND)
      await expectRevert(send(as(bob), 'withdraw', to), 'NoBond')
    })

    it('a receiver that refuses ETH keeps its bond', async () => {
      await settleAs(alice, taking)
      await pass(HOUR + 1n)
      const refusing = await deployTestContract(
        rollup.operator,
        'mocks/TestCallers',
        'RefusingCaller',
      )
      const to = await refusing.getAddress()
      await expectRevert(send(as(alice), 'withdraw', to), 'PaymentRefused', [to, BOND])
      assert.equal((await proposerOf(alice)).bond, BOND)
      await send(as(alice), 'withdraw', `0x${'ac'.repeat(20)}`)
    })

    it('it ends by itself to the second', async () => {
      const { endsAt } = await lease()
      const settleAt = async (time: bigint, batch: BatchParameters) => {
        const data = encodeSettle(await builder.call([batch]))
        await rollup.provider.send('evm_setNextBlockTimestamp', [Number(time)])
        // With a gas limit nothing is estimated before the block is there.
        await send(rollup.as('rollup', alice as Wallet), 'settle', data, { gasLimit: 3_000_000 })
      }
      await settleAt(endsAt - 1n, taking)
      await assert.rejects(settleAt(endsAt, {}))
      assert.equal((await rollup.contract('rollup')['state']?.())[0], 1n)
      await expectRevert(settleAs(alice, {}), 'LeaseNotHeld')
      assert.equal(await proposers['maySettle']?.(alice?.address), false)
    })

    it('it runs no time while the guardian has stopped the clock', async () => {
      await send(rollup.contract('clock'), 'stop')
      await pass(2n * DAY)
      await expectRevert(settleAs(alice, taking), 'ClockStopped')
      assert.equal(await proposers['maySettle']?.(alice?.address), true)
      await join(bob)
      await expectRevert(send(as(bob), 'advance'), 'LeaseRunning')
      await send(rollup.contract('clock'), 'resume')
      await settleAs(alice, taking)
    })
  })

  describe('when a lease ended with a settled batch', () => {
    it('the bond is kept, and the same may wait again behind the others', async () => {
      await join(alice)
      await join(bob)
      await settleAs(alice, taking)
      await pass(HOUR + 1n)
      const receipt = await join(alice, 0n)
      const [ended] = eventsOf(receipt, proposers, 'LeaseEnded')
      assert.deepEqual(ended?.toArray(), [alice?.address, true, 0n])
      assert.equal((await lease()).holder, bob?.address)
      await pass(HOUR + 1n)
      await send(as(alice), 'advance')
      assert.equal((await lease()).holder, alice?.address)
      assert.equal((await proposerOf(bob)).bond, BOND, 'nothing was overdue')
    })
  })

  describe('when a lease ended unused while something was overdue', () => {
    beforeEach(async () => {
      await join(alice)
      await pass(HOUR + 1n)
    })

    it('its bond is forfeited, its holder cools down, the next pays twice', async () => {
      await expectRevert(join(bob), 'BondTooLow', [2n * BOND, BOND])
      const receipt = await join(bob, 2n * BOND)
      const [ended] = eventsOf(receipt, proposers, 'LeaseEnded')
      assert.deepEqual(ended?.toArray(), [alice?.address, false, BOND])
      const { bond, availableAt } = await proposerOf(alice)
      assert.equal(bond, 0n)
      assert.equal(availableAt, (await rollup.now()) + DAY)
      assert.equal(await proposers['forfeitedTotal']?.(), BOND)
      await expectRevert(join(alice, 2n * BOND), 'CoolingDown', [availableAt])
      await expectRevert(send(as(alice), 'withdraw', alice?.address), 'NoBond')
      await settleAs(bob, taking)
      await pass(HOUR + 1n)
      await send(as(bob), 'withdraw', bob?.address)
      assert.equal(await proposers['requiredBond']?.(), BOND, 'a used lease resets the price')
      await pass(DAY)
      await join(alice)
    })

    it('its place in line is lost too', async () => {
      await undo()
      undo = await rollup.chain.snapshot()
      await openByDeposit()
      await join(alice)
      await join(alice, BOND)
      await join(bob, 4n * BOND)
      await pass(HOUR + 1n)
      await send(as(carol), 'advance')
      assert.equal((await lease()).holder, bob?.address)
      assert.deepEqual(
        [(await proposerOf(alice)).bond, (await proposerOf(alice)).isWaiting],
        [BOND, false],
      )
    })

    it('the price doubles six times at most', async () => {
      await join(bob, 64n * BOND)
      const failed = [bob, carol, rollup.operator]
      for (let i = 1; i <= 8; i++) {
        await pass(2n * DAY)
        await send(as(alice), 'advance')
        const required = (await proposers['requiredBond']?.()) as bigint
        assert.equal(required, BOND << BigInt(Math.min(i + 1, 6)))
        await join(failed[i % 3], required)
      }
    })
  })

  describe('when the price rose while somebody waited', () => {
    beforeEach(async () => {
      await join(alice)
      await join(bob)
      await join(carol, 2n * BOND)
      await pass(HOUR + 1n)
    })

    it('a bond that was not raised is passed over, and kept', async () => {
      const receipt = await send(proposers, 'advance')
      const [skipped] = eventsOf(receipt, proposers, 'Skipped')
      assert.deepEqual(skipped?.toArray(), [bob?.address, 2n * BOND, BOND])
      assert.equal((await lease()).holder, carol?.address)
      await send(as(bob), 'withdraw', bob?.address)
    })

    it('one that was raised has its turn', async () => {
      await send(proposers, 'post', bob?.address, { value: BOND })
      await send(proposers, 'advance')
      assert.equal((await lease()).holder, bob?.address)
    })
  })

  describe('when more places are empty than one call passes', () => {
    it('several calls reach the next who waits', async () => {
      await join(alice)
      await join(bob)
      await send(as(bob), 'quit')
      for (let i = 0; i < 33; i++) {
        await join(bob, 0n)
        await send(as(bob), 'quit')
      }
      await join(carol)
      await settleAs(alice, taking)
      await pass(HOUR + 1n)
      await send(proposers, 'advance')
      assert.equal((await lease()).holder, '0x0000000000000000000000000000000000000000')
      await send(proposers, 'advance')
      assert.equal((await lease()).holder, carol?.address)
    })
  })
})

describe('given open settlement that governance wants closed', () => {
  beforeEach(openByDeposit)
  const taking: BatchParameters = { slots: [], depositIds: [1n] }

  it('announcing is for governance', async () => {
    await expectRevert(send(as(alice), 'announceClosing'), 'AccessManagedUnauthorized')
    await expectRevert(send(as(alice), 'cancelClosing'), 'AccessManagedUnauthorized')
    await expectRevert(send(proposers, 'cancelClosing'), 'ClosingNotAnnounced')
    await expectRevert(send(as(alice), 'close'), 'ClosingNotAnnounced')
  })

  it('it takes the notice, and leases go on meanwhile', async () => {
    await send(proposers, 'announceClosing')
    const closableAt = (await rollup.now()) + CLOSE_NOTICE
    assert.equal(await proposers['closableAt']?.(), closableAt)
    await join(alice)
    await settleAs(alice, taking)
    await pass(CLOSE_NOTICE - 60n)
    await expectRevert(send(as(carol), 'close'), 'ClosingTooSoon', [closableAt])
    await join(bob)
    await pass(90n)
    await expectRevert(send(as(carol), 'close'), 'LeaseRunning')
    await pass(HOUR)
    await join(alice, 0n)
    assert.equal((await lease()).holder, '0x0000000000000000000000000000000000000000')
    await expectRevert(send(as(alice), 'advance'), 'ClosingDue')
    await send(as(carol), 'close')
    assert.equal(await proposers['isOpen']?.(), false)
    await settleAs(rollup.operator, {})
    await send(as(alice), 'quit')
    await send(as(alice), 'withdraw', alice?.address)
    await expectRevert(send(as(alice), 'open'), 'NoBreach')
  })

  it('it begins with a whole gap', async () => {
    await join(alice)
    await settleAs(alice, taking)
    await send(proposers, 'announceClosing')
    await pass(CLOSE_NOTICE + 1n)
    assert.equal(await proposers['breach']?.(), LIVENESS)
    await send(proposers, 'close')
    assert.equal(await proposers['aliveAt']?.(), await rollup.now())
    await expectRevert(send(as(alice), 'open'), 'NoBreach')
  })

  it('it stays open while something is overdue, and leases begin', async () => {
    await send(proposers, 'announceClosing')
    await pass(CLOSE_NOTICE + 1n)
    await expectRevert(send(proposers, 'close'), 'BreachOngoing', [DEPOSIT])
    await join(alice)
    await settleAs(alice, taking)
    await pass(HOUR + 1n)
    await send(proposers, 'close')
  })

  it('an announcement can be withdrawn, and does not wait for years', async () => {
    await join(alice)
    await settleAs(alice, taking)
    await send(proposers, 'announceClosing')
    await send(proposers, 'cancelClosing')
    await pass(CLOSE_NOTICE + 1n)
    await expectRevert(send(proposers, 'close'), 'ClosingNotAnnounced')
    await send(proposers, 'announceClosing')
    await pass(CLOSE_NOTICE + 7n * DAY + 60n)
    await expectRevert(send(proposers, 'close'), 'ClosingNotAnnounced')
    await join(bob)
    assert.equal((await lease()).holder, bob?.address)
  })
})

describe('given parameters that do not fit together', () => {
  const ADDRESS = `0x${'01'.repeat(20)}`
  const times = {
    livenessGap: 3n * DAY,
    leaseTime: HOUR,
    coolDown: DAY,
    closeNotice: 7n * DAY,
  }
  const build = (changes: Partial<typeof times>, bond = BOND) => {
    const { accessManager, clock } = rollup.deployment.contracts
    return deployTestContract(rollup.operator, 'Proposers', 'Proposers', [
      ...[accessManager, ADDRESS, clock, ADDRESS, ADDRESS],
      { ...times, ...changes },
      bond,
    ])
  }

  it('the constructor reverts', async () => {
    await expectRevert(build({ livenessGap: DAY - 1n }), 'ParametersInvalid')
    await expectRevert(build({ leaseTime: 599n }), 'ParametersInvalid')
    await expectRevert(build({ leaseTime: DAY + 1n, coolDown: 2n * DAY }), 'ParametersInvalid')
    await expectRevert(build({ coolDown: HOUR - 1n }), 'ParametersInvalid')
    await expectRevert(build({ closeNotice: DAY - 1n }), 'ParametersInvalid')
    await expectRevert(build({}, 0n), 'ParametersInvalid')
    await expectRevert(build({}, 2n ** 122n), 'ParametersInvalid')
    await build({}, 2n ** 121n)
  })
})
