import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'

import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { checkRegistrationStatement } from '../../protocol/checkRegistrationStatement.ts'
import { FIELD_ORDER, SUBGROUP_ORDER } from '../../protocol/constants.ts'
import { StatementError } from '../../protocol/errors.ts'
import { lowBits } from '../../protocol/field.ts'
import { deriveOwnerKey, deriveTracePoint, deriveTraceSecret } from '../../protocol/keys.ts'
import { hash } from '../../protocol/poseidon.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import type { RegistrationPublicInputs } from '../../protocol/publicInputs.ts'
import { buildRegistration, registrationToCircuitInputs } from '../../protocol/registration.ts'
import type { RegistrationWitness } from '../../protocol/registration.ts'
import { loadCircuit } from '../support/circuitTester.ts'
import type { CircuitTester } from '../support/circuitTester.ts'
import { aPerson, aRegistration, fieldOf } from '../support/identities.ts'
import { looseIdentity } from '../support/transferStatements.ts'

type Statement = { publicInputs: RegistrationPublicInputs; witness: RegistrationWitness }

let circuit: CircuitTester
before(async () => {
  circuit = await loadCircuit('registration')
})

async function assertAccepted({ publicInputs, witness }: Statement): Promise<void> {
  checkRegistrationStatement(publicInputs, witness)
  const assignment = await circuit.witness(registrationToCircuitInputs(publicInputs, witness))
  circuit.check(assignment)
  assert.deepEqual(
    circuit.publicSignals(assignment),
    publicInputsToArray('registration', publicInputs),
    'public signals stand in the order of PUBLIC_INPUTS',
  )
}

/** The twin names the clause, and no prover that leaves the checks of the program out gets through. */
async function assertRejected({ publicInputs, witness }: Statement, clause: string): Promise<void> {
  assert.throws(
    () => checkRegistrationStatement(publicInputs, witness),
    (error: unknown) => error instanceof StatementError && error.clause === clause,
    `the twin refuses by ${clause}`,
  )
  const inputs = registrationToCircuitInputs(publicInputs, witness)
  const assignment = await circuit.uncheckedWitness(inputs)
  assert.equal(circuit.isSatisfied(assignment), false, `the circuit refuses by ${clause}`)
}

/** Leaf and T as they follow from a witness, whether or not it is a valid one. */
function restate(
  { publicInputs, witness }: Statement,
  changes: Partial<RegistrationWitness> & {
    index?: bigint
    tracePoint?: readonly [bigint, bigint]
  },
): Statement {
  const { index = publicInputs.index, tracePoint: given, ...witnessChanges } = changes
  const changed = { ...witness, ...witnessChanges }
  const ownerKey = deriveOwnerKey(
    mulBase8(changed.spendingKey % SUBGROUP_ORDER),
    changed.nullifierKey,
  )
  const point = deriveTracePoint(changed.nullifierKey, { ownerKey, identityIndex: index })
  const tracePoint = given ?? ([point.x, point.y] as const)
  const [x, y] = tracePoint
  const leaf = looseIdentity({ ...changed.terms, ownerKey, tracePoint: { x, y } })
  return { publicInputs: { ...publicInputs, index, leaf, tracePoint }, witness: changed }
}

describe('registration accepts', () => {
  test('accepts: keys, index and leaf that belong together (G1, G2, G3)', () =>
    assertAccepted(aRegistration()))

  test('accepts: the first and the last index (G2)', async () => {
    for (const index of [0n, (1n << 20n) - 1n]) await assertAccepted(aRegistration({ index }))
  })

  test('accepts: keys and fields at their limits (G1, G3)', async () => {
    const statement = aRegistration()
    for (const spendingKey of [1n, 2n, (1n << 250n) - 1n]) {
      await assertAccepted(restate(statement, { spendingKey }))
    }
    for (const nullifierKey of [0n, 1n, FIELD_ORDER - 1n]) {
      await assertAccepted(restate(statement, { nullifierKey }))
    }
    await assertAccepted(
      aRegistration({
        identity: {
          tier: 255n,
          jurisdiction: 65_535n,
          expiryDay: 65_535n,
          status: 255n,
          suspendedUntil: 65_535n,
          destination: FIELD_ORDER - 1n,
          salt: 0n,
        },
      }),
    )
  })

  test('behavior: each person and each index has its own T (G2)', () => {
    const points = [
      aRegistration().publicInputs.tracePoint,
      aRegistration({ index: 6n }).publicInputs.tracePoint,
      aRegistration({ domain: 1n }).publicInputs.tracePoint,
    ].map(([x]) => x)
    assert.equal(new Set(points).size, points.length)
  })
})

