import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'

import { commitAccount, genesisAccount } from '../../protocol/account.ts'
import {
  deriveEphemeralSecret,
  derivePseudonym,
  deriveTraceTag,
  maskInvestigation,
  maskStatistics,
  sharedPoint,
} from '../../protocol/auditRecord.ts'
import { addPoints, type CurvePoint, mulBase8 } from '../../protocol/babyjubjub.ts'
import { monthOf } from '../../protocol/calendar.ts'
import { combineWord } from '../../protocol/completeTransfer.ts'
import {
  FIELD_ORDER,
  SUBGROUP_ORDER,
  TRANSFER_CIRCUITS,
  type TransferCircuit,
  WORDS,
} from '../../protocol/constants.ts'
import { lowBits, reduce } from '../../protocol/field.ts'
import { destinationFields, hashIdentity } from '../../protocol/identity.ts'
import { deriveTraceKey, deriveTraceSecret, traceKeyOf } from '../../protocol/keys.ts'
import { commitNote } from '../../protocol/note.ts'
import { hashPolicy } from '../../protocol/policy.ts'
import { hash } from '../../protocol/poseidon.ts'
import { transferToCircuitInputs } from '../../protocol/transfer.ts'
import { loadCircuit } from '../support/circuitTester.ts'
import type { CircuitTester, Witness } from '../support/circuitTester.ts'
import { order1, order2, order4, order8 } from '../support/smallPoints.ts'
import {
  assertAccepted,
  assertRejected,
  looseNote,
  refusalOf,
  restate,
} from '../support/transferStatements.ts'
import type { Changes, Statement } from '../support/transferStatements.ts'
import {
  aDay,
  aDestination,
  anAsset,
  aTransfer,
  auditSecretI,
  auditSecretL,
  auditSecretS,
  aWorld,
  firstInputIndex,
  ownerOf,
} from '../support/transfers.ts'
import type { ATransfer, TransferOptions } from '../support/transfers.ts'

const U64 = 1n << 64n
const MAX = U64 - 1n
const { alice, bob, carol } = aWorld()
const home = aDestination.kind === 'address' ? aDestination.address : 0n
const unlimited = { perTransfer: MAX, perDay: MAX, accountCap: MAX, reportAbove: MAX }
/** minus n, as the field has it: a value that only a range check tells from a number. */
const minus = (n: bigint): bigint => FIELD_ORDER - n

/** The day's sum passes the threshold of 2,000 by one. */
const large: TransferOptions = { account: { spentToday: 1_971n } }

let circuit: CircuitTester
let collect: CircuitTester
before(async () => {
  circuit = await loadCircuit('transfer')
  collect = await loadCircuit('collect')
})

type Case = [
  name: string,
  changes: Changes | ((transfer: ATransfer) => Changes),
  options?: TransferOptions,
]

const noOptions: TransferOptions = {}
const accepted = { transfer: new Set<TransferOptions>(), collect: new Set<TransferOptions>() }
const casesOf = new Map<string, readonly Case[]>()

function rejects(clause: string, cases: readonly Case[]): void {
  casesOf.set(clause, [...(casesOf.get(clause) ?? []), ...cases])
  for (const one of cases) {
    test(`rejects: ${one[0]} (${clause})`, () => assertCase('transfer', clause, one))
  }
}

/** Some of the cases above once more, for the other main of the template. */
function rejectsInCollect(clause: string, names: readonly string[]): void {
  for (const name of names) {
    const one = casesOf.get(clause)?.find(([known]) => known === name)
    assert.ok(one, name)
    test(`rejects: ${name}, in a collect (${clause})`, () => assertCase('collect', clause, one))
  }
}

/** Each case first holds without its changes, so that they alone break it. */
async function assertCase(
  name: TransferCircuit,
  clause: string,
  [, changes, options = noOptions]: Case,
): Promise<void> {
  const tester = name === 'transfer' ? circuit : collect
  const transfer = aTransfer({ ...options, circuit: name })
  if (!accepted[name].has(options)) await assertAccepted(tester, restate(transfer))
  accepted[name].add(options)
  const applied = typeof changes === 'function' ? changes(transfer) : changes
  await assertRejected(tester, restate(transfer, applied), clause)
}

const nextWith =
  (changes: (transfer: ATransfer) => object) =>
  (transfer: ATransfer): Changes => ({
    outputs: { 0: commitAccount({ ...transfer.nextAccount, ...changes(transfer) }) },
  })

