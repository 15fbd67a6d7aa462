import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Authority } from '../protocol/grants/documents.ts'
import { IdentityFileError } from './errors.ts'
import {
  AddressHex,
  Bytes32Hex,
  BytesHex,
  Closed,
  Count,
  DayNumber,
  FieldHex,
  ProofHex,
} from './primitives.ts'

// Files that wallet and registrar exchange; the two never import each other. Integers are JSON
// numbers, field elements 0x and 64 hex digits, points packed as protocol/babyjubjub.ts packPoint.

const PackedPoint = BytesHex(32)
const FileVersion = Type.Literal(1)
const Tier = Type.Integer({ minimum: 0, maximum: 255 })
const Jurisdiction = Type.Integer({
  minimum: 0,
  maximum: 65_535,
  description: 'ISO 3166-1 numeric.',
})
const IdentityIndex = Type.Integer({ minimum: 0, maximum: 2 ** 20 - 1 })

export const DestinationBody = Type.Union([
  Closed({ kind: Type.Literal('address'), address: AddressHex }),
  Closed({ kind: Type.Literal('owner'), ownerKey: FieldHex, identityIndex: IdentityIndex }),
])
export type DestinationBody = Static<typeof DestinationBody>

/** Wallet → registrar: who I am, by key, and where my money goes should I have to leave. */
export const IdentityRequest = Closed({
  type: Type.Literal('cinnabar.identity-request'),
  version: FileVersion,
  network: Type.Union([Type.Literal('cnb'), Type.Literal('tcnb')]),
  domain: FieldHex,
  ownerKey: FieldHex,
  spendingPublicKey: PackedPoint,
  viewingPublicKey: PackedPoint,
  destination: DestinationBody,
  /** For the registrar's own KYC file; never published. */
  name: Type.Optional(Type.String({ maxLength: 200 })),
})
export type IdentityRequest = Static<typeof IdentityRequest>

/** Registrar → wallet: the leaf I would publish at this index. */
export const IdentityOffer = Closed({
  type: Type.Literal('cinnabar.identity-offer'),
  version: FileVersion,
  domain: FieldHex,
  ownerKey: FieldHex,
  index: IdentityIndex,
  tier: Tier,
  jurisdiction: Jurisdiction,
  expiryDay: DayNumber,
  status: Type.Integer({ minimum: 1, maximum: 3, description: 'IDENTITY_STATUS' }),
  /** Repeated from the request, so that the wallet can check it. */
  destination: DestinationBody,
  salt: FieldHex,
})
export type IdentityOffer = Static<typeof IdentityOffer>

/** Wallet → registrar: the complete leaf and the proof that both keys and T are right. */
export const IdentityAcceptance = Closed({
  type: Type.Literal('cinnabar.identity-acceptance'),
  version: FileVersion,
  domain: FieldHex,
  index: IdentityIndex,
  identity: Closed({
    ownerKey: FieldHex,
    tier: Tier,
    jurisdiction: Jurisdiction,
    expiryDay: DayNumber,
    status: Count,
    destination: FieldHex,
    tracePoint: Closed({ x: FieldHex, y: FieldHex }),
    salt: FieldHex,
  }),
  leaf: FieldHex,
  /** Proof of the `registration` circuit, public inputs in the order of PUBLIC_INPUTS. */
  proof: ProofHex,
  publicInputs: Type.Array(FieldHex, { minItems: 5, maxItems: 5 }),
})
export type IdentityAcceptance = Static<typeof IdentityAcceptance>

/** Wallet → registrar: the owner's consent to another destination, for the leaf as it stands. Nothing in it is secret but where to. */
export const DestinationConsentFile = Closed({
  type: Type.Literal('cinnabar.destination-consent'),
  version: FileVersion,
  domain: FieldHex,
  index: IdentityIndex,
  /** The leaf that the consent is good for. */
  oldLeaf: FieldHex,
  destination: DestinationBody,
  spendingPublicKey: PackedPoint,
  /** H(NULLIFIER_KEY, nullifierKey): with the public key, it opens ownerKey. */
  nullifierKeyHash: FieldHex,
  /** EdDSA-Poseidon over H(DESTINATION_CHANGE, domain, index, oldLeaf, hash of the destination). */
  signature: Closed({ r8: PackedPoint, s: FieldHex }),
})
export type DestinationConsentFile = Static<typeof DestinationConsentFile>

const AppealText = Type.String({ minLength: 1, maxLength: 20_000 })

/** Wallet → registrar and its supervisor: why a decision is wrong. Its hash goes on the base chain. */
export const Appeal = Closed({
  type: Type.Literal('cinnabar.appeal'),
  version: FileVersion,
  domain: FieldHex,
  index: IdentityIndex,
  text: AppealText,
  /** Random, so that the hash tells nobody what the text says. */
  salt: Bytes32Hex,
  /** The owner's signature over the rest. */
  authority: Authority,
})
export type Appeal = Static<typeof Appeal>

export const appealDecisions = ['upheld', 'partlyUpheld', 'dismissed'] as const
export type AppealDecision = (typeof appealDecisions)[number]

/** Registrar → wallet. Its hash goes on the base chain, from the registrar's account: that signs it. */
export const AppealAnswer = Closed({
  type: Type.Literal('cinnabar.appeal-answer'),
  version: FileVersion,
  domain: FieldHex,
  index: IdentityIndex,
  /** Hash of the appeal. */
  appeal: Bytes32Hex,
  decision: Type.Union(appealDecisions.map((decision) => Type.Literal(decision))),
  text: AppealText,
  salt: Bytes32Hex,
})
export type AppealAnswer = Static<typeof AppealAnswer>

const files = {
  'cinnabar.identity-request': IdentityRequest,
  'cinnabar.identity-offer': IdentityOffer,
  'cinnabar.identity-acceptance': IdentityAcceptance,
  'cinnabar.destination-consent': DestinationConsentFile,
  'cinnabar.appeal': Appeal,
  'cinnabar.appeal-answer': AppealAnswer,
} as const
type Files = {
  'cinnabar.identity-request': IdentityRequest
  'cinnabar.identity-offer': IdentityOffer
  'cinnabar.identity-acceptance': IdentityAcceptance
  'cinnabar.destination-consent': DestinationConsentFile
  'cinnabar.appeal': Appeal
  'cinnabar.appeal-answer': AppealAnswer
}
export type IdentityFileType = keyof Files

/**
 * Reads one of these files.
 *
 * @throws {IdentityFileError} when the text is not a file of this type.
 */
export function parseIdentityFile<T extends IdentityFileType>(type: T, text: string): Files[T] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new IdentityFileError({ type, where: 'the file', reason: 'it is not JSON' })
  }
  const schema = files[type]
  const first = Value.Errors(schema, value).First()
  if (first !== undefined) {
    // The path only: a value from a file could be a private one put into the wrong place.
    throw new IdentityFileError({ type, where: first.path || 'the file', reason: first.message })
  }
  return value as Files[T]
}

export function formatIdentityFile(file: Files[IdentityFileType]): string {
  return `${JSON.stringify(file, null, 2)}\n`
}
