import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { Contract, type Wallet, ZeroAddress } from 'ethers'
import type { Hex } from '../../l1/codec.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { eventsOf, expectRevert, send } from '../support/expectRevert.ts'
import {
  DEADLINE,
  deployTestContract,
  DUE_DELAY,
  ETH_ASSET,
  ETH_UNIT,
  MAX_FEE,
  SETTLE_WINDOW,
  SettleBuilder,
  settle,
  startTestRollup,
  type TestRollup,
  TOKEN_ASSET,
} from '../support/settlement.ts'

let rollup: TestRollup
let vault: Contract
let user: Wallet
let asUser: Contract
let entryFee: bigint
let undo: () => Promise<void>

before(async () => {
  rollup = await startTestRollup()
  vault = rollup.contract('vault')
  user = rollup.users[0] as Wallet
  asUser = rollup.as('vault', user)
  entryFee = await vault['entryFee']?.()
})
after(() => rollup.stop())
beforeEach(async () => {
  undo = await rollup.chain.snapshot()
})
afterEach(() => undo())

const CIPHERTEXT = `0x${'11'.repeat(92)}`

const depositEth = (units: bigint) =>
  send(asUser, 'deposit', ETH_ASSET, units * ETH_UNIT, 5n, CIPHERTEXT, {
    value: units * ETH_UNIT + entryFee,
  })

async function listToken(name: string): Promise<{ token: Contract; asset: bigint }> {
  const token = await deployTestContract(rollup.operator, 'mocks/TestTokens', name)
  await send(vault, 'listAsset', await token.getAddress(), 1n, MAX_FEE)
  const asset = await vault['assetCount']?.()
  return { token, asset }
}

/** Mints to the user and approves the vault. */
async function give(token: Contract, amount: bigint): Promise<void> {
  await send(token, 'mint', user.address, amount)
  const asOwner = new Contract(await token.getAddress(), token.interface, user)
  await send(asOwner, 'approve', rollup.deployment.contracts.vault, amount)
}

const depositToken = (asset: bigint, amount: bigint) =>
  send(asUser, 'deposit', asset, amount, 5n, CIPHERTEXT, { value: entryFee })

/** Brings units of an asset into the rollup and out again, to `account`. */
async function credit(asset: bigint, amount: bigint, account: string): Promise<void> {
  const builder = new SettleBuilder(rollup)
  const withdrawal = { asset, amount, recipient: account.toLowerCase() as Hex }
  const [, tail] = await vault['queue']?.()
  await settle(rollup, await builder.call([{ depositIds: [tail - 1n], slots: [{ withdrawal }] }]))
}