describe('T0: the next account note', () => {
  rejects('T0', [
    ['a genesis with a balance', { account: { balance: 5n } }, { isGenesis: true }],
    ['a genesis with a nonce', { account: { nonce: 1n } }, { isGenesis: true }],
    ['a genesis with a cursor', { account: { cursor: 1n } }, { isGenesis: true }],
    ['a genesis with a day', { account: { day: 1n } }, { isGenesis: true }],
    ['a genesis with something spent', { account: { spentToday: 1n } }, { isGenesis: true }],
    ['outputs[0] to another owner', nextWith(() => ({ owner: ownerOf(bob) }))],
    [
      'outputs[0] to the same key at another index',
      nextWith(() => ({ owner: { ...ownerOf(alice), identityIndex: 6n } })),
    ],
    ['outputs[0] in another asset', nextWith(() => ({ asset: anAsset + 1n }))],
    ['a balance one higher', nextWith((t) => ({ balance: t.nextAccount.balance + 1n }))],
    ['a balance one lower', nextWith((t) => ({ balance: t.nextAccount.balance - 1n }))],
    ['the same nonce', nextWith((t) => ({ nonce: t.nextAccount.nonce - 1n }))],
    ['a nonce of two more', nextWith((t) => ({ nonce: t.nextAccount.nonce + 1n }))],
    [
      'a cursor that stays behind a used input',
      nextWith((t) => ({ cursor: t.intent.account.cursor })),
    ],
    ['a cursor on the used input', nextWith((t) => ({ cursor: t.nextAccount.cursor - 1n }))],
    ['a cursor that runs ahead', nextWith((t) => ({ cursor: t.nextAccount.cursor + 1n }))],
    ['an inert input that moves the cursor back', nextWith(() => ({ cursor: 0n })), { inputs: [] }],
    ['another day', nextWith(() => ({ day: aDay - 1n }))],
    ['spentToday that forgets this transfer', nextWith(() => ({ spentToday: 50n }))],
    ['spentToday that restarts within the day', nextWith(() => ({ spentToday: 30n }))],
    ['another blinding', nextWith((t) => ({ blinding: t.nextAccount.blinding + 1n }))],
    ['nonce 2^32 - 1, which has no next', { account: { nonce: (1n << 32n) - 1n } }],
  ])
  rejectsInCollect('T0', [
    'a genesis with a balance',
    'outputs[0] to another owner',
    'a cursor that stays behind a used input',
  ])
})

describe('T1: the old account note', () => {
  rejects('T1', [
    ['another anchor', { context: { anchor: 1n } }, { inputs: [] }],
    ['an account note that is in no tree', { trees: ({ notes }) => notes.setLeaf(8, 5n) }],
    [
      "another's account note",
      ({ intent }) => ({
        trees: ({ notes }) =>
          notes.setLeaf(8, commitAccount({ ...intent.account, owner: ownerOf(bob) })),
      }),
    ],
    [
      'an account note in another asset',
      ({ intent }) => ({
        trees: ({ notes }) => notes.setLeaf(8, commitAccount({ ...intent.account, asset: 8n })),
      }),
    ],
    [
      'an account with a higher balance than the one in the tree',
      ({ intent }) => ({
        account: { balance: 2_000n },
        trees: ({ notes }) => notes.setLeaf(8, commitAccount(intent.account)),
      }),
    ],
    [
      'no genesis although nothing is in the tree',
      ({ intent }) => ({
        witness: { isGenesis: false },
        account: genesisAccount(intent.account.owner, anAsset),
        trees: ({ notes }) => notes.setLeaf(8, 0n),
      }),
      { isGenesis: true },
    ],
    // Words whose fields overlap: what a note made elsewhere with the same word would say.
    ['asset 2^16', { account: { asset: 1n << 16n } }],
    ['a balance of 2^64', { account: { balance: U64 } }, { policy: unlimited }],
    ['a balance of -5', { account: { balance: minus(5n) } }],
    ['nonce 2^32', { account: { nonce: 1n << 32n } }],
    ['nonce -1', { account: { nonce: minus(1n) } }],
    ['a cursor of 2^37', { account: { cursor: 1n << 37n } }, { inputs: [] }],
    ['a cursor of -1', { account: { cursor: minus(1n) } }, { inputs: [] }],
    ['day -1', { account: { day: minus(1n) } }],
    ['spentToday of 2^64', { account: { spentToday: U64 } }, { day: aDay + 1n }],
    ['spentToday of -50', { account: { spentToday: minus(50n) } }],
  ])
  rejectsInCollect('T1', ["another's account note", 'a balance of -5'])
})

describe('T2: keys and owner', () => {
  rejects('T2', [
    [
      'the spending key + l',
      (t) => ({ witness: { spendingKey: t.intent.keys.spendingKey + SUBGROUP_ORDER } }),
    ],
    ['a spending key of l', { witness: { spendingKey: SUBGROUP_ORDER } }],
    ['a spending key of 2^250', { witness: { spendingKey: 1n << 250n } }],
    ['a spending key of r - 1', { witness: { spendingKey: minus(1n) } }],
    ["another's spending key", { witness: { spendingKey: bob.keys.spendingKey } }],
    ["another's nullifier key", { witness: { nullifierKey: bob.keys.nullifierKey } }],
    [
      "another's owner key",
      { account: { owner: { ...ownerOf(alice), ownerKey: bob.keys.ownerKey } } },
    ],
    [
      'identity index 2^20 + 5',
      { account: { owner: { ...ownerOf(alice), identityIndex: (1n << 20n) + 5n } } },
    ],
  ])
  rejectsInCollect('T2', ["another's spending key", 'a spending key of 2^250'])
})

describe('T3: the nullifier', () => {
  const digestOf = ({ intent }: ATransfer): bigint =>
    hash('NULLIFIER', [intent.keys.nullifierKey, commitAccount(intent.account)])
  rejects('T3', [
    ['another nullifier', (t) => ({ nullifier: t.publicInputs.nullifier + 1n })],
    ['the nullifier 0', { nullifier: 0n }],
    ['the uncut digest', (t) => ({ nullifier: digestOf(t) })],
    [
      'the 248-bit twin, the low bits of digest + r',
      (t) => ({ nullifier: (digestOf(t) + FIELD_ORDER) % (1n << 248n) }),
    ],
    [
      'the genesis nullifier for an account',
      ({ intent: { keys } }) => ({
        nullifier: hash('GENESIS', [keys.nullifierKey, keys.ownerKey, 5n, anAsset]) % (1n << 248n),
      }),
    ],
    [
      'a genesis nullifier that depends on the account note',
      (t) => ({ nullifier: digestOf(t) % (1n << 248n) }),
      { isGenesis: true },
    ],
    [
      "another asset's genesis nullifier",
      ({ intent: { keys } }) => ({
        nullifier:
          hash('GENESIS', [keys.nullifierKey, keys.ownerKey, 5n, anAsset + 1n]) % (1n << 248n),
      }),
      { isGenesis: true },
    ],
  ])
  rejectsInCollect('T3', ['another nullifier', 'the 248-bit twin, the low bits of digest + r'])
})

