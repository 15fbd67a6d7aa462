import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { openMemoSlot } from '../../protocol/memo.ts'
import { buildTransfer } from '../../protocol/buildTransfer.ts'
import type { TransferIntent } from '../../protocol/buildTransfer.ts'
import { BaseError } from '../../protocol/errors.ts'
import {
  aDay,
  addressOf,
  aDestination,
  anAsset,
  anIntent,
  aTransfer,
  aWorld,
  ownerOf,
} from '../support/transfers.ts'
import type { TransferOptions } from '../support/transfers.ts'

const { alice, bob, carol } = aWorld()
const home = aDestination.kind === 'address' ? aDestination.address : 0n
const U64 = 1n << 64n
const exit: TransferOptions = {
  isExit: true,
  identity: { suspendedUntil: 65_535n },
  payments: [],
  withdrawal: { amount: 98n, recipient: home },
}

type Case = [
  name: string,
  code: string,
  options: TransferOptions,
  change?: (intent: TransferIntent) => Partial<TransferIntent>,
]

const cases: readonly Case[] = [
  ['more than the balance', 'TRANSFER_BALANCE_INSUFFICIENT', { fee: 1_071n }],
  ['one above the limit per transfer', 'TRANSFER_LIMIT_EXCEEDED', { policy: { perTransfer: 29n } }],
  [
    'one above the limit per transfer, by a withdrawal',
    'TRANSFER_LIMIT_EXCEEDED',
    { policy: { perTransfer: 34n }, withdrawal: { amount: 5n, recipient: home } },
  ],
  ['one above the limit per day', 'TRANSFER_DAILY_LIMIT_EXCEEDED', { policy: { perDay: 79n } }],
  ['one above the cap', 'TRANSFER_ACCOUNT_CAP_EXCEEDED', { policy: { accountCap: 1_067n } }],
  [
    'a balance above 2^64 - 1',
    'TRANSFER_ACCOUNT_CAP_EXCEEDED',
    { account: { balance: U64 - 1n }, payments: [], fee: 0n },
  ],
  [
    'no policy',
    'TRANSFER_POLICY_MISSING',
    {},
    ({ policy }) => ({ policy: { ...policy!, tier: 9n } }),
  ],
  [
    "another asset's policy",
    'TRANSFER_POLICY_MISSING',
    {},
    ({ policy }) => ({ policy: { ...policy!, asset: 8n } }),
  ],
  [
    'two inputs to transfer',
    'TRANSFER_TOO_MANY_INPUTS',
    { inputs: [{ amount: 1n }, { amount: 2n }] },
  ],
  [
    'seven inputs to collect',
    'TRANSFER_TOO_MANY_INPUTS',
    { circuit: 'collect', inputs: Array.from({ length: 7 }, () => ({ amount: 1n })) },
  ],
  [
    'four recipients',
    'TRANSFER_TOO_MANY_PAYMENTS',
    { payments: Array.from({ length: 4 }, () => ({ to: bob, amount: 1n })) },
  ],
  ['a payment of 0', 'TRANSFER_AMOUNT_INVALID', { payments: [{ to: bob, amount: 0n }] }],
  ['a payment of 2^64', 'TRANSFER_AMOUNT_INVALID', { payments: [{ to: bob, amount: U64 }] }],
  ['a negative payment', 'TRANSFER_AMOUNT_INVALID', { payments: [{ to: bob, amount: -1n }] }],
  ['a negative fee', 'TRANSFER_AMOUNT_INVALID', { fee: -1n }],
  ['a withdrawal of 0', 'TRANSFER_AMOUNT_INVALID', { withdrawal: { amount: 0n, recipient: home } }],
  [
    'a withdrawal to the zero address',
    'TRANSFER_WITHDRAWAL_RECIPIENT_INVALID',
    { withdrawal: { amount: 1n, recipient: 0n } },
  ],
  [
    'a withdrawal to more than 160 bits',
    'TRANSFER_WITHDRAWAL_RECIPIENT_INVALID',
    { withdrawal: { amount: 1n, recipient: 1n << 160n } },
  ],
  ['an input below the cursor', 'TRANSFER_INPUT_BELOW_CURSOR', { account: { cursor: 22n } }],
  [
    'an input given twice',
    'TRANSFER_INPUT_BELOW_CURSOR',
    { circuit: 'collect' },
    ({ inputs }) => ({ inputs: [...inputs, ...inputs] }),
  ],
  [
    "another's note",
    'TRANSFER_INPUT_FOREIGN',
    {},
    ({ inputs }) => ({
      inputs: inputs.map((input) => ({ ...input, note: { ...input.note, owner: ownerOf(bob) } })),
    }),
  ],
  [
    'a note in another asset',
    'TRANSFER_INPUT_FOREIGN',
    {},
    ({ inputs }) => ({
      inputs: inputs.map((input) => ({ ...input, note: { ...input.note, asset: anAsset + 1n } })),
    }),
  ],
  [
    'a note that is not in the tree',
    'TRANSFER_WITNESS_STALE',
    {},
    ({ inputs }) => ({
      inputs: inputs.map((input) => ({ ...input, note: { ...input.note, amount: 99n } })),
    }),
  ],
  [
    'a note at another index',
    'TRANSFER_WITNESS_STALE',
    {},
    ({ inputs }) => ({ inputs: inputs.map((input) => ({ ...input, index: input.index + 1 })) }),
  ],
  [
    'an account that is not in the tree',
    'TRANSFER_WITNESS_STALE',
    {},
    ({ account }) => ({ account: { ...account, balance: 999_999n } }),
  ],
  ['another identity root', 'TRANSFER_WITNESS_STALE', {}, () => ({ identityRoot: 1n })],
  ['another policy root', 'TRANSFER_WITNESS_STALE', {}, () => ({ policyRoot: 1n })],
  ["another's keys", 'TRANSFER_ACCOUNT_FOREIGN', {}, () => ({ keys: bob.keys })],
  ['a suspended identity', 'TRANSFER_MUST_EXIT', { identity: { suspendedUntil: aDay + 1n } }],
  ['a closed identity', 'TRANSFER_MUST_EXIT', { identity: { status: 3n } }],
  ['an expired identity', 'TRANSFER_MUST_EXIT', { identity: { expiryDay: aDay - 1n } }],
  [
    'an exit to another address',
    'TRANSFER_EXIT_DESTINATION',
    { ...exit, withdrawal: { amount: 98n, recipient: home ^ 1n } },
  ],
  [
    'an exit that pays a note where its destination is an address',
    'TRANSFER_EXIT_DESTINATION',
    { ...exit, payments: [{ to: carol, amount: 1n }] },
  ],
  [
    'an exit that withdraws where its destination is a note owner',
    'TRANSFER_EXIT_DESTINATION',
    { ...exit, destination: { kind: 'owner', owner: ownerOf(carol) } },
  ],
  [
    'an exit to another note owner',
    'TRANSFER_EXIT_DESTINATION',
    {
      isExit: true,
      destination: { kind: 'owner', owner: ownerOf(carol) },
      payments: [{ to: bob, amount: 100n }],
    },
  ],
  [
    'an exit that opens another destination',
    'TRANSFER_EXIT_DESTINATION',
    exit,
    () => ({ destination: { kind: 'address', address: 5n } }),
  ],
  [
    'an exit that increases the balance',
    'TRANSFER_EXIT_INCREASES_BALANCE',
    { ...exit, withdrawal: { amount: 97n, recipient: home } },
  ],
  ['a clock that stands behind', 'TRANSFER_DAY_BEFORE_ACCOUNT', { day: aDay - 1n }],
  ['the last nonce', 'TRANSFER_ACCOUNT_EXHAUSTED', { account: { nonce: (1n << 32n) - 1n } }],
  [
    'a memo of 33 bytes',
    'ENCODING_INVALID',
    { payments: [{ to: bob, amount: 1n, userMemo: 'ä'.repeat(16) + '!' }] },
  ],
  ['the identity as audit key', 'POINT_INVALID', {}, () => ({ auditKeyS: { x: 0n, y: 1n } })],
]