describe('registration rejects', () => {
  test('rejects: a spending key of 0 (G1)', () =>
    assertRejected(restate(aRegistration(), { spendingKey: 0n }), 'G1'))

  test('rejects: a spending key + l, and one of 251 bits (G1)', async () => {
    const statement = aRegistration()
    const { spendingKey } = statement.witness
    await assertRejected(restate(statement, { spendingKey: spendingKey + SUBGROUP_ORDER }), 'G1')
    await assertRejected(restate(statement, { spendingKey: 1n << 250n }), 'G1')
    await assertRejected(restate(statement, { spendingKey: SUBGROUP_ORDER + 1n }), 'G1')
  })

  test('rejects: somebody else’s leaf (G2, G3)', async () => {
    const { publicInputs } = aRegistration()
    const mallory = aPerson('mallory', 5n)
    const witness = {
      spendingKey: mallory.keys.spendingKey,
      nullifierKey: mallory.keys.nullifierKey,
      terms: aRegistration().witness.terms,
    }
    await assertRejected({ publicInputs, witness }, 'G2')
    const { x, y } = mallory.identity.tracePoint
    await assertRejected({ publicInputs: { ...publicInputs, tracePoint: [x, y] }, witness }, 'G3')
  })

  test('rejects: one key right and the other wrong (G2)', async () => {
    const { publicInputs, witness } = aRegistration()
    for (const wrong of [{ spendingKey: 7n }, { nullifierKey: 7n }]) {
      await assertRejected({ publicInputs, witness: { ...witness, ...wrong } }, 'G2')
    }
  })

  test('rejects: the T of another key or another index (G2)', async () => {
    const statement = aRegistration()
    const { x, y } = aPerson('mallory', 5n).identity.tracePoint
    await assertRejected(restate(statement, { tracePoint: [x, y] }), 'G2')
    await assertRejected(
      restate(statement, { tracePoint: aRegistration({ index: 6n }).publicInputs.tracePoint }),
      'G2',
    )
  })

  test('rejects: T negated, the identity, or a small multiple of T (G2)', async () => {
    const statement = aRegistration()
    const [x, y] = statement.publicInputs.tracePoint
    const secret = deriveTraceSecret(statement.witness.nullifierKey, {
      ownerKey: statement.alice.keys.ownerKey,
      identityIndex: 5n,
    })
    const double = mulBase8((2n * secret) % SUBGROUP_ORDER)
    for (const tracePoint of [
      [FIELD_ORDER - x, y],
      [0n, 1n],
      [double.x, double.y],
    ] as const) {
      await assertRejected(restate(statement, { tracePoint }), 'G2')
    }
  })

  test('rejects: the T of the 250-bit twin, the low bits of digest + r (G2)', async () => {
    const statement = aRegistration()
    const { nullifierKey } = statement.witness
    const digest = hash('TRACE', [nullifierKey, statement.alice.keys.ownerKey, 5n])
    const { x, y } = mulBase8(lowBits(digest + FIELD_ORDER, 250))
    await assertRejected(restate(statement, { tracePoint: [x, y] }), 'G2')
  })

  test('rejects: an index beyond the tree, also with its T (G2)', () =>
    assertRejected(restate(aRegistration(), { index: 1n << 20n }), 'G2'))

  test('rejects: the proof of one index used for another (G2)', async () => {
    const { publicInputs, witness } = aRegistration()
    await assertRejected({ publicInputs: { ...publicInputs, index: 6n }, witness }, 'G2')
  })

  test('rejects: fields beyond their bits (G3)', async () => {
    const statement = aRegistration()
    const terms = { ...statement.witness.terms, suspendedUntil: 20_000n }
    for (const beyond of [
      { tier: 256n },
      { jurisdiction: 65_536n },
      { expiryDay: 65_536n },
      { status: 256n },
      { suspendedUntil: 65_536n },
      { suspendedUntil: FIELD_ORDER - 1n },
      // The same word, read another way.
      { tier: terms.tier + 256n, jurisdiction: terms.jurisdiction - 1n },
      { expiryDay: terms.expiryDay + 65_536n, status: terms.status - 1n },
      { status: terms.status + 256n, suspendedUntil: terms.suspendedUntil - 1n },
    ]) {
      await assertRejected(restate(statement, { terms: { ...terms, ...beyond } }), 'G3')
    }
  })

  test('rejects: a leaf with other contents than those opened (G3)', async () => {
    const { publicInputs, witness } = aRegistration()
    for (const field of ['tier', 'status', 'suspendedUntil', 'destination', 'salt'] as const) {
      const terms = { ...witness.terms, [field]: witness.terms[field] + 1n }
      await assertRejected({ publicInputs, witness: { ...witness, terms } }, 'G3')
    }
    await assertRejected({ publicInputs: { ...publicInputs, leaf: 0n }, witness }, 'G3')
  })
})