describe('T4: notes taken in', () => {
  const replaceInput =
    (leaf: (transfer: ATransfer) => bigint) =>
    (transfer: ATransfer): Changes => ({
      trees: ({ notes }) => notes.setLeaf(firstInputIndex, leaf(transfer)),
    })
  rejects('T4', [
    ['an unused input with an amount', { inputs: { 0: { isUsed: false, amount: 1n } } }],
    ['an input below the cursor', { account: { cursor: 22n } }],
    ['an input one below the cursor, at the end of the tree', { account: { cursor: 1n << 36n } }],
    ['an input that is in no tree', replaceInput(() => 5n)],
    [
      "another's note",
      replaceInput(({ world }) => commitNote({ ...world.received[0]!, owner: ownerOf(bob) })),
    ],
    [
      'a note to the same key at another index',
      replaceInput(({ world }) =>
        commitNote({ ...world.received[0]!, owner: { ...ownerOf(alice), identityIndex: 6n } }),
      ),
    ],
    [
      'a note in another asset',
      replaceInput(({ world }) => commitNote({ ...world.received[0]!, asset: anAsset + 1n })),
    ],
    [
      'a note of a lower amount',
      replaceInput(({ world }) => commitNote({ ...world.received[0]!, amount: 99n })),
    ],
    [
      'a position other than the one opened',
      ({ world }) => ({
        inputs: { 0: { index: 25n } },
        trees: ({ notes }) => {
          notes.setLeaf(25, 0n)
          notes.setLeaf(firstInputIndex, commitNote(world.received[0]!))
        },
      }),
    ],
    ['an index of 4^18 and more', { inputs: { 0: { index: (1n << 36n) + 21n } } }],
    ['an amount of 2^64', { inputs: { 0: { amount: U64 } } }, { policy: unlimited }],
    ['an amount of -7', { inputs: { 0: { amount: minus(7n) } } }],
  ])

  test('rejects: a claimed index with the path of another (T4)', async () => {
    const transfer = aTransfer()
    const { circuit: name, publicInputs, witness } = restate(transfer)
    const inputs = witness.inputs.map((input) => ({ ...input, index: 400n }))
    const claimed = restate(transfer, { inputs: { 0: { index: 400n } } })
    await assertRejected(
      circuit,
      {
        circuit: name,
        // All that depends on the index says 400; the path leads to 21.
        publicInputs: { ...claimed.publicInputs, anchor: publicInputs.anchor },
        witness: { ...witness, inputs },
      },
      'T4',
    )
  })
})

describe('T5: value', () => {
  const word = (fields: object) => (t: ATransfer) => ({
    publicInputs: {
      withdrawal: combineWord('withdrawal', {
        asset: anAsset,
        ...t.witness.withdrawal,
        ...fields,
      }),
    },
  })
  const feeWord = (fields: object) => (t: ATransfer) => ({
    publicInputs: {
      fee: combineWord('fee', { asset: anAsset, ...t.witness.fee, ...fields }),
    },
  })
  const withdrawing = { withdrawal: { amount: 10n, recipient: home } }
  rejects('T5', [
    [
      'one unit too much',
      { notes: { 1: { amount: 1n } } },
      { payments: [{ to: bob, amount: 1_098n }], policy: unlimited },
    ],
    ['a note of -1', { notes: { 1: { amount: minus(1n) } } }],
    ['a note of 2^64', { notes: { 1: { amount: U64 } } }],
    ['a withdrawal of 2^64', { witness: { withdrawal: { amount: U64, recipient: home } } }],
    ['a withdrawal of -1', { witness: { withdrawal: { amount: minus(1n), recipient: home } } }],
    [
      'a withdrawal of more than there is',
      { witness: { withdrawal: { amount: 1_069n, recipient: home } } },
    ],
    ['a fee of 2^64', { witness: { fee: { amount: U64, epoch: 1n } } }],
    ['a fee of -1', { witness: { fee: { amount: minus(1n), epoch: 1n } } }],
    ['a fee of more than there is', { witness: { fee: { amount: 1_071n, epoch: 1n } } }],
    ['epoch 2^16', { witness: { fee: { amount: 2n, epoch: 1n << 16n } } }],
    ['a recipient of 2^160', { witness: { withdrawal: { amount: 1n, recipient: 1n << 160n } } }],
    ['a withdrawal in another asset', word({ asset: anAsset + 1n }), withdrawing],
    ['a withdrawal in asset 0', word({ asset: 0n }), withdrawing],
    ['a withdrawal one higher', word({ amount: 11n }), withdrawing],
    ['a withdrawal to another recipient', word({ recipient: home ^ 1n }), withdrawing],
    ['an empty withdrawal with an asset', word({ recipient: 0n })],
    ['an empty withdrawal with a recipient', word({ asset: 0n, recipient: 1n })],
    ['a fee in another asset', feeWord({ asset: anAsset + 1n })],
    ['a fee in asset 0', feeWord({ asset: 0n })],
    ['a fee one higher', feeWord({ amount: 3n })],
    ['an empty fee with an asset', feeWord({}), { fee: 0n }],
    ['another epoch', feeWord({ epoch: 2n })],
    ['an unconstrained output of amount 0', { outputs: { 3: 12_345n } }],
    ['the output 0', { outputs: { 3: 0n } }],
    [
      'an output of a higher amount',
      (t) => ({ outputs: { 1: commitNote({ ...t.notes[0], amount: 31n }) } }),
    ],
    [
      'an output in another asset',
      (t) => ({ outputs: { 1: commitNote({ ...t.notes[0], asset: anAsset + 1n }) } }),
    ],
    [
      'an output to another owner',
      (t) => ({ outputs: { 1: commitNote({ ...t.notes[0], owner: ownerOf(carol) }) } }),
    ],
    [
      'an empty output that holds value',
      (t) => ({ outputs: { 2: looseNote({ ...t.witness.notes[1], amount: 5n }, anAsset) } }),
    ],
    [
      'outputs in another order',
      (t) => ({ outputs: { 2: t.publicInputs.outputs[3], 3: t.publicInputs.outputs[2] } }),
    ],
    [
      'a recipient index of 2^20',
      { notes: { 0: { owner: { ...ownerOf(bob), identityIndex: 1n << 20n } } } },
    ],
  ])
  rejectsInCollect('T5', [
    'a note of -1',
    'a fee in another asset',
    'an unconstrained output of amount 0',
  ])
})

