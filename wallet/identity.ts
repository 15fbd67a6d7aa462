import type {
  DestinationBody,
  IdentityAcceptance,
  IdentityOffer,
  IdentityRequest,
} from '../api/index.ts'
import { packPoint } from '../protocol/babyjubjub.ts'
import { IDENTITY_STATUS } from '../protocol/constants.ts'
import { bytesToHex, fitsBits, formatField } from '../protocol/field.ts'
import {
  type Destination,
  hashDestination,
  hashIdentity,
  type Identity,
} from '../protocol/identity.ts'
import { deriveTracePoint, type Keys } from '../protocol/keys.ts'
import type { AddressPrefix } from '../protocol/address.ts'
import { IdentityFileError, IdentityUnknownError, NotRegisteredError } from './errors.ts'
import { type Ledger, ownLeafOf } from './ledger.ts'
import type { KnownIdentity } from './state.ts'

/** What the wallet asks the registrar for. Nothing in it is secret; the name is for the registrar. */
export function makeIdentityRequest({
  keys,
  domain,
  prefix,
  destination,
  name,
}: {
  keys: Keys
  domain: bigint
  prefix: AddressPrefix
  destination: Destination
  name?: string
}): IdentityRequest {
  return {
    type: 'cinnabar.identity-request',
    version: 1,
    network: prefix,
    domain: formatField(domain),
    ownerKey: formatField(keys.ownerKey),
    spendingPublicKey: bytesToHex(packPoint(keys.spendingPublicKey)),
    viewingPublicKey: bytesToHex(packPoint(keys.viewingPublicKey)),
    destination: destinationToBody(destination),
    ...(name === undefined ? {} : { name }),
  }
}

export function destinationToBody(destination: Destination): DestinationBody {
  if (destination.kind === 'address') {
    return { kind: 'address', address: formatAddress(destination.address) }
  }
  const { ownerKey, identityIndex } = destination.owner
  return { kind: 'owner', ownerKey: formatField(ownerKey), identityIndex: Number(identityIndex) }
}

export function destinationFromBody(body: DestinationBody): Destination {
  if (body.kind === 'address') return { kind: 'address', address: BigInt(body.address) }
  const identityIndex = BigInt(body.identityIndex)
  return { kind: 'owner', owner: { ownerKey: BigInt(body.ownerKey), identityIndex } }
}

/**
 * The leaf that an offer is about, checked to be ours.
 *
 * @throws {IdentityFileError} when it is for other keys, another deployment or another destination
 *   than was asked for: whoever holds the destination gets the money of a suspended identity.
 */
export function readOffer({
  keys,
  domain,
  offer,
  destination: expected,
}: {
  keys: Keys
  domain: bigint
  offer: IdentityOffer
  /** What was asked for. */
  destination: Destination
}): KnownIdentity & { readonly destination: Destination } {
  if (BigInt(offer.domain) !== domain)
    throw new IdentityFileError({ reason: 'it is for another deployment' })
  if (BigInt(offer.ownerKey) !== keys.ownerKey) {
    throw new IdentityFileError({ reason: 'it is for other keys' })
  }
  const destination = destinationFromBody(offer.destination)
  if (hashDestination(destination) !== hashDestination(expected)) {
    throw new IdentityFileError({ reason: 'its destination is not the one you asked for' })
  }
  const index = BigInt(offer.index)
  const owner = { ownerKey: keys.ownerKey, identityIndex: index }
  const identity: Identity = {
    ownerKey: keys.ownerKey,
    tier: BigInt(offer.tier),
    jurisdiction: BigInt(offer.jurisdiction),
    expiryDay: BigInt(offer.expiryDay),
    status: BigInt(offer.status),
    suspendedUntil: 0n,
    destination: hashDestination(destination),
    tracePoint: deriveTracePoint(keys.nullifierKey, owner),
    salt: BigInt(offer.salt),
  }
  return { index, identity, destination }
}

