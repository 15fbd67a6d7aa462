import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'

import { BASE8 } from '../../protocol/babyjubjub.ts'
import { checkRegistryStatement } from '../../protocol/checkRegistryStatement.ts'
import {
  FIELD_ORDER,
  IDENTITY_STATUS,
  REGISTRY_MODE,
  SUBGROUP_ORDER,
} from '../../protocol/constants.ts'
import { signEddsa } from '../../protocol/eddsa.ts'
import { StatementError } from '../../protocol/errors.ts'
import { destinationChangeMessage, hashIdentity } from '../../protocol/identity.ts'
import { hash } from '../../protocol/poseidon.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import type { RegistryPublicInputs } from '../../protocol/publicInputs.ts'
import { consentToDestination, registryToCircuitInputs } from '../../protocol/registry.ts'
import type { RegistryMode, RegistryWitness } from '../../protocol/registry.ts'
import { rootAfter } from '../../protocol/tree.ts'
import { loadCircuit } from '../support/circuitTester.ts'
import type { CircuitTester } from '../support/circuitTester.ts'
import { aDomain, aPerson, anUpdate, fieldOf, someLimits } from '../support/identities.ts'

type Statement = { publicInputs: RegistryPublicInputs; witness: RegistryWitness }
type Update = ReturnType<typeof anUpdate>
type ModeName = keyof typeof REGISTRY_MODE

const modes = Object.keys(REGISTRY_MODE) as ModeName[]
const lastIndex = (1n << 20n) - 1n

let circuit: CircuitTester
before(async () => {
  circuit = await loadCircuit('registry')
})

async function assertAccepted({ publicInputs, witness }: Statement): Promise<void> {
  checkRegistryStatement(publicInputs, witness)
  const assignment = await circuit.witness(registryToCircuitInputs(publicInputs, witness))
  circuit.check(assignment)
  assert.deepEqual(
    circuit.publicSignals(assignment),
    publicInputsToArray('registry', publicInputs),
    'public signals stand in the order of PUBLIC_INPUTS',
  )
}

/** The twin names the clause, and no prover that leaves the checks of the program out gets through. */
async function assertRejected({ publicInputs, witness }: Statement, clause: string): Promise<void> {
  assert.throws(
    () => checkRegistryStatement(publicInputs, witness),
    (error: unknown) => error instanceof StatementError && error.clause === clause,
    `the twin refuses by ${clause}`,
  )
  const assignment = await circuit.uncheckedWitness(registryToCircuitInputs(publicInputs, witness))
  assert.equal(circuit.isSatisfied(assignment), false, `the circuit refuses by ${clause}`)
}

/** Changes the witness and makes the new leaf and root as an honest prover would, if it can. */
function restate(
  { publicInputs, witness }: Statement,
  changes: Partial<RegistryWitness>,
  publicChanges: Partial<RegistryPublicInputs> = {},
): Statement {
  const changed = { ...witness, ...changes }
  const newLeaf = leafOf(changed, changed.next)
  const newRoot = rootAfter(newLeaf, changed.path)
  return {
    witness: changed,
    publicInputs: { ...publicInputs, newLeaf, newRoot, ...publicChanges },
  }
}

/** The leaf's hash without the range check of packWord: what a malicious prover would hash. */
function leafOf(
  { ownerKey, tracePoint }: Pick<RegistryWitness, 'ownerKey' | 'tracePoint'>,
  terms: RegistryWitness['next'],
): bigint {
  const { tier, jurisdiction, expiryDay, status, suspendedUntil, destination, salt } = terms
  const word =
    tier + (jurisdiction << 8n) + (expiryDay << 24n) + (status << 40n) + (suspendedUntil << 48n)
  const reduced = ((word % FIELD_ORDER) + FIELD_ORDER) % FIELD_ORDER
  return hash('IDENTITY', [ownerKey, reduced, destination, tracePoint.x, tracePoint.y, salt])
}

/** Another person's key and T, as a registrar would swap them in. */
const mallory = aPerson('mallory', 5n)