describe('Vault.deposit', () => {
  it('queues ETH with its times and ciphertext', async () => {
    const receipt = await depositEth(12n)
    const [event] = eventsOf(receipt, vault, 'DepositQueued')
    const now = await rollup.now()
    assert.deepEqual(event?.toArray(), [
      1n,
      user.address,
      ETH_ASSET,
      12n,
      5n,
      now + DUE_DELAY,
      now + DEADLINE,
      CIPHERTEXT,
    ])
    assert.deepEqual((await vault['depositOf']?.(1n)).toArray(), [
      user.address,
      ETH_ASSET,
      12n,
      1n,
      5n,
      now,
      0n,
    ])
    assert.deepEqual((await vault['ledgerOf']?.(ETH_ASSET)).toArray(), [12n, 0n, 0n])
    const [owed, held] = await vault['escrowOf']?.(ETH_ASSET)
    assert.equal(owed, 12n * ETH_UNIT + entryFee)
    assert.equal(held, owed)
  })

  it('queues a token', async () => {
    await give(rollup.token, 1_000n)
    await depositToken(TOKEN_ASSET, 1_000n)
    const [owed, held] = await vault['escrowOf']?.(TOKEN_ASSET)
    assert.equal(owed, 1_000n)
    assert.equal(held, 1_000n)
  })

  it('takes tokens that return nothing', async () => {
    const { token, asset } = await listToken('NoReturnToken')
    await give(token, 50n)
    await depositToken(asset, 50n)
    await credit(asset, 50n, user.address)
    await send(asUser, 'claim', asset)
    assert.equal(await token['balanceOf']?.(user.address), 50n)
  })

  it('refuses wrong amounts, recipients and ciphertexts', async () => {
    const eth = (amount: bigint, recipient = 5n, ciphertext = CIPHERTEXT, value = amount) =>
      send(asUser, 'deposit', ETH_ASSET, amount, recipient, ciphertext, { value: value + entryFee })
    await expectRevert(eth(0n), 'AmountZero')
    await expectRevert(eth(ETH_UNIT + 1n), 'AmountNotWholeUnits', [ETH_UNIT + 1n, ETH_UNIT])
    await expectRevert(eth(ETH_UNIT, 0n), 'RecipientInvalid', [0n])
    await expectRevert(eth(ETH_UNIT, FIELD_ORDER), 'RecipientInvalid', [FIELD_ORDER])
    await expectRevert(eth(ETH_UNIT, 5n, `${CIPHERTEXT}11`), 'CiphertextLengthWrong', [92n, 93n])
    await expectRevert(eth(ETH_UNIT, 5n, '0x'), 'CiphertextLengthWrong')
    await expectRevert(eth(ETH_UNIT, 5n, CIPHERTEXT, ETH_UNIT + 1n), 'ValueWrong')
    await expectRevert(eth(ETH_UNIT, 5n, CIPHERTEXT, 0n), 'ValueWrong')
    await expectRevert(
      send(asUser, 'deposit', 9n, 1n, 5n, CIPHERTEXT, { value: entryFee }),
      'AssetUnknown',
      [9n],
    )
    await expectRevert(
      send(asUser, 'deposit', ETH_ASSET, ETH_UNIT, 5n, CIPHERTEXT, { value: ETH_UNIT }),
      'ValueWrong',
    )
    // The largest canonical recipient is one.
    await eth(ETH_UNIT, FIELD_ORDER - 1n)
  })

  it('refuses more than 64 bits and more than the supply cap', async () => {
    await give(rollup.token, 2n ** 65n)
    await expectRevert(depositToken(TOKEN_ASSET, 2n ** 64n), 'AmountTooLarge', [2n ** 64n])
    await expectRevert(depositToken(TOKEN_ASSET, 2n ** 64n - 1n), 'SupplyCapExceeded')
    await depositToken(TOKEN_ASSET, 2n ** 63n)
    await expectRevert(depositToken(TOKEN_ASSET, 1n), 'SupplyCapExceeded', [2n ** 63n + 1n])
  })

  it('refuses tokens that take a fee', async () => {
    const { token, asset } = await listToken('FeeOnTransferToken')
    await give(token, 1_000n)
    await expectRevert(depositToken(asset, 1_000n), 'TokenAmountWrong', [
      await token.getAddress(),
      1_000n,
      990n,
    ])
    // The same token is welcome while it takes none.
    await send(token, 'setTakesFee', false)
    await depositToken(asset, 1_000n)
  })

  it('refuses tokens that say false', async () => {
    const { asset } = await listToken('FalseReturnToken')
    await expectRevert(depositToken(asset, 1n), 'SafeERC20FailedOperation')
  })

  it('stops a token that calls back', async () => {
    const { token, asset } = await listToken('HookedToken')
    await give(token, 100n)
    const input = vault.interface.encodeFunctionData('deposit', [asset, 1n, 5n, CIPHERTEXT])
    await send(token, 'setHook', rollup.deployment.contracts.vault, input)
    await depositToken(asset, 100n)
    assert.equal(await token['hookSucceeded']?.(), false)
    const guard = vault.interface.getError('ReentrancyGuardReentrantCall')?.selector
    assert.equal(await token['hookResult']?.(), guard)
    assert.deepEqual((await vault['ledgerOf']?.(asset)).toArray(), [100n, 0n, 0n])
  })

  it('refuses a closed asset, whose deposits still settle', async () => {
    await depositEth(5n)
    await send(vault, 'openAsset', ETH_ASSET, false)
    await expectRevert(depositEth(5n), 'AssetClosed', [ETH_ASSET])
    await credit(ETH_ASSET, 5n, user.address)
    await send(asUser, 'claim', ETH_ASSET)
  })
})

