import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { mulBase8 } from '../protocol/babyjubjub.ts'
import { SCALAR_BITS } from '../protocol/constants.ts'
import { bigintToBytes, bytesToBigint, concatBytes, lowBits, reduce } from '../protocol/field.ts'
import type { Keys, Owner } from '../protocol/keys.ts'
import { type RandomBytes, sealDeposit } from '../protocol/memo.ts'
import { deriveRecipient } from '../protocol/note.ts'

/** What the depositor shows: the recipient and a ciphertext that only the payee opens. */
export type DepositNote = {
  readonly recipient: bigint
  readonly blinding: bigint
  readonly ciphertext: Uint8Array
}

/**
 * A deposit's blinding: PRF of the seed (HMAC-SHA-512, RFC 2104, under blindingKey) over a counter, so
 * that it comes back with the seed even where the ciphertext is lost.
 */
export function deriveDepositBlinding(blindingKey: Uint8Array, counter: bigint): bigint {
  return reduce(bytesToBigint(prf(blindingKey, 'cinnabar.deposit.blinding', counter)))
}

/** The counter's recipients, so that deposits are found without their ciphertexts. */
export function depositRecipients(
  { keys, owner }: { keys: Pick<Keys, 'blindingKey'>; owner: Owner },
  { from, count }: { from: bigint; count: number },
): Map<bigint, bigint> {
  const recipients = new Map<bigint, bigint>()
  for (let i = 0; i < count; i++) {
    const blinding = deriveDepositBlinding(keys.blindingKey, from + BigInt(i))
    recipients.set(deriveRecipient(owner, blinding), blinding)
  }
  return recipients
}

/** A deposit to oneself. */
export function makeDepositNote(
  {
    keys,
    owner,
    randomBytes,
  }: {
    keys: Pick<Keys, 'blindingKey' | 'viewingPublicKey'>
    owner: Owner
    randomBytes: RandomBytes
  },
  { counter }: { counter: bigint },
): DepositNote {
  const blinding = deriveDepositBlinding(keys.blindingKey, counter)
  const ephemeralSecret = freshScalar(randomBytes)
  const ciphertext = sealDeposit({
    viewingPublicKey: keys.viewingPublicKey,
    blinding,
    ephemeralSecret,
    ephemeral: mulBase8(ephemeralSecret),
    randomBytes,
  })
  return { recipient: deriveRecipient(owner, blinding), blinding, ciphertext }
}

function freshScalar(randomBytes: RandomBytes): bigint {
  for (;;) {
    const scalar = lowBits(bytesToBigint(randomBytes(32)), SCALAR_BITS)
    if (scalar !== 0n) return scalar
  }
}

function prf(key: Uint8Array, use: string, counter: bigint): Uint8Array {
  return hmac(sha512, key, concatBytes(new TextEncoder().encode(use), bigintToBytes(counter, 8)))
}