describe('registry accepts', () => {
  for (const mode of modes) {
    test(`accepts: ${mode}`, () => assertAccepted(anUpdate({ mode: REGISTRY_MODE[mode] })))
  }

  test('accepts: the first and the last index', async () => {
    for (const index of [0n, lastIndex]) {
      for (const mode of modes) await assertAccepted(anUpdate({ mode: REGISTRY_MODE[mode], index }))
    }
  })

  test('accepts: every field at its limits (R2)', async () => {
    const largest = { tier: 255n, jurisdiction: 65_535n, expiryDay: 65_535n }
    const smallest = { tier: 0n, jurisdiction: 0n, expiryDay: 0n }
    const edges = { destination: FIELD_ORDER - 1n, salt: FIELD_ORDER - 1n }
    const limits = { tierCap: 255n, latestSuspension: 0n }
    await assertAccepted(anUpdate({ old: { ...largest, ...edges }, next: smallest, limits }))
    await assertAccepted(
      anUpdate({
        old: smallest,
        next: { ...largest, suspendedUntil: 65_535n, salt: 0n },
        limits: { tierCap: 255n, latestSuspension: 65_535n },
      }),
    )
  })

  test('accepts: suspension to the last day allowed, renewal, lifting and closing (R2, R9)', async () => {
    const { CLOSED } = IDENTITY_STATUS
    const latest = someLimits.latestSuspension
    for (const [old, next] of [
      [{}, { suspendedUntil: latest }],
      [{ suspendedUntil: latest - 1n }, { suspendedUntil: latest }],
      [{ suspendedUntil: latest }, { suspendedUntil: 0n }],
      [{ suspendedUntil: latest }, { status: BigInt(CLOSED) }],
      [{ status: BigInt(CLOSED) }, { status: BigInt(CLOSED), tier: 1n }],
    ] as const) {
      await assertAccepted(anUpdate({ old, next }))
    }
  })

  test('accepts: tiers to the cap, and above it what the leaf had or a lower one (R8)', async () => {
    const limits = { tierCap: 4n }
    await assertAccepted(anUpdate({ next: { tier: 4n }, limits }))
    await assertAccepted(anUpdate({ mode: REGISTRY_MODE.FILL, old: { tier: 4n }, limits }))
    for (const tier of [7n, 6n, 5n]) {
      await assertAccepted(anUpdate({ old: { tier: 7n }, next: { tier }, limits }))
    }
    await assertAccepted(
      anUpdate({ old: { tier: 1n }, next: { tier: 0n }, limits: { tierCap: 0n } }),
    )
  })

  test('accepts: a longer validity, and one cut to end no earlier than the notice (R9)', async () => {
    const latest = someLimits.latestSuspension
    await assertAccepted(anUpdate({ next: { expiryDay: 40_001n } }))
    await assertAccepted(anUpdate({ next: { expiryDay: latest } }))
    // Expired long ago, and a little longer: still no cut.
    await assertAccepted(anUpdate({ old: { expiryDay: 9n }, next: { expiryDay: 9n } }))
    await assertAccepted(anUpdate({ mode: REGISTRY_MODE.FILL, old: { expiryDay: 1n } }))
  })

  test('accepts: in FILL the unused opening of an old leaf may be anything in range (R3)', async () => {
    const update = anUpdate({ mode: REGISTRY_MODE.FILL })
    const old = { ...update.witness.old, tier: 9n, destination: 1n, salt: 2n }
    await assertAccepted({ ...update, witness: { ...update.witness, old } })
  })
})

describe('registry vectors', () => {
  type Vector = { name: string; circuit: string; publicInputs: object; circuitInputs: object }
  const path = new URL('../vectors/registry.json', import.meta.url)
  const { vectors }: { vectors: Vector[] } = JSON.parse(readFileSync(path, 'utf8'))
  const decode = (value: unknown): bigint | unknown[] =>
    typeof value === 'string' ? BigInt(value) : (value as unknown[]).map(decode)

  for (const { name, circuit: circuitName, publicInputs, circuitInputs } of vectors) {
    test(`accepts: ${name}`, async () => {
      const tester = await loadCircuit(circuitName)
      const inputs = Object.entries(circuitInputs).map(([signal, value]) => [signal, decode(value)])
      const assignment = await tester.witness(Object.fromEntries(inputs))
      tester.check(assignment)
      const expected = Object.values(publicInputs).flatMap(decode)
      assert.deepEqual(tester.publicSignals(assignment), expected)
    })
  }
})