describe('Vault.requestReclaim and refund', () => {
  beforeEach(() => depositEth(10n))

  it('is for the depositor, past the deadline, once', async () => {
    const queuedAt = await rollup.now()
    await expectRevert(send(asUser, 'requestReclaim', 1n), 'DeadlineNotReached', [
      queuedAt + DEADLINE,
    ])
    await rollup.chain.increaseTime(Number(DEADLINE) + 30)
    await expectRevert(send(vault, 'requestReclaim', 1n), 'CallerNotDepositor')
    await expectRevert(send(asUser, 'requestReclaim', 2n), 'DepositStatusWrong', [2n, 0n])
    await expectRevert(send(asUser, 'refund', 1n), 'DepositStatusWrong', [1n, 1n])
    const receipt = await send(asUser, 'requestReclaim', 1n)
    const [event] = eventsOf(receipt, vault, 'DepositReclaimRequested')
    const refundableAt = (await rollup.now()) + SETTLE_WINDOW + 1n
    assert.deepEqual(event?.toArray(), [1n, refundableAt])
    await expectRevert(send(asUser, 'requestReclaim', 1n), 'DepositStatusWrong', [1n, 2n])
    await expectRevert(send(asUser, 'refund', 1n), 'RefundTooSoon', [refundableAt])
    await rollup.chain.increaseTime(Number(SETTLE_WINDOW) + 30)
    await send(vault, 'refund', 1n)
    assert.deepEqual((await vault['ledgerOf']?.(ETH_ASSET)).toArray(), [0n, 0n, 10n])
    const before_ = await rollup.provider.getBalance(user.address)
    await send(vault, 'claimFor', user.address, ETH_ASSET)
    assert.equal((await rollup.provider.getBalance(user.address)) - before_, 10n * ETH_UNIT)
  })

  it('refuses a deposit that a batch has taken', async () => {
    const builder = new SettleBuilder(rollup)
    await settle(rollup, await builder.call([{ depositIds: [1n], slots: [] }]))
    await rollup.chain.increaseTime(Number(DEADLINE) + 30)
    await expectRevert(send(asUser, 'requestReclaim', 1n), 'DepositStatusWrong', [1n, 3n])
  })

  it('waits while the guardian has stopped the clock', async () => {
    await send(rollup.contract('clock'), 'stop')
    await rollup.chain.increaseTime(Number(DEADLINE) + 30)
    await expectRevert(send(asUser, 'requestReclaim', 1n), 'DeadlineNotReached')
  })
})

describe('Vault.claim', () => {
  it('pays a credit to whom its owner says', async () => {
    await depositEth(10n)
    await credit(ETH_ASSET, 10n, user.address)
    const to: Hex = `0x${'cd'.repeat(20)}`
    const receipt = await send(asUser, 'claimTo', ETH_ASSET, to)
    assert.equal(await rollup.provider.getBalance(to), 10n * ETH_UNIT)
    const [event] = eventsOf(receipt, vault, 'Claimed')
    assert.equal(event?.['amount'], 10n)
    await expectRevert(send(asUser, 'claim', ETH_ASSET), 'NothingToClaim', [user.address, 1n])
    await expectRevert(send(vault, 'claim', ETH_ASSET), 'NothingToClaim')
    await expectRevert(send(vault, 'claim', 9n), 'AssetUnknown')
  })

  it('a recipient that takes no ETH blocks nobody, and can send it elsewhere', async () => {
    const refusing = await deployTestContract(
      rollup.operator,
      'mocks/TestCallers',
      'RefusingCaller',
    )
    const address = await refusing.getAddress()
    await depositEth(10n)
    await credit(ETH_ASSET, 10n, address)
    await expectRevert(send(vault, 'claimFor', address, ETH_ASSET), 'PaymentRefused', [
      address,
      10n * ETH_UNIT,
    ])
    const to = `0x${'ce'.repeat(20)}`
    const input = vault.interface.encodeFunctionData('claimTo', [ETH_ASSET, to])
    await send(refusing, 'forward', rollup.deployment.contracts.vault, input)
    assert.equal(await rollup.provider.getBalance(to), 10n * ETH_UNIT)
  })

  it('stops a recipient that claims again while it is paid', async () => {
    const reentering = await deployTestContract(
      rollup.operator,
      'mocks/TestCallers',
      'ReenteringCaller',
      [rollup.deployment.contracts.vault, ETH_ASSET],
    )
    const address = await reentering.getAddress()
    await depositEth(10n)
    await credit(ETH_ASSET, 5n, address)
    await send(reentering, 'claim')
    assert.equal(await reentering['reentryFailed']?.(), true)
    assert.equal(await rollup.provider.getBalance(address), 5n * ETH_UNIT)
  })

  it('refuses a token that takes more than it pays out', async () => {
    const { token, asset } = await listToken('SenderPaysToken')
    await give(token, 100n)
    await depositToken(asset, 100n)
    await credit(asset, 60n, user.address)
    await send(token, 'setTakesFee', true)
    await expectRevert(send(asUser, 'claim', asset), 'TokenAmountWrong', [
      await token.getAddress(),
      60n,
      61n,
    ])
  })
})

