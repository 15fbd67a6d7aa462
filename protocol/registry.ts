import { BASE8, type CurvePoint } from './babyjubjub.ts'
import { IDENTITY_STATUS, IDENTITY_TREE_DEPTH, REGISTRY_MODE, WORDS } from './constants.ts'
import { type EddsaSignature, signEddsa, verifyEddsa } from './eddsa.ts'
import { BaseError } from './errors.ts'
import { checkBits, FieldElement, formatField, isFieldElement } from './field.ts'
import { destinationChangeMessage, hashIdentity, type Identity } from './identity.ts'
import { type Keys } from './keys.ts'
import { hash } from './poseidon.ts'
import { type RegistryPublicInputs } from './publicInputs.ts'
import { type MerklePath, type MerkleTree, pathToCircuitInputs, rootAfter } from './tree.ts'

export type RegistryMode = (typeof REGISTRY_MODE)[keyof typeof REGISTRY_MODE]

/** The part of an identity that an update may change. */
export type IdentityTerms = Omit<Identity, 'ownerKey' | 'tracePoint'>

/** An owner's consent to another destination. */
export type DestinationConsent = {
  readonly spendingPublicKey: CurvePoint
  /** H(NULLIFIER_KEY, nullifierKey): with the public key, it opens ownerKey. */
  readonly nullifierKeyHash: bigint
  /** Over destinationChangeMessage. */
  readonly signature: EddsaSignature
}

/**
 * The private part of a registry statement. ownerKey and tracePoint stand once: they belong to both
 * leaves, and so cannot change.
 */
export type RegistryWitness = {
  readonly ownerKey: bigint
  readonly tracePoint: CurvePoint
  /** Terms of the old leaf; not used when an empty leaf is filled. */
  readonly old: IdentityTerms
  readonly next: IdentityTerms
  /** Path of the old leaf. Its digits are the index's. */
  readonly path: MerklePath
  /** Not used but in DESTINATION_BY_OWNER. */
  readonly consent: DestinationConsent
}

export type RegistryCircuitInputs = Record<string, bigint | readonly bigint[] | bigint[][]>

export type BuildRegistryUpdateParameters = {
  /** The identity tree before the update. It is only read. */
  tree: MerkleTree
  index: bigint
  /** Contents of the present leaf; absent when it is empty. */
  old?: Identity
  next: Identity
  mode: RegistryMode
  /** Needed in DESTINATION_BY_OWNER. */
  consent?: DestinationConsent
  domain: bigint
  /** What the contract holds of the registrar, and sets by its clock. */
  limits: RegistryLimits
}

/** The two public inputs that bound what a registrar may write. */
export type RegistryLimits = Pick<RegistryPublicInputs, 'tierCap' | 'latestSuspension'>

export type RegistryUpdate = {
  publicInputs: RegistryPublicInputs
  circuitInputs: RegistryCircuitInputs
  witness: RegistryWitness
}

export class RegistryLeafOccupiedError extends BaseError {
  override readonly name = 'RegistryLeafOccupiedError'
  constructor({ index }: { index: bigint }) {
    super('The identity index is taken.', {
      code: 'REGISTRY_LEAF_OCCUPIED',
      metaMessages: [
        `Index: ${index}`,
        'An index is never given to another person: fill the next empty one.',
      ],
    })
  }
}

export class RegistryLeafMismatchError extends BaseError {
  override readonly name = 'RegistryLeafMismatchError'
  constructor({ index, leaf, opened }: { index: bigint; leaf: bigint; opened: bigint }) {
    super('The contents given as the old identity are not those of the leaf.', {
      code: 'REGISTRY_LEAF_MISMATCH',
      metaMessages: [
        `Index:  ${index}`,
        `Leaf:   ${formatField(leaf)}`,
        `Opened: ${formatField(opened)}`,
        'Bring the identity tree and the stored contents up to date with the chain.',
      ],
    })
  }
}

export class RegistryFieldFixedError extends BaseError {
  override readonly name = 'RegistryFieldFixedError'
  constructor({ field }: { field: 'ownerKey' | 'tracePoint' | 'destination' }) {
    super(`The update would change ${field}, which this mode keeps.`, {
      code: 'REGISTRY_FIELD_FIXED',
      metaMessages: [
        field === 'destination'
          ? "Change it by the owner's signature or by a filed order."
          : 'New keys are a new index; those of a filled leaf stay.',
      ],
    })
  }
}

export class RegistryStatusUnknownError extends BaseError {
  override readonly name = 'RegistryStatusUnknownError'
  constructor() {
    super('The identity status is not a known one.', {
      code: 'REGISTRY_STATUS_UNKNOWN',
      metaMessages: ['It must be active (1) or closed (3). A suspension is a day, not a status.'],
    })
  }
}

