import type { IdentityAcceptance, IdentityOffer, IdentityRequest } from '../api/identityFiles.ts'
import { unpackPoint } from '../protocol/babyjubjub.ts'
import { IDENTITY_STATUS } from '../protocol/constants.ts'
import { bytesToBigint, bytesToField, formatField, hexToBytes, reduce } from '../protocol/field.ts'
import {
  type Destination,
  hashDestination,
  hashIdentity,
  type Identity,
} from '../protocol/identity.ts'
import { type RandomBytes } from '../protocol/memo.ts'
import type { FreezeRecord } from './freezes.ts'
import {
  AcceptanceMismatchError,
  IdentityStateError,
  OwnerKnownError,
  RegistrarRangeFullError,
  UnknownIdentityError,
  WrongDeploymentError,
} from './errors.ts'

/** offered ──admitEntry──▶ admitted ──changeEntry──▶ admitted. An index is never given again. */
export type RegistrarEntry = {
  readonly index: number
  readonly state: 'offered' | 'admitted'
  /** The registrar's reference to its own file on the person, at most 64 bytes. */
  readonly reference: string
  readonly offer: IdentityOffer
  /** As in the leaf on chain; absent until admitted. */
  readonly identity?: Identity
  /** Oldest first. */
  readonly freezes?: readonly FreezeRecord[]
}

/** Indexes from the first to before the end, as governance gave them to one registrar. */
export type IndexRange = { readonly firstIndex: number; readonly endIndex: number }

/** All that a registrar keeps. Private: it links persons to indexes. */
export type RegistrarState = {
  readonly domain: bigint
  /** Whose indexes it may offer. Absent in a folder that was made before ranges were kept: no end is known. */
  readonly range?: IndexRange
  /** Next index to give. Never 0: records write 0 where there is no recipient. */
  readonly nextIndex: number
  readonly entries: readonly RegistrarEntry[]
}

/** Without a range no end is known: as in a demonstration, whose one registrar has the whole tree. */
export function initialRegistrarState(domain: bigint, range?: IndexRange): RegistrarState {
  const state: RegistrarState = { domain, nextIndex: 1, entries: [] }
  return range === undefined ? state : withRange(state, range)
}

/** The same registrar with another range: it goes on behind what it has offered there. */
export function withRange(state: RegistrarState, range: IndexRange): RegistrarState {
  const offered = state.entries
    .map(({ index }) => index)
    .filter((index) => index >= range.firstIndex && index < range.endIndex)
  const nextIndex = Math.max(1, range.firstIndex, ...offered.map((index) => index + 1))
  return { ...state, range, nextIndex }
}

export type OfferTerms = {
  readonly tier: number
  /** ISO 3166-1 numeric. */
  readonly jurisdiction: number
  readonly expiryDay: number
  readonly reference: string
}

export function destinationOf(body: IdentityRequest['destination']): Destination {
  return body.kind === 'address'
    ? { kind: 'address', address: BigInt(body.address) }
    : {
        kind: 'owner',
        owner: {
          ownerKey: bytesToField(hexToBytes(body.ownerKey)),
          identityIndex: BigInt(body.identityIndex),
        },
      }
}

/** Gives the next index to the author of a request. */
export function offerIdentity(
  state: RegistrarState,
  {
    request,
    terms,
    randomBytes,
  }: { request: IdentityRequest; terms: OfferTerms; randomBytes: RandomBytes },
): { state: RegistrarState; offer: IdentityOffer } {
  if (request.domain !== formatField(state.domain)) {
    throw new WrongDeploymentError({ what: 'request' })
  }
  // Both keys are checked here because circomlib's signature check is sound for subgroup points only.
  unpackPoint(hexToBytes(request.spendingPublicKey), 'spending public key of the request')
  unpackPoint(hexToBytes(request.viewingPublicKey), 'viewing public key of the request')
  bytesToField(hexToBytes(request.ownerKey))
  const known = state.entries.find((entry) => entry.offer.ownerKey === request.ownerKey)
  if (known !== undefined) throw new OwnerKnownError({ index: known.index })
  const { nextIndex: index, range } = state
  if (range !== undefined && (index < range.firstIndex || index >= range.endIndex)) {
    throw new RegistrarRangeFullError(range)
  }
  const offer: IdentityOffer = {
    type: 'cinnabar.identity-offer',
    version: 1,
    domain: request.domain,
    ownerKey: request.ownerKey,
    index,
    tier: terms.tier,
    jurisdiction: terms.jurisdiction,
    expiryDay: terms.expiryDay,
    status: IDENTITY_STATUS.ACTIVE,
    destination: request.destination,
    salt: formatField(reduce(bytesToBigint(randomBytes(64)))),
  }
  const entry: RegistrarEntry = { index, state: 'offered', reference: terms.reference, offer }
  return {
    state: { ...state, nextIndex: index + 1, entries: [...state.entries, entry] },
    offer,
  }
}

