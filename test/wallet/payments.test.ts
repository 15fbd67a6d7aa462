import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'

import { type Destination, hashDestination, hashIdentity } from '../../protocol/identity.ts'
import { type Balance, computeBalances } from '../../wallet/balance.ts'
import { buildHistory } from '../../wallet/history.ts'
import { moveDestination } from '../../wallet/moveDestination.ts'
import { collect, exit, type PayPhase, send, withdraw } from '../../wallet/pay.ts'
import { getAddress, updateState } from '../../wallet/wallet.ts'
import '../support/lightPassphrases.ts'
import {
  aChain,
  aPersonWithWallet,
  ether,
  type Name,
  type Person,
  queueDeposit,
} from '../support/wallets.ts'

const people: Person[] = []
after(() => {
  for (const person of people) person.close()
})

/** People with wallets on a new chain; alice has deposited these amounts, settled and synced. */
async function aWorld({
  names = ['alice', 'bob'],
  deposits = [500n],
}: { names?: Name[]; deposits?: bigint[] } = {}) {
  const chain = aChain()
  const made: Person[] = []
  for (const name of names) made.push(await aPersonWithWallet(chain, name))
  people.push(...made)
  const [alice, bob, carol] = made as [Person, Person, Person]
  deposits.forEach((amount, i) => queueDeposit(alice, { amount, counter: BigInt(i) }))
  for (let sealed = 0; sealed < deposits.length; sealed += 4) chain.advance()
  for (const person of made) await person.sync()
  return { chain, alice, bob, carol }
}

function balanceOf({ wallet }: Person, asset = ether): Balance {
  const { ledger, journal } = wallet.state
  return computeBalances(ledger, journal).find((balance) => balance.asset === asset)!
}

function historyOf({ wallet }: Person) {
  return buildHistory(wallet.state.ledger, wallet.state.journal)
}

function lines(person: Person): string[] {
  return historyOf(person).map(({ kind, amount, stage }) => `${kind} ${String(amount)} ${stage}`)
}

/** Seals what comes in while a wallet waits. */
function sealWhileWaiting(chain: Person['chain']): () => void {
  const timer = setInterval(() => chain.seal(), 5)
  return () => clearInterval(timer)
}