describe('T6: identity and exit', () => {
  const exit: TransferOptions = {
    isExit: true,
    payments: [],
    withdrawal: { amount: 98n, recipient: home },
    identity: { status: 2n },
  }
  const toOwner: TransferOptions = {
    isExit: true,
    destination: { kind: 'owner', owner: ownerOf(carol) },
    identity: { status: 2n },
    payments: [{ to: carol, amount: 98n }],
  }
  rejects('T6', [
    ['day 2^16', { context: { day: 1n << 16n } }, { identity: { expiryDay: 65_535n } }],
    ['day -1', { context: { day: minus(1n) } }, { isGenesis: true }],
    ['another identity root', { context: { identityRoot: 1n } }],
    ['a hidden leaf: none in the tree', { trees: ({ identities }) => identities.setLeaf(5, 0n) }],
    [
      'a leaf at another index than the claimed one',
      ({ intent }) => ({
        trees: ({ identities }) => {
          identities.setLeaf(5, 0n)
          identities.setLeaf(6, hashIdentity(intent.identity))
        },
      }),
    ],
    ["another's leaf at the own index", { identity: { ownerKey: bob.keys.ownerKey } }],
    [
      'an active leaf in the place of a suspended one',
      ({ intent }) => ({
        trees: ({ identities }) =>
          identities.setLeaf(5, hashIdentity({ ...intent.identity, status: 2n })),
      }),
    ],
    // The same word read in another way: expiryDay + 2^16, status 2 - 1.
    [
      'a suspended leaf opened with its status hidden in expiryDay',
      ({ intent }) => ({
        identity: { expiryDay: intent.identity.expiryDay + (1n << 16n), status: 1n },
        trees: ({ identities }) =>
          identities.setLeaf(5, hashIdentity({ ...intent.identity, status: 2n })),
      }),
    ],
    ['tier 256', { identity: { tier: 256n } }],
    ['jurisdiction 2^16', { identity: { jurisdiction: 1n << 16n } }],
    ['status 257', { identity: { status: 257n } }, exit],
    ['a status of 2', { identity: { status: 2n } }],
    ['an identity suspended to the end of this day', { identity: { suspendedUntil: aDay + 1n } }],
    ['an identity suspended for years', { identity: { suspendedUntil: 65_535n } }],
    ['a suspension of 2^16', { identity: { suspendedUntil: 1n << 16n } }, exit],
    ['a suspension of -1', { identity: { suspendedUntil: minus(1n) } }, exit],
    // The same word, read another way: status + 2^8, the suspension one day shorter.
    [
      'a suspended leaf opened with a day of its suspension hidden in the status',
      ({ intent }) => ({
        identity: { status: 257n, suspendedUntil: aDay },
        trees: ({ identities }) =>
          identities.setLeaf(
            5,
            hashIdentity({ ...intent.identity, status: 1n, suspendedUntil: aDay + 1n }),
          ),
      }),
    ],
    ['a closed identity', { identity: { status: 3n } }],
    ['a status of 0', { identity: { status: 0n } }],
    ['an expired identity', { identity: { expiryDay: aDay - 1n } }],
    [
      'an exit to another address',
      { witness: { withdrawal: { amount: 98n, recipient: home ^ 1n } } },
      exit,
    ],
    [
      'an exit with another destination opened',
      {
        witness: { destination: [0n, 99n, 0n], withdrawal: { amount: 98n, recipient: 99n } },
      },
      exit,
    ],
    ['an exit that also pays a note', { notes: { 0: { amount: 1n } } }, exit],
    [
      'an exit that pays itself a note',
      { notes: { 0: { amount: 1n, owner: ownerOf(alice) } } },
      exit,
    ],
    [
      'an exit that withdraws to a destination of notes',
      { witness: { withdrawal: { amount: 1n, recipient: 1n } } },
      toOwner,
    ],
    ['an exit to another owner', { notes: { 0: { owner: ownerOf(bob) } } }, toOwner],
    [
      'an exit to the right key at another index',
      { notes: { 0: { owner: { ...ownerOf(carol), identityIndex: 4n } } } },
      toOwner,
    ],
    [
      'an exit that increases the balance by one',
      { witness: { withdrawal: { amount: 97n, recipient: home } } },
      exit,
    ],
  ])
  rejectsInCollect('T6', ['another identity root', 'a status of 2', 'an exit to another address'])

  test('rejects: an exit of notes where the address is an owner key (T6)', async () => {
    // Kind 0 with the value of an owner key: the kinds must not be mistaken for each other.
    const owner = ownerOf(carol)
    const destination = [0n, owner.ownerKey, owner.identityIndex] as const
    const transfer = aTransfer(toOwner)
    await assertRejected(
      circuit,
      restate(transfer, {
        identity: { destination: hash('DESTINATION', destination) },
        witness: { destination },
      }),
      'T6',
    )
  })
})

