import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { Contract, type Wallet } from 'ethers'
import type { Hex } from '../../l1/codec.ts'
import { packWord } from '../../protocol/words.ts'
import { eventsOf, expectRevert, send } from '../support/expectRevert.ts'
import {
  DEADLINE,
  deployTestContract,
  DUE_DELAY,
  ETH_ASSET,
  ETH_UNIT,
  force,
  MAX_FEE,
  SETTLE_WINDOW,
  SettleBuilder,
  settle,
  startTestRollup,
  type TestRollup,
} from '../support/settlement.ts'

const DAY = 86_400n
const SANCTIONS = 1n
const SOURCE = `0x${'5c'.repeat(32)}`
const CIPHERTEXT = `0x${'11'.repeat(92)}`
const FOR_EVER = 2n ** 64n - 1n
const NOT_ALLOWED = 65_535n
/** IScreening.Purpose. */
const [DEPOSIT, PAYOUT] = [0n, 1n]

let rollup: TestRollup
let list: Contract
let vault: Contract
let user: Wallet
let other: Wallet
let undo: () => Promise<void>

before(async () => {
  rollup = await startTestRollup({ config: { denialQuota: 3n } })
  list = rollup.contract('screening')
  vault = rollup.contract('vault')
  ;[user, other] = rollup.users as [Wallet, Wallet]
})
after(() => rollup.stop())
beforeEach(async () => {
  undo = await rollup.chain.snapshot()
})
afterEach(() => undo())

/** To a minute past midnight: what is counted by the day must not meet the end of one. */
async function nextDay(): Promise<void> {
  await rollup.chain.increaseTime(Number(DAY - ((await rollup.now()) % DAY)) + 60)
}

const inDays = async (days: bigint) => (await rollup.now()) + days * DAY
const deny = async (accounts: string[], until?: bigint) =>
  send(list, 'deny', accounts, SANCTIONS, until ?? (await inDays(90n)), SOURCE)
const reasons = (account: string, of = list) =>
  Promise.all(
    [DEPOSIT, PAYOUT].map(async (purpose): Promise<unknown> =>
      of['reasonAgainst']?.(account, purpose),
    ),
  )

async function deposit(wallet: Wallet, to = vault, units = 10n) {
  const entryFee: bigint = await to['entryFee']?.()
  const value = units * ETH_UNIT + entryFee
  const as = new Contract(await to.getAddress(), to.interface, wallet)
  return send(as, 'deposit', ETH_ASSET, units * ETH_UNIT, 5n, CIPHERTEXT, { value })
}

/** Settles a withdrawal of what was deposited last. */
async function withdraw(account: string, amount = 10n): Promise<void> {
  const builder = new SettleBuilder(rollup)
  const withdrawal = { asset: ETH_ASSET, amount, recipient: account.toLowerCase() as Hex }
  await settle(rollup, await builder.call([{ depositIds: [1n], slots: [{ withdrawal }] }]))
}