describe('send', () => {
  test('default: a deposit is taken in and paid on with a memo', async () => {
    const { chain, alice, bob } = await aWorld()
    assert.deepEqual(
      { account: balanceOf(alice).account, waiting: balanceOf(alice).waiting },
      { account: 0n, waiting: 500n },
    )
    const phases: PayPhase[] = []
    const [entry, ...others] = await send(alice, {
      asset: ether,
      payments: [{ address: getAddress(bob.wallet), amount: 120n, memo: 'for the tea' }],
      onProgress: ({ phase }) => phases.push(phase),
    })
    assert.deepEqual(phases, ['sync', 'witness', 'proof', 'submitted'])
    assert.equal(others.length, 0)
    assert.equal(entry!.stage, 'admitted')
    assert.equal(entry!.circuit, 'transfer')
    assert.deepEqual(lines(alice), ['deposit 500 settled', 'sent 120 admitted'])
    assert.equal(balanceOf(alice).accountAfterPending, 380n)

    chain.advance()
    await alice.sync()
    await bob.sync()
    assert.equal(balanceOf(alice).account, 380n)
    assert.equal(balanceOf(alice).accountAfterPending, undefined)
    assert.deepEqual(lines(alice), [
      'deposit 500 settled',
      'collected 500 settled',
      'sent 120 settled',
    ])
    const sent = historyOf(alice).at(-1)!
    assert.equal(sent.counterparty, getAddress(bob.wallet))
    assert.equal(sent.memo, 'for the tea')
    assert.equal(balanceOf(bob).waiting, 120n)
    assert.deepEqual(lines(bob), ['received 120 settled'])
    assert.equal(historyOf(bob)[0]!.memo, 'for the tea')
  })

  test('behavior: three recipients at once, one of them oneself', async () => {
    const { chain, alice, bob, carol } = await aWorld({ names: ['alice', 'bob', 'carol'] })
    await send(alice, {
      asset: ether,
      payments: [
        { address: getAddress(bob.wallet), amount: 10n },
        { address: getAddress(alice.wallet), amount: 20n },
        { address: getAddress(carol.wallet), amount: 30n },
      ],
    })
    chain.advance()
    for (const person of [alice, bob, carol]) await person.sync()
    assert.equal(balanceOf(alice).account, 440n)
    assert.equal(balanceOf(alice).waiting, 20n)
    assert.equal(balanceOf(bob).waiting, 10n)
    assert.equal(balanceOf(carol).waiting, 30n)
    assert.deepEqual(
      historyOf(alice).map(({ kind }) => kind),
      ['deposit', 'collected', 'sent', 'toSelf', 'sent'],
    )
  })

  test('behavior: a payment is chained on a batch that is sealed and not settled', async () => {
    const { chain, alice, bob } = await aWorld()
    const payment = { address: getAddress(bob.wallet), amount: 100n }
    await send(alice, { asset: ether, payments: [payment] })
    const { batchNumber } = chain.seal()
    const settled = alice.wallet.state.ledger.batchNumber
    const [second] = await send(alice, { asset: ether, payments: [payment] })
    assert.equal(second!.anchorBatch, batchNumber)
    assert.equal(alice.wallet.state.ledger.batchNumber, settled)
    chain.advance()
    await alice.sync()
    assert.equal(balanceOf(alice).account, 300n)
    assert.deepEqual(
      alice.wallet.state.journal.map(({ stage }) => stage),
      ['settled', 'settled'],
    )
  })

  test('behavior: seven notes are collected first where one statement cannot reach', async () => {
    const { chain, alice, bob } = await aWorld({ deposits: [10n, 10n, 10n, 10n, 10n, 10n, 10n] })
    const stop = sealWhileWaiting(chain)
    const entries = await send(alice, {
      asset: ether,
      payments: [{ address: getAddress(bob.wallet), amount: 65n }],
      pollMilliseconds: 5,
    }).finally(stop)
    assert.deepEqual(
      entries.map(({ circuit, intent }) => [circuit, intent.purpose, intent.inputs.length]),
      [
        ['collect', 'collect', 6],
        ['transfer', 'send', 1],
      ],
    )
    chain.advance()
    await alice.sync()
    assert.equal(balanceOf(alice).total, 5n)
    assert.equal(balanceOf(alice).forfeited, 0n)
  })

  test('behavior: the fee is the sequencer’s minimum unless told', async () => {
    const { chain, alice, bob } = await aWorld()
    chain.minimumFee = 3n
    const payments = [{ address: getAddress(bob.wallet), amount: 100n }]
    await send(alice, { asset: ether, payments })
    chain.advance()
    await alice.sync()
    assert.equal(balanceOf(alice).account, 397n)
    assert.equal(historyOf(alice).at(-1)!.kind, 'fee')
    await assert.rejects(send(alice, { asset: ether, payments, fee: 2n }), {
      code: 'FEE_OUT_OF_RANGE',
    })
    await assert.rejects(send(alice, { asset: ether, payments, fee: 1_001n }), {
      code: 'FEE_OUT_OF_RANGE',
    })
  })

  test('rejects: more than one has, more than the tier allows, nobody, four', async () => {
    const { chain, alice, bob } = await aWorld({ deposits: [2_500n] })
    const address = getAddress(bob.wallet)
    const pay = (...amounts: bigint[]) =>
      send(alice, { asset: ether, payments: amounts.map((amount) => ({ address, amount })) })
    await assert.rejects(pay(2_501n), { code: 'FUNDS_INSUFFICIENT' })
    await assert.rejects(pay(2_001n), { code: 'TRANSFER_LIMIT_EXCEEDED' })
    await assert.rejects(pay(), { code: 'PAYMENT_COUNT' })
    await assert.rejects(pay(1n, 1n, 1n, 1n), { code: 'PAYMENT_COUNT' })
    await assert.rejects(pay(0n), { code: 'TRANSFER_AMOUNT_INVALID' })
    await assert.rejects(
      send(alice, { asset: ether, payments: [{ address: `${address}q`, amount: 1n }] }),
      { code: 'ADDRESS_INVALID' },
    )
    await assert.rejects(send(alice, { asset: 9n, payments: [{ address, amount: 1n }] }), {
      code: 'ASSET_UNKNOWN',
    })
    assert.equal(chain.submissions.length, 0)
    assert.deepEqual(lines(alice), ['deposit 2500 settled'])
  })

  test('rejects: no message of a refusal tells an amount or a memo', async () => {
    const { alice, bob } = await aWorld({ deposits: [2_468n] })
    const payments = [{ address: getAddress(bob.wallet), amount: 13_579n, memo: 'my secret' }]
    const error = await send(alice, { asset: ether, payments }).catch((caught: unknown) => caught)
    assert.ok(error instanceof Error)
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /13579|2468|my secret/)
  })
})

describe('collect', () => {
  test('default: the six oldest notes, then the rest', async () => {
    const { chain, alice } = await aWorld({ deposits: [1n, 2n, 3n, 4n, 5n, 6n, 7n] })
    const [first] = await collect(alice, { asset: ether })
    assert.equal(first!.circuit, 'collect')
    assert.equal(first!.nextAccount.balance, 21n)
    chain.seal()
    const [second] = await collect(alice, { asset: ether })
    assert.equal(second!.circuit, 'transfer')
    chain.advance()
    await alice.sync()
    assert.equal(balanceOf(alice).account, 28n)
    assert.equal(balanceOf(alice).waitingNotes, 0)
    await assert.rejects(collect(alice, { asset: ether }), { code: 'COLLECT_NOTHING' })
  })
})