export function entryOf(state: RegistrarState, index: number): RegistrarEntry {
  const entry = state.entries.find((candidate) => candidate.index === index)
  if (entry === undefined) throw new UnknownIdentityError({ index })
  return entry
}

/**
 * The leaf that an acceptance completes, checked field by field against the offer: only T may be
 * the person's own choice, and the registration proof shows that it is right.
 */
export function checkAcceptance(state: RegistrarState, acceptance: IdentityAcceptance): Identity {
  const { index } = acceptance
  if (acceptance.domain !== formatField(state.domain)) {
    throw new WrongDeploymentError({ what: 'acceptance' })
  }
  const { offer, state: entryState, identity: admitted } = entryOf(state, index)
  const { identity: accepted } = acceptance
  const field = (hex: string): bigint => bytesToField(hexToBytes(hex))
  const identity: Identity = {
    ownerKey: field(offer.ownerKey),
    tier: BigInt(offer.tier),
    jurisdiction: BigInt(offer.jurisdiction),
    expiryDay: BigInt(offer.expiryDay),
    status: BigInt(offer.status),
    suspendedUntil: 0n,
    destination: hashDestination(destinationOf(offer.destination)),
    tracePoint: { x: field(accepted.tracePoint.x), y: field(accepted.tracePoint.y) },
    salt: field(offer.salt),
  }
  const same: [string, boolean][] = [
    ['owner key', accepted.ownerKey === offer.ownerKey],
    ['tier', accepted.tier === offer.tier],
    ['jurisdiction', accepted.jurisdiction === offer.jurisdiction],
    ['expiry day', accepted.expiryDay === offer.expiryDay],
    ['status', accepted.status === offer.status],
    ['destination', field(accepted.destination) === identity.destination],
    ['salt', accepted.salt === offer.salt],
    ['leaf', field(acceptance.leaf) === hashIdentity(identity)],
  ]
  for (const [name, isSame] of same) {
    if (!isSame) throw new AcceptanceMismatchError({ index, field: name })
  }
  // Admitted already and not changed since: asked for again where a reorg took the update back. Publishing finds it
  // on the chain, or makes it anew.
  const isAgain = admitted !== undefined && hashIdentity(admitted) === hashIdentity(identity)
  if (entryState !== 'offered' && !isAgain) {
    throw new IdentityStateError({ index, state: entryState, wanted: 'admitted' })
  }
  return identity
}

/** Records that the chain holds this leaf. */
export function admitEntry(
  state: RegistrarState,
  { index, identity }: { index: number; identity: Identity },
): RegistrarState {
  return replaceEntry(state, { ...entryOf(state, index), state: 'admitted', identity })
}

export type IdentityChange = {
  readonly tier?: number
  readonly jurisdiction?: number
  readonly expiryDay?: number
  readonly status?: keyof typeof IDENTITY_STATUS
  /** First Unix day after a suspension; 0 lifts it. */
  readonly suspendedUntil?: number
}

/**
 * The leaf after a change of tier, jurisdiction, expiry, status or suspension. Owner, T and destination stay, and so
 * does the salt: a wallet can then find the new leaf by trying, and a suspended person can leave to
 * the destination without asking anybody.
 */
export function changedIdentity(
  state: RegistrarState,
  { index, change }: { index: number; change: IdentityChange },
): { old: Identity; next: Identity } {
  const entry = entryOf(state, index)
  if (entry.identity === undefined) {
    throw new IdentityStateError({ index, state: entry.state, wanted: 'changed' })
  }
  const old = entry.identity
  const next: Identity = {
    ...old,
    ...(change.tier === undefined ? {} : { tier: BigInt(change.tier) }),
    ...(change.jurisdiction === undefined ? {} : { jurisdiction: BigInt(change.jurisdiction) }),
    ...(change.expiryDay === undefined ? {} : { expiryDay: BigInt(change.expiryDay) }),
    ...(change.status === undefined ? {} : { status: BigInt(IDENTITY_STATUS[change.status]) }),
    ...(change.suspendedUntil === undefined
      ? {}
      : { suspendedUntil: BigInt(change.suspendedUntil) }),
  }
  return { old, next }
}

function replaceEntry(state: RegistrarState, entry: RegistrarEntry): RegistrarState {
  return {
    ...state,
    entries: state.entries.map((candidate) =>
      candidate.index === entry.index ? entry : candidate,
    ),
  }
}
