import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { FIELD_ORDER, REGISTRY_MODE } from '../../protocol/constants.ts'
import { NonCanonicalFieldElementError, OutOfRangeError } from '../../protocol/errors.ts'
import { hashIdentity } from '../../protocol/identity.ts'
import { buildRegistration, RegistrationMismatchError } from '../../protocol/registration.ts'
import {
  buildRegistryUpdate,
  type BuildRegistryUpdateParameters,
  consentToDestination,
  RegistryConsentError,
  RegistryFieldFixedError,
  RegistryLeafMismatchError,
  RegistryLeafOccupiedError,
  RegistryStatusUnknownError,
} from '../../protocol/registry.ts'
import { aDomain, anIdentityTree, aPerson, fieldOf, someLimits } from '../support/identities.ts'

const alice = aPerson('alice', 5n)
const bob = aPerson('bob', 6n)

function parameters(
  changes: Partial<BuildRegistryUpdateParameters> = {},
): BuildRegistryUpdateParameters {
  return {
    tree: anIdentityTree(alice, bob),
    index: 5n,
    old: alice.identity,
    next: { ...alice.identity, tier: 3n },
    mode: REGISTRY_MODE.CHANGE,
    domain: aDomain,
    limits: someLimits,
    ...changes,
  }
}

describe('buildRegistryUpdate', () => {
  test('default: the new root is the one of the changed tree, and the tree is not touched', () => {
    const { tree, next } = parameters()
    const { root } = tree
    const { publicInputs } = buildRegistryUpdate(parameters({ tree }))
    assert.equal(tree.root, root)
    assert.equal(publicInputs.oldRoot, root)
    tree.setLeaf(5, hashIdentity(next))
    assert.equal(publicInputs.newRoot, tree.root)
  })

  test('rejects: a fill of a taken index', () => {
    const mode = REGISTRY_MODE.FILL
    assert.throws(() => buildRegistryUpdate(parameters({ mode })), RegistryLeafOccupiedError)
  })

  test('rejects: old contents that are not the leaf’s, missing ones, and an empty leaf', () => {
    for (const changes of [
      { old: bob.identity },
      { old: { ...alice.identity, salt: 1n } },
      { index: 7n },
    ]) {
      assert.throws(() => buildRegistryUpdate(parameters(changes)), RegistryLeafMismatchError)
    }
    const { old: _, ...withoutOld } = parameters()
    assert.throws(() => buildRegistryUpdate(withoutOld), RegistryLeafMismatchError)
  })

  test('rejects: another ownerKey or T in every mode, another destination in CHANGE', () => {
    for (const mode of [1, 2, 3] as const) {
      for (const field of ['ownerKey', 'tracePoint'] as const) {
        const next = { ...alice.identity, [field]: bob.identity[field] }
        assert.throws(
          () => buildRegistryUpdate(parameters({ mode, next })),
          (error: unknown) =>
            error instanceof RegistryFieldFixedError && error.message.includes(field),
        )
      }
    }
    const next = { ...alice.identity, destination: 1n }
    assert.throws(() => buildRegistryUpdate(parameters({ next })), RegistryFieldFixedError)
  })

  test('rejects: an unknown status, fields out of range, values that are no field elements', () => {
    const build = (changes: object) => () =>
      buildRegistryUpdate(parameters({ next: { ...alice.identity, ...changes } }))
    for (const status of [0n, 4n]) assert.throws(build({ status }), RegistryStatusUnknownError)
    for (const changes of [{ tier: 256n }, { jurisdiction: 65_536n }, { expiryDay: -1n }]) {
      assert.throws(build(changes), OutOfRangeError)
    }
    assert.throws(build({ salt: FIELD_ORDER }), NonCanonicalFieldElementError)
    assert.throws(() => buildRegistryUpdate(parameters({ index: 1n << 20n })), OutOfRangeError)
  })

  test('rejects: a change of destination without the owner’s consent to it', () => {
    const mode = REGISTRY_MODE.DESTINATION_BY_OWNER
    const newDestination = fieldOf('new home')
    const next = { ...alice.identity, destination: newDestination }
    const oldLeaf = hashIdentity(alice.identity)
    const signed = { keys: alice.keys, domain: aDomain, index: 5n, oldLeaf, newDestination }
    const build = (consent?: ReturnType<typeof consentToDestination>) => () =>
      buildRegistryUpdate(parameters({ mode, next, ...(consent === undefined ? {} : { consent }) }))
    build(consentToDestination(signed))()
    assert.throws(build(), RegistryConsentError)
    for (const other of [
      { keys: bob.keys },
      { domain: 1n },
      { index: 6n },
      { oldLeaf: 1n },
      { newDestination: 1n },
    ]) {
      assert.throws(build(consentToDestination({ ...signed, ...other })), RegistryConsentError)
    }
  })
})

describe('buildRegistration', () => {
  const build = (changes: object) => () =>
    buildRegistration({ ...alice, domain: aDomain, ...changes })

  test('rejects: a leaf made for other keys or another index', () => {
    assert.throws(build({ keys: bob.keys }), RegistrationMismatchError)
    assert.throws(build({ index: 6n }), RegistrationMismatchError)
    const { tracePoint } = bob.identity
    assert.throws(build({ identity: { ...alice.identity, tracePoint } }), RegistrationMismatchError)
    assert.throws(build({ index: 1n << 20n }), OutOfRangeError)
  })
})