export class RegistryTermsRefusedError extends BaseError {
  override readonly name = 'RegistryTermsRefusedError'
  constructor({ clause, reason }: { clause: 'R2' | 'R8' | 'R9'; reason: string }) {
    super(`The registry does not take these terms: ${reason}.`, {
      code: 'REGISTRY_TERMS_REFUSED',
      metaMessages: [
        `Clause: ${clause} (docs/spec/registry.md)`,
        'Have a registrar with a higher cap do it, end the suspension earlier, or open a new index.',
      ],
    })
  }
}

export class RegistryConsentError extends BaseError {
  override readonly name = 'RegistryConsentError'
  constructor({ reason }: { reason: string }) {
    super(`The owner's consent to the new destination is not valid: ${reason}.`, {
      code: 'REGISTRY_CONSENT_INVALID',
      metaMessages: [
        'The owner signs (domain, index, old leaf, new destination) again against the present leaf.',
      ],
    })
  }
}

/** Consent given where none is needed: it satisfies the ungated constraints and proves nothing. */
const NO_CONSENT: DestinationConsent = {
  spendingPublicKey: BASE8,
  nullifierKeyHash: 0n,
  signature: { r8: BASE8, s: 0n },
}

const NO_TERMS: IdentityTerms = {
  tier: 0n,
  jurisdiction: 0n,
  expiryDay: 0n,
  status: 0n,
  suspendedUntil: 0n,
  destination: 0n,
  salt: 0n,
}

/** The owner's signature that moves the destination of the leaf at `index`. Run by the wallet. */
export function consentToDestination({
  keys,
  domain,
  index,
  oldLeaf,
  newDestination,
}: {
  keys: Keys
  domain: bigint
  index: bigint
  oldLeaf: bigint
  newDestination: bigint
}): DestinationConsent {
  const message = destinationChangeMessage({ domain, index, oldLeaf, newDestination })
  return {
    spendingPublicKey: keys.spendingPublicKey,
    nullifierKeyHash: hash('NULLIFIER_KEY', [keys.nullifierKey]),
    signature: signEddsa(keys.spendingKey, message),
  }
}

/**
 * Everything a `registry` proof of one update needs. Spec: docs/spec/registry.md.
 *
 * @throws {RegistryLeafOccupiedError | RegistryLeafMismatchError} when the leaf is not as described.
 * @throws {RegistryFieldFixedError | RegistryStatusUnknownError | RegistryConsentError} when the
 *   update is not one the mode allows.
 * @throws {RegistryTermsRefusedError} when the limits do not allow it.
 * @throws {OutOfRangeError | NonCanonicalFieldElementError} when a field is out of range.
 */
export function buildRegistryUpdate({
  tree,
  index,
  old,
  next,
  mode,
  consent,
  domain,
  limits,
}: BuildRegistryUpdateParameters): RegistryUpdate {
  checkBits(index, 2 * IDENTITY_TREE_DEPTH, 'identity index')
  const oldLeaf = tree.leaf(Number(index))
  const isFill = mode === REGISTRY_MODE.FILL
  if (isFill) {
    if (oldLeaf !== 0n) throw new RegistryLeafOccupiedError({ index })
  } else {
    const opened = old === undefined ? 0n : hashIdentity(checkIdentity(old))
    if (old === undefined || opened !== oldLeaf) {
      throw new RegistryLeafMismatchError({ index, leaf: oldLeaf, opened })
    }
    checkFixedFields(old, next, mode)
  }
  if (!Object.values(IDENTITY_STATUS).some((status) => BigInt(status) === next.status)) {
    throw new RegistryStatusUnknownError()
  }
  const newLeaf = hashIdentity(checkIdentity(next))
  checkTerms(isFill ? undefined : old, next, limits)
  if (mode === REGISTRY_MODE.DESTINATION_BY_OWNER) {
    const message = destinationChangeMessage({
      domain,
      index,
      oldLeaf,
      newDestination: next.destination,
    })
    if (consent === undefined) throw new RegistryConsentError({ reason: 'it is missing' })
    checkDestinationConsent(consent, { ownerKey: next.ownerKey, message })
  }
  const path = tree.path(Number(index))
  const publicInputs: RegistryPublicInputs = {
    domain,
    oldRoot: tree.root,
    newRoot: rootAfter(newLeaf, path),
    index,
    oldLeaf,
    newLeaf,
    mode: BigInt(mode),
    tierCap: limits.tierCap,
    latestSuspension: limits.latestSuspension,
  }
  const witness: RegistryWitness = {
    ownerKey: next.ownerKey,
    tracePoint: next.tracePoint,
    old: isFill || old === undefined ? NO_TERMS : termsOf(old),
    next: termsOf(next),
    path,
    consent:
      mode === REGISTRY_MODE.DESTINATION_BY_OWNER && consent !== undefined ? consent : NO_CONSENT,
  }
  return { publicInputs, witness, circuitInputs: registryToCircuitInputs(publicInputs, witness) }
}