describe('Vault: callers and governance', () => {
  it('takes deposits and credits for the Rollup only', async () => {
    await expectRevert(send(vault, 'takeDeposits', []), 'CallerNotRollup')
    await expectRevert(send(vault, 'credit', []), 'CallerNotRollup')
  })

  it('lists assets once, with a unit and a contract', async () => {
    const token = await rollup.token.getAddress()
    await expectRevert(send(vault, 'listAsset', token, 1n, 1n), 'AssetListedBefore', [token])
    await expectRevert(send(vault, 'listAsset', ZeroAddress, 1n, 1n), 'AssetListedBefore')
    await expectRevert(send(vault, 'listAsset', user.address, 1n, 1n), 'TokenNotContract')
    const other = await deployTestContract(rollup.operator, 'mocks/TestTokens', 'NoReturnToken')
    const address = await other.getAddress()
    await expectRevert(send(vault, 'listAsset', address, 0n, 1n), 'UnitZero')
    await send(vault, 'listAsset', address, 7n, 3n)
    assert.deepEqual((await vault['assetOf']?.(3n)).toArray(), [address, true, 3n, 7n])
    assert.equal(await vault['maxFeeOf']?.(3n), 3n)
  })

  it('opens its functions to governance only', async () => {
    for (const [method, ...args] of [
      ['listAsset', user.address, 1n, 1n],
      ['openAsset', 1n, false],
      ['setOutflowLimit', 1n, 5n],
      ['setEntryFee', 0n],
      ['payEntryFees', user.address],
    ] as const) {
      await expectRevert(send(asUser, method, ...args), 'AccessManagedUnauthorized')
    }
  })

  it('collects entry fees apart from the escrow', async () => {
    await depositEth(10n)
    const to: Hex = `0x${'cf'.repeat(20)}`
    await send(vault, 'payEntryFees', to)
    assert.equal(await rollup.provider.getBalance(to), entryFee)
    const [owed, held] = await vault['escrowOf']?.(ETH_ASSET)
    assert.equal(owed, 10n * ETH_UNIT)
    assert.equal(held, owed)
    const limit: bigint = await vault['MAX_ENTRY_FEE']?.()
    await expectRevert(send(vault, 'setEntryFee', limit + 1n), 'EntryFeeTooHigh', [
      limit,
      limit + 1n,
    ])
    await send(vault, 'setEntryFee', 0n)
    assert.equal(await vault['entryFee']?.(), 0n)
  })
})

