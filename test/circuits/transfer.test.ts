import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'

import type { Account } from '../../protocol/account.ts'
import { openInvestigation, sharedPoint } from '../../protocol/auditRecord.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { InvalidEncodingError } from '../../protocol/errors.ts'
import { commitNote } from '../../protocol/note.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { transferToCircuitInputs } from '../../protocol/transfer.ts'
import { loadCircuit } from '../support/circuitTester.ts'
import type { CircuitTester } from '../support/circuitTester.ts'
import { seedOf } from '../support/identities.ts'
import { assertAccepted, restate } from '../support/transferStatements.ts'
import {
  aDay,
  aDestination,
  anAsset,
  aTransfer,
  auditSecretI,
  auditSecretL,
  aWorld,
  ownerOf,
  seededNumbers,
} from '../support/transfers.ts'
import type { ATransfer, TransferOptions } from '../support/transfers.ts'

const MAX = (1n << 64n) - 1n
const { alice, bob, carol } = aWorld()
const home = aDestination.kind === 'address' ? aDestination.address : 0n
const unlimited = { perTransfer: MAX, perDay: MAX, accountCap: MAX, reportAbove: MAX }

const unixDay = (iso: string): bigint => dayOf(Date.parse(`${iso}T00:00:00Z`) / 1000)

let circuit: CircuitTester
before(async () => {
  circuit = await loadCircuit('transfer')
})

async function accepts(options: TransferOptions): Promise<void> {
  const transfer = aTransfer(options)
  const { publicInputs, witness } = transfer
  await assertAccepted(circuit, { circuit: 'transfer', publicInputs, witness })
}

