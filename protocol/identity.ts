import { type CurvePoint } from './babyjubjub.ts'
import { DESTINATION_KIND, IDENTITY_STATUS } from './constants.ts'
import { type FieldElement } from './field.ts'
import { type Owner } from './keys.ts'
import { hash } from './poseidon.ts'
import { packWord } from './words.ts'

/** Where a suspended or expired identity's funds may go. */
export type Destination =
  | { readonly kind: 'address'; /** 160 bits. */ readonly address: bigint }
  | { readonly kind: 'owner'; readonly owner: Owner }

/** The contents of an identity leaf. The chain sees its hash only. */
export type Identity = {
  readonly ownerKey: bigint
  readonly tier: bigint
  /** ISO 3166-1 numeric. */
  readonly jurisdiction: bigint
  /** Last Unix day on which the identity is valid. */
  readonly expiryDay: bigint
  /** IDENTITY_STATUS. */
  readonly status: bigint
  /** First Unix day after a suspension; 0 where there is none. It ends by itself. */
  readonly suspendedUntil: bigint
  /** hashDestination of the destination. */
  readonly destination: bigint
  readonly tracePoint: CurvePoint
  readonly salt: bigint
}

/** (kind, value 1, value 2): (0, address, 0) or (1, ownerKey, identityIndex). */
export function destinationFields(destination: Destination): readonly [bigint, bigint, bigint] {
  return destination.kind === 'address'
    ? [BigInt(DESTINATION_KIND.ADDRESS), destination.address, 0n]
    : [BigInt(DESTINATION_KIND.OWNER), destination.owner.ownerKey, destination.owner.identityIndex]
}

export function hashDestination(destination: Destination): FieldElement {
  return hash('DESTINATION', destinationFields(destination))
}

/**
 * H(IDENTITY, ownerKey, word, destination, T.x, T.y, salt), word = tier | jurisdiction | expiryDay |
 * status | suspendedUntil.
 */
export function hashIdentity(identity: Identity): FieldElement {
  const { ownerKey, destination, tracePoint, salt } = identity
  return hash('IDENTITY', [
    ownerKey,
    packIdentity(identity),
    destination,
    tracePoint.x,
    tracePoint.y,
    salt,
  ])
}

/** The leaf's packed word. */
export function packIdentity(identity: Omit<Identity, 'ownerKey' | 'tracePoint'>): bigint {
  const { tier, jurisdiction, expiryDay, status, suspendedUntil } = identity
  return packWord('identity', { tier, jurisdiction, expiryDay, status, suspendedUntil })
}

/** T6: whether the identity can pay on a day, or only exit. */
export function isIdentityInForce(
  { status, expiryDay, suspendedUntil }: Identity,
  day: bigint,
): boolean {
  return status === BigInt(IDENTITY_STATUS.ACTIVE) && day <= expiryDay && day >= suspendedUntil
}

/** What the owner signs (EdDSA-Poseidon, spending key) to change the destination. */
export function destinationChangeMessage({
  domain,
  index,
  oldLeaf,
  newDestination,
}: {
  domain: bigint
  index: bigint
  oldLeaf: bigint
  newDestination: bigint
}): FieldElement {
  return hash('DESTINATION_CHANGE', [domain, index, oldLeaf, newDestination])
}
