import {
  type DestinationBody,
  type IdentityAcceptance,
  type IdentityRequest,
  parseIdentityFile,
} from '../api/index.ts'
import {
  type Destination,
  hashDestination,
  hashIdentity,
  type Identity,
} from '../protocol/identity.ts'
import { publicInputsToArray } from '../protocol/publicInputs.ts'
import { buildRegistration } from '../protocol/registration.ts'
import { proofToWords } from '../prover/proof.ts'
import type { Prover, ProvingPhase } from '../prover/prover.ts'
import { IdentityFileError } from './errors.ts'
import { destinationFromBody, makeAcceptance, makeIdentityRequest, readOffer } from './identity.ts'
import type { KnownIdentity, WalletState } from './state.ts'
import { updateState, type Wallet } from './wallet.ts'

/**
 * The request to the registrar. The destination is kept: an offer with another one is refused.
 *
 * @param destination Where the money goes should the identity be suspended: one's own.
 */
export function requestIdentity(
  wallet: Wallet,
  { destination, name }: { destination: Destination; name?: string },
): IdentityRequest {
  updateState(wallet, { requestedDestination: destination })
  const { keys, domain, deployment } = wallet
  const { prefix } = deployment
  return makeIdentityRequest({
    ...{ keys, domain, prefix, destination },
    ...(name === undefined ? {} : { name }),
  })
}

export type AcceptIdentityParameters = {
  /** Contents of the registrar's offer, or of our own acceptance when the wallet was restored. */
  file: string
  /** Needed when this wallet did not make the request, e.g. after a restore. */
  destination?: Destination
  onPhase?: (phase: ProvingPhase) => void
}

export type AcceptedIdentity = {
  readonly index: bigint
  readonly identity: Identity
  /** To give to the registrar; undefined when the leaf is filed already and only was read in. */
  readonly acceptance?: IdentityAcceptance
}

/**
 * Answers the registrar's offer: checks it, proves that both keys and T are right, and keeps the
 * leaf's contents. For a leaf that is filed already (a new tier, a restored wallet) it only keeps them.
 *
 * @throws {IdentityFileError} when the file is not an offer for this wallet.
 */
export async function acceptIdentity(
  { wallet, prover }: { wallet: Wallet; prover: Pick<Prover, 'prove'> },
  { file, destination, onPhase }: AcceptIdentityParameters,
): Promise<AcceptedIdentity> {
  const known = readIdentityFile(wallet, file, destination)
  const { index, identity } = known
  // Keys and T of a filed index stay as they are, so there is nothing to prove again.
  if (wallet.state.ledger.identityIndex === index) {
    keepIdentity(wallet, known)
    return { index, identity }
  }
  const { keys, domain } = wallet
  const { publicInputs, circuitInputs } = buildRegistration({ keys, identity, index, domain })
  const { proof } = await prover.prove(
    'registration',
    circuitInputs,
    onPhase === undefined ? {} : { onPhase },
  )
  keepIdentity(wallet, known)
  const acceptance = makeAcceptance({
    ...{ domain, index, identity },
    proof: proofToWords(proof),
    publicInputs: publicInputsToArray('registration', publicInputs),
  })
  return { index, identity, acceptance }
}

function readIdentityFile(
  wallet: Wallet,
  file: string,
  given: Destination | undefined,
): KnownIdentity {
  const { keys, domain, state } = wallet
  if (/"cinnabar\.identity-acceptance"/.test(file)) {
    const own = parseIdentityFile('cinnabar.identity-acceptance', file)
    return readAcceptance(wallet, own, given)
  }
  const offer = parseIdentityFile('cinnabar.identity-offer', file)
  const destination = given ?? askedDestination(state, offer.destination)
  if (destination === undefined) {
    throw new IdentityFileError({
      reason: 'this wallet did not make the request; name the destination you asked for',
    })
  }
  return readOffer({ keys, domain, offer, destination })
}

function readAcceptance(
  { keys, domain }: Wallet,
  { index, identity, domain: fileDomain }: IdentityAcceptance,
  given: Destination | undefined,
): KnownIdentity {
  if (BigInt(fileDomain) !== domain) {
    throw new IdentityFileError({ reason: 'it is for another deployment' })
  }
  if (BigInt(identity.ownerKey) !== keys.ownerKey) {
    throw new IdentityFileError({ reason: 'it is for other keys' })
  }
  const destination = BigInt(identity.destination)
  if (given !== undefined && hashDestination(given) !== destination) {
    throw new IdentityFileError({ reason: 'its destination is not the one given' })
  }
  return {
    index: BigInt(index),
    identity: {
      ownerKey: keys.ownerKey,
      tier: BigInt(identity.tier),
      jurisdiction: BigInt(identity.jurisdiction),
      expiryDay: BigInt(identity.expiryDay),
      status: BigInt(identity.status),
      suspendedUntil: 0n,
      destination,
      tracePoint: { x: BigInt(identity.tracePoint.x), y: BigInt(identity.tracePoint.y) },
      salt: BigInt(identity.salt),
    },
    ...(given === undefined ? {} : { destination: given }),
  }
}

/** Keeps what a leaf of ours is, or may become, once. */
export function keepIdentity(wallet: Wallet, known: KnownIdentity): void {
  const { identities } = wallet.state
  const leaf = hashIdentity(known.identity)
  const isKept = identities.some(
    ({ index, identity, destination }) =>
      index === known.index &&
      hashIdentity(identity) === leaf &&
      (destination !== undefined || known.destination === undefined),
  )
  if (!isKept) updateState(wallet, { identities: [...identities, known] })
}

/** Of the destinations that we asked for or signed, the one of an offer; where it is none of them, one to refuse it by. */
function askedDestination(
  { identities, requestedDestination }: WalletState,
  offered: DestinationBody,
): Destination | undefined {
  const asked = [requestedDestination, ...identities.map(({ destination }) => destination)].filter(
    (destination) => destination !== undefined,
  )
  const wanted = hashDestination(destinationFromBody(offered))
  return asked.find((destination) => hashDestination(destination) === wanted) ?? asked[0]
}
