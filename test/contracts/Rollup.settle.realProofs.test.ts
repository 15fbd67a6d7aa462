// The whole path with real proofs of all six circuits' keys: registration, deposits, a transfer and a
// collect with fee and withdrawal, settled and claimed.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Wallet } from 'ethers'
import type {
  SettleBatch,
  SettleCall,
  SettleContext,
  SettleForced,
  SettleTransfer,
} from '../../l1/codec.ts'
import { expectRevert, send } from '../support/expectRevert.ts'
import { aPerson, type Person } from '../support/identities.ts'
import { forcedSlot, RealRollup } from '../support/realRollup.ts'
import {
  ETH_ASSET,
  ETH_UNIT,
  force,
  settle,
  type TestRollup,
  TOKEN_ASSET,
} from '../support/settlement.ts'

let world: RealRollup
let rollup: TestRollup
let alice: Person
let bob: Person
let user: Wallet

before(async () => {
  world = await RealRollup.start()
  rollup = world.rollup
  user = rollup.users[0] as Wallet
  const { domain } = rollup.deployment
  alice = aPerson('alice', 5n, {}, domain)
  bob = aPerson('bob', 6n, {}, domain)
})
after(() => world.stop())

/**
 * The same batch with one of its transfers taken from the forced queue; then a batch that consumes an
 * entry whose transfer was settled in the meantime.
 */
async function settlesByForce(
  call: SettleCall,
  second: SettleBatch,
  { live, spent }: { live: SettleTransfer; spent: SettleTransfer },
): Promise<void> {
  const context = call.contexts[0] as SettleContext
  const queue = rollup.contract('forcedQueue')
  const wrong = { ...live, traceTag: live.traceTag ^ 1n }
  await expectRevert(force(rollup, { context, transfer: wrong }), 'ProofInvalid')
  const { id: liveId } = await force(rollup, { context, transfer: live })
  const { id: spentId } = await force(rollup, { context, transfer: spent }, { wallet: user })
  const withForced = (slot: SettleForced): SettleCall => ({
    ...call,
    batches: [
      {
        ...second,
        slots: second.slots.map((one) =>
          'nullifier' in one && one.nullifier === live.nullifier ? slot : one,
        ),
      },
    ],
  })
  // The batch's proof says that its nullifier is new, so it cannot pass for void.
  const asVoid = forcedSlot(live, { entryId: liveId, takenAs: 'void' })
  await expectRevert(settle(rollup, withForced(asVoid)), 'ProofsInvalid')
  await settle(rollup, withForced(forcedSlot(live, { entryId: liveId })))
  assert.equal((await queue['entryOf']?.(liveId)).status, 2n)

  const after_ = world.fork(second)
  const { batch: third, built } = await after_.batch({
    slots: [forcedSlot(spent, { entryId: spentId, takenAs: 'void' })],
  })
  const asLive = { ...third, slots: [forcedSlot(spent, { entryId: spentId })] }
  await expectRevert(settle(rollup, { contexts: [], batches: [asLive] }), 'ProofsInvalid')
  const vault = rollup.contract('vault')
  const credited: bigint = await vault['claimableOf']?.(user.address, ETH_ASSET)
  await settle(rollup, { contexts: [], batches: [third] })
  assert.equal((await queue['entryOf']?.(spentId)).status, 3n)
  assert.equal(await vault['claimableOf']?.(user.address, ETH_ASSET), credited, 'void pays nothing')
  assert.equal(await rollup.contract('rollup')['noteRootOf']?.(3n), built.applied.newNoteRoot)
}

describe('Rollup.settle with real proofs', () => {
  it('registers, takes deposits, transfers, collects, withdraws and is claimed', async () => {
    await world.register(alice)
    const eth = await world.deposit(alice, ETH_ASSET, 500n)
    const token = await world.deposit(alice, TOKEN_ASSET, 700n)
    const vault = rollup.contract('vault')
    const recipients = await Promise.all(
      [1n, 2n].map(async (id) => (await vault['depositOf']?.(id)).recipient as bigint),
    )
    assert.deepEqual(recipients, [eth.deposit.recipient, token.deposit.recipient])
    const deposits = [eth, token]
    const { batch: first } = await world.batch({ deposits })
    const wrongDeposit = { ...first, depositIds: [1n] }
    await expectRevert(settle(rollup, await world.callOf([wrongDeposit])), 'ProofsInvalid')
    await settle(rollup, await world.callOf([first]))
    world.keep(first, deposits)
    assert.equal(await rollup.contract('rollup')['noteRootOf']?.(1n), world.state.noteTree.root)

    // Position 4: its deposit slot is slot 7, leaves 28 to 31.
    const recipient = BigInt(user.address)
    const payments = [{ to: bob, amount: 30n }]
    const withdrawn = await world.transfer('transfer', {
      ...{ payer: alice, asset: ETH_ASSET, payments, anchorBatch: 1n },
      input: { note: eth.note, index: 28 },
      fee: 2n,
      withdrawal: { amount: 50n, recipient },
    })
    const collected = await world.transfer('collect', {
      ...{ payer: alice, asset: TOKEN_ASSET, payments, anchorBatch: 1n },
      input: { note: token.note, index: 29 },
      fee: 3n,
    })
    const { batch: second } = await world.batch({ slots: [withdrawn, collected] })
    const call = await world.callOf([second])

    const [one, two] = second.slots as [SettleTransfer, SettleTransfer]
    const refused = async (slots: readonly SettleTransfer[]) =>
      expectRevert(settle(rollup, { ...call, batches: [{ ...second, slots }] }), 'ProofsInvalid')
    await refused([two, one])
    await refused([{ ...one, proof: second.proof }, two])
    await refused([{ ...one, traceTag: one.traceTag ^ 1n }, two])
    await refused([{ ...one, anchorBatch: 0n }, two])
    await refused([one])

    const back = await rollup.chain.snapshot()
    await settlesByForce(call, second, { live: collected, spent: withdrawn })
    await back()

    await settle(rollup, call)
    const [batchNumber, , noteRoot, nullifierRoot] = await rollup.contract('rollup')['state']?.()
    assert.deepEqual(
      [batchNumber, noteRoot, nullifierRoot],
      [2n, second.newNoteRoot, second.newNullifierRoot],
    )
    assert.equal(await vault['claimableOf']?.(user.address, ETH_ASSET), 50n)
    assert.equal(await vault['claimableOf']?.(rollup.operator.address, ETH_ASSET), 2n)
    assert.equal(await vault['claimableOf']?.(rollup.operator.address, TOKEN_ASSET), 3n)
    const balance = await rollup.provider.getBalance(user.address)
    await send(vault, 'claimFor', user.address, ETH_ASSET)
    assert.equal((await rollup.provider.getBalance(user.address)) - balance, 50n * ETH_UNIT)
    assert.deepEqual((await vault['ledgerOf']?.(ETH_ASSET)).toArray(), [0n, 448n, 2n])
    await expectRevert(settle(rollup, call), 'BatchOutOfOrder')
  })
})
