import type { DestinationConsentFile } from '../api/identityFiles.ts'
import { unpackPoint } from '../protocol/babyjubjub.ts'
import { bytesToField, formatField, hexToBytes } from '../protocol/field.ts'
import { destinationChangeMessage, hashIdentity } from '../protocol/identity.ts'
import { checkDestinationConsent, type DestinationConsent } from '../protocol/registry.ts'
import type { DestinationMove } from './announceDestination.ts'
import { redirectedIdentity } from './destinations.ts'
import { DestinationConsentError, WrongDeploymentError } from './errors.ts'
import type { RegistrarState } from './registrar.ts'

/**
 * The leaves of a change that a person signed. The salt stays, so that its wallet opens the new leaf
 * without a file.
 *
 * @throws {WrongDeploymentError} when it was signed for another deployment.
 * @throws {UnknownIdentityError | IdentityStateError} when this registrar admitted nobody at the index.
 * @throws {DestinationConsentError} when the leaf has changed since, or has the destination already.
 * @throws {InvalidPointError | NonCanonicalFieldElementError} when key or signature is malformed.
 * @throws {RegistryConsentError} when the leaf's owner did not sign exactly this.
 */
export function applyConsent(
  state: RegistrarState,
  file: DestinationConsentFile,
): DestinationMove & { readonly consent: DestinationConsent } {
  const { index, destination } = file
  if (file.domain !== formatField(state.domain)) throw new WrongDeploymentError({ what: 'consent' })
  const { old, next } = redirectedIdentity(state, { index, destination })
  if (next.destination === old.destination) {
    throw new DestinationConsentError({
      ...{ index, reason: 'the identity has this destination' },
      remedy: 'There is nothing to do.',
    })
  }
  const oldLeaf = hashIdentity(old)
  if (file.oldLeaf !== formatField(oldLeaf)) {
    throw new DestinationConsentError({ index, reason: 'it was not signed for the present leaf' })
  }
  const consent = unpackConsent(file)
  const message = destinationChangeMessage({
    ...{ domain: state.domain, index: BigInt(index), oldLeaf },
    newDestination: next.destination,
  })
  checkDestinationConsent(consent, { ownerKey: old.ownerKey, message })
  return { index, old, next, consent }
}

function unpackConsent({
  spendingPublicKey,
  nullifierKeyHash,
  signature,
}: DestinationConsentFile): DestinationConsent {
  return {
    spendingPublicKey: unpackPoint(hexToBytes(spendingPublicKey), 'spending public key'),
    nullifierKeyHash: bytesToField(hexToBytes(nullifierKeyHash)),
    signature: {
      r8: unpackPoint(hexToBytes(signature.r8), "point of the consent's signature"),
      s: bytesToField(hexToBytes(signature.s)),
    },
  }
}