describe('T7: time and limits', () => {
  const ordinary = {
    perTransfer: 1_000n,
    perDay: 5_000n,
    accountCap: 100_000n,
    reportAbove: 2_000n,
  }
  const limits = (changes: Partial<typeof unlimited>): Changes => ({
    witness: { limits: { ...ordinary, ...changes } },
  })
  const policyLeaf =
    (fields: object) =>
    (t: ATransfer): Changes => ({
      trees: ({ policies }) => {
        policies.setLeaf(2, hashPolicy({ ...t.world.policy, ...fields }))
      },
    })
  rejects('T7', [
    ['a day before the account day', { account: { day: aDay + 1n } }],
    ['one above the limit per transfer', limits({ perTransfer: 29n })],
    [
      'one above the limit per transfer, by a withdrawal',
      limits({ perTransfer: 39n }),
      { withdrawal: { amount: 10n, recipient: home } },
    ],
    [
      'one above the limit per transfer, over three notes',
      limits({ perTransfer: 59n }),
      {
        payments: [
          { to: bob, amount: 10n },
          { to: alice, amount: 500n },
          { to: carol, amount: 50n },
        ],
      },
    ],
    ['one above the limit per day', limits({ perDay: 79n })],
    ['one above the limit of a new day', limits({ perDay: 29n }), { day: aDay + 1n }],
    ['one above the account cap', limits({ accountCap: 1_067n })],
    [
      'a payment to the own key at another index, beyond the limit',
      {
        notes: { 0: { owner: { ...ownerOf(alice), identityIndex: 6n } } },
        ...limits({ perTransfer: 29n }),
      },
      { payments: [{ to: alice, amount: 30n }] },
    ],
    [
      'a payment to another key at the own index, beyond the limit',
      {
        notes: { 0: { owner: { ...ownerOf(bob), identityIndex: 5n } } },
        ...limits({ perTransfer: 29n }),
      },
      { payments: [{ to: alice, amount: 30n }] },
    ],
    ['a balance that rises, bound by the old one', { witness: { boundByOldBalance: true } }],
    [
      'an exit bound by the cap',
      { witness: { boundByOldBalance: false, limits: unlimited } },
      { isExit: true, payments: [], withdrawal: { amount: 98n, recipient: home } },
    ],
    ['another policy root', { context: { policyRoot: 1n } }],
    ["another tier's policy", policyLeaf({ tier: 9n })],
    ["another asset's policy", policyLeaf({ asset: anAsset + 1n })],
    ['a higher limit per transfer than the policy', policyLeaf({ perTransfer: 999n })],
    ['a higher limit per day than the policy', policyLeaf({ perDay: 4_999n })],
    ['a higher cap than the policy', policyLeaf({ accountCap: 99_999n })],
    ['a limit per transfer of 2^64', limits({ perTransfer: U64 })],
    ['a limit per day of 2^64', limits({ perDay: U64 })],
    ['a cap of 2^64', limits({ accountCap: U64 })],
    ['a higher threshold than the policy', policyLeaf({ reportAbove: 1_999n })],
    ['a lower threshold than the policy', policyLeaf({ reportAbove: 2_001n })],
    ['a threshold of 2^64', limits({ reportAbove: U64 })],
    ['a threshold of -1', limits({ reportAbove: minus(1n) })],
  ])
  rejectsInCollect('T7', [
    'a day before the account day',
    'one above the limit per transfer',
    'one above the limit per day',
    'one above the account cap',
    'another policy root',
  ])
})

describe('T8: the trace tag', () => {
  const traceKeyOf = ({ intent }: ATransfer): bigint =>
    deriveTraceKey(deriveTraceSecret(intent.keys.nullifierKey, ownerOf(alice)), intent.auditKeyI)
  const tag =
    (traceTag: (t: ATransfer) => bigint) =>
    (t: ATransfer): Changes => ({
      publicInputs: { traceTag: traceTag(t) },
    })
  rejects('T8', [
    ['another tag', tag((t) => t.publicInputs.traceTag + 1n)],
    ['the tag of another asset', tag((t) => deriveTraceTag(traceKeyOf(t), anAsset + 1n, 3n))],
    [
      'the tag of the 250-bit twin, the low bits of digest + r',
      tag(({ intent }) => {
        const digest = hash('TRACE', [intent.keys.nullifierKey, alice.keys.ownerKey, 5n])
        const secret = lowBits(digest + FIELD_ORDER, 250)
        return deriveTraceTag(deriveTraceKey(secret, intent.auditKeyI), anAsset, 3n)
      }),
    ],
    ['the tag of the next nonce', tag((t) => deriveTraceTag(traceKeyOf(t), anAsset, 4n))],
    [
      "another's tag",
      tag(({ intent }) => {
        const secret = deriveTraceSecret(bob.keys.nullifierKey, ownerOf(bob))
        return deriveTraceTag(deriveTraceKey(secret, intent.auditKeyI), anAsset, 3n)
      }),
    ],
    [
      'the tag under key S',
      tag(({ intent }) => {
        const secret = deriveTraceSecret(intent.keys.nullifierKey, ownerOf(alice))
        return deriveTraceTag(deriveTraceKey(secret, intent.auditKeyS), anAsset, 3n)
      }),
    ],
  ])
  rejectsInCollect('T8', ['the tag of the next nonce'])
})