describe('transfer', () => {
  test('accepts: public signals stand in the order of PUBLIC_INPUTS', async () => {
    const { publicInputs, circuitInputs } = aTransfer()
    const assignment = await circuit.witness(circuitInputs)
    circuit.check(assignment)
    assert.deepEqual(
      circuit.publicSignals(assignment),
      publicInputsToArray('transfer', publicInputs),
    )
  })

  test('accepts: the restated statement, so that its changes alone can break it', async () => {
    const transfer = aTransfer({ withdrawal: { amount: 4n, recipient: home } })
    await assertAccepted(circuit, restate(transfer))
    assert.deepEqual(
      restate(transfer).publicInputs.outputs,
      transfer.publicInputs.outputs,
      'outputs do not depend on the anchor',
    )
  })

  const accepted: Record<string, TransferOptions> = {
    'the next account note (T0)': { inputs: [], payments: [], fee: 0n },
    'a genesis that takes in a note (T0, T1)': { isGenesis: true },
    'a genesis that takes in nothing (T0)': {
      isGenesis: true,
      inputs: [],
      payments: [],
      fee: 0n,
    },
    'an unused input (T4)': { inputs: [] },
    'an input at the cursor itself (T4)': {
      account: { cursor: 21n },
      inputs: [{ amount: 1n, index: 21 }],
    },
    'an input of amount 0 (T4)': { inputs: [{ amount: 0n }] },
    'three recipients (T5)': {
      payments: [
        { to: bob, amount: 1n },
        { to: carol, amount: 2n },
        { to: bob, amount: 3n },
      ],
    },
    'a withdrawal and a fee beside payments (T5)': {
      withdrawal: { amount: 11n, recipient: (1n << 160n) - 1n },
      fee: 5n,
    },
    'neither withdrawal nor fee (T5)': { fee: 0n },
    'everything spent (T5)': { payments: [{ to: bob, amount: 1_000n }], fee: 100n },
    'the last day of an identity (T6)': { identity: { expiryDay: aDay } },
    'the day on which a suspension is over (T6)': { identity: { suspendedUntil: aDay } },
    'a payment to oneself beyond all limits (T7)': {
      payments: [{ to: alice, amount: 999n }],
      policy: { perTransfer: 0n, perDay: 50n },
    },
    'the limit per transfer exactly (T7)': {
      payments: [
        { to: bob, amount: 60n },
        { to: carol, amount: 30n },
      ],
      withdrawal: { amount: 10n, recipient: home },
      policy: { perTransfer: 100n },
    },
    'the limit per day exactly (T7)': { policy: { perDay: 80n } },
    'a fee beyond all limits (T7)': {
      fee: 900n,
      payments: [],
      policy: { perTransfer: 0n, perDay: 50n },
    },
    'a new day, on which spentToday restarts (T7)': {
      day: aDay + 1n,
      policy: { perDay: 30n },
    },
    'the account cap exactly (T7)': { policy: { accountCap: 1_068n } },
    'a balance above the cap that falls (T7)': {
      account: { balance: 5_000n },
      inputs: [],
      policy: { accountCap: 10n },
    },
    'a balance above the cap that stays (T7)': {
      account: { balance: 5_000n },
      inputs: [{ amount: 32n }],
      policy: { accountCap: 10n },
    },
  }
  for (const [name, options] of Object.entries(accepted)) {
    test(`accepts: ${name}`, () => accepts(options))
  }

  describe('the key of the investigation record (T11)', () => {
    /** Which of the two keys opens it; exactly one does. */
    const keyOf = ({ publicInputs }: ATransfer): 'I' | 'L' => {
      const [x, y] = publicInputs.ephemeral
      const opens = (secret: bigint): boolean => {
        try {
          const shared = sharedPoint({ x, y }, secret)
          return openInvestigation(shared, publicInputs.investigationCiphertext).sender === 5n
        } catch (error) {
          if (error instanceof InvalidEncodingError) return false
          throw error
        }
      }
      const [withI, withL] = [opens(auditSecretI), opens(auditSecretL)]
      assert.notEqual(withI, withL)
      return withL ? 'L' : 'I'
    }
    const opensWith = async (key: 'I' | 'L', options: TransferOptions): Promise<void> => {
      assert.equal(keyOf(aTransfer(options)), key)
      await accepts(options)
    }
    const toHome = { payments: [], withdrawal: { amount: 100n, recipient: home } }
    // 50 spent before, 30 paid: the day's sum is 80.
    const cases: Record<string, ['I' | 'L', TransferOptions]> = {
      'one below the threshold': ['I', { policy: { reportAbove: 81n } }],
      'at the threshold': ['I', { policy: { reportAbove: 80n } }],
      'one above the threshold': ['L', { policy: { reportAbove: 79n } }],
      'a threshold of 0': ['L', { policy: { reportAbove: 0n } }],
      'a threshold of 0 on a day with nothing sent': [
        'I',
        { account: { spentToday: 0n }, payments: [], policy: { reportAbove: 0n } },
      ],
      'a threshold of 2^64 - 1': ['I', { account: { spentToday: MAX - 30n }, policy: unlimited }],
      'a sum of 2^64 - 1 above 2^64 - 2': [
        'L',
        { account: { spentToday: MAX - 30n }, policy: { ...unlimited, reportAbove: MAX - 1n } },
      ],
      'a withdrawal above the threshold': ['L', { ...toHome, policy: { reportAbove: 149n } }],
      'a fee above the threshold: it counts in no sum': [
        'I',
        { fee: 900n, payments: [], policy: { reportAbove: 50n } },
      ],
      'oneself paid above the threshold: nothing leaves': [
        'I',
        { payments: [{ to: alice, amount: 999n }], policy: { reportAbove: 50n } },
      ],
      'notes taken in after the threshold was passed': [
        'L',
        { payments: [], policy: { reportAbove: 49n } },
      ],
      'a new day': ['I', { day: aDay + 1n, policy: { reportAbove: 30n } }],
      'an exit below the threshold': ['L', { ...toHome, isExit: true }],
      'an exit under no threshold at all': [
        'L',
        { ...toHome, isExit: true, policy: { reportAbove: MAX } },
      ],
    }
    for (const [name, [key, options]] of Object.entries(cases)) {
      test(`accepts: ${name}, for ${key}`, () => opensWith(key, options))
    }

    test('accepts: many small payments of one day, for L once they pass the line together', async () => {
      // Twenty of 10 against a line of 150: structuring does not evade it, and tomorrow begins anew.
      const policy = { reportAbove: 150n }
      let account: Account | undefined
      const keys: string[] = []
      for (let i = 0; i < 20; i++) {
        const spentToday = account?.spentToday ?? 0n
        const options = { account: { spentToday }, payments: [{ to: bob, amount: 10n }], policy }
        const transfer = aTransfer(options)
        keys.push(keyOf(transfer))
        account = transfer.nextAccount
        if (i === 14 || i === 15) await accepts(options)
      }
      assert.equal(account?.spentToday, 200n)
      assert.equal(keys.join(''), 'I'.repeat(15) + 'L'.repeat(5))
      const tomorrow = { account: { spentToday: 200n }, day: aDay + 1n, policy }
      assert.equal(keyOf(aTransfer(tomorrow)), 'I')
    })

    test('behavior: nothing public but the ciphertext depends on the key', () => {
      const one = aTransfer({ policy: { reportAbove: 79n } })
      const other = aTransfer({ policy: { reportAbove: 80n } })
      for (const name of Object.keys(one.publicInputs) as (keyof typeof one.publicInputs)[]) {
        const isSame = String(one.publicInputs[name]) === String(other.publicInputs[name])
        const expected = name === 'investigationCiphertext' || name === 'policyRoot'
        assert.equal(!isSame, expected, name)
      }
      assert.equal(one.memo.length, other.memo.length)
    })
  })

  describe('exit (T6)', () => {
    const toHome = { payments: [], withdrawal: { amount: 100n, recipient: home } }
    const exits: Record<string, TransferOptions> = {
      'suspended, to an address': { ...toHome, identity: { suspendedUntil: aDay + 1n } },
      'suspended to the last day there is': { ...toHome, identity: { suspendedUntil: 65_535n } },
      'closed, to an address': { ...toHome, identity: { status: 3n } },
      'of a status nobody knows': { ...toHome, identity: { status: 255n } },
      'expired, to an address': { ...toHome, identity: { expiryDay: aDay - 1n } },
      'active, at will': toHome,
      'to another note owner': {
        destination: { kind: 'owner', owner: ownerOf(carol) },
        identity: { status: 2n },
        payments: [
          { to: carol, amount: 70n },
          { to: carol, amount: 30n },
        ],
      },
      'beyond all limits': {
        ...toHome,
        policy: { perTransfer: 0n, perDay: 0n, accountCap: 0n, reportAbove: 0n },
      },
      'that moves nothing': { payments: [], inputs: [], fee: 0n, identity: { status: 2n } },
      'that keeps the balance': {
        identity: { status: 2n },
        payments: [],
        withdrawal: { amount: 98n, recipient: home },
      },
    }
    for (const [name, options] of Object.entries(exits)) {
      test(`accepts: ${name}`, () => accepts({ ...options, isExit: true }))
    }
  })

  describe('boundary values', () => {
    const boundaries: Record<string, TransferOptions> = {
      'a balance of 2^64 - 1': {
        account: { balance: MAX },
        inputs: [],
        fee: 0n,
        payments: [],
        policy: unlimited,
      },
      'a payment and a balance of 2^64 - 1': {
        account: { balance: MAX },
        inputs: [{ amount: MAX }],
        fee: 0n,
        payments: [{ to: bob, amount: MAX }],
        policy: unlimited,
        day: aDay + 1n,
      },
      'spentToday of 2^64 - 1': {
        account: { spentToday: MAX - 30n },
        policy: unlimited,
      },
      'a withdrawal and a fee of amount 1': { withdrawal: { amount: 1n, recipient: 1n }, fee: 1n },
      'asset 0': { asset: 0n, withdrawal: { amount: 1n, recipient: home } },
      'asset 2^16 - 1': { asset: 65_535n, withdrawal: { amount: 1n, recipient: home } },
      'epoch 0': { epoch: 0n },
      'epoch 2^16 - 1': { epoch: 65_535n },
      'nonce 2^32 - 2': { account: { nonce: (1n << 32n) - 2n } },
      'the last leaf of the note tree': { inputs: [{ amount: 9n, index: 4 ** 18 - 1 }] },
      'a full cursor': { account: { cursor: 1n << 36n }, inputs: [] },
      'day 0 of the epoch': { isGenesis: true, day: 0n },
      'day 65535': { day: 65_535n, identity: { expiryDay: 65_535n } },
      'the last day of a month': { day: unixDay('2026-11-30') },
      'the first day of a month': { day: unixDay('2026-12-01') },
      'the last of February 2100': {
        day: unixDay('2100-02-28'),
        identity: { expiryDay: 65_535n },
      },
      'the first of March 2100': {
        day: unixDay('2100-03-01'),
        identity: { expiryDay: 65_535n },
      },
      'tier 255, jurisdiction 65535': { identity: { tier: 255n, jurisdiction: 65_535n } },
      'tier 0, jurisdiction 0': { identity: { tier: 0n, jurisdiction: 0n } },
    }
    for (const [name, options] of Object.entries(boundaries)) {
      test(`accepts: ${name}`, () => accepts(options))
    }
  })

  test('accepts: random valid statements', async () => {
    const below = seededNumbers('random transfers')
    for (let round = 0; round < 12; round++) {
      const people = [alice, bob, carol]
      const balance = below(1n << 40n)
      const amountIn = below(1n << 40n)
      const isGenesis = below(4n) === 0n
      let left = (isGenesis ? 0n : balance) + amountIn
      const take = (): bigint => {
        const amount = below(left + 1n)
        left -= amount
        return amount
      }
      const payments = Array.from({ length: Number(below(4n)) }, () => ({
        to: people[Number(below(3n))]!,
        amount: take(),
      })).filter(({ amount }) => amount > 0n)
      const withdrawn = below(2n) === 0n ? 0n : take()
      await accepts({
        label: `random ${round}`,
        asset: below(1n << 16n),
        day: aDay + below(3n),
        isGenesis,
        account: { balance, nonce: below(1n << 31n), spentToday: below(1n << 40n) },
        inputs: [{ amount: amountIn, index: 21 + Number(below(1n << 30n)) }],
        payments,
        fee: take(),
        ...(withdrawn === 0n
          ? {}
          : { withdrawal: { amount: withdrawn, recipient: below(1n << 160n) | 1n } }),
        policy: unlimited,
      })
    }
  })
})

