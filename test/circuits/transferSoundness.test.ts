import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'

import { commitAccount } from '../../protocol/account.ts'
import { monthOf } from '../../protocol/calendar.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { lowBits } from '../../protocol/field.ts'
import { deriveTraceKey, deriveTraceSecret } from '../../protocol/keys.ts'
import { hash } from '../../protocol/poseidon.ts'
import { transferToCircuitInputs } from '../../protocol/transfer.ts'
import { loadCircuit } from '../support/circuitTester.ts'
import type { CircuitTester, Witness } from '../support/circuitTester.ts'
import { strictDecomposition } from '../support/strictDecomposition.ts'
import { isAccepted, refusalOf, restate } from '../support/transferStatements.ts'
import type { Statement } from '../support/transferStatements.ts'
import { aDestination, aTransfer, aWorld, ownerOf, seededNumbers } from '../support/transfers.ts'
import type { TransferOptions } from '../support/transfers.ts'

const { alice, bob, carol } = aWorld()
const home = aDestination.kind === 'address' ? aDestination.address : 0n

const statements: Record<string, TransferOptions> = {
  // Above the threshold: its record is for key L.
  'a full transfer': {
    policy: { reportAbove: 94n },
    payments: [
      { to: bob, amount: 30n },
      { to: alice, amount: 20n },
      { to: carol, amount: 10n },
    ],
    withdrawal: { amount: 5n, recipient: home },
  },
  'a genesis that takes in nothing': { isGenesis: true, inputs: [], payments: [], fee: 0n },
  'an exit to another owner': {
    isExit: true,
    identity: { suspendedUntil: 65_535n },
    destination: { kind: 'owner', owner: ownerOf(carol) },
    payments: [{ to: carol, amount: 500n }],
    inputs: [],
  },
}

/**
 * Public inputs that a statement leaves open on purpose. The proof binds them all the same: they are
 * the verifier's, and each stands in a constraint.
 */
const free: Record<string, readonly string[]> = {
  // Nothing is shown to be in the note tree, and key L is not the record's: it is multiplied by 0.
  'a genesis that takes in nothing': ['main.anchor', 'main.auditKeyL[0]', 'main.auditKeyL[1]'],
  // No policy is opened.
  'an exit to another owner': ['main.policyRoot'],
}

