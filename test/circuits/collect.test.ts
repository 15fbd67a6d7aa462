import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'

import {
  deriveEphemeralSecret,
  openInvestigation,
  openStatistics,
} from '../../protocol/auditRecord.ts'
import { sharedPoint } from '../../protocol/auditRecord.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { commitNote } from '../../protocol/note.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { loadCircuit } from '../support/circuitTester.ts'
import type { CircuitTester } from '../support/circuitTester.ts'
import { assertAccepted, assertRejected, restate } from '../support/transferStatements.ts'
import type { Changes } from '../support/transferStatements.ts'
import {
  aDestination,
  aTransfer,
  auditSecretI,
  auditSecretL,
  auditSecretS,
  aWorld,
  ownerOf,
} from '../support/transfers.ts'
import type { ATransfer, TransferOptions } from '../support/transfers.ts'

const MAX = (1n << 64n) - 1n
const { bob } = aWorld()
const home = aDestination.kind === 'address' ? aDestination.address : 0n
const unlimited = { perTransfer: MAX, perDay: MAX, accountCap: MAX, reportAbove: MAX }

/** Six notes of 1 to 6, at every fourth leaf from 21. */
const six: TransferOptions = { inputs: [1n, 2n, 3n, 4n, 5n, 6n].map((amount) => ({ amount })) }

/** 50 were spent before and 30 are paid. */
const large: TransferOptions = { ...six, policy: { reportAbove: 79n } }

let circuit: CircuitTester
before(async () => {
  circuit = await loadCircuit('collect')
})

function aCollect(options: TransferOptions = six): ATransfer {
  return aTransfer({ ...options, circuit: 'collect' })
}