describe('registry rejects', () => {
  test('rejects: an unknown mode (R1)', async () => {
    for (const mode of [4n, 1n << 64n, FIELD_ORDER - 1n]) {
      await assertRejected(restate(anUpdate(), {}, { mode }), 'R1')
    }
  })

  test('rejects: the mode of another kind of update (R3, R4, R5, R6)', async () => {
    const change = anUpdate()
    await assertRejected(restate(change, {}, { mode: 0n }), 'R3')
    await assertRejected(restate(change, {}, { mode: 2n }), 'R6')
    const fill = anUpdate({ mode: REGISTRY_MODE.FILL })
    await assertRejected(restate(fill, {}, { mode: 1n }), 'R4')
    await assertRejected(restate(fill, {}, { mode: 3n }), 'R4')
    const order = anUpdate({ mode: REGISTRY_MODE.DESTINATION_BY_ORDER })
    await assertRejected(restate(order, {}, { mode: 1n }), 'R5')
  })

  test('rejects: an index outside the tree, whose low bits are the leaf’s (R1)', async () => {
    await assertRejected(restate(anUpdate(), {}, { index: 5n + (1n << 20n) }), 'R1')
  })

  test('rejects: a field beyond its bits (R2)', async () => {
    const update = anUpdate()
    const { next } = update.witness
    for (const beyond of [
      { tier: 256n },
      { jurisdiction: 65_536n },
      { expiryDay: 65_536n },
      { status: 256n },
      { suspendedUntil: 65_536n },
      // The same word, read another way.
      { tier: next.tier + 256n, jurisdiction: next.jurisdiction - 1n },
      { jurisdiction: next.jurisdiction + 65_536n, expiryDay: next.expiryDay - 1n },
      { tier: FIELD_ORDER - 1n },
    ]) {
      await assertRejected(restate(update, { next: { ...next, ...beyond } }), 'R2')
    }
  })

  test('rejects: an unknown status (R2)', async () => {
    const update = anUpdate()
    for (const status of [0n, 2n, 4n, 255n]) {
      await assertRejected(restate(update, { next: { ...update.witness.next, status } }), 'R2')
    }
  })

  test('rejects: another new leaf than the one opened (R2)', async () => {
    const update = anUpdate()
    const newLeaf = hashIdentity(mallory.identity)
    const newRoot = rootAfter(newLeaf, update.witness.path)
    await assertRejected(
      { ...update, publicInputs: { ...update.publicInputs, newLeaf, newRoot } },
      'R2',
    )
  })

  test('rejects: clearing a leaf (R2)', async () => {
    for (const mode of ['CHANGE', 'DESTINATION_BY_OWNER', 'DESTINATION_BY_ORDER'] as const) {
      const update = anUpdate({ mode: REGISTRY_MODE[mode] })
      const newRoot = rootAfter(0n, update.witness.path)
      const publicInputs = { ...update.publicInputs, newLeaf: 0n, newRoot }
      await assertRejected({ ...update, publicInputs }, 'R2')
    }
  })

  test('rejects: filling a leaf that is not empty (R3, R7)', async () => {
    const update = anUpdate()
    const taken = restate(
      update,
      { ownerKey: mallory.identity.ownerKey, tracePoint: mallory.identity.tracePoint },
      { mode: 0n },
    )
    await assertRejected(taken, 'R3')
    // Hidden: the statement says that the leaf is empty, the tree says that it is not.
    const hidden = { ...taken, publicInputs: { ...taken.publicInputs, oldLeaf: 0n } }
    await assertRejected(hidden, 'R7')
  })

  for (const mode of ['CHANGE', 'DESTINATION_BY_OWNER', 'DESTINATION_BY_ORDER'] as const) {
    test(`rejects: another ownerKey in ${mode} (R4, R7)`, () =>
      assertSwapRejected(mode, { ownerKey: mallory.identity.ownerKey }))
    test(`rejects: another T in ${mode} (R4, R7)`, () =>
      assertSwapRejected(mode, { tracePoint: mallory.identity.tracePoint }))
  }

  async function assertSwapRejected(
    mode: ModeName,
    swap: Partial<Pick<RegistryWitness, 'ownerKey' | 'tracePoint'>>,
  ): Promise<void> {
    const swapped = restate(anUpdate({ mode: REGISTRY_MODE[mode] }), swap)
    await assertRejected(swapped, 'R4')
    // The prover also lies about the old leaf, and signs for what it says where that is needed.
    const oldLeaf = leafOf(swapped.witness, swapped.witness.old)
    const consent = consentToDestination({
      keys: mallory.keys,
      domain: aDomain,
      index: 5n,
      oldLeaf,
      newDestination: swapped.witness.next.destination,
    })
    const lying = {
      publicInputs: { ...swapped.publicInputs, oldLeaf },
      witness: { ...swapped.witness, consent },
    }
    const byOwnKey = mode !== 'DESTINATION_BY_OWNER' || swap.ownerKey !== undefined
    await assertRejected(lying, byOwnKey ? 'R7' : 'R6')
  }

  test('rejects: an old leaf opened with a field beyond its bits (R4)', async () => {
    const update = anUpdate()
    const { old } = update.witness
    // The word stays what it was, so the hash is right.
    const aliased = { ...old, tier: old.tier + 256n, jurisdiction: old.jurisdiction - 1n }
    await assertRejected(restate(update, { old: aliased }), 'R4')
  })

  test('rejects: another destination in CHANGE (R5)', async () => {
    const update = anUpdate()
    const next = { ...update.witness.next, destination: fieldOf('registrar') }
    await assertRejected(restate(update, { next }), 'R5')
    // Saying that the old leaf had it too leads nowhere either.
    const old = { ...update.witness.old, destination: next.destination }
    await assertRejected(restate(update, { next, old }), 'R4')
  })

  test('rejects: the update of another index than the claimed one (R7)', async () => {
    for (const mode of ['FILL', 'CHANGE', 'DESTINATION_BY_ORDER'] as const) {
      const update = anUpdate({ mode: REGISTRY_MODE[mode] })
      for (const index of [4n, 6n, 21n, 5n + (1n << 19n)]) {
        await assertRejected(restate(update, {}, { index }), 'R7')
      }
    }
  })

  test('rejects: a second leaf changed beside the claimed one (R7)', async () => {
    for (const mode of modes) {
      const update = anUpdate({ mode: REGISTRY_MODE[mode] })
      const fork = update.tree.fork()
      fork.setLeaf(5, update.publicInputs.newLeaf)
      fork.setLeaf(6, hashIdentity(mallory.identity))
      await assertRejected(restate(update, {}, { newRoot: fork.root }), 'R7')
      // With the siblings of the changed tree the new root is right, and the old one is not.
      await assertRejected(restate(update, { path: fork.path(5) }, { newRoot: fork.root }), 'R7')
    }
  })

  test('rejects: another old root, or one of a tree of the prover’s own (R7)', async () => {
    const update = anUpdate()
    await assertRejected(restate(update, {}, { oldRoot: update.publicInputs.oldRoot + 1n }), 'R7')
    const other = anUpdate({ index: 5n, old: { salt: 7n } })
    await assertRejected(restate(update, { path: other.witness.path }), 'R7')
  })
})