describe('Screening, the list', () => {
  it('allows everybody who is not on it', async () => {
    assert.deepEqual(await reasons(user.address), [0n, 0n])
    assert.equal(await list['version']?.(), 0n)
    assert.deepEqual((await list['entryOf']?.(user.address)).toArray(), [0n, 0n, 0n, 0n])
  })

  it('denies with a reason, a source and an end, as a version of its own', async () => {
    await nextDay()
    const until = await inDays(90n)
    const receipt = await deny([user.address, other.address], until)
    assert.deepEqual(eventsOf(receipt, list, 'ListChanged')[0]?.toArray(), [
      ...[1n, 2n, SANCTIONS, until, SOURCE],
    ])
    assert.deepEqual(
      eventsOf(receipt, list, 'AddressListed').map((event) => event.toArray()),
      [user, other].map(({ address }) => [address, 1n, 2n]),
    )
    assert.deepEqual((await list['entryOf']?.(user.address)).toArray(), [2n, SANCTIONS, until, 1n])
    assert.deepEqual(await reasons(user.address), [SANCTIONS, SANCTIONS])
    assert.equal(await list['denialsToday']?.(), 2n)
  })

  it('a denial ends by itself', async () => {
    await deny([user.address], await inDays(2n))
    await rollup.chain.increaseTime(Number(2n * DAY) - 60)
    assert.deepEqual(await reasons(user.address), [SANCTIONS, SANCTIONS])
    await rollup.chain.increaseTime(120)
    assert.deepEqual(await reasons(user.address), [0n, 0n])
  })

  it('is lifted by allowing, or by taking off', async () => {
    await deny([user.address, other.address])
    await send(list, 'allow', [user.address], await inDays(1n), SOURCE)
    await send(list, 'remove', [other.address], SOURCE)
    assert.deepEqual(await reasons(user.address), [0n, 0n])
    assert.deepEqual(await reasons(other.address), [0n, 0n])
    assert.equal(await list['version']?.(), 3n)
  })

  it('refuses a denial without reason, end, source or anybody, and one for longer than a year', async () => {
    const until = await inDays(90n)
    const who = [user.address]
    const call = (...args: unknown[]) => send(list, 'deny', ...args)
    await expectRevert(call(who, 0n, until, SOURCE), 'ReasonInvalid', [0n])
    await expectRevert(call(who, NOT_ALLOWED, until, SOURCE), 'ReasonInvalid', [NOT_ALLOWED])
    await expectRevert(call(who, SANCTIONS, await rollup.now(), SOURCE), 'ListingTimeInvalid')
    await expectRevert(call(who, SANCTIONS, await inDays(367n), SOURCE), 'ListingTimeInvalid')
    await expectRevert(call(who, SANCTIONS, until, `0x${'00'.repeat(32)}`), 'SourceMissing')
    await expectRevert(call([], SANCTIONS, until, SOURCE), 'NobodyNamed')
    await expectRevert(send(list, 'allow', who, await inDays(367n), SOURCE), 'ListingTimeInvalid')
    assert.equal(await list['version']?.(), 0n)
  })

  it('takes so many denials on a day and no more; lifting is never short', async () => {
    await nextDay()
    const accounts = ['a1', 'a2', 'a3'].map((byte) => `0x${byte.repeat(20)}`)
    await deny(accounts)
    await expectRevert(deny([user.address]), 'DenialQuotaExhausted', [3n])
    await send(list, 'remove', accounts, SOURCE)
    await nextDay()
    await deny([user.address])
  })

  it('is kept by the screener alone', async () => {
    const as = rollup.as('screening', user)
    const until = await inDays(1n)
    for (const [method, ...args] of [
      ['deny', [other.address], SANCTIONS, until, SOURCE],
      ['allow', [other.address], until, SOURCE],
      ['remove', [other.address], SOURCE],
    ] as const) {
      await expectRevert(send(as, method, ...args), 'AccessManagedUnauthorized')
    }
  })

  it('by list, lets only allowed addresses deposit, and lets everybody be paid who is not denied', async () => {
    const byList = await deployTestContract(rollup.operator, 'Screening', 'Screening', [
      ...[rollup.deployment.contracts.accessManager, true, 3n],
    ])
    assert.deepEqual(await reasons(user.address, byList), [NOT_ALLOWED, 0n])
    const until = await inDays(1n)
    await send(byList, 'allow', [user.address], until, SOURCE)
    assert.deepEqual(await reasons(user.address, byList), [0n, 0n])
    await send(byList, 'deny', [other.address], SANCTIONS, until, SOURCE)
    assert.deepEqual(await reasons(other.address, byList), [SANCTIONS, SANCTIONS])
    await rollup.chain.increaseTime(Number(2n * DAY))
    assert.deepEqual(await reasons(user.address, byList), [NOT_ALLOWED, 0n])
  })
})