describe('Vault.setOutflowLimit', () => {
  const DAY = 86_400n
  const WEEK = 7n * DAY
  const claimable = () => vault['claimableOf']?.(user.address, ETH_ASSET) as Promise<bigint>
  const outflow = async () =>
    ((await vault['outflowOf']?.(ETH_ASSET)) as { toArray(): bigint[] }).toArray()
  const nextDay = async () => rollup.chain.increaseTime(Number(DAY - ((await rollup.now()) % DAY)))
  const limit = (units: bigint) => send(vault, 'setOutflowLimit', ETH_ASSET, units)
  const NO_LIMIT = 2n ** 64n - 1n

  describe('given an asset of which the vault holds nothing', () => {
    it('counts at once', async () => {
      assert.deepEqual(await outflow(), [NO_LIMIT, NO_LIMIT, 0n, 0n, 0n])
      const receipt = await limit(40n)
      const [event] = eventsOf(receipt, vault, 'OutflowLimitChanged')
      assert.deepEqual(event?.toArray(), [ETH_ASSET, 40n, await rollup.now()])
      assert.deepEqual(await outflow(), [40n, 40n, 0n, 0n, 0n])
      await limit(1n)
      await expectRevert(limit(0n), 'OutflowLimitTooLow', [1n, 0n])
      await expectRevert(send(vault, 'setOutflowLimit', 9n, 1n), 'AssetUnknown', [9n])
    })
  })

  describe('given an asset of which the vault holds something', () => {
    beforeEach(async () => {
      await depositEth(300n)
    })

    it('a lower limit waits, a higher one does not, and takes a waiting one back', async () => {
      await limit(100n)
      const from = (await rollup.now()) + WEEK
      assert.deepEqual(await outflow(), [NO_LIMIT, NO_LIMIT, 0n, 100n, from])
      await rollup.chain.increaseTime(Number(WEEK))
      assert.deepEqual(await outflow(), [100n, 100n, 0n, 0n, 0n])
      await limit(50n)
      assert.equal((await outflow())[0], 100n)
      await limit(200n)
      assert.deepEqual(await outflow(), [200n, 200n, 0n, 0n, 0n])
      await rollup.chain.increaseTime(Number(WEEK))
      assert.equal((await outflow())[0], 200n)
    })

    it('a limit below a 30th of what is held is refused', async () => {
      await expectRevert(limit(9n), 'OutflowLimitTooLow', [10n, 9n])
      await limit(10n)
    })

    it('what comes in later raises a limit that has become too low', async () => {
      await limit(10n)
      await depositEth(3_000n)
      await rollup.chain.increaseTime(Number(WEEK))
      assert.deepEqual((await outflow()).slice(0, 2), [10n, 110n])
    })
  })

  describe('given a limit of 40 units a day', () => {
    beforeEach(async () => {
      await limit(40n)
      await depositEth(100n)
    })

    it('settle credits all, and the credit is paid in parts, a quarter of the limit a day', async () => {
      await nextDay()
      await credit(ETH_ASSET, 25n, user.address)
      assert.equal(await claimable(), 25n)
      const paid: bigint[] = []
      for (let day = 0; day < 3; day++) {
        assert.equal(await vault['payableOf']?.(user.address, ETH_ASSET), day < 2 ? 10n : 5n)
        const before_ = await rollup.provider.getBalance(user.address)
        await send(vault, 'claimFor', user.address, ETH_ASSET)
        paid.push(((await rollup.provider.getBalance(user.address)) - before_) / ETH_UNIT)
        if (day === 2) break
        const tomorrow = ((await rollup.now()) / DAY + 1n) * DAY
        await expectRevert(send(asUser, 'claim', ETH_ASSET), 'OutflowLimitReached', [
          ETH_ASSET,
          tomorrow,
        ])
        await nextDay()
      }
      assert.deepEqual(paid, [10n, 10n, 5n])
      await expectRevert(send(asUser, 'claim', ETH_ASSET), 'NothingToClaim')
      assert.deepEqual((await vault['ledgerOf']?.(ETH_ASSET)).toArray(), [0n, 75n, 0n])
      const [owed, held] = await vault['escrowOf']?.(ETH_ASSET)
      assert.equal(owed, held, 'INV-1')
    })

    it('the day ends for all when the limit is used up, and not before', async () => {
      await nextDay()
      const accounts = Array.from({ length: 5 }, (_, i) => `0x${`e${String(i)}`.repeat(20)}`)
      const builder = new SettleBuilder(rollup)
      const withdrawals = accounts.map((recipient) => ({
        withdrawal: { asset: ETH_ASSET, amount: 10n, recipient: recipient as Hex },
      }))
      const batch = { circuit: 'batch-16' as const, depositIds: [1n], slots: withdrawals }
      await settle(rollup, await builder.call([batch]))
      for (const account of accounts.slice(0, 4)) {
        await send(vault, 'claimFor', account, ETH_ASSET)
        assert.equal(await rollup.provider.getBalance(account), 10n * ETH_UNIT)
      }
      assert.equal((await outflow())[2], 40n)
      const last = accounts[4] as string
      await expectRevert(send(vault, 'claimFor', last, ETH_ASSET), 'OutflowLimitReached')
      await nextDay()
      await send(vault, 'claimFor', last, ETH_ASSET)
      assert.equal(await rollup.provider.getBalance(last), 10n * ETH_UNIT)
    })

    it('other assets have limits of their own', async () => {
      await give(rollup.token, 500n)
      await depositToken(TOKEN_ASSET, 500n)
      const builder = new SettleBuilder(rollup)
      const withdrawal = {
        asset: TOKEN_ASSET,
        amount: 500n,
        recipient: user.address.toLowerCase() as Hex,
      }
      await settle(rollup, await builder.call([{ depositIds: [1n, 2n], slots: [{ withdrawal }] }]))
      await send(asUser, 'claim', TOKEN_ASSET)
      assert.equal(await rollup.token['balanceOf']?.(user.address), 500n)
    })

    it('goes on while the guardian has stopped settlement', async () => {
      await nextDay()
      await credit(ETH_ASSET, 25n, user.address)
      await send(rollup.contract('clock'), 'stop')
      await send(asUser, 'claim', ETH_ASSET)
      await nextDay()
      await send(asUser, 'claim', ETH_ASSET)
      assert.equal(await claimable(), 5n)
    })
  })
})
