import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Address } from '../../protocol/address.ts'
import { baseAmountOf, unitsOf } from '../../protocol/asset.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import {
  buildDeposit,
  checkDeposit,
  commitDeposit,
  openDepositNote,
  packDepositWord,
} from '../../protocol/deposit.ts'
import { concatBytes } from '../../protocol/field.ts'
import { deriveKeys } from '../../protocol/keys.ts'
import { commitNote } from '../../protocol/note.ts'
import { packWithdrawal, unpackWithdrawal } from '../../protocol/withdrawal.ts'
import { aDeposit } from '../support/batches.ts'
import { aDomain, seedOf } from '../support/identities.ts'

const alice = deriveKeys(seedOf('alice'), aDomain)
const owner = { ownerKey: alice.ownerKey, identityIndex: 5n }
const address: Address = { owner, viewingPublicKey: alice.viewingPublicKey }
const ether = { id: 1n, unit: 10n ** 9n }

function randomness(label: string): (length: number) => Uint8Array {
  let calls = 0
  return (length) => {
    const block = seedOf(`${label} ${calls++}`)
    return concatBytes(block, seedOf(`${label} more`)).slice(0, length)
  }
}

const deposited = (label: string) =>
  buildDeposit({
    address,
    asset: ether,
    baseAmount: 5n * 10n ** 18n,
    randomBytes: randomness(label),
  })

describe('asset units', () => {
  test('default: whole units, there and back, up to 2^64 - 1', () => {
    for (const units of [1n, 2n, (1n << 63n) - 1n, (1n << 64n) - 1n]) {
      for (const asset of [ether, { id: 2n, unit: 1n }]) {
        assert.equal(unitsOf(asset, baseAmountOf(asset, units)), units)
        assert.equal(baseAmountOf(asset, units), units * asset.unit)
      }
    }
  })

  test('error: remainders, nothing, negative and more than 64 bits', () => {
    assert.throws(() => unitsOf(ether, 10n ** 9n + 1n), { code: 'AMOUNT_NOT_WHOLE_UNITS' })
    assert.throws(() => unitsOf(ether, 1n), { code: 'AMOUNT_NOT_WHOLE_UNITS' })
    for (const units of [0n, -1n, 1n << 64n]) {
      assert.throws(() => unitsOf(ether, units * ether.unit), { code: 'AMOUNT_OUT_OF_RANGE' })
      assert.throws(() => baseAmountOf(ether, units), { code: 'AMOUNT_OUT_OF_RANGE' })
    }
  })

  test('behavior: errors do not say the amount', () => {
    assert.throws(
      () => unitsOf(ether, 123_456_789_123n),
      (error: Error) => !error.message.includes('123456789123'),
    )
  })
})

describe('deposits', () => {
  test('default: the payee opens it, and its leaf is the note’s commitment', () => {
    const { deposit, ciphertext, note } = deposited('one')
    assert.deepEqual(deposit, { asset: 1n, amount: 5n * 10n ** 9n, recipient: deposit.recipient })
    checkDeposit(deposit)
    const opened = openDepositNote({ deposit, ciphertext, owner, viewingKey: alice.viewingKey })
    assert.deepEqual(opened, note)
    assert.equal(commitDeposit(deposit), commitNote(note))
  })

  test('behavior: equal deposits look different', () => {
    const [one, two] = [deposited('one'), deposited('two')]
    assert.notEqual(one.deposit.recipient, two.deposit.recipient)
    assert.notDeepEqual(one.ciphertext, two.ciphertext)
  })

  test('behavior: not opened by another key, another index, or for another recipient', () => {
    const { deposit, ciphertext } = deposited('one')
    const bob = deriveKeys(seedOf('bob'), aDomain)
    const { viewingKey } = alice
    const all = [
      openDepositNote({ deposit, ciphertext, owner, viewingKey: bob.viewingKey }),
      openDepositNote({ deposit, ciphertext, owner: { ...owner, identityIndex: 6n }, viewingKey }),
      openDepositNote({ deposit: { ...deposit, recipient: 7n }, ciphertext, owner, viewingKey }),
      openDepositNote({ deposit, ciphertext: ciphertext.slice(1), owner, viewingKey }),
    ]
    assert.deepEqual(all, [undefined, undefined, undefined, undefined])
  })

  test('behavior: asset and amount are words of the commitment', () => {
    const deposit = aDeposit('one')
    const { asset, amount } = deposit
    assert.equal(packDepositWord(deposit), asset + (amount << 16n))
    const all = [
      deposit,
      { ...deposit, asset: asset + 1n },
      { ...deposit, amount: amount + 1n },
      { ...deposit, recipient: 7n },
    ].map(commitDeposit)
    assert.equal(new Set(all).size, 4)
  })

  test('error: what the Vault refuses', () => {
    const refused = (overrides: Parameters<typeof aDeposit>[1], code: string): void => {
      assert.throws(() => checkDeposit(aDeposit('one', overrides)), { code })
    }
    refused({ amount: 0n }, 'DEPOSIT_EMPTY')
    refused({ amount: 1n << 64n }, 'VALUE_OUT_OF_RANGE')
    refused({ asset: 1n << 16n }, 'VALUE_OUT_OF_RANGE')
    refused({ recipient: 0n }, 'DEPOSIT_RECIPIENT_INVALID')
    refused({ recipient: FIELD_ORDER }, 'DEPOSIT_RECIPIENT_INVALID')
  })
})

describe('the withdrawal word', () => {
  const withdrawal = { asset: 0xffffn, amount: (1n << 64n) - 1n, recipient: (1n << 160n) - 1n }

  test('default: there and back, and 0 for none', () => {
    const word = packWithdrawal(withdrawal)
    assert.equal(word, (1n << 240n) - 1n)
    assert.deepEqual({ ...unpackWithdrawal(word) }, withdrawal)
    assert.equal(packWithdrawal(undefined), 0n)
    assert.equal(unpackWithdrawal(0n), undefined)
    const [asset, amount, recipient] = [1n, 2n, 3n]
    assert.equal(packWithdrawal({ asset, amount, recipient }), 1n + (2n << 16n) + (3n << 80n))
  })

  test('error: a withdrawal of nothing, fields too wide, unused bits', () => {
    const empty = { ...withdrawal, amount: 0n }
    assert.throws(() => packWithdrawal(empty), { code: 'ENCODING_INVALID' })
    assert.throws(() => packWithdrawal({ ...withdrawal, recipient: 1n << 160n }), {
      code: 'VALUE_OUT_OF_RANGE',
    })
    for (const word of [1n, 1n << 80n, 1n << 240n, (1n << 240n) + (1n << 16n)]) {
      assert.throws(() => unpackWithdrawal(word), { code: 'ENCODING_INVALID' })
    }
  })
})