describe('Screening, at the vault', () => {
  it('refuses a denied depositor at entry, and others as little as before', async () => {
    await deny([user.address])
    await expectRevert(deposit(user), 'AddressScreened', [user.address, SANCTIONS])
    await deposit(other)
    assert.deepEqual((await vault['ledgerOf']?.(ETH_ASSET)).toArray(), [10n, 0n, 0n])
  })

  it('takes what was queued before its depositor was denied', async () => {
    await deposit(user)
    await deny([user.address])
    await withdraw(other.address)
    assert.equal(await vault['claimableOf']?.(other.address, ETH_ASSET), 10n)
  })

  it('never blocks settle: the withdrawal is credited, held, and its owner’s again when the denial ends', async () => {
    await deposit(other)
    await deny([user.address], await inDays(3n))
    await withdraw(user.address)
    assert.equal(await vault['claimableOf']?.(user.address, ETH_ASSET), 10n)
    const asUser = rollup.as('vault', user)
    const held = ['AddressScreened', [user.address, SANCTIONS]] as const
    await expectRevert(send(asUser, 'claim', ETH_ASSET), ...held)
    await expectRevert(send(asUser, 'claimTo', ETH_ASSET, other.address), ...held)
    await expectRevert(send(vault, 'claimFor', user.address, ETH_ASSET), ...held)
    assert.equal(await vault['claimableOf']?.(user.address, ETH_ASSET), 10n)
    await rollup.chain.increaseTime(Number(3n * DAY) + 60)
    const before_ = await rollup.provider.getBalance(user.address)
    await send(vault, 'claimFor', user.address, ETH_ASSET)
    assert.equal((await rollup.provider.getBalance(user.address)) - before_, 10n * ETH_UNIT)
  })

  it('pays no denied address for a clean account, which names another', async () => {
    await deposit(user)
    await deny([other.address])
    await withdraw(user.address)
    const asUser = rollup.as('vault', user)
    await expectRevert(send(asUser, 'claimTo', ETH_ASSET, other.address), 'AddressScreened', [
      ...[other.address, SANCTIONS],
    ])
    const third = rollup.users[2]?.address ?? ''
    const before_ = await rollup.provider.getBalance(third)
    await send(asUser, 'claimTo', ETH_ASSET, third)
    assert.equal((await rollup.provider.getBalance(third)) - before_, 10n * ETH_UNIT)
  })

  it('takes a forced withdrawal to a denied address, which is held all the same', async () => {
    await deposit(other)
    await deny([user.address])
    const builder = new SettleBuilder(rollup)
    await settle(rollup, await builder.call([{ depositIds: [1n], slots: [] }]))
    const recipient = user.address.toLowerCase() as Hex
    const forced = await builder.entry({
      withdrawal: { asset: ETH_ASSET, amount: 4n, recipient },
    })
    const { id } = await force(rollup, forced)
    await settle(rollup, await builder.call([{ slots: [{ forced, entryId: id }] }]))
    assert.equal(await vault['claimableOf']?.(user.address, ETH_ASSET), 4n)
  })

  it('nobody takes what is held: neither screener nor governance has a way to it', async () => {
    await deposit(other)
    await deny([user.address])
    await withdraw(user.address)
    const moving = vault.interface.fragments
      .filter((item) => item.type === 'function')
      .map((item) => (item as unknown as { name: string }).name)
      .filter((name) => /pay|claim|seize|sweep|withdraw|transfer|refund|rescue/i.test(name))
    // Each of these pays the credited account, where it says, or what no user is owed.
    const known = ['claim', 'claimFor', 'claimTo', 'claimableOf', 'payEntryFees', 'payableOf']
    assert.deepEqual(moving.sort(), [...known, 'refund', 'requestReclaim'])
    await send(vault, 'payEntryFees', rollup.operator.address)
    const [owed, held] = await vault['escrowOf']?.(ETH_ASSET)
    assert.deepEqual([owed, held], [10n * ETH_UNIT, 10n * ETH_UNIT])
  })
})

describe('Screening, when it misbehaves', () => {
  let broken: Contract
  let alone: Contract
  const ways = ['revert', 'eatGas', 'answerNothing', 'answerTwoWords', 'answerTooMuch'] as const
  const set = (way: number) => send(broken, 'set', way)

  /** A vault whose rollup is the operator: it credits by itself. */
  beforeEach(async () => {
    const { operator, deployment } = rollup
    broken = await deployTestContract(operator, 'mocks/TestScreenings', 'BrokenScreening')
    const { accessManager, clock } = deployment.contracts
    alone = await deployTestContract(operator, 'Vault', 'Vault', [
      ...[accessManager, clock, operator.address, await broken.getAddress()],
      ...[SETTLE_WINDOW, DUE_DELAY, DEADLINE, FOR_EVER, 0n],
    ])
    await send(alone, 'listAsset', `0x${'00'.repeat(20)}`, ETH_UNIT, MAX_FEE)
    await deposit(user, alone)
    await send(alone, 'takeDeposits', [1n])
    const recipient = BigInt(user.address)
    await send(alone, 'credit', [packWord('withdrawal', { asset: 1n, amount: 10n, recipient })])
  })

  for (const [i, way] of ways.entries()) {
    it(`lets nobody in and everybody out: ${way}`, async () => {
      await set(i + 1)
      await expectRevert(deposit(other, alone), 'ScreeningSilent')
      const before_ = await rollup.provider.getBalance(user.address)
      const receipt = await send(alone, 'claimFor', user.address, ETH_ASSET)
      assert.equal((await rollup.provider.getBalance(user.address)) - before_, 10n * ETH_UNIT)
      // It got its gas and no more.
      assert.ok(receipt.gasUsed < 300_000n, String(receipt.gasUsed))
    })
  }

  it('cannot be starved into silence: a claim with little gas is refused, never paid', async () => {
    await set(7)
    const asUser = new Contract(await alone.getAddress(), alone.interface, user)
    const asked = asUser.getFunction('claim').staticCall(ETH_ASSET, { gasLimit: 90_000 })
    await expectRevert(asked, 'ScreeningGasTooLow')
    for (let gasLimit = 60_000; gasLimit <= 260_000; gasLimit += 8_000) {
      await assert.rejects(send(asUser, 'claim', ETH_ASSET, { gasLimit }))
    }
    assert.equal(await alone['claimableOf']?.(user.address, ETH_ASSET), 10n)
    await expectRevert(send(asUser, 'claim', ETH_ASSET), 'AddressScreened', [user.address, 7n])
  })

  it('is believed when it denies', async () => {
    await set(6)
    await expectRevert(deposit(other, alone), 'AddressScreened', [other.address, 7n])
  })
})