describe('registry rejects what a registrar may not decide alone', () => {
  const { CLOSED } = IDENTITY_STATUS
  const next = (update: Update, terms: Partial<RegistryWitness['next']>): Statement =>
    restate(update, { next: { ...update.witness.next, ...terms } })
  const notFills = ['CHANGE', 'DESTINATION_BY_OWNER', 'DESTINATION_BY_ORDER'] as const

  test('rejects: opening a closed identity again, in every mode (R2)', async () => {
    for (const mode of notFills) {
      const closed = { status: BigInt(CLOSED) }
      const update = anUpdate({ mode: REGISTRY_MODE[mode], old: closed, next: closed })
      await assertAccepted(update)
      await assertRejected(next(update, { status: 1n }), 'R2')
      // An old leaf that says that it was open is not the one in the tree.
      const lying = restate(update, {
        next: { ...update.witness.next, status: 1n },
        old: { ...update.witness.old, status: 1n },
      })
      await assertRejected(lying, 'R4')
    }
  })

  test('rejects: a tier above the cap (R8)', async () => {
    for (const mode of ['FILL', 'DESTINATION_BY_ORDER'] as const) {
      const update = anUpdate({ mode: REGISTRY_MODE[mode] })
      for (const tier of [5n, 255n]) await assertRejected(next(update, { tier }), 'R8')
    }
  })

  test('rejects: a raise from one tier above the cap to another (R8)', async () => {
    const update = anUpdate({ old: { tier: 7n }, next: { tier: 7n } })
    await assertRejected(next(update, { tier: 8n }), 'R8')
  })

  test('rejects: in FILL a tier above the cap that an unused old opening claims (R8)', async () => {
    const update = anUpdate({ mode: REGISTRY_MODE.FILL })
    const forged = restate(update, {
      next: { ...update.witness.next, tier: 9n },
      old: { ...update.witness.old, tier: 9n },
    })
    await assertRejected(forged, 'R8')
  })

  test('rejects: a cap beyond its bits (R8)', async () => {
    const update = anUpdate()
    for (const tierCap of [256n, FIELD_ORDER - 1n]) {
      await assertRejected(restate(update, {}, { tierCap }), 'R8')
    }
  })

  test('rejects: a suspension one day too long (R9)', async () => {
    const suspendedUntil = someLimits.latestSuspension + 1n
    for (const mode of ['FILL', 'CHANGE'] as const) {
      const update = anUpdate({ mode: REGISTRY_MODE[mode] })
      await assertRejected(next(update, { suspendedUntil }), 'R9')
      await assertRejected(next(update, { suspendedUntil: 65_535n }), 'R9')
    }
  })

  test('rejects: a validity cut without notice, in every mode but FILL (R9)', async () => {
    const expiryDay = someLimits.latestSuspension - 1n
    for (const mode of notFills) {
      const update = anUpdate({ mode: REGISTRY_MODE[mode] })
      await assertRejected(next(update, { expiryDay }), 'R9')
      await assertRejected(next(update, { expiryDay: 0n }), 'R9')
    }
  })

  test('rejects: a day beyond its bits (R9)', async () => {
    const update = anUpdate()
    for (const latestSuspension of [65_536n, FIELD_ORDER - 1n]) {
      await assertRejected(restate(update, {}, { latestSuspension }), 'R9')
    }
  })
})

