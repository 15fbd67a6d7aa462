import { X509Certificate } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { MemberBody, PointBody, read, SigningKey } from './bodies.ts'
import { CardInvalidError } from './errors.ts'
import { isSignedJson, signJson, signingKeyOf } from './signedJson.ts'

const strict = { additionalProperties: false } as const
const Signature = Type.String({ pattern: '^0x[0-9a-f]{128}$' })
const Name = MemberBody.properties.name

/** What others need to reach a member, or an office that asks members, and to know that it is it. Public. */
export const MemberCard = Type.Object(
  {
    type: Type.Literal('cinnabar.member-card'),
    version: Type.Literal(1),
    name: Name,
    /** Its identity: Ed25519. */
    signingKey: SigningKey,
    /** PEM; pinned in TLS, both ways. */
    certificate: Type.String({ maxLength: 4_000 }),
    /** Of its service; absent for who only asks, and for air-gapped members. */
    url: Type.Optional(Type.String({ pattern: '^https://[^/]+$', maxLength: 200 })),
    /** By the signing key, over the rest. */
    signature: Signature,
  },
  strict,
)
export type MemberCard = Static<typeof MemberCard>

/** A member's offer to take part in one ceremony: a fresh key that shares are sealed to. */
export const CeremonyEntry = Type.Object(
  {
    type: Type.Literal('cinnabar.ceremony-entry'),
    version: Type.Literal(1),
    name: Name,
    signingKey: SigningKey,
    encryptionKey: PointBody,
    signature: Signature,
  },
  strict,
)
export type CeremonyEntry = Static<typeof CeremonyEntry>

/** Everybody that a member talks to: a file that its operator keeps. */
export const AddressBook = Type.Object(
  {
    type: Type.Literal('cinnabar.address-book'),
    version: Type.Literal(1),
    members: Type.Array(MemberCard, { maxItems: 512 }),
    /** Offices that may ask for openings. */
    clients: Type.Array(MemberCard, { maxItems: 512 }),
  },
  strict,
)
export type AddressBook = Static<typeof AddressBook>

export function makeCard(
  {
    name,
    certificate,
    signingSecret,
  }: { name: string; certificate: string; signingSecret: Uint8Array },
  url?: string,
): MemberCard {
  const unsigned = {
    type: 'cinnabar.member-card' as const,
    version: 1 as const,
    name,
    signingKey: signingKeyOf(signingSecret),
    certificate,
    ...(url === undefined ? {} : { url }),
  }
  return { ...unsigned, signature: signJson('cinnabar.memberCard', unsigned, signingSecret) }
}

export function makeEntry(
  { name, signingSecret }: { name: string; signingSecret: Uint8Array },
  encryptionKey: Static<typeof PointBody>,
): CeremonyEntry {
  const unsigned = {
    type: 'cinnabar.ceremony-entry' as const,
    version: 1 as const,
    name,
    signingKey: signingKeyOf(signingSecret),
    encryptionKey,
  }
  return { ...unsigned, signature: signJson('cinnabar.ceremonyEntry', unsigned, signingSecret) }
}

/** @throws {CardInvalidError} for anything but a card that its key signed. */
export function readCard(value: unknown): MemberCard {
  const card = read(MemberCard, value)
  if (card === undefined) throw new CardInvalidError({ reason: 'it has not the form of one' })
  const { signature, ...unsigned } = card
  if (!isSignedJson('cinnabar.memberCard', unsigned, { ...card, signature })) {
    throw new CardInvalidError({ reason: 'its signature is not valid' })
  }
  fingerprintOf(card)
  return card
}

/** @throws {CardInvalidError} */
export function readEntry(value: unknown): CeremonyEntry {
  const entry = read(CeremonyEntry, value)
  if (entry === undefined) throw new CardInvalidError({ reason: 'it has not the form of one' })
  const { signature, ...unsigned } = entry
  if (!isSignedJson('cinnabar.ceremonyEntry', unsigned, { ...entry, signature })) {
    throw new CardInvalidError({ reason: 'its signature is not valid' })
  }
  return entry
}

/** @throws {CardInvalidError} when one card is not valid, or two have one certificate. */
export function readAddressBook(value: unknown): AddressBook {
  const book = read(AddressBook, value)
  if (book === undefined) throw new CardInvalidError({ reason: 'it is no address book' })
  const cards = [...book.members, ...book.clients].map(readCard)
  const owners = new Map<string, string>()
  for (const card of cards) {
    const fingerprint = fingerprintOf(card)
    if ((owners.get(fingerprint) ?? card.signingKey) !== card.signingKey) {
      throw new CardInvalidError({ reason: 'two cards have one certificate' })
    }
    owners.set(fingerprint, card.signingKey)
  }
  return book
}

/** SHA-256 of the certificate, as TLS sees it. @throws {CardInvalidError} */
export function fingerprintOf({ certificate }: Pick<MemberCard, 'certificate'>): string {
  try {
    return new X509Certificate(certificate).fingerprint256
  } catch {
    throw new CardInvalidError({ reason: 'its certificate cannot be read' })
  }
}
