import { bech32m } from '@scure/base'
import { type CurvePoint, packPoint, unpackPoint } from './babyjubjub.ts'
import { BaseError, InvalidAddressError } from './errors.ts'
import { bigintToBytes, bytesToBigint, bytesToField, concatBytes, fieldToBytes } from './field.ts'
import { type Owner } from './keys.ts'

/** What a payer needs. */
export type Address = {
  readonly owner: Owner
  readonly viewingPublicKey: CurvePoint
}

/** `cnb` on production networks, `tcnb` on test networks. */
export type AddressPrefix = 'cnb' | 'tcnb'

const VERSION = 1
/** version 1, ownerKey 32, identityIndex 3, packed viewingPublicKey 32. */
const LENGTH = 1 + 32 + 3 + 32
/** bech32m's own limit of 90 characters is for short strings; 68 bytes need 120. */
const MAX_CHARACTERS = 130

/** bech32m (BIP-350) over version ‖ ownerKey ‖ identityIndex ‖ packed viewingPublicKey. */
export function encodeAddress(address: Address, prefix: AddressPrefix): string {
  const bytes = concatBytes(
    Uint8Array.of(VERSION),
    fieldToBytes(address.owner.ownerKey),
    bigintToBytes(address.owner.identityIndex, 3),
    packPoint(address.viewingPublicKey),
  )
  return bech32m.encode(prefix, bech32m.toWords(bytes), MAX_CHARACTERS)
}

/** @throws {InvalidAddressError} when the text is no address of this network. */
export function decodeAddress(text: string, prefix: AddressPrefix): Address {
  let decoded: { prefix: string; words: number[] }
  try {
    decoded = bech32m.decode(text as `${string}1${string}`, MAX_CHARACTERS)
  } catch {
    throw new InvalidAddressError({
      reason: 'a character is wrong or missing',
    })
  }
  if (decoded.prefix !== prefix) {
    throw new InvalidAddressError({
      reason: `it is for another network (${decoded.prefix}, this one uses ${prefix})`,
    })
  }
  try {
    const bytes = bech32m.fromWords(decoded.words)
    if (bytes.length !== LENGTH) throw new InvalidAddressError({ reason: 'its length is wrong' })
    if (bytes[0] !== VERSION) {
      throw new InvalidAddressError({
        reason: 'its version is not known to this software',
      })
    }
    const identityIndex = bytesToBigint(bytes.slice(33, 36))
    if (identityIndex >= 1n << 20n) {
      throw new InvalidAddressError({
        reason: 'its identity index is out of range',
      })
    }
    return {
      owner: { ownerKey: bytesToField(bytes.slice(1, 33)), identityIndex },
      viewingPublicKey: unpackPoint(bytes.slice(36, 68), 'viewing key of the address'),
    }
  } catch (error) {
    if (error instanceof InvalidAddressError) throw error
    throw new InvalidAddressError({
      reason: error instanceof BaseError ? error.shortMessage : 'its contents are malformed',
    })
  }
}