describe('T9: the ephemeral', () => {
  /** Records and R under another scalar than e. */
  const under =
    (secretOf: (t: ATransfer) => bigint) =>
    (t: ATransfer): Changes => {
      const { statistics, investigation } = wordsOf(t)
      const secret = secretOf(t)
      const point = mulBase8(secret)
      return {
        publicInputs: {
          ephemeral: [point.x, point.y],
          statisticsCiphertext: maskStatistics(
            sharedPoint(t.intent.auditKeyS, secret),
            statistics,
          ) as unknown as [bigint, bigint],
          investigationCiphertext: maskInvestigation(
            sharedPoint(t.intent.auditKeyI, secret),
            investigation,
          ),
        },
      }
    }
  rejects('T9', [
    ['a scalar of the prover’s choice', under(() => 5n)],
    [
      'the scalar of another version of this transfer',
      under(() => {
        const other = aTransfer({ payments: [{ to: bob, amount: 31n }] })
        const { nullifier, outputs } = other.publicInputs
        return deriveEphemeralSecret(other.intent.keys.nullifierKey, nullifier, outputs)
      }),
    ],
    [
      'the 250-bit twin, the low bits of digest + r',
      under(({ intent, publicInputs: { nullifier, outputs } }) => {
        const digest = hash('EPHEMERAL', [intent.keys.nullifierKey, nullifier, ...outputs])
        return (digest + FIELD_ORDER) % (1n << 250n)
      }),
    ],
    [
      'minus R',
      (t) => ({
        publicInputs: {
          ephemeral: [minus(t.publicInputs.ephemeral[0]), t.publicInputs.ephemeral[1]],
        },
      }),
    ],
  ])
  rejectsInCollect('T9', [
    'a scalar of the prover’s choice',
    'the 250-bit twin, the low bits of digest + r',
  ])

  // No ladder has a solution for a point of small order, and the check of the curve none for others. What
  // follows from the points that the program goes on with is stated as it follows.
  const points = {
    'the identity': order1,
    'the point of order 2': order2,
    'a point of order 4': order4,
    'the other point of order 4': negate(order4),
    'a point of order 8': order8,
    'a point that is on no curve': { x: 1n, y: 1n },
  }
  for (const key of ['S', 'I', 'L'] as const) {
    for (const [name, { x, y }] of Object.entries(points)) {
      const day = key === 'L' ? ' on a large day' : ''
      test(`rejects: ${name} as audit key ${key}${day} (T9)`, async () => {
        const transfer = aTransfer(key === 'L' ? large : noOptions)
        const stated = {
          S: { auditKeyS: [x, y] },
          I: { auditKeyI: [x, y] },
          L: { auditKeyL: [x, y] },
        } as const
        const statement = restate(transfer, { publicInputs: stated[key] })
        assert.equal(refusalOf(statement), 'T9')
        const assignment = await circuit.uncheckedWitness(
          transferToCircuitInputs(statement.publicInputs, statement.witness),
        )
        const failures = circuit.failures(
          circuit.editAll(assignment, recordsAsComputed(assignment, transfer)),
        )
        assert.ok(failures.length > 0)
        for (const { signals } of failures) {
          assert.ok(
            signals.some((signal) => /^main\.MulPoint_\d+_\d+\./.test(signal)),
            signals.join(', '),
          )
        }
      })
    }
  }

  /** Tag and records under the shared points that an assignment has, whatever they are. */
  function recordsAsComputed(assignment: Witness, transfer: ATransfer): Record<string, bigint> {
    const shared = (name: string): CurvePoint => ({
      x: circuit.get(assignment, `main.${name}[0][0]`),
      y: circuit.get(assignment, `main.${name}[0][1]`),
    })
    const traceKey = traceKeyOf(shared('sharedI'))
    const { statistics, investigation } = wordsOf(transfer, traceKey)
    const [statistics0 = 0n, statistics1 = 0n] = maskStatistics(shared('sharedS'), statistics)
    const [investigation0 = 0n] = maskInvestigation(shared('sharedRecord'), investigation)
    return {
      'main.traceTag': deriveTraceTag(traceKey, anAsset, transfer.intent.account.nonce),
      'main.statisticsCiphertext[0]': statistics0,
      'main.statisticsCiphertext[1]': statistics1,
      'main.investigationCiphertext[0]': investigation0,
    }
  }
})

/** The plain words of a transfer's records. */
function wordsOf(
  { witness, intent }: ATransfer,
  traceKey = deriveTraceKey(
    deriveTraceSecret(intent.keys.nullifierKey, ownerOf(alice)),
    intent.auditKeyI,
  ),
): {
  statistics: bigint[]
  investigation: bigint[]
  pseudonym: bigint
} {
  const pseudonym = derivePseudonym(traceKey, monthOf(intent.day))
  const [one, two, three] = witness.notes
  return {
    pseudonym,
    statistics: [
      combineWord('statistics0', { pseudonym, amountIn: 100n, notesIn: 1n }),
      combineWord('statistics1', {
        asset: anAsset,
        amount1: one.amount,
        amount2: two.amount,
        amount3: three.amount,
        tier: intent.identity.tier,
        jurisdiction: intent.identity.jurisdiction,
      }),
    ],
    investigation: [
      combineWord('investigation0', {
        sender: 5n,
        recipient1: 6n,
        recipient2: 0n,
        recipient3: 0n,
        input1: 22n,
        nonce: 3n,
      }),
      // Of a collect's further inputs, none of which is used.
      0n,
    ].slice(0, TRANSFER_CIRCUITS[intent.circuit].investigationWords),
  }
}