describe('collect', () => {
  test('accepts: six notes; public signals stand in the order of PUBLIC_INPUTS (T4)', async () => {
    const { publicInputs, circuitInputs, nextAccount } = aCollect()
    const assignment = await circuit.witness(circuitInputs)
    circuit.check(assignment)
    assert.deepEqual(
      circuit.publicSignals(assignment),
      publicInputsToArray('collect', publicInputs),
    )
    assert.equal(nextAccount.balance, 1_000n + 21n - 32n)
    assert.equal(nextAccount.cursor, 21n + 20n + 1n)
  })

  const accepted: Record<string, TransferOptions> = {
    'nothing taken in (T4)': { inputs: [] },
    'two notes (T4)': { inputs: [{ amount: 5n }, { amount: 7n }] },
    'neighbouring leaves (T4)': {
      inputs: [0, 1, 2, 3, 4, 5].map((i) => ({ amount: 1n, index: 12 + i })),
    },
    'a sum of exactly 2^64 - 1 (T4)': {
      account: { balance: 0n },
      inputs: [{ amount: MAX - 3n }, { amount: 1n }, { amount: 2n }],
      policy: unlimited,
    },
    'a genesis (T0)': { ...six, isGenesis: true, payments: [], fee: 0n },
    'a day above the threshold, for key L (T11)': large,
    'an exit, for key L (T11)': {
      ...six,
      isExit: true,
      payments: [],
      withdrawal: { amount: 1_019n, recipient: home },
    },
  }
  for (const [name, options] of Object.entries(accepted)) {
    test(`accepts: ${name}`, () => assertAccepted(circuit, restate(aCollect(options))))
  }

  test('accepts: unused slots between used ones (T4)', async () => {
    const unused = { isUsed: false, amount: 0n }
    const transfer = aCollect()
    await assertAccepted(circuit, restate(transfer, { inputs: { 0: unused, 3: unused } }))
  })

  const rejected: Record<string, [clause: string, changes: Changes | ((t: ATransfer) => Changes)]> =
    {
      'one note taken twice': ['T4', { inputs: { 1: { index: 21n, amount: 1n } } }],
      'one note in all six slots': [
        'T4',
        {
          inputs: Object.fromEntries(
            [1, 2, 3, 4, 5].map((i) => [i, { index: 21n, amount: 1n, blinding: 5n }]),
          ),
        },
      ],
      'one note at two positions': [
        'T4',
        (t) => ({
          inputs: { 1: { ...t.witness.inputs[0]!, index: 25n } },
          trees: ({ notes }) => notes.setLeaf(25, 5n),
        }),
      ],
      'notes in descending order': [
        'T4',
        (t) => ({ inputs: { 0: t.witness.inputs[1]!, 1: t.witness.inputs[0]! } }),
      ],
      'a used slot behind an unused one, below the cursor': [
        'T4',
        { inputs: { 0: { isUsed: false, amount: 0n }, 1: { index: 11n } } },
      ],
      'an unused last slot with an amount': ['T4', { inputs: { 5: { isUsed: false } } }],
      "another's note in the last slot": [
        'T4',
        (t) => ({
          trees: ({ notes }) =>
            notes.setLeaf(41, commitNote({ ...t.world.received[5]!, owner: ownerOf(bob) })),
        }),
      ],
      'an amount of -1 in the last slot': ['T4', { inputs: { 5: { amount: FIELD_ORDER - 1n } } }],
      'a sum of 2^64': [
        'T4',
        {
          account: { balance: 0n },
          inputs: { 0: { amount: MAX }, 1: { amount: 1n } },
          notes: { 0: { amount: MAX } },
          witness: { limits: unlimited },
        },
      ],
      'another second input in the record': ['T11', { investigation: [0n, 1n] }],
      'another last input in the record': ['T11', { investigation: [0n, 1n << 148n] }],
      'a bit above the second word': ['T11', { investigation: [0n, 1n << 185n] }],
      'another number of notes in the record': ['T10', { statistics: [1n << 192n, 0n] }],
      'another sum in the record': ['T10', { statistics: [1n << 128n, 0n] }],
    }
  for (const [name, [clause, changes]] of Object.entries(rejected)) {
    test(`rejects: ${name} (${clause})`, async () => {
      const transfer = aCollect()
      const applied = typeof changes === 'function' ? changes(transfer) : changes
      await assertRejected(circuit, restate(transfer, applied), clause)
    })
  }

  test('rejects: one word of a large collect masked for key I, the other for L (T11)', async () => {
    const transfer = aCollect(large)
    const honest = restate(transfer)
    const forI = restate(transfer, { recordKey: mulBase8(auditSecretI) })
    await assertAccepted(circuit, honest)
    await assertRejected(circuit, forI, 'T11')
    const [l0, l1] = honest.publicInputs.investigationCiphertext
    const [i0, i1] = forI.publicInputs.investigationCiphertext
    for (const mixed of [
      [l0, i1],
      [i0, l1],
    ] as [bigint, bigint][]) {
      const publicInputs = { ...honest.publicInputs, investigationCiphertext: mixed }
      await assertRejected(circuit, { ...honest, publicInputs }, 'T11')
    }
    const [x, y] = honest.publicInputs.ephemeral
    const record = openInvestigation(sharedPoint({ x, y }, auditSecretL), [l0!, l1!])
    assert.deepEqual([record.sender, record.input1, record.input6], [5n, 22n, 42n])
  })

  test('accepts: both supervisors read the record with their keys alone (T10, T11)', () => {
    const { publicInputs, intent } = aCollect()
    const [x, y] = publicInputs.ephemeral
    const statistics = openStatistics(
      sharedPoint({ x, y }, auditSecretS),
      publicInputs.statisticsCiphertext,
    )
    assert.equal(statistics.amountIn, 21n)
    assert.equal(statistics.notesIn, 6n)
    assert.equal(statistics.amount1, 30n)
    const investigation = openInvestigation(
      sharedPoint({ x, y }, auditSecretI),
      publicInputs.investigationCiphertext,
    )
    assert.deepEqual(investigation, {
      sender: 5n,
      recipient1: 6n,
      recipient2: 0n,
      recipient3: 0n,
      input1: 22n,
      input2: 26n,
      input3: 30n,
      input4: 34n,
      input5: 38n,
      input6: 42n,
      nonce: 3n,
    })
    const { nullifier, outputs } = publicInputs
    const secret = deriveEphemeralSecret(intent.keys.nullifierKey, nullifier, outputs)
    assert.deepEqual(
      sharedPoint({ x, y }, auditSecretS),
      sharedPoint(intent.auditKeyS, secret),
      'the sender and the supervisor share the point',
    )
  })
})