describe('registry rejects a destination change (R6)', () => {
  const update = anUpdate({ mode: REGISTRY_MODE.DESTINATION_BY_OWNER })
  const { publicInputs, witness, alice } = update
  const signed = {
    keys: alice.keys,
    domain: publicInputs.domain,
    index: publicInputs.index,
    oldLeaf: publicInputs.oldLeaf,
    newDestination: witness.next.destination,
  }
  const withConsent = (consent: RegistryWitness['consent']): Statement => ({
    publicInputs,
    witness: { ...witness, consent },
  })

  test('rejects: a signature by another key (R6)', async () => {
    const theirs = consentToDestination({ ...signed, keys: mallory.keys })
    await assertRejected(withConsent(theirs), 'R6')
    // The right key shown, the signature by the wrong one.
    await assertRejected(withConsent({ ...witness.consent, signature: theirs.signature }), 'R6')
  })

  test('rejects: no signature at all (R6)', async () => {
    const signature = { r8: BASE8, s: 0n }
    await assertRejected(withConsent({ ...witness.consent, signature }), 'R6')
    const identity = { spendingPublicKey: { x: 0n, y: 1n }, nullifierKeyHash: 0n }
    await assertRejected(
      withConsent({ ...identity, signature: { r8: { x: 0n, y: 1n }, s: 0n } }),
      'R6',
    )
  })

  test('rejects: a signature over anything else (R6)', async () => {
    for (const other of [
      { domain: signed.domain + 1n },
      { index: 6n },
      { oldLeaf: signed.oldLeaf + 1n },
      { newDestination: signed.newDestination + 1n },
    ]) {
      await assertRejected(withConsent(consentToDestination({ ...signed, ...other })), 'R6')
    }
  })

  test('rejects: a signature used in another deployment (R6)', async () => {
    await assertRejected({ publicInputs: { ...publicInputs, domain: 1n }, witness }, 'R6')
  })

  test('rejects: S + 1, S + l, and S beyond 253 bits (R6)', async () => {
    const { signature } = witness.consent
    for (const s of [signature.s + 1n, signature.s + SUBGROUP_ORDER, signature.s + (1n << 253n)]) {
      const consent = { ...witness.consent, signature: { ...signature, s: s % FIELD_ORDER } }
      await assertRejected(withConsent(consent), 'R6')
    }
  })

  test('accepts: any scalar of 253 bits in a mode that needs no signature (R6)', async () => {
    const order = anUpdate({ mode: REGISTRY_MODE.DESTINATION_BY_ORDER })
    const signature = { r8: BASE8, s: SUBGROUP_ORDER }
    const consent = { ...order.witness.consent, signature }
    await assertAccepted({ ...order, witness: { ...order.witness, consent } })
  })

  test('rejects: points off the curve, in every mode (R6)', async () => {
    for (const mode of modes) {
      const any = anUpdate({ mode: REGISTRY_MODE[mode] })
      const { consent } = any.witness
      const { r8 } = consent.signature
      const offR8 = { ...consent.signature, r8: { x: r8.x, y: r8.y + 1n } }
      for (const bad of [
        { ...consent, signature: offR8 },
        { ...consent, spendingPublicKey: { x: 2n, y: 3n } },
      ]) {
        await assertRejected({ ...any, witness: { ...any.witness, consent: bad } }, 'R6')
      }
    }
  })

  test('rejects: a key of small order that opens no leaf (R6)', async () => {
    // Of order 2: 8·A is the identity, so any h drops out of the equation.
    const spendingPublicKey = { x: 0n, y: FIELD_ORDER - 1n }
    const ownerKey = hash('OWNER_KEY', [spendingPublicKey.x, spendingPublicKey.y, 0n])
    const old = aPerson('alice', 5n, { ownerKey })
    const ordered = anUpdate({ mode: REGISTRY_MODE.DESTINATION_BY_ORDER, old: { ownerKey } })
    const consent = { spendingPublicKey, nullifierKeyHash: 0n, signature: { r8: BASE8, s: 1n } }
    assert.equal(ordered.witness.ownerKey, old.identity.ownerKey)
    await assertRejected(restate(ordered, { consent }, { mode: 2n }), 'R6')
  })
})