/** The signals of circuits/main/registry.circom. */
export function registryToCircuitInputs(
  publicInputs: RegistryPublicInputs,
  { ownerKey, tracePoint, old, next, path, consent }: RegistryWitness,
): RegistryCircuitInputs {
  return {
    ...publicInputs,
    ownerKey,
    tracePoint: [tracePoint.x, tracePoint.y],
    oldTier: old.tier,
    oldJurisdiction: old.jurisdiction,
    oldExpiryDay: old.expiryDay,
    oldStatus: old.status,
    oldSuspendedUntil: old.suspendedUntil,
    oldDestination: old.destination,
    oldSalt: old.salt,
    newTier: next.tier,
    newJurisdiction: next.jurisdiction,
    newExpiryDay: next.expiryDay,
    newStatus: next.status,
    newSuspendedUntil: next.suspendedUntil,
    newDestination: next.destination,
    newSalt: next.salt,
    children: pathToCircuitInputs(path).children,
    spendingPublicKey: [consent.spendingPublicKey.x, consent.spendingPublicKey.y],
    nullifierKeyHash: consent.nullifierKeyHash,
    signatureR8: [consent.signature.r8.x, consent.signature.r8.y],
    signatureS: consent.signature.s,
  }
}

/** True when each field fits its bits in the identity word. */
export function hasIdentityRanges(terms: IdentityTerms): boolean {
  const fields: Record<string, bigint | undefined> = { ...terms }
  return WORDS.identity.every(([name, bits]) => {
    const value = fields[name]
    return value !== undefined && value >= 0n && value < 1n << BigInt(bits)
  })
}

function checkIdentity(identity: Identity): Identity {
  for (const value of [
    identity.ownerKey,
    identity.destination,
    identity.tracePoint.x,
    identity.tracePoint.y,
    identity.salt,
  ]) {
    FieldElement(value)
  }
  // packWord, called by hashIdentity, checks the rest.
  return identity
}

function checkFixedFields(old: Identity, next: Identity, mode: RegistryMode): void {
  if (old.ownerKey !== next.ownerKey) throw new RegistryFieldFixedError({ field: 'ownerKey' })
  if (old.tracePoint.x !== next.tracePoint.x || old.tracePoint.y !== next.tracePoint.y) {
    throw new RegistryFieldFixedError({ field: 'tracePoint' })
  }
  if (mode === REGISTRY_MODE.CHANGE && old.destination !== next.destination) {
    throw new RegistryFieldFixedError({ field: 'destination' })
  }
}

/** R2, R8 and R9, as far as they bind what a registrar asks for. */
function checkTerms(old: Identity | undefined, next: Identity, limits: RegistryLimits): void {
  const refuse = (clause: 'R2' | 'R8' | 'R9', reason: string): never => {
    throw new RegistryTermsRefusedError({ clause, reason })
  }
  const closed = BigInt(IDENTITY_STATUS.CLOSED)
  if (old?.status === closed && next.status !== closed)
    refuse('R2', 'a closed identity stays closed')
  if (next.tier > limits.tierCap && (old === undefined || next.tier > old.tier)) {
    refuse('R8', "the tier is above the registrar's cap")
  }
  if (next.suspendedUntil > limits.latestSuspension) {
    refuse('R9', 'the suspension ends too late')
  }
  if (
    old !== undefined &&
    next.expiryDay < old.expiryDay &&
    next.expiryDay < limits.latestSuspension
  ) {
    refuse('R9', 'the validity is cut without notice')
  }
}

/**
 * R6 in plain code: the consent's key is the owner's, and signed the message.
 *
 * @throws {RegistryConsentError}
 */
export function checkDestinationConsent(
  { spendingPublicKey, nullifierKeyHash, signature }: DestinationConsent,
  { ownerKey, message }: { ownerKey: bigint; message: bigint },
): void {
  if (
    !isFieldElement(nullifierKeyHash) ||
    hash('OWNER_KEY', [spendingPublicKey.x, spendingPublicKey.y, nullifierKeyHash]) !== ownerKey
  ) {
    throw new RegistryConsentError({ reason: "its key is not the leaf owner's" })
  }
  if (!verifyEddsa(spendingPublicKey, message, signature)) {
    throw new RegistryConsentError({ reason: 'the signature does not verify' })
  }
}

/** An identity without what never changes. */
export function termsOf(identity: Identity): IdentityTerms {
  const { tier, jurisdiction, expiryDay, status, suspendedUntil, destination, salt } = identity
  return { tier, jurisdiction, expiryDay, status, suspendedUntil, destination, salt }
}
