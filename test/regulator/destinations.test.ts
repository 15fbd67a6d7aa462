import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { IdentityOffer } from '../../api/identityFiles.ts'
import { formatField } from '../../protocol/field.ts'
import { hashDestination, hashIdentity } from '../../protocol/identity.ts'
import {
  applyPlan,
  type DestinationPlan,
  offerOfPlan,
  planDestination,
  readDestinationPlan,
} from '../../regulator/destinations.ts'
import { admitEntry, type RegistrarState } from '../../regulator/registrar.ts'
import { readOffer } from '../../wallet/identity.ts'
import { aDomain, aPerson } from '../support/identities.ts'
import { seededBytes } from '../support/settlement.ts'

const INDEX = 5
const { keys, identity } = aPerson('alice', BigInt(INDEX))
const escrow = { kind: 'address', address: `0x${'e5'.repeat(20)}` } as const
const destination = { kind: 'address', address: BigInt(escrow.address) } as const

const state: RegistrarState = {
  domain: aDomain,
  nextIndex: 6,
  entries: [
    {
      ...{ index: INDEX, state: 'admitted', reference: 'file 17', identity },
      offer: {
        type: 'cinnabar.identity-offer',
        version: 1,
        domain: formatField(aDomain),
        ownerKey: formatField(keys.ownerKey),
        index: INDEX,
        ...{ tier: 2, jurisdiction: 756, expiryDay: 40_000, status: 1 },
        destination: { kind: 'address', address: `0x${'11'.repeat(20)}` },
        salt: formatField(9n),
      } satisfies IdentityOffer,
    },
  ],
}
const aPlan = (seed = 'plan') =>
  planDestination(state, { index: INDEX, destination: escrow, randomBytes: seededBytes(seed) })

describe('a destination by order', () => {
  const plan = aPlan()

  test('default: the planned leaf changes destination and salt, and nothing else', () => {
    const { old, next } = applyPlan(state, readDestinationPlan(JSON.stringify(plan)))
    assert.deepEqual(old, identity)
    assert.deepEqual(next, {
      ...identity,
      destination: hashDestination(destination),
      salt: BigInt(plan.salt),
    })
    assert.equal(plan.oldLeaf, formatField(hashIdentity(old)))
    assert.equal(plan.newLeaf, formatField(hashIdentity(next)))
  })

  test('behavior: two plans for one place have two leaves, so that an order’s hash cannot be tried out', () => {
    assert.notEqual(aPlan('one').newLeaf, aPlan('two').newLeaf)
  })

  test('behavior: with the file the person’s wallet opens the new leaf', () => {
    const offer = offerOfPlan(state, plan)
    const { identity: opened } = readOffer({ keys, domain: aDomain, offer, destination })
    assert.equal(formatField(hashIdentity(opened)), plan.newLeaf)
  })

  test('rejects: a plan whose identity has changed since', () => {
    const frozen = admitEntry(state, {
      index: INDEX,
      identity: { ...identity, suspendedUntil: 20_800n },
    })
    assert.throws(() => applyPlan(frozen, plan), { code: 'REGISTRAR_DESTINATION_REFUSED' })
  })

  const changes: [string, Partial<DestinationPlan>][] = [
    ['destination', { destination: { kind: 'address', address: `0x${'66'.repeat(20)}` } }],
    ['salt', { salt: formatField(1n) }],
    ['new leaf', { newLeaf: formatField(1n) }],
    ['deployment', { domain: formatField(1n) }],
  ]
  for (const [what, change] of changes) {
    test(`rejects: a plan with another ${what}`, () => {
      assert.throws(() => applyPlan(state, { ...plan, ...change }), {
        code: 'REGISTRAR_DESTINATION_REFUSED',
      })
    })
  }

  test('rejects: what is no plan, and somebody who was never admitted', () => {
    for (const text of ['{', '{}', JSON.stringify({ ...plan, note: 'x' })]) {
      assert.throws(() => readDestinationPlan(text), { code: 'REGISTRAR_DESTINATION_REFUSED' })
    }
    const { identity: _identity, ...offered } = state.entries[0]!
    const waiting = { ...state, entries: [{ ...offered, state: 'offered' as const }] }
    const randomBytes = seededBytes('plan')
    assert.throws(
      () => planDestination(waiting, { index: INDEX, destination: escrow, randomBytes }),
      { code: 'REGISTRAR_IDENTITY_STATE' },
    )
  })
})