/** Bits below a field of a word. */
function offsetOf(word: keyof typeof WORDS, field: string): bigint {
  let offset = 0n
  for (const [name, bits] of WORDS[word]) {
    if (name === field) return offset
    offset += BigInt(bits)
  }
  throw new RangeError(field)
}

describe('T10: the statistics record', () => {
  const added = (word: 0 | 1, field: string, value = 1n): Changes => {
    const term = value << offsetOf(word === 0 ? 'statistics0' : 'statistics1', field)
    return { statistics: word === 0 ? [term, 0n] : [0n, term] }
  }
  rejects('T10', [
    ['another pseudonym', added(0, 'pseudonym')],
    [
      'the pseudonym of another month',
      (t) => {
        const { pseudonym } = wordsOf(t)
        const traceKey = deriveTraceKey(
          deriveTraceSecret(t.intent.keys.nullifierKey, ownerOf(alice)),
          t.intent.auditKeyI,
        )
        return { statistics: [derivePseudonym(traceKey, monthOf(aDay) + 1n) - pseudonym, 0n] }
      },
    ],
    ['a higher sum taken in', added(0, 'amountIn')],
    ['another number of notes taken in', added(0, 'notesIn')],
    ['another asset', added(1, 'asset')],
    ['another first amount', added(1, 'amount1')],
    ['another second amount', added(1, 'amount2')],
    ['another third amount', added(1, 'amount3')],
    ['another tier', added(1, 'tier')],
    ['another jurisdiction', added(1, 'jurisdiction')],
    ['a bit above the word', added(0, 'notesIn', 1n << 8n)],
    [
      'words masked for another key',
      (t) => {
        const { statistics } = wordsOf(t)
        const { nullifier, outputs } = t.publicInputs
        const secret = deriveEphemeralSecret(t.intent.keys.nullifierKey, nullifier, outputs)
        const masked = maskStatistics(sharedPoint(mulBase8(auditSecretI), secret), statistics)
        return { publicInputs: { statisticsCiphertext: masked as unknown as [bigint, bigint] } }
      },
    ],
    ['noise', { publicInputs: { statisticsCiphertext: [1n, 2n] } }],
  ])
  rejectsInCollect('T10', ['another pseudonym', 'another first amount'])
})

describe('T11: the investigation record', () => {
  const added = (field: string, value = 1n): Changes => ({
    investigation: [value << offsetOf('investigation0', field)],
  })
  rejects('T11', [
    ['another sender', added('sender')],
    ['another first recipient', added('recipient1')],
    ['a second recipient where the amount is 0', added('recipient2', 6n)],
    ['a third recipient where the amount is 0', added('recipient3', 6n)],
    ['another input', added('input1')],
    ['another nonce', added('nonce')],
    ['a bit above the word', added('nonce', 1n << 32n)],
    ['noise', { publicInputs: { investigationCiphertext: [1n] } }],
  ])
  rejectsInCollect('T11', ['another sender', 'a second recipient where the amount is 0'])

  test('accepts: the decrypted record is that of the statement (T10, T11)', () => {
    const transfer = aTransfer()
    const { statistics, investigation } = wordsOf(transfer)
    const { intent, publicInputs } = transfer
    const { nullifier, outputs } = publicInputs
    const secret = deriveEphemeralSecret(intent.keys.nullifierKey, nullifier, outputs)
    assert.deepEqual(
      publicInputs.statisticsCiphertext,
      maskStatistics(sharedPoint(intent.auditKeyS, secret), statistics),
    )
    assert.deepEqual(
      publicInputs.investigationCiphertext,
      maskInvestigation(sharedPoint(intent.auditKeyI, secret), investigation),
    )
  })
})

describe('T11: the key of the investigation record', () => {
  const keyS = mulBase8(auditSecretS)
  const keyI = mulBase8(auditSecretI)
  const keyL = mulBase8(auditSecretL)
  const exit: TransferOptions = {
    isExit: true,
    payments: [],
    withdrawal: { amount: 98n, recipient: home },
  }
  const maskedFor = (recordKey: CurvePoint, more: Changes = {}): Changes => ({ ...more, recordKey })
  const mix = addPoints(keyI, keyL)
  const identityPoint = { x: 0n, y: 1n }
  rejects('T11', [
    ['a large day masked for I', maskedFor(keyI), large],
    ['a large day masked for S', maskedFor(keyS), large],
    ['a large day masked for I + L', maskedFor(mix), large],
    ['a large day masked for L - I', maskedFor(addPoints(keyL, negate(keyI))), large],
    ['a large day masked for -L', maskedFor(negate(keyL)), large],
    ['a large day masked for the identity point', maskedFor(identityPoint), large],
    ['a large day masked for the point of order 2', maskedFor({ x: 0n, y: minus(1n) }), large],
    ['a large day masked for a key of the payer', maskedFor(mulBase8(9n)), large],
    ['a day at the threshold masked for L', maskedFor(keyL), { account: { spentToday: 1_970n } }],
    ['a small day masked for L', maskedFor(keyL)],
    ['an exit masked for I', maskedFor(keyI), exit],
    [
      'an exit masked for I, with a threshold of the payer’s own',
      (t) =>
        maskedFor(keyI, {
          witness: { limits: { ...t.witness.limits, reportAbove: MAX } },
        }),
      exit,
    ],
    [
      'a large withdrawal masked for I',
      maskedFor(keyI),
      {
        account: { spentToday: 1_990n },
        payments: [],
        withdrawal: { amount: 11n, recipient: home },
      },
    ],
    [
      'a payment to oneself on a day that was large before, masked for I',
      maskedFor(keyI),
      { account: { spentToday: 2_001n }, payments: [{ to: alice, amount: 5n }] },
    ],
  ])
  rejectsInCollect('T11', ['a large day masked for I', 'an exit masked for I'])

  test('rejects: both switches of the key, of 0, 1, 2 and -1, against what they must be (T11)', async () => {
    for (const options of [noOptions, large, exit]) {
      const assignment = await circuit.witness(aTransfer(options).circuitInputs)
      circuit.check(assignment)
      for (const signal of ['main.isReported', 'main.recordKey[0]', 'main.recordKey[1]']) {
        const value = circuit.get(assignment, signal)
        for (const other of [0n, 1n, 2n, FIELD_ORDER - 1n]) {
          if (other === value) continue
          assert.equal(circuit.isSatisfied(circuit.edit(assignment, signal, other)), false, signal)
        }
      }
    }
  })
})