describe('buildTransfer', () => {
  for (const [name, code, options, change] of cases) {
    test(`rejects: ${name} (${code})`, () => {
      const intent = anIntent(options)
      assert.throws(
        () => buildTransfer({ ...intent, ...change?.(intent) }),
        (error: unknown) => {
          assert.ok(error instanceof BaseError)
          assert.equal(error.code, code)
          // Private values are no facts: neither amounts nor keys.
          assert.doesNotMatch(error.message, /\b(98|97|1071|999999|30)\b/)
          assert.ok(!error.message.includes(String(alice.keys.spendingKey)))
          return true
        },
      )
    })
  }

  test('behavior: the same intent makes the same outputs, whatever the random bytes', () => {
    const intent = anIntent()
    let fill = 0
    const randomBytes = (length: number): Uint8Array => new Uint8Array(length).fill(++fill)
    const one = buildTransfer(intent)
    const two = buildTransfer({ ...intent, randomBytes })
    assert.deepEqual(one.publicInputs.outputs, two.publicInputs.outputs)
    assert.deepEqual(one.publicInputs.ephemeral, two.publicInputs.ephemeral)
    assert.notDeepEqual(one.memo, two.memo)
  })

  test('behavior: every part of an intent changes every blinding', () => {
    const variants: TransferOptions[] = [
      {},
      { payments: [{ to: bob, amount: 31n }] },
      { payments: [{ to: carol, amount: 30n }] },
      { fee: 3n },
      { withdrawal: { amount: 1n, recipient: home } },
      { inputs: [] },
      { inputs: [{ amount: 100n, index: 22 }] },
      { day: aDay + 1n },
      { epoch: 2n },
      { identity: { salt: 1n } },
      { account: { balance: 1_001n } },
    ]
    const blindings = variants.flatMap((options) =>
      aTransfer(options).notes.map(({ blinding }) => blinding),
    )
    assert.equal(new Set(blindings).size, 3 * variants.length)
  })

  test('behavior: inputs are taken in the order of the tree, however they are given', () => {
    const intent = anIntent({
      circuit: 'collect',
      inputs: [{ amount: 1n }, { amount: 2n }, { amount: 3n }],
    })
    const reversed = buildTransfer({ ...intent, inputs: [...intent.inputs].reverse() })
    assert.deepEqual(reversed.publicInputs.outputs, buildTransfer(intent).publicInputs.outputs)
  })

  test('behavior: each recipient opens its own slot, and no other', () => {
    const { memo, publicInputs, notes } = aTransfer({
      payments: [
        { to: bob, amount: 5n, userMemo: 'rent' },
        { to: carol, amount: 7n },
      ],
    })
    const [x, y] = publicInputs.ephemeral
    const open = (viewingKey: bigint, slot: 1 | 2 | 3) =>
      openMemoSlot({ memo, ephemeral: { x, y }, viewingKey, slot })
    assert.deepEqual(open(bob.keys.viewingKey, 1), {
      asset: anAsset,
      amount: 5n,
      blinding: notes[0].blinding,
      userMemo: 'rent',
    })
    assert.equal(open(carol.keys.viewingKey, 2)?.amount, 7n)
    for (const slot of [2, 3] as const) assert.equal(open(bob.keys.viewingKey, slot), undefined)
    assert.equal(open(carol.keys.viewingKey, 1), undefined)
    assert.equal(open(alice.keys.viewingKey, 3), undefined)
    assert.deepEqual(addressOf(bob).owner, notes[0].owner)
  })
})