describe('what repeats and what does not', () => {
  test('behavior: two geneses that differ in every free witness have one nullifier (T3)', async () => {
    const one = aTransfer({ isGenesis: true, label: 'one' })
    const two = restate(
      aTransfer({
        isGenesis: true,
        label: 'two',
        day: aDay + 40n,
        inputs: [{ amount: 777n, index: 90 }],
        payments: [{ to: carol, amount: 555n }],
        fee: 9n,
        epoch: 3n,
        identity: { tier: 1n, salt: 5n, jurisdiction: 1n },
        withdrawal: { amount: 1n, recipient: home },
      }),
      { account: { blinding: 4711n } },
    )
    await assertAccepted(circuit, two)
    assert.equal(one.publicInputs.nullifier, two.publicInputs.nullifier)
    assert.notEqual(one.publicInputs.outputs[0], two.publicInputs.outputs[0])
  })

  test('behavior: an account and its genesis in another asset share no nullifier or tag', () => {
    const nullifiers = [anAsset, anAsset + 1n].flatMap((asset) => [
      aTransfer({ asset, isGenesis: true }).publicInputs,
      aTransfer({ asset, account: { nonce: 0n } }).publicInputs,
    ])
    assert.equal(new Set(nullifiers.map(({ nullifier }) => nullifier)).size, 4)
    // Equal (account, nonce) have equal tags by design: the genesis and a forged nonce 0 clash.
    assert.equal(new Set(nullifiers.map(({ traceTag }) => traceTag)).size, 2)
  })

  test('behavior: one seed in two deployments shares no nullifier, tag or key', () => {
    const one = aTransfer({ isGenesis: true })
    const two = aTransfer({ isGenesis: true, domain: 5n })
    assert.notEqual(one.publicInputs.nullifier, two.publicInputs.nullifier)
    assert.notEqual(one.publicInputs.traceTag, two.publicInputs.traceTag)
    assert.notEqual(one.intent.keys.ownerKey, two.intent.keys.ownerKey)
    assert.deepEqual(seedOf('alice'), seedOf('alice'))
  })

  test('behavior: two versions of one transfer share no mask (T9)', () => {
    const one = aTransfer()
    const two = aTransfer({ payments: [{ to: bob, amount: 31n }] })
    assert.equal(one.publicInputs.nullifier, two.publicInputs.nullifier)
    assert.notDeepEqual(one.publicInputs.ephemeral, two.publicInputs.ephemeral)
  })

  test('behavior: proving again against a newer anchor changes no output and no mask', () => {
    const one = aTransfer()
    const two = aTransfer({ otherLeaves: 6 })
    assert.notEqual(one.publicInputs.anchor, two.publicInputs.anchor)
    assert.deepEqual(one.publicInputs.outputs, two.publicInputs.outputs)
    assert.deepEqual(one.publicInputs.ephemeral, two.publicInputs.ephemeral)
  })

  test('behavior: unused outputs look like notes and are nobody’s', () => {
    const { notes, publicInputs } = aTransfer({ payments: [] })
    assert.equal(new Set(publicInputs.outputs).size, 4)
    notes.forEach((note, i) => {
      assert.equal(note.amount, 0n)
      assert.notEqual(note.owner.ownerKey, alice.keys.ownerKey)
      assert.equal(publicInputs.outputs[i + 1], commitNote(note))
    })
  })

  test('behavior: the unchecked calculator computes what the checked one does', async () => {
    const { publicInputs, witness } = aTransfer()
    const inputs = transferToCircuitInputs(publicInputs, witness)
    assert.deepEqual(
      (await circuit.uncheckedWitness(inputs)).values,
      (await circuit.witness(inputs)).values,
    )
  })
})
