import { ed25519 } from '@noble/curves/ed25519.js'
import { canonicalBytes, type Json } from '../../protocol/canonicalJson.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../protocol/field.ts'

/** What a signature is for; a signature under one label says nothing under another. */
export type SigningLabel =
  | 'cinnabar.committeeMessage'
  | 'cinnabar.memberCard'
  | 'cinnabar.ceremonyEntry'
  | 'cinnabar.openingAnswer'
  | 'cinnabar.destruction'

export function signingKeyOf(signingSecret: Uint8Array): `0x${string}` {
  return bytesToHex(ed25519.getPublicKey(signingSecret))
}

/** Ed25519 over the label and the value in canonical form. */
export function signJson(
  label: SigningLabel,
  value: Json,
  signingSecret: Uint8Array,
): `0x${string}` {
  return bytesToHex(ed25519.sign(toSign(label, value), signingSecret))
}

export function isSignedJson(
  label: SigningLabel,
  value: Json,
  { signature, signingKey }: { signature: string; signingKey: string },
): boolean {
  try {
    // zip215 false: only the strict form of a signature, so that a message has one.
    return ed25519.verify(hexToBytes(signature), toSign(label, value), hexToBytes(signingKey), {
      zip215: false,
    })
  } catch {
    return false
  }
}

function toSign(label: SigningLabel, value: Json): Uint8Array {
  return concatBytes(new TextEncoder().encode(`${label}\n`), canonicalBytes(value))
}
