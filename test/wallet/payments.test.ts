import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'

import { computeBalances } from '../../wallet/balance.ts'
import { buildHistory } from '../../wallet/history.ts'
import { collect, exit, send, withdraw } from '../../wallet/pay.ts'
import { getAddress } from '../../wallet/wallet.ts'
import { aChain, aPersonWithWallet, ether, type Person, queueDeposit } from '../support/wallets.ts'

const people: Person[] = []
after(() => {
  for (const person of people) person.close()
})

async function aliceAndBob() {
  const chain = aChain()
  const alice = await aPersonWithWallet(chain, 'alice')
  const bob = await aPersonWithWallet(chain, 'bob')
  people.push(alice, bob)
  return { chain, alice, bob }
}

function balanceOf({ wallet }: Person, asset = ether) {
  const { ledger, journal } = wallet.state
  return computeBalances(ledger, journal).find((balance) => balance.asset === asset)!
}

describe('send', () => {
  test('default: a deposit is taken in and paid on with a memo', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    queueDeposit(alice, { amount: 500n })
    chain.advance()

    const [entry] = await send(alice, {
      asset: ether,
      payments: [{ address: getAddress(bob.wallet), amount: 120n, memo: 'for the tea' }],
    })
    assert.equal(entry!.stage, 'admitted')
    assert.equal(entry!.circuit, 'transfer')
    chain.advance()
    await alice.sync()
    await bob.sync()

    assert.equal(balanceOf(alice).account, 380n)
    assert.equal(balanceOf(bob).waiting, 120n)
    const received = buildHistory(bob.wallet.state.ledger, bob.wallet.state.journal)
    assert.deepEqual(
      received.map(({ kind, amount, memo, stage }) => ({ kind, amount, memo, stage })),
      [{ kind: 'received', amount: 120n, memo: 'for the tea', stage: 'settled' }],
    )
  })
})

void [collect, exit, withdraw]
