import { hashIdentity } from '../protocol/identity.ts'
import { type AnnouncedDestination, ownLeafOf } from './ledger.ts'
import type { Wallet } from './wallet.ts'

/**
 * Announced changes of the present leaf to a destination that this wallet did not sign. Only a signature with its keys
 * makes one come true: given on another device of the same words, or by whoever has them.
 */
export function listUnsignedDestinations({ state }: Pick<Wallet, 'state'>): AnnouncedDestination[] {
  const { announcedDestinations = [] } = state.ledger
  const leaf = ownLeafOf(state.ledger)
  const signed: bigint[] = state.identities.map(({ identity }) => hashIdentity(identity))
  return announcedDestinations.filter(
    ({ oldLeaf, newLeaf }) => oldLeaf === leaf && !signed.includes(newLeaf),
  )
}