describe('tampered witnesses of transfer', () => {
  let circuit: CircuitTester
  before(async () => {
    circuit = await loadCircuit('transfer')
  })

  // Every `<--` and every `<==` that the compiler left in the witness, one at a time; what it
  // eliminated is a linear function of these.
  for (const [name, options] of Object.entries(statements)) {
    test(`rejects: every live signal of ${name} changed`, async () => {
      const witness = await circuit.witness(aTransfer(options).circuitInputs)
      circuit.check(witness)
      assertOnlyIdleHints(circuit, witness, circuit.freeSignals(witness), free[name])
    })
  }

  test('rejects: every live signal of a full transfer negated, or made 2 where it is 0', async () => {
    const witness = await circuit.witness(aTransfer(statements['a full transfer']).circuitInputs)
    const change = (value: bigint): bigint => (value === 0n ? 2n : -value)
    // Squared alone, for they are bound by being public.
    const squared = ['main.domain', 'main.memoHash']
    assertOnlyIdleHints(circuit, witness, circuit.freeSignals(witness, { change }), squared)
  })

  const switches = ['isGenesis', 'isInputUsed[0]', 'isExit', 'boundByOldBalance']
  for (const name of switches) {
    test(`rejects: ${name} of 2 and of -1`, async () => {
      for (const [label, options] of Object.entries(statements)) {
        const inputs = aTransfer(options).circuitInputs
        for (const value of [2n, FIELD_ORDER - 1n]) {
          const given = name.endsWith('[0]') ? { isInputUsed: [value] } : { [name]: value }
          const forged = await circuit.uncheckedWitness({ ...inputs, ...given })
          assert.equal(circuit.isSatisfied(forged), false, `${label}, ${value}`)
        }
      }
    })
  }

  /** A digest below 2^254 - r has two decompositions of 254 bits; a third of all have. */
  const hasTwin = (digest: bigint): boolean => digest < (1n << 254n) - FIELD_ORDER

  test('rejects: the nullifier’s 248-bit twin with all bits and conjunctions made to fit (T3)', async () => {
    const transfer = Array.from({ length: 40 }, (_, i) => aTransfer({ label: `twin ${i}` })).find(
      (candidate) => hasTwin(digestOf(candidate)),
    )
    assert.ok(transfer)
    const twin = digestOf(transfer) + FIELD_ORDER
    const statement = restate(transfer, { nullifier: twin % (1n << 248n) })
    assert.equal(refusalOf(statement), 'T3')
    const [hint] = circuit
      .liveSignals()
      .filter((name) => /SpentNullifier.*\.strict\.runs\[0\]\.inv$/.test(name))
    assert.ok(hint)
    const cut = hint.replace('strict.runs[0].inv', '')
    await assertOneDecomposition({ transfer, statement, cut, digest: digestOf(transfer) })
  })

  test('rejects: the pseudonym’s 128-bit twin with all bits and conjunctions made to fit (T10)', async () => {
    const pseudonymOf = ({ intent }: ReturnType<typeof aTransfer>): bigint =>
      hash('PSEUDONYM', [
        deriveTraceKey(
          deriveTraceSecret(intent.keys.nullifierKey, intent.account.owner),
          intent.auditKeyI,
        ),
        monthOf(intent.day),
      ])
    const transfer = Array.from({ length: 40 }, (_, i) => aTransfer({ domain: BigInt(i) })).find(
      (candidate) => hasTwin(pseudonymOf(candidate)),
    )
    assert.ok(transfer)
    const digest = pseudonymOf(transfer)
    const difference = lowBits(digest + FIELD_ORDER, 128) - lowBits(digest, 128)
    const statement = restate(transfer, { statistics: [difference, 0n] })
    assert.equal(refusalOf(statement), 'T10')
    await assertOneDecomposition({ transfer, statement, cut: 'main.pseudonym.', digest })
  })

  /** The statement follows from digest + r, and only the strict decomposition stands in its way. */
  async function assertOneDecomposition({
    transfer,
    statement,
    cut,
    digest,
  }: {
    transfer: ReturnType<typeof aTransfer>
    statement: Statement
    /** CutBits' prefix. */
    cut: string
    digest: bigint
  }): Promise<void> {
    const decompose = (number: bigint): Record<string, bigint> =>
      strictDecomposition(circuit, number, { strict: `${cut}strict.`, bitsOf: [cut] })
    const assignment = await circuit.uncheckedWitness(
      transferToCircuitInputs(statement.publicInputs, statement.witness),
    )
    const forged = circuit.editAll(assignment, decompose(digest + FIELD_ORDER))
    const failures = circuit.failures(forged, 50)
    assert.ok(failures.length > 0)
    for (const { signals } of failures) {
      assert.ok(
        signals.some((name) => name.startsWith(cut)),
        signals.join(', '),
      )
    }
    // And the attack does fit where the decomposition is the true one.
    const honest = await circuit.witness(transfer.circuitInputs)
    circuit.check(circuit.editAll(honest, decompose(digest)))
  }
})

describe('twin and circuit agree on random changes', () => {
  const kinds: [circuit: 'transfer' | 'collect', options: TransferOptions, rounds: number][] = [
    ['transfer', statements['a full transfer']!, 60],
    ['transfer', statements['a genesis that takes in nothing']!, 30],
    ['transfer', statements['an exit to another owner']!, 30],
    ['collect', { inputs: [{ amount: 10n }, { amount: 20n }, { amount: 0n }] }, 12],
  ]
  for (const [name, options, rounds] of kinds) {
    test(`behavior: ${rounds} changes of a ${name}, ${JSON.stringify(Object.keys(options))}`, async () => {
      const circuit = await loadCircuit(name)
      const transfer = aTransfer({ ...options, circuit: name })
      const base: Statement = {
        circuit: name,
        publicInputs: transfer.publicInputs,
        witness: transfer.witness,
      }
      const below = seededNumbers(`changes ${name} ${Object.keys(options).join()}`)
      const places = numbersIn({ publicInputs: base.publicInputs, witness: base.witness }).filter(
        (place) => isBound(place, base),
      )
      for (let round = 0; round < rounds; round++) {
        const place = places[Number(below(BigInt(places.length)))]!
        const old = numberAt(base, place)
        const candidates = [old + 1n, old - 1n, 0n, 1n, 2n, old + (1n << 64n), FIELD_ORDER - 1n]
        const value = candidates[Number(below(BigInt(candidates.length)))]!
        const changed = withNumber(base, place, ((value % FIELD_ORDER) + FIELD_ORDER) % FIELD_ORDER)
        const refusal = refusalOf(changed)
        assert.equal(
          await isAccepted(circuit, changed),
          refusal === undefined,
          `${place.join('.')} = ${value}: the twin says ${refusal ?? 'yes'}`,
        )
      }
    })
  }
})