/** What the wallet gives back: the complete leaf and the proof of the `registration` circuit. */
export function makeAcceptance({
  domain,
  index,
  identity,
  proof,
  publicInputs,
}: {
  domain: bigint
  index: bigint
  identity: Identity
  proof: readonly bigint[]
  publicInputs: readonly bigint[]
}): IdentityAcceptance {
  const { tracePoint } = identity
  return {
    type: 'cinnabar.identity-acceptance',
    version: 1,
    domain: formatField(domain),
    index: Number(index),
    identity: {
      ownerKey: formatField(identity.ownerKey),
      tier: Number(identity.tier),
      jurisdiction: Number(identity.jurisdiction),
      expiryDay: Number(identity.expiryDay),
      status: Number(identity.status),
      destination: formatField(identity.destination),
      tracePoint: { x: formatField(tracePoint.x), y: formatField(tracePoint.y) },
      salt: formatField(identity.salt),
    },
    leaf: formatField(hashIdentity(identity)),
    proof: proof.map(formatField),
    publicInputs: publicInputs.map(formatField),
  }
}

/** The opening of our leaf as it stands in the registry now. */
export type CurrentIdentity = KnownIdentity & { readonly leaf: bigint }

/**
 * Finds the opening of our leaf. Where the registrar changed tier, status or suspension and kept the
 * salt, the few possible values are tried, so that a suspended user can leave without asking anybody.
 * A destination that we signed is among the known ones: it counts once the leaf has it.
 *
 * @throws {NotRegisteredError} when the registry has no leaf of ours.
 * @throws {IdentityUnknownError} when none of the known files opens it.
 */
export function openOwnIdentity(ledger: Ledger, known: readonly KnownIdentity[]): CurrentIdentity {
  const { identityIndex } = ledger
  const leaf = ownLeafOf(ledger)
  if (identityIndex === undefined || leaf === undefined) throw new NotRegisteredError()
  const candidates = known.filter(({ index }) => index === identityIndex)
  const exact = candidates.filter(({ identity }) => hashIdentity(identity) === leaf)
  // A file that also names the destination says more.
  const best = exact.findLast(({ destination }) => destination !== undefined) ?? exact.at(-1)
  if (best !== undefined) return { ...best, leaf }
  // In turn: a signed destination that never came into force must not make the right one wait for all its changes.
  let searches = candidates
    .toReversed()
    .map((candidate) => ({ candidate, changes: changesOf(candidate.identity, ledger) }))
  while (searches.length > 0) {
    const open: typeof searches = []
    for (const search of searches) {
      const { value: identity, done } = search.changes.next()
      if (done === true) continue
      if (hashIdentity(identity) === leaf) return { ...search.candidate, identity, leaf }
      open.push(search)
    }
    searches = open
  }
  throw new IdentityUnknownError({ index: identityIndex })
}

/** What a registrar may have made of an identity, the likely first: another tier or status, or a suspension. */
function* changesOf(known: Identity, { epochs }: Ledger): Generator<Identity, undefined> {
  for (const suspendedUntil of new Set([known.suspendedUntil, 0n])) {
    for (const status of Object.values(IDENTITY_STATUS)) {
      for (let tier = 0n; fitsBits(tier, 8); tier++) {
        yield { ...known, suspendedUntil, status: BigInt(status), tier }
      }
    }
  }
  // A suspension ends some weeks from when it was made, and an epoch lasts a month: from here it is not far.
  const middle = epochs.at(-1)?.startDay ?? 0n
  for (let distance = 0n; fitsBits(distance, 16); distance++) {
    for (const suspendedUntil of [middle + distance, middle - distance]) {
      if (fitsBits(suspendedUntil, 16)) yield { ...known, suspendedUntil }
    }
  }
}

export function formatAddress(address: bigint): `0x${string}` {
  return `0x${address.toString(16).padStart(40, '0')}`
}