function negate({ x, y }: CurvePoint): CurvePoint {
  return { x: (FIELD_ORDER - x) % FIELD_ORDER, y }
}

describe('switches that are no bits', () => {
  /** All else is restated, and no row but the switch's own refuses. */
  async function assertSwitchRefused(
    tester: CircuitTester,
    { publicInputs, witness }: Statement,
    name: 'isGenesis' | 'isExit' | 'isInputUsed',
    value: bigint,
  ): Promise<void> {
    const inputs = transferToCircuitInputs(publicInputs, witness)
    const used = witness.inputs.map(({ isUsed }, i) => (i === 0 ? value : BigInt(isUsed)))
    const given = name === 'isInputUsed' ? used : value
    const assignment = await tester.uncheckedWitness({ ...inputs, [name]: given })
    const signal = name === 'isInputUsed' ? 'main.isInputUsed[0]' : `main.${name}`
    assert.deepEqual(
      tester.failures(assignment).map(({ signals }) => signals),
      [[signal]],
    )
  }

  for (const name of ['transfer', 'collect'] as const) {
    const testerOf = (): CircuitTester => (name === 'transfer' ? circuit : collect)

    test(`rejects: isGenesis of 2, for a second nullifier of an account of zeros, in a ${name} (T0)`, async () => {
      const zeros = { balance: 0n, nonce: 0n, cursor: 0n, day: 0n, spentToday: 0n }
      const transfer = aTransfer({ circuit: name, account: zeros })
      const { keys, account } = transfer.intent
      const spent = hash('NULLIFIER', [keys.nullifierKey, commitAccount(account)])
      const opened = hash('GENESIS', [keys.nullifierKey, keys.ownerKey, 5n, anAsset])
      const nullifier = lowBits(reduce(spent + 2n * (opened - spent)), 248)
      await assertSwitchRefused(testerOf(), restate(transfer, { nullifier }), 'isGenesis', 2n)
    })

    test(`rejects: isInputUsed of -1, by which the cursor goes back, in a ${name} (T4)`, async () => {
      // A note of amount 0 at the cursor itself.
      const transfer = aTransfer({
        circuit: name,
        account: { cursor: 21n },
        inputs: [{ amount: 0n, index: 21 }],
        payments: [],
      })
      const statement = restate(transfer, {
        ...nextWith(() => ({ cursor: 20n }))(transfer),
        statistics: [-2n << offsetOf('statistics0', 'notesIn'), 0n],
        investigation: [(-2n * 22n) << offsetOf('investigation0', 'input1')],
      })
      await assertSwitchRefused(testerOf(), statement, 'isInputUsed', minus(1n))
    })

    test(`rejects: isExit of 2, by which what leaves is taken off the day's sum, in a ${name} (T6)`, async () => {
      const destination = { kind: 'owner', owner: ownerOf(carol) } as const
      const transfer = aTransfer({
        circuit: name,
        destination,
        account: { spentToday: 4_000n },
        payments: [{ to: carol, amount: 500n }],
      })
      const statement = restate(transfer, {
        witness: { boundByOldBalance: true, destination: destinationFields(destination) },
        ...nextWith(() => ({ spentToday: 3_500n }))(transfer),
      })
      await assertSwitchRefused(testerOf(), statement, 'isExit', 2n)
    })
  }
})

describe('T12: memo and domain', () => {
  for (const name of ['domain', 'memoHash'] as const) {
    const assertHeld = async (main: TransferCircuit): Promise<void> => {
      const tester = main === 'transfer' ? circuit : collect
      const assignment = await tester.witness(aTransfer({ circuit: main }).circuitInputs)
      tester.check(assignment)
      assert.equal(tester.isSatisfied(tester.edit(assignment, `main.${name}`, 5n)), false)
    }
    test(`rejects: a proof moved to another ${name} (T12)`, () => assertHeld('transfer'))
    test(`rejects: a proof of a collect moved to another ${name} (T12)`, () =>
      assertHeld('collect'))
  }

  for (const name of ['domain', 'memoHash', 'nullifier', 'withdrawal', 'traceTag'] as const) {
    test(`rejects: ${name} + r (T12)`, async () => {
      const transfer = aTransfer()
      const publicInputs = {
        ...transfer.publicInputs,
        [name]: transfer.publicInputs[name] + FIELD_ORDER,
      }
      const { witness, circuitInputs } = transfer
      assert.equal(refusalOf({ circuit: 'transfer', publicInputs, witness }), 'T12')
      await assert.rejects(circuit.witness({ ...circuitInputs, [name]: publicInputs[name] }), {
        code: 'CIRCUIT_INPUT_INVALID',
      })
    })
  }
})
