// Bookkeeping of `settle`, clause by clause. The proofs are simulated with keys whose secrets are
// known (test/support/simulatedKeys.ts); real ones: Rollup.settle.realProofs.test.ts.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { encodeSettle, type Hex, type SettleCall, type SettleTransfer } from '../../l1/codec.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import type { BatchSlot } from '../../protocol/batch.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { buildPolicyTree } from '../../protocol/policy.ts'
import { deployTestContract } from '../support/settlement.ts'
import { eventsOf, expectRevert, send } from '../support/expectRevert.ts'
import {
  DEADLINE,
  DUE_DELAY,
  ETH_ASSET,
  ETH_UNIT,
  MAX_FEE,
  SETTLE_WINDOW,
  SettleBuilder,
  settle,
  startTestRollup,
  type TestRollup,
} from '../support/settlement.ts'

let rollup: TestRollup
let builder: SettleBuilder
let undo: () => Promise<void>

before(async () => {
  rollup = await startTestRollup()
})
after(() => rollup.stop())
beforeEach(async () => {
  undo = await rollup.chain.snapshot()
  builder = new SettleBuilder(rollup)
})
afterEach(() => undo())

const RECIPIENT: Hex = `0x${'ab'.repeat(20)}`
const CIPHERTEXT = `0x${'11'.repeat(92)}`
const DAY = 86_400n
/** Seconds on either side of a limit: base-chain clients differ in the next block's time. */
const MARGIN = 30n

async function deposit(units: bigint, recipient = 77n): Promise<bigint> {
  const vault = rollup.contract('vault')
  const fee: bigint = await vault['entryFee']?.()
  const receipt = await send(vault, 'deposit', ETH_ASSET, units * ETH_UNIT, recipient, CIPHERTEXT, {
    value: units * ETH_UNIT + fee,
  })
  return eventsOf(receipt, vault, 'DepositQueued')[0]?.['id']
}

/** Sets the clock of the next block, and so of the next transaction. */
async function setTime(seconds: bigint): Promise<void> {
  await rollup.chain.request('evm_setNextBlockTimestamp', [Number(seconds)])
  await rollup.chain.mine()
}

const stateOf = async () => {
  const [batchNumber, slotCount, noteRoot, nullifierRoot] = await rollup
    .contract('rollup')
    ['state']?.()
  return { batchNumber, slotCount, noteRoot, nullifierRoot }
}

/** Changes the first transfer of an encoded call, after its proofs were made. */
function alterSlot(call: SettleCall, change: Partial<SettleTransfer>): SettleCall {
  return {
    ...call,
    batches: call.batches.map((batch) => ({
      ...batch,
      slots: batch.slots.map((slot, i) =>
        i === 0 ? ({ ...slot, ...change } as SettleTransfer) : slot,
      ),
    })),
  }
}

const firstSlot = (call: SettleCall): SettleTransfer => {
  const slot = call.batches[0]?.slots[0]
  assert.ok(slot !== undefined && 'proof' in slot)
  return slot
}