describe('withdraw', () => {
  test('default: it is settled, then claimed', async () => {
    const { chain, alice } = await aWorld()
    const recipient = '0x00000000000000000000000000000000000000aa'
    await withdraw(alice, { asset: ether, amount: 50n, recipient })
    chain.advance()
    await alice.sync()
    assert.equal(lines(alice).at(-1), 'withdrawal 50 settled')
    chain.claim(ether, recipient, 50n)
    await alice.sync()
    assert.equal(lines(alice).at(-1), 'withdrawal 50 claimed')
    assert.equal(historyOf(alice).at(-1)!.counterparty, recipient)
  })
})

describe('exit', () => {
  test('default: a suspended identity cannot pay, and leaves with all it has', async () => {
    const { chain, alice, bob } = await aWorld({ deposits: [100n, 200n] })
    const payments = [{ address: getAddress(bob.wallet), amount: 30n }]
    await send(alice, { asset: ether, payments })
    chain.advance()
    // The registrar changes the status and tells nobody: the wallet finds the opening by itself.
    chain.setIdentity(5n, { ...alice.identity, suspendedUntil: chain.day + 5n })
    await assert.rejects(send(alice, { asset: ether, payments }), { code: 'TRANSFER_MUST_EXIT' })
    const [entry] = await exit(alice, { asset: ether })
    assert.equal(entry!.intent.withdrawal!.amount, 270n)
    assert.equal(
      BigInt(entry!.intent.withdrawal!.recipient),
      alice.destination.kind === 'address' ? alice.destination.address : 0n,
    )
    chain.advance()
    await alice.sync()
    assert.equal(balanceOf(alice).total, 0n)
  })

  test('behavior: a destination that was moved: it pays as before, and leaves there', async () => {
    const { chain, alice, bob } = await aWorld({ deposits: [100n, 200n] })
    const destination: Destination = { kind: 'address', address: 0xa11cen }
    const moved = { ...alice.identity, destination: hashDestination(destination) }
    moveDestination(alice.wallet, { destination })
    chain.setIdentity(5n, moved)
    const payments = [{ address: getAddress(bob.wallet), amount: 30n }]
    await send(alice, { asset: ether, payments })
    chain.advance()
    chain.setIdentity(5n, { ...moved, suspendedUntil: chain.day + 5n })
    const [entry] = await exit(alice, { asset: ether })
    const { amount, recipient } = entry!.intent.withdrawal!
    assert.deepEqual([amount, BigInt(recipient)], [270n, 0xa11cen])
  })

  test('behavior: to another owner of the same person, six notes a statement', async () => {
    const { chain, alice, bob } = await aWorld({
      deposits: Array.from({ length: 8 }, (_, i) => BigInt(10 + i)),
    })
    const destination: Destination = {
      kind: 'owner',
      owner: { ownerKey: bob.wallet.keys.ownerKey, identityIndex: 6n },
    }
    const identity = {
      ...alice.identity,
      destination: hashDestination(destination),
      suspendedUntil: chain.day + 5n,
    }
    updateState(alice.wallet, { identities: [{ index: 5n, identity, destination }] })
    chain.setIdentity(5n, identity)
    await assert.rejects(exit(alice, { asset: ether }), { code: 'IDENTITY_DESTINATION_UNKNOWN' })
    await assert.rejects(
      exit(alice, { asset: ether, destinationAddress: getAddress(alice.wallet) }),
      { code: 'TRANSFER_EXIT_DESTINATION' },
    )
    const stop = sealWhileWaiting(chain)
    const entries = await exit(alice, {
      asset: ether,
      destinationAddress: getAddress(bob.wallet),
      pollMilliseconds: 5,
    }).finally(stop)
    assert.deepEqual(
      entries.map(({ circuit, intent }) => [circuit, intent.payments[0]!.amount]),
      [
        ['collect', 75n],
        ['collect', 33n],
      ],
    )
    chain.advance()
    await bob.sync()
    assert.equal(balanceOf(bob).waiting, 108n)
  })

  test('rejects: a wallet that does not know the destination', async () => {
    const { alice } = await aWorld()
    const [known] = alice.wallet.state.identities
    updateState(alice.wallet, {
      identities: [{ index: known!.index, identity: known!.identity }],
    })
    await assert.rejects(exit(alice, { asset: ether }), { code: 'IDENTITY_DESTINATION_UNKNOWN' })
  })

  test('rejects: a leaf whose contents the wallet cannot find', async () => {
    const { chain, alice } = await aWorld()
    const changed = { ...alice.identity, salt: alice.identity.salt + 1n }
    assert.notEqual(hashIdentity(changed), hashIdentity(alice.identity))
    chain.setIdentity(5n, changed)
    await assert.rejects(exit(alice, { asset: ether }), { code: 'IDENTITY_CONTENTS_UNKNOWN' })
  })
})