describe('Caps of a trial', () => {
  it('a supply cap stops deposits above it, lower or higher at any time, and claims never', async () => {
    await send(vault, 'setSupplyCap', ETH_ASSET, 15n)
    assert.equal(await vault['supplyCapOf']?.(ETH_ASSET), 15n)
    await deposit(user)
    await expectRevert(deposit(other, vault, 6n), 'SupplyCapExceeded', [16n])
    await deposit(other, vault, 5n)
    await send(vault, 'setSupplyCap', ETH_ASSET, 1n)
    await withdraw(user.address)
    await send(vault, 'claimFor', user.address, ETH_ASSET)
    assert.equal(await vault['claimableOf']?.(user.address, ETH_ASSET), 0n)
    await send(vault, 'setSupplyCap', ETH_ASSET, 2n ** 63n)
    await deposit(other)
  })

  it('a supply cap is governance’s, of a listed asset, and never above the contract’s own', async () => {
    const limit = 2n ** 63n
    await expectRevert(send(vault, 'setSupplyCap', ETH_ASSET, limit + 1n), 'SupplyCapTooHigh', [
      ...[limit, limit + 1n],
    ])
    await expectRevert(send(vault, 'setSupplyCap', 9n, 1n), 'AssetUnknown', [9n])
    const as = rollup.as('vault', user)
    await expectRevert(send(as, 'setSupplyCap', ETH_ASSET, 1n), 'AccessManagedUnauthorized')
  })
})

describe('A deployment with an end and few people', () => {
  let trial: TestRollup
  let until: bigint
  before(async () => {
    const far = BigInt(Math.floor(Date.now() / 1000)) + 30n * DAY
    trial = await startTestRollup({ config: { depositsUntil: far, identityLimit: 8n } })
    until = await trial.contract('vault')['DEPOSITS_UNTIL']?.()
  })
  after(() => trial.stop())

  it('deposits end for good, and what is inside leaves as before', async () => {
    const [depositor, next] = trial.users as [Wallet, Wallet]
    const its = trial.contract('vault')
    await deposit(depositor, its)
    await trial.chain.increaseTime(Number(until - (await trial.now())) + 60)
    await expectRevert(deposit(next, its), 'DepositsEnded', [until])
    const builder = new SettleBuilder(trial)
    const recipient = depositor.address.toLowerCase() as Hex
    const withdrawal = { asset: ETH_ASSET, amount: 10n, recipient }
    await settle(trial, await builder.call([{ depositIds: [1n], slots: [{ withdrawal }] }]))
    const before_ = await trial.provider.getBalance(depositor.address)
    await send(its, 'claimFor', depositor.address, ETH_ASSET)
    assert.equal((await trial.provider.getBalance(depositor.address)) - before_, 10n * ETH_UNIT)
  })

  it('no identity has an index at or above the limit, and no registrar a range beyond it', async () => {
    const registry = trial.contract('identityRegistry')
    assert.equal(await registry['IDENTITY_LIMIT']?.(), 8n)
    const limits = { firstIndex: 0, endIndex: 9, tierCap: 1, dailyQuota: 1 }
    await expectRevert(
      send(registry, 'setRegistrar', trial.operator.address, limits),
      'RangeInvalid',
      [0n, 9n],
    )
    const zeros = new Array<bigint>(8).fill(0n)
    const update = {
      ...{ mode: 0, index: 8n, oldLeaf: 0n, newLeaf: 1n, newRoot: 1n, proof: zeros },
      ...{ tracePoint: [1n, 2n], registrationProof: zeros, order: 0n, latestSuspension: 0n },
      sealedContents: '0x',
    }
    await expectRevert(send(registry, 'update', update), 'IndexOutOfRange', [8n])
  })
})
