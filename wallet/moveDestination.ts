import type { DestinationConsentFile } from '../api/index.ts'
import { packPoint } from '../protocol/babyjubjub.ts'
import { bytesToHex, formatField } from '../protocol/field.ts'
import { type Destination, hashDestination } from '../protocol/identity.ts'
import { consentToDestination } from '../protocol/registry.ts'
import { keepIdentity } from './acceptIdentity.ts'
import { DestinationRefusedError } from './errors.ts'
import { destinationToBody, openOwnIdentity } from './identity.ts'
import type { Wallet } from './wallet.ts'

/**
 * The owner's consent to another destination, good for its leaf as the wallet has it now. The leaf that
 * the registrar will make of it is kept first: its salt stays, so that the wallet opens it by itself
 * from the moment it is filed. Signed again, it is the same file.
 *
 * @throws {NotRegisteredError | IdentityUnknownError} when the wallet cannot open a leaf of its own.
 * @throws {DestinationRefusedError} when the destination is the present one, or the identity itself.
 */
export function moveDestination(
  wallet: Wallet,
  { destination }: { destination: Destination },
): DestinationConsentFile {
  const { keys, domain, state } = wallet
  const { index, identity, leaf: oldLeaf } = openOwnIdentity(state.ledger, state.identities)
  const newDestination = hashDestination(destination)
  if (newDestination === identity.destination) {
    throw new DestinationRefusedError({ reason: 'it is the present one' })
  }
  if (destination.kind === 'owner' && destination.owner.ownerKey === keys.ownerKey) {
    throw new DestinationRefusedError({ reason: 'it is the identity that would have to leave' })
  }
  const { spendingPublicKey, nullifierKeyHash, signature } = consentToDestination({
    ...{ keys, domain, index, oldLeaf, newDestination },
  })
  keepIdentity(wallet, {
    index,
    identity: { ...identity, destination: newDestination },
    destination,
  })
  return {
    type: 'cinnabar.destination-consent',
    version: 1,
    domain: formatField(domain),
    index: Number(index),
    oldLeaf: formatField(oldLeaf),
    destination: destinationToBody(destination),
    spendingPublicKey: bytesToHex(packPoint(spendingPublicKey)),
    nullifierKeyHash: formatField(nullifierKeyHash),
    signature: {
      r8: bytesToHex(packPoint(signature.r8)),
      s: formatField(signature.s),
    },
  }
}