describe('tampered witnesses of collect', () => {
  test('rejects: live signals of a collect changed, a seeded sample and all about its inputs', async () => {
    const circuit = await loadCircuit('collect')
    const amounts = [1n, 2n, 3n, 4n]
    const transfer = aTransfer({
      circuit: 'collect',
      inputs: amounts.map((amount) => ({ amount })),
    })
    const witness = await circuit.witness(transfer.circuitInputs)
    circuit.check(witness)
    const live = circuit.liveSignals()
    const below = seededNumbers('collect sweep')
    const sample = new Set(
      live.filter((name) =>
        /^main\.(input|isInput|restOf|statistics|investigation)[^.]*$/.test(name),
      ),
    )
    assert.ok(sample.size > 400)
    while (sample.size < 4_000) sample.add(live[Number(below(BigInt(live.length)))]!)
    const found = [...sample].filter((name) =>
      circuit.isSatisfied(circuit.edit(witness, name, circuit.get(witness, name) + 1n)),
    )
    assertOnlyIdleHints(circuit, witness, found)
  })
})

/**
 * The only freedom is IsZero's hint where the input is zero: it multiplies that zero. The program
 * sets it to 0 there, and the inverse of anything else is not 0.
 */
function assertOnlyIdleHints(
  circuit: CircuitTester,
  witness: Witness,
  found: readonly string[],
  expected: readonly string[] = [],
): void {
  for (const name of expected) assert.ok(found.includes(name), `${name} is free`)
  for (const name of found) {
    if (expected.includes(name)) continue
    assert.match(name, /\.inv$/)
    assert.equal(circuit.get(witness, name), 0n, name)
  }
}

function digestOf({ intent }: ReturnType<typeof aTransfer>): bigint {
  return hash('NULLIFIER', [intent.keys.nullifierKey, commitAccount(intent.account)])
}

type Place = readonly string[]

/** Where the numbers of a statement stand. */
function numbersIn(value: unknown, at: Place = []): Place[] {
  if (typeof value === 'bigint') return [at]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, [...at, key]))
}

/**
 * Without what the circuit does not take (the owner's key: it computes it), what it takes in another
 * form, and paths that are not checked, which the twin does not look at.
 */
function isBound(place: Place, { witness }: Statement): boolean {
  const name = place.join('.')
  if (name.endsWith('account.owner.ownerKey') || name.endsWith('identity.ownerKey')) return false
  if (name.includes('accountPath') && witness.isGenesis) return false
  if (name.includes('policyPath') && witness.isExit) return false
  const input = /inputs\.(\d+)\.(path|blinding|index)/.exec(name)
  if (input !== null && !witness.inputs[Number(input[1])]!.isUsed) return false
  // Limits in an exit are in a policy that is not checked but must hang together.
  if (name.includes('limits') && witness.isExit) return false
  if (name === 'witness.account.blinding' && witness.isGenesis) return false
  return true
}

function numberAt(statement: Statement, place: Place): bigint {
  return place.reduce<unknown>(
    (value, key) => (value as Record<string, unknown>)[key],
    statement,
  ) as bigint
}

function withNumber<T>(value: T, place: Place, number: bigint): T {
  const [key, ...rest] = place
  if (key === undefined) return number as T
  const inner = withNumber((value as Record<string, unknown>)[key], rest, number)
  if (Array.isArray(value)) return value.map((item, i) => (String(i) === key ? inner : item)) as T
  return { ...value, [key]: inner }
}