describe('registry constraints', () => {
  // Of two equal numbers the difference has no inverse, and IsZero asks for none: the comparison
  // holds with any value here.
  const free = {
    DESTINATION_BY_OWNER: [
      'main.signature.eqCheckX.isz.inv',
      'main.signature.eqCheckY.isz.inv',
    ] as string[],
  } as const

  for (const mode of modes) {
    test(`behavior: every live signal of ${mode} is bound`, async () => {
      const { circuitInputs } = anUpdate({ mode: REGISTRY_MODE[mode] })
      const assignment = await circuit.witness(circuitInputs)
      circuit.check(assignment)
      const expected = mode === 'DESTINATION_BY_OWNER' ? free.DESTINATION_BY_OWNER : []
      assert.deepEqual(circuit.freeSignals(assignment), expected)
      assert.deepEqual(
        circuit.freeSignals(assignment, { change: (value) => value - fieldOf('edit') }),
        expected,
      )
    })
  }
})

describe('registry and its twin', () => {
  const random = (label: string, bits: bigint): bigint => fieldOf(label) & ((1n << bits) - 1n)
  const status = (label: string): bigint => [1n, 3n][Number(random(label, 1n))] ?? 1n

  function aRandomUpdate(seed: string, mode: RegistryMode): Update {
    const terms = (which: string) => ({
      tier: random(`${seed} ${which} tier`, 8n),
      jurisdiction: random(`${seed} ${which} jurisdiction`, 16n),
      // Never cut: the limits of this update are drawn like all else.
      expiryDay: random(`${seed} ${which} expiry`, 15n) + (which === 'next' ? 1n << 15n : 0n),
      status: which === 'old' ? 1n : status(`${seed} ${which} status`),
      suspendedUntil: random(`${seed} ${which} suspension`, 16n),
      salt: fieldOf(`${seed} ${which} salt`),
    })
    return anUpdate({
      mode,
      index: random(`${seed} index`, 20n),
      old: terms('old'),
      next: terms('next'),
      limits: {
        tierCap: 255n,
        latestSuspension: random(`${seed} next suspension`, 16n),
      },
    })
  }

  const breaks: Readonly<Record<string, (update: Update) => Statement | undefined>> = {
    'the mode': (update) => restate(update, {}, { mode: update.publicInputs.mode + 4n }),
    'the new leaf': (update) => restate(update, {}, { newLeaf: update.publicInputs.newLeaf + 1n }),
    'the old leaf': (update) => restate(update, {}, { oldLeaf: update.publicInputs.oldLeaf + 1n }),
    'the new status': (update) => restate(update, { next: { ...update.witness.next, status: 0n } }),
    'the cap': (update) =>
      update.witness.next.tier > update.witness.old.tier
        ? restate(update, {}, { tierCap: update.witness.next.tier - 1n })
        : undefined,
    'the new suspension': (update) =>
      restate(update, {
        next: { ...update.witness.next, suspendedUntil: update.publicInputs.latestSuspension + 1n },
      }),
    'the new tier': (update) => restate(update, { next: { ...update.witness.next, tier: 300n } }),
    'the index': (update) => restate(update, {}, { index: update.publicInputs.index ^ 1n }),
    'the old root': (update) => restate(update, {}, { oldRoot: update.publicInputs.oldRoot + 1n }),
    'the new root': (update) => restate(update, {}, { newRoot: update.publicInputs.newRoot + 1n }),
    'a sibling': (update) => {
      const children = update.witness.path.children.map((four) => [...four])
      const level = Number(update.publicInputs.index % 10n)
      const digit = update.witness.path.digits[level] ?? 0
      const four = children[level] ?? []
      four[(digit + 1) % 4] = 1n
      return restate(update, {
        path: {
          digits: update.witness.path.digits,
          children: children as unknown as RegistryWitness['path']['children'],
        },
      })
    },
    'the destination, unsigned': (update) =>
      update.publicInputs.mode === 1n || update.publicInputs.mode === 2n
        ? restate(update, { next: { ...update.witness.next, destination: 1n } })
        : undefined,
    'the old salt': (update) =>
      update.publicInputs.mode === 0n
        ? undefined
        : restate(update, { old: { ...update.witness.old, salt: 1n } }),
  }

  for (const mode of modes) {
    test(`behavior: they agree on seeded ${mode} statements, one thing broken at a time`, async () => {
      for (const seed of ['a', 'b', 'c']) {
        const update = aRandomUpdate(`${mode} ${seed}`, REGISTRY_MODE[mode])
        await assertAccepted(update)
        for (const [what, breakOne] of Object.entries(breaks)) {
          const broken = breakOne(update)
          if (broken === undefined) continue
          let twin = true
          try {
            checkRegistryStatement(broken.publicInputs, broken.witness)
          } catch (error) {
            assert.ok(error instanceof StatementError, String(error))
            twin = false
          }
          const inputs = registryToCircuitInputs(broken.publicInputs, broken.witness)
          const satisfied = circuit.isSatisfied(await circuit.uncheckedWitness(inputs))
          assert.equal(satisfied, twin, `${seed}: ${what}`)
          assert.equal(twin, false, `${seed}: ${what} is broken`)
        }
      }
    })
  }

  test('rejects: a value + r as an input', async () => {
    const { circuitInputs } = anUpdate()
    await assert.rejects(
      circuit.witness({ ...circuitInputs, newTier: 3n + FIELD_ORDER }),
      (error: unknown) => error instanceof Error,
    )
  })

  test('behavior: the message signed is the one the circuit hashes', () => {
    const { publicInputs, witness, alice } = anUpdate({ mode: REGISTRY_MODE.DESTINATION_BY_OWNER })
    const message = destinationChangeMessage({
      domain: publicInputs.domain,
      index: publicInputs.index,
      oldLeaf: publicInputs.oldLeaf,
      newDestination: witness.next.destination,
    })
    assert.deepEqual(signEddsa(alice.keys.spendingKey, message), witness.consent.signature)
  })
})
