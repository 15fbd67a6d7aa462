import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'

import { computeBalances } from '../../wallet/balance.ts'
import { buildHistory } from '../../wallet/history.ts'
import { collect, send, withdraw } from '../../wallet/pay.ts'
import { getAddress } from '../../wallet/wallet.ts'
import '../support/lightPassphrases.ts'
import { type Tamper, withNoiseMemo } from '../support/recordedChain.ts'
import {
  aChain,
  aPersonWithWallet,
  ether,
  type Person,
  queueDeposit,
  token,
} from '../support/wallets.ts'

const people: Person[] = []
after(() => {
  for (const person of people) person.close()
})

/** What a seed gives back, without what only the device knew: addresses and memos of what was sent. */
function facts({ wallet }: Person) {
  const { ledger } = wallet.state
  return {
    balances: computeBalances(ledger, []),
    accounts: ledger.accounts,
    notes: ledger.notes.map(({ userMemo: _memo, source: _source, ...note }) => note),
    history: buildHistory(ledger, []).map(({ kind, amount, asset, stage, at }) => ({
      ...{ kind, amount, asset, stage, at },
    })),
  }
}

/**
 * A life in two assets: deposits, payments to others, to oneself and from others, a collect, a
 * withdrawal, a payment over a day's turn, with a fee. `tamper` is applied to alice's own transfers.
 */
async function aLife({ tamper }: { tamper?: Tamper } = {}) {
  const chain = aChain()
  const alice = await aPersonWithWallet(chain, 'alice')
  const bob = await aPersonWithWallet(chain, 'bob')
  people.push(alice, bob)
  const advanceOwn = () => chain.advance(tamper === undefined ? {} : { tamper })
  const pay = (from: Person, to: Person, amount: bigint, asset = ether) =>
    send(from, { asset, payments: [{ address: getAddress(to.wallet), amount, memo: 'hello' }] })

  queueDeposit(alice, { amount: 500n })
  queueDeposit(alice, { amount: 900n, asset: token, counter: 1n })
  queueDeposit(bob, { amount: 300n })
  chain.advance()
  await pay(alice, bob, 100n)
  advanceOwn()
  await pay(bob, alice, 40n)
  chain.advance()
  await pay(alice, alice, 70n, token)
  advanceOwn()
  chain.day += 1n
  chain.minimumFee = 2n
  await withdraw(alice, {
    asset: ether,
    amount: 25n,
    recipient: '0x00000000000000000000000000000000000000aa',
  })
  advanceOwn()
  chain.minimumFee = 0n
  for (let i = 0; i < 3; i++) {
    await pay(bob, alice, 10n)
    chain.advance()
  }
  await collect(alice, { asset: ether })
  advanceOwn()
  await alice.sync()
  return { chain, alice, bob }
}

/** Another machine with nothing but the recovery words and the base chain. */
async function restore(chain: Person['chain']): Promise<Person> {
  const restored = await aPersonWithWallet(chain, 'alice', { isRegistered: false })
  people.push(restored)
  await restored.sync()
  return restored
}

describe('recovery', () => {
  test('default: balances, accounts and history come back from the words and the chain', async () => {
    const { chain, alice } = await aLife()
    const restored = await restore(chain)
    assert.deepEqual(facts(restored), facts(alice))
    const [inEther, inToken] = facts(restored).balances
    assert.equal(inEther!.total, 500n - 100n + 40n - 25n - 2n + 30n)
    assert.equal(inToken!.total, 900n)
    assert.equal(inToken!.waiting, 70n)
    assert.equal(getAddress(restored.wallet), getAddress(alice.wallet))
  })

  test('behavior: also where every memo to oneself is noise', async () => {
    const honest = await aLife()
    const { chain, alice } = await aLife({ tamper: withNoiseMemo })
    const restored = await restore(chain)
    assert.deepEqual(facts(restored), facts(alice))
    assert.deepEqual(
      facts(restored).balances.map(({ total }) => total),
      facts(honest.alice).balances.map(({ total }) => total),
    )
    // The note to oneself is there though its ciphertext is not: it can be taken in.
    const own = restored.wallet.state.ledger.notes.find(({ source }) => source === 'self')
    assert.equal(own!.amount, 70n)
    restored.wallet.state = {
      ...restored.wallet.state,
      identities: alice.wallet.state.identities,
    }
    const [entry] = await collect(restored, { asset: token })
    assert.equal(entry!.nextAccount.balance, 900n)
  })

  test('behavior: a deposit whose ciphertext is noise is found by its counter', async () => {
    const chain = aChain()
    const alice = await aPersonWithWallet(chain, 'alice')
    people.push(alice)
    queueDeposit(alice, { amount: 11n, ciphertext: 'noise' })
    queueDeposit(alice, { amount: 22n, counter: 7n, ciphertext: 'noise' })
    chain.advance()
    const restored = await restore(chain)
    assert.equal(facts(restored).balances[0]!.waiting, 33n)
  })

  test('behavior: the own identity is found behind the first deposits and batches', async () => {
    const chain = aChain()
    const bob = await aPersonWithWallet(chain, 'bob')
    people.push(bob)
    queueDeposit(bob, { amount: 5n })
    chain.advance()
    const alice = await aPersonWithWallet(chain, 'alice')
    people.push(alice)
    queueDeposit(alice, { amount: 6n })
    chain.advance()
    const restored = await restore(chain)
    assert.equal(restored.wallet.state.ledger.isScannedBlind, false)
    assert.equal(facts(restored).balances[0]!.waiting, 6n)
  })

  test('behavior: words of somebody else give nothing', async () => {
    const { chain } = await aLife()
    const carol = await aPersonWithWallet(chain, 'carol', { isRegistered: false })
    people.push(carol)
    await carol.sync()
    assert.deepEqual(facts(carol), { balances: [], accounts: [], notes: [], history: [] })
    assert.throws(() => getAddress(carol.wallet), { code: 'IDENTITY_NOT_REGISTERED' })
  })
})