describe('registration constraints', () => {
  test('behavior: every live signal is bound, the domain too', async () => {
    const assignment = await circuit.witness(aRegistration().circuitInputs)
    circuit.check(assignment)
    assert.deepEqual(circuit.freeSignals(assignment), [])
    assert.deepEqual(
      circuit.freeSignals(assignment, { change: (value) => value - fieldOf('edit') }),
      [],
    )
    assert.ok(circuit.liveSignals().includes('main.domain'))
  })

  test('rejects: any inverse for a spending key of 0 (G1)', async () => {
    const { publicInputs, witness } = restate(aRegistration(), { spendingKey: 0n })
    const inputs = registrationToCircuitInputs(publicInputs, witness)
    const assignment = await circuit.uncheckedWitness(inputs)
    for (const inverse of [0n, 1n, FIELD_ORDER - 1n, fieldOf('inverse')]) {
      assert.equal(circuit.isSatisfied(circuit.edit(assignment, 'main.inverse', inverse)), false)
    }
  })
})

describe('registration and its twin', () => {
  const bits = (label: string, count: bigint): bigint => fieldOf(label) & ((1n << count) - 1n)
  const breaks: Readonly<Record<string, (statement: Statement) => Statement>> = {
    'the spending key': (statement) => ({
      ...statement,
      witness: { ...statement.witness, spendingKey: statement.witness.spendingKey ^ 1n },
    }),
    'the nullifier key': (statement) => ({
      ...statement,
      witness: { ...statement.witness, nullifierKey: statement.witness.nullifierKey ^ 1n },
    }),
    'the index': (statement) => ({
      ...statement,
      publicInputs: { ...statement.publicInputs, index: statement.publicInputs.index ^ 1n },
    }),
    'the leaf': (statement) => ({
      ...statement,
      publicInputs: { ...statement.publicInputs, leaf: statement.publicInputs.leaf ^ 1n },
    }),
    'one coordinate of T': (statement) => {
      const [x, y] = statement.publicInputs.tracePoint
      return { ...statement, publicInputs: { ...statement.publicInputs, tracePoint: [x, y ^ 1n] } }
    },
    'the jurisdiction': (statement) =>
      restate(statement, { terms: { ...statement.witness.terms, jurisdiction: 1n << 16n } }),
  }

  test('behavior: they agree on seeded statements, one thing broken at a time', async () => {
    for (let i = 0; i < 6; i++) {
      const seed = `registration ${i}`
      const index = bits(`${seed} index`, 20n)
      const person = aPerson(seed, index, {
        tier: bits(`${seed} tier`, 8n),
        jurisdiction: bits(`${seed} jurisdiction`, 16n),
        expiryDay: bits(`${seed} expiry`, 16n),
      })
      const domain = bits(`${seed} domain`, 248n)
      const statement = buildRegistration({ ...person, domain })
      await assertAccepted(statement)
      for (const [what, breakOne] of Object.entries(breaks)) {
        const { publicInputs, witness } = breakOne(statement)
        assert.throws(
          () => checkRegistrationStatement(publicInputs, witness),
          StatementError,
          `${seed}: the twin on ${what}`,
        )
        const inputs = registrationToCircuitInputs(publicInputs, witness)
        const assignment = await circuit.uncheckedWitness(inputs)
        assert.equal(circuit.isSatisfied(assignment), false, `${seed}: the circuit on ${what}`)
      }
    }
  })
})
