import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { type Account, packAccountWord } from './account.ts'
import { bytesToBigint, concatBytes, fieldToBytes, reduce } from './field.ts'
import { type Owner } from './keys.ts'
import { packWord } from './words.ts'

/** What the notes of a transfer are about. Nothing in it depends on a blinding, memo or ciphertext. */
export type NotePrfParameters = {
  /** PRF key of the owner. */
  readonly blindingKey: Uint8Array
  readonly nullifier: bigint
  /** The next account; its blinding is not taken in. */
  readonly nextState: Account
  /** A slot each: leaf index + 1, or 0 where it is unused. */
  readonly inputs: readonly bigint[]
  /** Slots 1 to 3; owner (0, 0) and amount 0 where one is unused. */
  readonly notes: readonly { readonly owner: Owner; readonly amount: bigint }[]
  /** Zeros where nothing is withdrawn. */
  readonly withdrawal: { readonly amount: bigint; readonly recipient: bigint }
  readonly fee: { readonly amount: bigint; readonly epoch: bigint }
  readonly identityRoot: bigint
}

/**
 * The randomness of a slot's note: HMAC-SHA-512 under blindingKey over everything that the notes
 * are about, mod r. Two different transfers never share a blinding, and the same one always has the
 * same, so that an owner can make it again. Spec: docs/spec/account.md#rebuilding.
 */
export function notePrf({
  blindingKey,
  nullifier,
  nextState,
  inputs,
  notes,
  withdrawal,
  fee,
  identityRoot,
}: NotePrfParameters): (purpose: 'blinding' | 'owner', slot: number) => bigint {
  const { asset } = nextState
  const fields = [
    nullifier,
    packAccountWord(nextState),
    ...inputs,
    ...notes.flatMap(({ owner, amount }) => [owner.ownerKey, owner.identityIndex, amount]),
    packWord('withdrawal', { asset, ...withdrawal }),
    packWord('fee', { asset, ...fee }),
    identityRoot,
  ].map((field) => fieldToBytes(field))
  return (purpose, slot) => {
    const label = new TextEncoder().encode(`cinnabar.note.${purpose}`)
    const message = concatBytes(label, Uint8Array.of(slot, inputs.length), ...fields)
    return reduce(bytesToBigint(hmac(sha512, blindingKey, message)))
  }
}
