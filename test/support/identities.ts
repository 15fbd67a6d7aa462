import { createHash } from 'node:crypto'

import {
  IDENTITY_STATUS,
  IDENTITY_TREE_DEPTH,
  MAX_SUSPENSION_DAYS,
  REGISTRY_MODE,
} from '../../protocol/constants.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import { bytesToBigint, reduce } from '../../protocol/field.ts'
import { hashDestination, hashIdentity, type Identity } from '../../protocol/identity.ts'
import { deriveKeys, deriveTracePoint, type Keys } from '../../protocol/keys.ts'
import { buildRegistration } from '../../protocol/registration.ts'
import {
  buildRegistryUpdate,
  consentToDestination,
  type RegistryLimits,
  type RegistryMode,
  type RegistryUpdate,
} from '../../protocol/registry.ts'
import { MerkleTree } from '../../protocol/tree.ts'

/** A domain for tests that need no deployment. */
export const aDomain = deploymentDomain({
  chainId: 31337n,
  rollup: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
})

/** 64 bytes that depend on the label alone. */
export function seedOf(label: string): Uint8Array {
  return new Uint8Array(createHash('sha512').update(`cinnabar test: ${label}`).digest())
}

/** A field element that depends on the label alone. */
export function fieldOf(label: string): bigint {
  return reduce(bytesToBigint(seedOf(label)))
}

export type Person = { keys: Keys; index: bigint; identity: Identity }

/** Somebody with keys and an active identity at `index`. */
export function aPerson(
  name: string,
  index: bigint,
  overrides: Partial<Identity> = {},
  domain = aDomain,
): Person {
  const keys = deriveKeys(seedOf(name), domain)
  return {
    keys,
    index,
    identity: {
      ownerKey: keys.ownerKey,
      tier: 2n,
      jurisdiction: 756n,
      expiryDay: 40_000n,
      status: BigInt(IDENTITY_STATUS.ACTIVE),
      suspendedUntil: 0n,
      destination: hashDestination({
        kind: 'address',
        address: fieldOf(`${name} home`) >> 94n,
      }),
      tracePoint: deriveTracePoint(keys.nullifierKey, {
        ownerKey: keys.ownerKey,
        identityIndex: index,
      }),
      salt: fieldOf(`${name} salt`),
      ...overrides,
    },
  }
}

/** An identity tree that holds these people. */
export function anIdentityTree(...people: readonly Person[]): MerkleTree {
  const tree = new MerkleTree(IDENTITY_TREE_DEPTH)
  for (const { index, identity } of people) tree.setLeaf(Number(index), hashIdentity(identity))
  return tree
}

/** Of a registrar that gives tiers to 4, on 23 November 2026. */
export const someLimits: RegistryLimits = {
  tierCap: 4n,
  latestSuspension: 20_780n + BigInt(MAX_SUSPENSION_DAYS),
}

export type AnUpdateParameters = {
  mode?: RegistryMode
  index?: bigint
  /** Changes of the old and of the new identity. */
  old?: Partial<Identity>
  next?: Partial<Identity>
  domain?: bigint
  isAlone?: boolean
  limits?: Partial<RegistryLimits>
}

/**
 * A valid update of alice's leaf (index 5) in a tree that bob (6) and carol (last) share, or in one
 * where she is alone.
 */
export function anUpdate({
  mode = REGISTRY_MODE.CHANGE,
  index = 5n,
  old = {},
  next = {},
  domain = aDomain,
  isAlone = false,
  limits = {},
}: AnUpdateParameters = {}): RegistryUpdate & { alice: Person; tree: MerkleTree } {
  const alice = aPerson('alice', index, old, domain)
  const others = [
    aPerson('bob', 6n, {}, domain),
    aPerson('carol', (1n << 20n) - 1n, {}, domain),
  ].filter((person) => !isAlone && person.index !== index)
  const isFill = mode === REGISTRY_MODE.FILL
  const tree = anIdentityTree(...others, ...(isFill ? [] : [alice]))
  const changes: Partial<Identity> =
    mode === REGISTRY_MODE.DESTINATION_BY_OWNER || mode === REGISTRY_MODE.DESTINATION_BY_ORDER
      ? { destination: fieldOf('new home'), salt: fieldOf('new salt') }
      : isFill
        ? {}
        : { tier: 3n, salt: fieldOf('new salt') }
  const identity: Identity = { ...alice.identity, ...changes, ...next }
  const consent = consentToDestination({
    keys: alice.keys,
    domain,
    index,
    oldLeaf: tree.leaf(Number(index)),
    newDestination: identity.destination,
  })
  const update = buildRegistryUpdate({
    tree,
    index,
    ...(isFill ? {} : { old: alice.identity }),
    next: identity,
    mode,
    ...(mode === REGISTRY_MODE.DESTINATION_BY_OWNER ? { consent } : {}),
    domain,
    limits: { ...someLimits, ...limits },
  })
  return { ...update, alice, tree }
}

/** A valid registration of alice. */
export function aRegistration({
  index = 5n,
  identity = {},
  domain = aDomain,
}: { index?: bigint; identity?: Partial<Identity>; domain?: bigint } = {}): ReturnType<
  typeof buildRegistration
> & { alice: Person } {
  const alice = aPerson('alice', index, identity, domain)
  return {
    ...buildRegistration({ keys: alice.keys, identity: alice.identity, index, domain }),
    alice,
  }
}
