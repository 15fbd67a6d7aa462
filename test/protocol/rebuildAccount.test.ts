import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { genesisAccount } from '../../protocol/account.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { rebuildNextAccount } from '../../protocol/rebuildAccount.ts'
import {
  aDestination,
  addressOf,
  aDay,
  type ATransfer,
  aTransfer,
  aWorld,
  type TransferOptions,
} from '../support/transfers.ts'

function rebuild({ intent, publicInputs }: ATransfer) {
  const { keys, account: previous, isGenesis } = intent
  return rebuildNextAccount({ keys, previous, isGenesis, publicInputs })
}

const { alice, bob, carol } = aWorld()
const home = aDestination.kind === 'address' ? aDestination.address : 0n

const cases: Record<string, TransferOptions> = {
  'one note in, one out': {},
  genesis: { isGenesis: true },
  'nothing in, change to oneself counted by nobody': {
    inputs: [],
    payments: [
      { to: bob, amount: 5n },
      { to: alice, amount: 7n },
      { to: carol, amount: 11n },
    ],
  },
  'a new day': { day: aDay + 1n },
  'a withdrawal': { withdrawal: { amount: 17n, recipient: 99n }, payments: [] },
  collect: {
    circuit: 'collect',
    inputs: [1n, 2n, 3n, 4n, 5n, 6n].map((amount) => ({ amount })),
  },
  'collect of two': { circuit: 'collect', inputs: [{ amount: 1n }, { amount: 2n }] },
  'a day above the threshold': { policy: { reportAbove: 79n } },
  'a collect above the threshold': {
    circuit: 'collect',
    inputs: [1n, 2n, 3n, 4n, 5n, 6n].map((amount) => ({ amount })),
    policy: { reportAbove: 0n },
  },
  'an exit, which counts nothing': {
    isExit: true,
    identity: { suspendedUntil: 65_535n },
    payments: [],
    inputs: [],
    withdrawal: { amount: 1_000n - 2n, recipient: home },
  },
}

describe('rebuildNextAccount', () => {
  for (const [name, options] of Object.entries(cases)) {
    test(`behavior: ${name}`, () => {
      const transfer = aTransfer(options)
      const rebuilt = rebuild(transfer)
      assert.deepEqual(rebuilt?.account, transfer.nextAccount)
      assert.deepEqual(rebuilt?.withdrawal, transfer.witness.withdrawal)
      assert.equal(rebuilt?.fee, transfer.intent.fee)
      assert.deepEqual(
        [rebuilt?.statistics.amount1, rebuilt?.statistics.amount2, rebuilt?.statistics.amount3],
        transfer.witness.notes.map(({ amount }) => amount),
      )
    })
  }

  test('behavior: several transfers in a row, from genesis', () => {
    let transfer = aTransfer({ isGenesis: true })
    let account = rebuild(transfer)?.account
    assert.ok(account)
    for (let i = 1; i <= 3; i++) {
      const { owner: _owner, asset: _asset, ...state } = account
      transfer = aTransfer({ account: state, inputs: [{ amount: 90n, index: 40 + i }] })
      account = rebuild({ ...transfer, intent: { ...transfer.intent, account } })?.account
      assert.deepEqual(account, transfer.nextAccount)
    }
    assert.equal(account.nonce, 4n)
  })

  test('rejects: a transfer that spends another account', () => {
    const transfer = aTransfer()
    const { intent, publicInputs } = transfer
    const { keys, account } = intent
    const previous = { ...account, balance: account.balance + 1n }
    assert.equal(rebuildNextAccount({ keys, previous, isGenesis: false, publicInputs }), undefined)
    assert.equal(
      rebuildNextAccount({
        keys,
        previous: genesisAccount(account.owner, account.asset),
        isGenesis: true,
        publicInputs,
      }),
      undefined,
    )
  })

  test('rejects: data that no transfer has', () => {
    const transfer = aTransfer()
    const { publicInputs } = transfer
    const [s0, s1] = publicInputs.statisticsCiphertext
    const other = mulBase8(5n)
    const changes = [
      { outputs: [1n, 2n, 3n, 4n] as const },
      { ephemeral: [other.x, other.y] as const },
      { statisticsCiphertext: [s0, s1 + 1n] as const },
      { statisticsCiphertext: [(s0 + (1n << 200n)) % FIELD_ORDER, s1] as const },
      { auditKeyS: [other.x, other.y] as const },
      { fee: publicInputs.fee + 1n },
      { day: publicInputs.day + 1n },
    ]
    for (const change of changes) {
      const changed = { ...transfer, publicInputs: { ...publicInputs, ...change } }
      assert.equal(rebuild(changed), undefined, Object.keys(change)[0])
    }
  })

  test('behavior: nothing is read from the memo', () => {
    const with1 = aTransfer({ payments: [{ to: bob, amount: 30n, userMemo: 'rent' }] })
    const with2 = aTransfer({ payments: [{ to: bob, amount: 30n, userMemo: 'salary' }] })
    assert.notDeepEqual(with1.memo, with2.memo)
    assert.deepEqual(rebuild(with1), rebuild(with2))
    assert.deepEqual(addressOf(bob).owner, with1.notes[0].owner)
  })
})