describe('Rollup.settle', () => {
  describe('given a new deployment', () => {
    it('starts from the state of protocol/', async () => {
      const state = initialState()
      assert.deepEqual(await stateOf(), {
        batchNumber: 0n,
        slotCount: state.slotCount,
        noteRoot: state.noteTree.root,
        nullifierRoot: state.nullifierTree.root,
      })
      assert.equal(await rollup.contract('rollup')['DOMAIN']?.(), rollup.deployment.domain)
      assert.equal(deploymentDomain(rollup.deployment), rollup.deployment.domain)
    })

    it('settles a batch and moves roots and count', async () => {
      const call = await builder.call([{ slots: [{}, { kind: 'collect' }] }])
      const receipt = await settle(rollup, call)
      const [batch] = call.batches
      assert.deepEqual(await stateOf(), {
        batchNumber: 1n,
        slotCount: 8n,
        noteRoot: batch?.newNoteRoot,
        nullifierRoot: batch?.newNullifierRoot,
      })
      const [event] = eventsOf(receipt, rollup.contract('rollup'), 'BatchSettled')
      assert.deepEqual(event?.toArray(), [
        1n,
        batch?.newNoteRoot,
        batch?.newNullifierRoot,
        1n,
        8n,
        3n,
        rollup.operator.address,
      ])
    })

    it('settles several batches of both sizes in one call, and calls one after the other', async () => {
      await settle(
        rollup,
        await builder.call([
          { slots: [{}] },
          { circuit: 'batch-16', slots: [{}, {}, 'empty', { kind: 'collect' }] },
          { slots: [] },
        ]),
      )
      // 1 → 8 (position 4), 8 → 32 (position 16), 32 → 36.
      assert.equal((await stateOf()).slotCount, 36n)
      await settle(rollup, await builder.call([{ slots: [{}, {}, {}] }]))
      assert.equal((await stateOf()).batchNumber, 4n)
      const roots = await Promise.all(
        [0, 1, 2, 3, 4].map((k): Promise<bigint> =>
          rollup.contract('rollup').getFunction('noteRootOf')(k),
        ),
      )
      assert.deepEqual(roots, builder.noteRoots, 'roots are kept for good')
    })

    it('settles a full batch of 16', async () => {
      const slots = Array.from({ length: 15 }, () => ({}))
      await settle(rollup, await builder.call([{ circuit: 'batch-16', slots }]))
      assert.equal((await stateOf()).slotCount, 32n)
    })

    it('settles a full batch of 64, and one of each size in one call', async () => {
      const slots = Array.from({ length: 63 }, () => ({}))
      await settle(rollup, await builder.call([{ circuit: 'batch-64', slots }]))
      assert.equal((await stateOf()).slotCount, 128n)
      const one = [{}]
      await settle(
        rollup,
        await builder.call([
          { slots: one },
          { circuit: 'batch-64', slots: [...one, 'empty', { kind: 'collect' }] },
          { circuit: 'batch-16', slots: one },
        ]),
      )
      // 128 → 132, 132 → 256 (position 192), 256 → 272.
      assert.equal((await stateOf()).slotCount, 272n)
    })

    it('holds a batch of 64 to all its words', async () => {
      const slots = Array.from({ length: 63 }, () => ({}))
      const spoilt = (change: (all: BatchSlot[]) => BatchSlot[]) =>
        builder.fork('spoilt').call([{ circuit: 'batch-64', slots, provenSlots: change }])
      const swapped = await spoilt((all) => [...all.slice(0, 61), all[62]!, all[61]!])
      await expectRevert(settle(rollup, swapped), 'ProofsInvalid')
      const shorter = await spoilt((all) => all.slice(0, 62))
      await expectRevert(settle(rollup, shorter), 'ProofsInvalid')
    })
  })

  describe('when the caller is not a plain account', () => {
    it('reverts with AccessManagedUnauthorized without the role', async () => {
      const data = encodeSettle(await builder.call([{}]))
      const [user] = rollup.users
      assert.ok(user)
      await expectRevert(
        send(rollup.as('rollup', user), 'settle', data),
        'AccessManagedUnauthorized',
      )
    })

    it('reverts with CallerNotPlainAccount for a contract with the role', async () => {
      const caller = await deployTestContract(
        rollup.operator,
        'mocks/TestCallers',
        'RefusingCaller',
      )
      const address = await caller.getAddress()
      await send(rollup.contract('accessManager'), 'grantRole', 1n, address, 0)
      const data = encodeSettle(await builder.call([{}]))
      const input = rollup.contract('rollup').interface.encodeFunctionData('settle', [data])
      await expectRevert(
        send(caller, 'forward', rollup.deployment.rollup, input),
        'CallerNotPlainAccount',
        [address],
      )
    })
  })

  describe('when the data are malformed', () => {
    const reverts = async (data: Hex, name: string, facts?: readonly unknown[]) =>
      expectRevert(settle(rollup, data), name, facts)

    it('reverts for every kind of wrong header', async () => {
      const data = encodeSettle(await builder.call([{}]))
      await reverts('0x', 'DataLengthWrong')
      await reverts('0x01', 'DataLengthWrong')
      await reverts(`0x02${data.slice(4)}`, 'DataVersionUnknown', [2n])
      await reverts(`0x01${'00'.repeat(4)}010100`, 'DataEmpty')
      await reverts(data.replace('0x010000000001', '0x010000000002') as Hex, 'BatchOutOfOrder', [
        1n,
        2n,
      ])
      await reverts(data.replace('0x010000000001', '0x010000000000') as Hex, 'BatchOutOfOrder')
    })

    it('reverts for shorter and longer data', async () => {
      const data = encodeSettle(
        await builder.call([
          {
            slots: [
              {
                fee: { amount: 1n, asset: ETH_ASSET },
                withdrawal: { asset: ETH_ASSET, amount: 1n, recipient: RECIPIENT },
              },
            ],
          },
        ]),
      )
      await reverts(`${data}00`, 'DataLengthWrong')
      for (const cut of [1, 29, 31, 39, 41, 300, 600, 950]) {
        const end = data.length - 2 * cut
        await reverts(data.slice(0, end) as Hex, 'DataLengthWrong')
      }
    })

    it('reverts for circuits, slot heads and counts that mean nothing', async () => {
      const bytes = Buffer.from(encodeSettle(await builder.call([{}])).slice(2), 'hex')
      const changed = (offset: number, value: number): Hex => {
        const copy = Buffer.from(bytes)
        copy[offset] = value
        return `0x${copy.toString('hex')}`
      }
      const batchAt = 8 + 10
      const slotAt = batchAt + 375
      await reverts(changed(batchAt, 1), 'BatchCircuitUnknown', [1n])
      await reverts(changed(batchAt + 21, 4), 'BatchTooLarge', [4n, 3n])
      await reverts(changed(batchAt + 22, 5), 'BatchTooLarge', [5n, 4n])
      await reverts(changed(slotAt, 0x41), 'SlotKindUnknown', [0x41n])
      await reverts(changed(slotAt, 0x61), 'SlotKindUnknown', [0x61n])
      await reverts(changed(slotAt, 0x31), 'SlotKindUnknown', [0x31n])
      await reverts(changed(slotAt, 0x20), 'SlotKindUnknown', [0x20n])
      await reverts(changed(slotAt, 0x21), 'ForcedOutOfOrder')
      await reverts(changed(slotAt, 0x10), 'SlotKindUnknown', [0x10n])
      await reverts(changed(slotAt, 0x03), 'SlotVoidRefused')
      await reverts(changed(slotAt + 1, 1), 'ContextUnknown', [1n])
      await reverts(changed(batchAt, 0x83), 'KeyNotUsable', [3n, true])
      await reverts(changed(slotAt, 0x11), 'KeyNotUsable', [1n, true])
    })
  })

  describe('S1: anchors', () => {
    it('accepts the root of any earlier batch, one of the same call included', async () => {
      await settle(rollup, await builder.call([{ slots: [{}] }, { slots: [{}] }]))
      await settle(
        rollup,
        await builder.call([
          { slots: [{ anchorBatch: 0n }, { anchorBatch: 1n }, { anchorBatch: 2n }] },
          { slots: [{ anchorBatch: 3n }, { anchorBatch: 0n }] },
        ]),
      )
      assert.equal((await stateOf()).batchNumber, 4n)
    })

    it('reverts with AnchorUnknown for its own and for a later batch', async () => {
      for (const anchorBatch of [1n, 2n, 9n]) {
        const call = await builder
          .fork(`later ${String(anchorBatch)}`)
          .call([{ slots: [{ anchorBatch }] }, { slots: [] }])
        await expectRevert(settle(rollup, call), 'AnchorUnknown', [1n, anchorBatch])
      }
    })

    it('reverts with ProofsInvalid for a transfer proved against another anchor', async () => {
      await settle(rollup, await builder.call([{}]))
      const call = await builder.call([
        { slots: [{ anchorBatch: 0n, proveFor: (x) => ({ ...x, anchor: x.anchor + 1n }) }] },
      ])
      await expectRevert(settle(rollup, call), 'ProofsInvalid')
      const moved = alterSlot(await builder.fork('moved').call([{}]), { anchorBatch: 0n })
      await expectRevert(settle(rollup, moved), 'BatchOutOfOrder')
    })
  })

  describe('S2: values that were current when sealed', () => {
    const publish = async () => {
      const root = buildPolicyTree([]).root
      await send(rollup.contract('policyRegistry'), 'publish', root, [])
    }

    it('accepts a superseded policy root within the window and not after it', async () => {
      const call = await builder.call([{}])
      await publish()
      const supersededAt = await rollup.now()
      const back = await rollup.chain.snapshot()
      await setTime(supersededAt + SETTLE_WINDOW - MARGIN)
      await settle(rollup, call)
      await back()
      await setTime(supersededAt + SETTLE_WINDOW + MARGIN)
      await expectRevert(settle(rollup, call), 'PolicyVersionOutdated', [1n, supersededAt])
    })

    it('reverts for versions that do not exist', async () => {
      const context = await builder.context()
      for (const change of [{ policyVersion: 9n }, { identityVersion: 9n }]) {
        const contexts = [{ ...context, ...change }]
        const call = await builder.fork('versions').call([{}], { contexts })
        await expectRevert(settle(rollup, call), 'VersionUnknown', [9n])
      }
    })

    it('reverts with DayInFuture for tomorrow', async () => {
      const today = dayOf(await rollup.now())
      const contexts = [await builder.context({ day: today + 1n })]
      const call = await builder.call([{}], { contexts })
      await expectRevert(settle(rollup, call), 'DayInFuture', [today + 1n, today])
    })

    it('accepts yesterday until the window after midnight has passed', async () => {
      const today = dayOf(await rollup.now())
      const contexts = [await builder.context({ day: today })]
      const call = await builder.call([{}], { contexts })
      const back = await rollup.chain.snapshot()
      await setTime((today + 1n) * DAY + SETTLE_WINDOW - MARGIN)
      await settle(rollup, call)
      await back()
      await setTime((today + 1n) * DAY + SETTLE_WINDOW + MARGIN)
      await expectRevert(settle(rollup, call), 'DayOutdated', [today, today + 1n])
    })

    it('takes epoch and audit keys from the schedule', async () => {
      const wrong = async (change: Parameters<SettleBuilder['call']>[0]) =>
        expectRevert(settle(rollup, await builder.fork('keys').call(change)), 'ProofsInvalid')
      await wrong([{ slots: [{ proveFor: (x) => ({ ...x, auditKeyS: x.auditKeyI }) }] }])
      await wrong([{ slots: [{ proveFor: (x) => ({ ...x, auditKeyI: x.auditKeyS }) }] }])
      await wrong([{ slots: [{ proveFor: (x) => ({ ...x, fee: x.fee + (1n << 80n) }) }] }])
      await wrong([{ slots: [{ proveFor: (x) => ({ ...x, day: x.day - 1n }) }] }])
      await wrong([{ slots: [{ proveFor: (x) => ({ ...x, identityRoot: 5n }) }] }])
      await wrong([{ slots: [{ proveFor: (x) => ({ ...x, policyRoot: 5n }) }] }])
    })

    it('keeps several contexts apart', async () => {
      await publish()
      const context = await builder.context()
      const contexts = [context, { ...context, policyVersion: context.policyVersion - 1n }]
      await settle(
        rollup,
        await builder.call([{ slots: [{ context: 0 }, { context: 1 }, { context: 1 }] }], {
          contexts,
        }),
      )
      const swapped = await builder.call([{ slots: [{ context: 0 }, { context: 1 }] }], {
        contexts,
      })
      await expectRevert(
        settle(rollup, { ...swapped, contexts: [...contexts].reverse() }),
        'ProofsInvalid',
      )
    })

    it('refuses while the guardian has stopped the clock, and then gives the window back', async () => {
      const call = await builder.call([{}])
      await publish()
      const clock = rollup.contract('clock')
      await send(clock, 'stop')
      const stoppedAt = await rollup.now()
      await expectRevert(settle(rollup, call), 'ClockStopped')
      // The stop lapses by itself after three days; two hours of window are still there.
      await setTime(stoppedAt + 3n * DAY + SETTLE_WINDOW - 60n)
      await settle(rollup, call)
    })
  })

  describe('S3: words, amounts and payments', () => {
    it('reverts with WordNotCanonical for every calldata word + r', async () => {
      const call = await builder.call([{ slots: [{ kind: 'collect' }] }])
      const data = encodeSettle(call)
      const word = (value: bigint) => value.toString(16).padStart(64, '0')
      const [batch] = call.batches
      assert.ok(batch)
      const slot = firstSlot(call)
      const words = [
        batch.newNoteRoot,
        batch.newNullifierRoot,
        batch.c,
        ...slot.outputs,
        slot.traceTag,
        ...slot.ephemeral,
        ...slot.statisticsCiphertext,
        ...slot.investigationCiphertext,
      ]
      assert.equal(words.length, 14)
      for (const value of words) {
        const twin = data.replace(word(value), word(value + FIELD_ORDER)) as Hex
        assert.notEqual(twin, data)
        await expectRevert(settle(rollup, twin), 'WordNotCanonical', [value + FIELD_ORDER])
      }
    })

    it('reverts with NullifierZero', async () => {
      const call = await builder.call([{}])
      const nullifier = firstSlot(call).nullifier.toString(16).padStart(62, '0')
      const data = encodeSettle(call).replace(nullifier, '00'.repeat(31)) as Hex
      await expectRevert(settle(rollup, data), 'NullifierZero')
    })

    it('recomputes memoHash', async () => {
      const call = await builder.call([{}])
      const memo = firstSlot(call).memo.slice()
      memo[281] = (memo[281] ?? 0) ^ 1
      await expectRevert(settle(rollup, alterSlot(call, { memo })), 'ProofsInvalid')
    })

    it('credits withdrawals and fees, and lets them be claimed once', async () => {
      const vault = rollup.contract('vault')
      const [user] = rollup.users
      assert.ok(user)
      const id = await deposit(1_000n)
      const feeRecipient: Hex = `0x${'fe'.repeat(20)}`
      const recipient = user.address.toLowerCase() as Hex
      await settle(
        rollup,
        await builder.call([
          { depositIds: [id], slots: [] },
          {
            feeRecipient,
            slots: [
              { fee: { asset: ETH_ASSET, amount: 5n } },
              {
                kind: 'collect',
                fee: { asset: ETH_ASSET, amount: 6n },
                withdrawal: { asset: ETH_ASSET, amount: 300n, recipient },
              },
            ],
          },
        ]),
      )
      assert.equal(await vault['claimableOf']?.(feeRecipient, ETH_ASSET), 11n)
      assert.equal(await vault['claimableOf']?.(recipient, ETH_ASSET), 300n)
      const ledger = await vault['ledgerOf']?.(ETH_ASSET)
      assert.deepEqual(ledger.toArray(), [0n, 689n, 311n])

      const before_ = await rollup.provider.getBalance(recipient)
      await send(vault, 'claimFor', recipient, ETH_ASSET)
      assert.equal((await rollup.provider.getBalance(recipient)) - before_, 300n * ETH_UNIT)
      await expectRevert(send(vault, 'claimFor', recipient, ETH_ASSET), 'NothingToClaim')
      const [owed, held] = await vault['escrowOf']?.(ETH_ASSET)
      assert.equal(owed, held)
    })

    it('keeps fees of several assets and batches apart', async () => {
      const vault = rollup.contract('vault')
      const id = await deposit(1_000n)
      await send(rollup.token, 'mint', rollup.operator.address, 500n)
      await send(rollup.token, 'approve', rollup.deployment.contracts.vault, 500n)
      const entryFee = await vault['entryFee']?.()
      await send(vault, 'deposit', 2n, 500n, 7n, CIPHERTEXT, { value: entryFee })
      await settle(rollup, await builder.call([{ depositIds: [id, id + 1n], slots: [] }]))
      const first: Hex = `0x${'f1'.repeat(20)}`
      const second: Hex = `0x${'f2'.repeat(20)}`
      const pays = (asset: bigint, amount: bigint) => ({ fee: { asset, amount } })
      await settle(
        rollup,
        await builder.call([
          { feeRecipient: first, slots: [pays(1n, 1n), pays(2n, 20n), pays(1n, 2n)] },
          { feeRecipient: second, slots: [pays(2n, 40n), {}, pays(2n, 80n)] },
        ]),
      )
      const claimable = async (account: Hex, asset: bigint) =>
        vault['claimableOf']?.(account, asset)
      assert.equal(await claimable(first, 1n), 3n)
      assert.equal(await claimable(first, 2n), 20n)
      assert.equal(await claimable(second, 1n), 0n)
      assert.equal(await claimable(second, 2n), 120n)
    })

    it('reverts with FeeTooHigh one above the limit, and takes the limit', async () => {
      const id = await deposit(MAX_FEE)
      const fee = (amount: bigint) => ({ fee: { asset: ETH_ASSET, amount } })
      const call = await builder.fork('fee').call([{ slots: [fee(MAX_FEE + 1n)] }])
      await expectRevert(settle(rollup, call), 'FeeTooHigh', [ETH_ASSET, MAX_FEE + 1n, MAX_FEE])
      await settle(rollup, await builder.call([{ depositIds: [id], slots: [fee(MAX_FEE)] }]))
    })

    it('reverts with AssetUnknown for fees and withdrawals in an asset that is not listed', async () => {
      for (const asset of [0n, 3n, 65_535n]) {
        const fee = await builder.fork('a').call([{ slots: [{ fee: { asset, amount: 1n } }] }])
        await expectRevert(settle(rollup, fee), 'AssetUnknown', [asset])
        const withdrawal = { asset, amount: 1n, recipient: RECIPIENT }
        const call = await builder.fork('b').call([{ slots: [{ withdrawal }] }])
        await expectRevert(settle(rollup, call), 'AssetUnknown', [asset])
      }
    })

    it('reverts with AmountZero where a payment of nothing is encoded', async () => {
      const data = async (slot: object) =>
        encodeSettle(await builder.fork('z').call([{ slots: [slot] }]))
      const fee = await data({ fee: { asset: ETH_ASSET, amount: 0x77n } })
      await expectRevert(
        settle(rollup, `${fee.slice(0, -20)}${'00'.repeat(8)}0001` as Hex),
        'AmountZero',
      )
      const withdrawal = await data({
        withdrawal: { asset: ETH_ASSET, amount: 0x77n, recipient: RECIPIENT },
      })
      const zero = `${withdrawal.slice(0, -60)}0001${'00'.repeat(8)}${'ab'.repeat(20)}` as Hex
      await expectRevert(settle(rollup, zero), 'AmountZero')
    })

    it('reverts with RollupBalanceExceeded when more leaves than ever entered (INV-1)', async () => {
      const id = await deposit(10n)
      const withdrawal = { asset: ETH_ASSET, amount: 11n, recipient: RECIPIENT }
      const call = await builder.call([{ depositIds: [id], slots: [{ withdrawal }] }])
      await expectRevert(settle(rollup, call), 'RollupBalanceExceeded', [ETH_ASSET, 10n, 11n])
    })

    it('binds fee, withdrawal and fee recipient to the proofs', async () => {
      const id = await deposit(1_000n)
      const slot = {
        fee: { asset: ETH_ASSET, amount: 5n },
        withdrawal: { asset: ETH_ASSET, amount: 9n, recipient: RECIPIENT },
      }
      const call = await builder.call([{ depositIds: [id], slots: [slot] }])
      const { withdrawal } = firstSlot(call)
      for (const change of [
        { fee: { asset: ETH_ASSET, amount: 6n } },
        { fee: { asset: 0n, amount: 0n } },
        { withdrawal: withdrawal + (1n << 16n) },
        { withdrawal: withdrawal ^ (1n << 100n) },
        { withdrawal: 0n },
      ]) {
        await expectRevert(settle(rollup, alterSlot(call, change)), 'ProofsInvalid')
      }
      const feeRecipient: Hex = `0x${'ba'.repeat(20)}`
      const stolen = { ...call, batches: call.batches.map((b) => ({ ...b, feeRecipient })) }
      await expectRevert(settle(rollup, stolen), 'ProofsInvalid')
      await settle(rollup, call)
    })

    it('chains roots and counts: a batch proved from another state is refused', async () => {
      const other = builder.fork('other')
      await settle(rollup, await builder.call([{}]))
      const stale = await other.call([{}])
      await expectRevert(settle(rollup, stale), 'BatchOutOfOrder')
      // The same batch under the next number still starts from the wrong roots.
      const renumbered = {
        ...stale,
        batches: stale.batches.map((batch) => ({ ...batch, batchNumber: 2n })),
      }
      await expectRevert(settle(rollup, renumbered), 'ProofsInvalid')
    })

    it('refuses a replay', async () => {
      const call = await builder.call([{}])
      await settle(rollup, call)
      await expectRevert(settle(rollup, call), 'BatchOutOfOrder', [2n, 1n])
    })
  })

  describe('S4: deposits', () => {
    const ids = (first: bigint, count: number) =>
      Array.from({ length: count }, (_, i) => first + BigInt(i))

    it('takes deposits in order, up to four a batch', async () => {
      for (let i = 0; i < 5; i++) await deposit(10n + BigInt(i), BigInt(i) + 1n)
      await settle(
        rollup,
        await builder.call([
          { depositIds: ids(1n, 4), slots: [] },
          { depositIds: [5n], slots: [{}] },
        ]),
      )
      const vault = rollup.contract('vault')
      assert.equal((await vault['depositOf']?.(5n)).status, 3n)
      assert.deepEqual((await vault['queue']?.()).toArray(), [6n, 6n])
    })

    it('reverts for deposits invented, taken twice, out of order or left out', async () => {
      for (let i = 0; i < 3; i++) await deposit(10n)
      const refused = async (depositIds: bigint[], name: string) =>
        expectRevert(
          settle(
            rollup,
            await builder.fork('order').call([{ depositIds, slots: [], provenDeposits: [] }]),
          ),
          name,
        )
      await refused([4n], 'DepositNotTakeable')
      await refused([0n], 'DepositOutOfOrder')
      await refused([2n, 1n], 'DepositSkipped')
      await refused([1n, 1n], 'DepositOutOfOrder')
      await refused([2n], 'DepositSkipped')
      await refused([1n, 3n], 'DepositSkipped')
      await settle(rollup, await builder.call([{ depositIds: [1n], slots: [] }]))
      await refused([1n], 'DepositOutOfOrder')
    })

    it('reverts with ProofsInvalid for a deposit proved with other contents', async () => {
      const id = await deposit(10n, 5n)
      const right = { asset: ETH_ASSET, amount: 10n, recipient: 5n }
      for (const wrong of [
        { ...right, amount: 11n },
        { ...right, recipient: 6n },
        { ...right, asset: 2n },
      ]) {
        const call = await builder
          .fork('contents')
          .call([{ depositIds: [id], provenDeposits: [wrong], slots: [] }])
        await expectRevert(settle(rollup, call), 'ProofsInvalid')
      }
      const invented = await builder
        .fork('invented')
        .call([{ depositIds: [], provenDeposits: [right], slots: [] }])
      await expectRevert(settle(rollup, invented), 'ProofsInvalid')
    })

    it('need not be taken before they are due, and must be then', async () => {
      await deposit(10n)
      const queuedAt = await rollup.now()
      const none = await builder.fork('none').call([{ slots: [] }])
      const back = await rollup.chain.snapshot()
      await settle(rollup, none)
      await back()
      await setTime(queuedAt + DUE_DELAY - MARGIN)
      const early = await rollup.chain.snapshot()
      await settle(rollup, await builder.fork('early').call([{ slots: [] }]))
      await early()
      await setTime(queuedAt + DUE_DELAY + MARGIN)
      const late = await builder.fork('late').call([{ slots: [] }])
      await expectRevert(settle(rollup, late), 'DepositOverdue', [1n])
      await settle(rollup, await builder.call([{ depositIds: [1n], slots: [] }]))
    })

    it('with five due, four are enough for one batch and none for the next', async () => {
      for (let i = 0; i < 5; i++) await deposit(10n)
      await setTime((await rollup.now()) + DUE_DELAY + MARGIN)
      const four = await builder.fork('four').call([{ depositIds: ids(1n, 4), slots: [] }])
      const three = await builder.fork('three').call([{ depositIds: ids(1n, 3), slots: [] }])
      await expectRevert(settle(rollup, three), 'DepositOverdue', [4n])
      const back = await rollup.chain.snapshot()
      await settle(rollup, four)
      await back()
      const both = await builder.call([{ depositIds: ids(1n, 4), slots: [] }, { slots: [] }])
      await expectRevert(settle(rollup, both), 'DepositOverdue', [5n])
    })

    describe('given a reclaimed deposit', () => {
      let requestedAt: bigint
      beforeEach(async () => {
        await deposit(10n)
        await setTime((await rollup.now()) + DEADLINE + MARGIN)
        await send(rollup.contract('vault'), 'requestReclaim', 1n)
        requestedAt = await rollup.now()
      })

      it('a batch sealed before may take it within the window', async () => {
        await setTime(requestedAt + SETTLE_WINDOW - MARGIN)
        await settle(rollup, await builder.call([{ depositIds: [1n], slots: [] }]))
        await expectRevert(send(rollup.contract('vault'), 'refund', 1n), 'DepositStatusWrong', [
          1n,
          3n,
        ])
      })

      it('after the window nobody takes it and it is refunded', async () => {
        await setTime(requestedAt + SETTLE_WINDOW + MARGIN)
        const late = await builder.fork('late').call([{ depositIds: [1n], slots: [] }])
        await expectRevert(settle(rollup, late), 'DepositNotTakeable', [1n])
        const vault = rollup.contract('vault')
        await send(vault, 'refund', 1n)
        assert.equal(await vault['claimableOf']?.(rollup.operator.address, ETH_ASSET), 10n)
        await expectRevert(settle(rollup, late), 'DepositNotTakeable', [1n])
        await expectRevert(send(vault, 'refund', 1n), 'DepositStatusWrong')
        // The queue goes on behind it.
        await settle(rollup, await builder.call([{ slots: [] }]))
        assert.deepEqual((await vault['queue']?.()).toArray(), [2n, 2n])
      })

      it('is not due, may be skipped, and once skipped is never taken', async () => {
        await settle(rollup, await builder.call([{ slots: [] }]))
        const next = await deposit(20n)
        await settle(rollup, await builder.call([{ depositIds: [next], slots: [] }]))
        const back = await builder.call([{ depositIds: [1n], slots: [] }])
        await expectRevert(settle(rollup, back), 'DepositOutOfOrder', [3n, 1n])
        await setTime(requestedAt + SETTLE_WINDOW + MARGIN)
        await send(rollup.contract('vault'), 'refund', 1n)
      })

      it('does not hide a due one behind it', async () => {
        await deposit(20n)
        await setTime((await rollup.now()) + DUE_DELAY + MARGIN)
        const call = await builder.call([{ slots: [] }])
        await expectRevert(settle(rollup, call), 'DepositOverdue', [2n])
      })
    })
  })

  describe('S5: one copy of a slot for proof and words', () => {
    it('reverts with ProofsInvalid when the batch is proved for other slots', async () => {
      const refused = async (change: (slot: SettleTransfer) => object) => {
        const call = await builder.fork('s5').call([
          {
            slots: [{}, {}],
            provenSlots: ([first, ...rest]) => [
              { ...first, ...change(first as unknown as SettleTransfer) } as never,
              ...rest,
            ],
          },
        ])
        await expectRevert(settle(rollup, call), 'ProofsInvalid')
      }
      await refused((slot) => ({ nullifier: slot.nullifier + 1n }))
      await refused(() => ({ kind: 'collect' }))
      await refused(({ outputs: [a, b, c, d] }) => ({ outputs: [b, a, c, d] }))
      await refused(({ outputs: [a, b, c, d] }) => ({ outputs: [a, b, c, d + 1n] }))
      await refused(() => ({ kind: 'empty' }))
    })

    it('reverts with ProofsInvalid when slots change places', async () => {
      const call = await builder.call([{ slots: [{}, {}] }])
      const reordered = {
        ...call,
        batches: call.batches.map((batch) => ({ ...batch, slots: [...batch.slots].reverse() })),
      }
      await expectRevert(settle(rollup, reordered), 'ProofsInvalid')
      await settle(rollup, call)
    })

    it('reverts with ProofsInvalid when a slot is dropped or repeated', async () => {
      const call = await builder.call([{ slots: [{}, {}] }])
      const [batch] = call.batches
      assert.ok(batch)
      const [first, second] = batch.slots
      assert.ok(first && second)
      for (const slots of [[first], [first, first], [second, second], [first, second, first]]) {
        await expectRevert(
          settle(rollup, { ...call, batches: [{ ...batch, slots }] }),
          'ProofsInvalid',
        )
      }
    })

    it('the kind selects the circuit', async () => {
      const call = await builder.call([{ slots: [{}] }])
      const data = encodeSettle(
        alterSlot(call, { kind: 'collect', investigationCiphertext: [1n, 2n] }),
      )
      await expectRevert(settle(rollup, data), 'ProofsInvalid')
    })
  })
})
