import { randomBytes } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { BaseError } from '../../protocol/errors.ts'
import { bytesToHex, concatBytes, formatField, hexToBytes } from '../../protocol/field.ts'
import { farmKeyFrom, openSealed, sealTo } from '../../prover/farm/sealedBox.ts'
import { canonicalBytes } from '../../protocol/canonicalJson.ts'
import { type Ivms101, readIvms101 } from './ivms101.ts'

export class TravelRuleRefusedError extends BaseError {
  override readonly name = 'TravelRuleRefusedError'
  constructor({ reason }: { reason: string }) {
    super('The travel-rule message cannot be relied on.', {
      code: 'TRAVEL_RULE_REFUSED',
      metaMessages: [`Reason: ${reason}`, 'Ask the sending institution for it again.'],
    })
  }
}

const strict = { additionalProperties: false } as const
const Key = Type.String({ pattern: '^0x[0-9a-f]{64}$' })

/** What institutions know of each other, exchanged by other means. */
export const InstitutionKeys = Type.Object({ signingKey: Key, sealingKey: Key }, strict)
export type InstitutionKeys = Static<typeof InstitutionKeys>

/** One institution's secrets: a 32-byte Ed25519 seed and a 32-byte X25519 scalar. */
export type InstitutionSecrets = { readonly signingSecret: string; readonly sealingSecret: string }

/** Data about the people behind one transfer, readable by the receiving institution alone. */
export const TravelRuleMessage = Type.Object(
  {
    type: Type.Literal('cinnabar.travel-rule'),
    version: Type.Literal(1),
    /** The deployment's. */
    domain: Key,
    /** Names the transfer, memo and all (docs/spec/sequencer-api.md). */
    statementId: Key,
    sender: InstitutionKeys,
    recipient: InstitutionKeys,
    sealed: Type.String({ pattern: '^0x([0-9a-f]{2})+$', maxLength: 262_144 }),
    /** Ed25519 over the rest in canonical form. */
    signature: Type.String({ pattern: '^0x[0-9a-f]{128}$' }),
  },
  strict,
)
export type TravelRuleMessage = Static<typeof TravelRuleMessage>

const LABEL = new TextEncoder().encode('cinnabar.travelRule\n')

export function generateInstitution(): InstitutionSecrets {
  return {
    signingSecret: bytesToHex(randomBytes(32)),
    sealingSecret: bytesToHex(randomBytes(32)),
  }
}

export function publicKeysOf({
  signingSecret,
  sealingSecret,
}: InstitutionSecrets): InstitutionKeys {
  return {
    signingKey: bytesToHex(ed25519.getPublicKey(hexToBytes(signingSecret))),
    sealingKey: bytesToHex(farmKeyFrom(hexToBytes(sealingSecret)).publicKey),
  }
}

/**
 * Seals IVMS101 data to the receiving institution, bound to one transfer of one deployment and to both institutions:
 * none of these can be exchanged without opening failing.
 *
 * @throws {TravelRuleDataError} when the data is not what the standard asks for.
 */
export function sealTravelRule(
  secrets: InstitutionSecrets,
  {
    recipient,
    domain,
    statementId,
    data,
    today,
  }: {
    recipient: InstitutionKeys
    domain: bigint
    statementId: string
    data: unknown
    today: string
  },
): TravelRuleMessage {
  const header = {
    ...({ type: 'cinnabar.travel-rule', version: 1 } as const),
    ...{ domain: formatField(domain), statementId, recipient, sender: publicKeysOf(secrets) },
  }
  const plaintext = canonicalBytes(readIvms101(data, today) as never)
  const sealed = sealTo(hexToBytes(recipient.sealingKey), plaintext, toBind(header))
  const unsigned = { ...header, sealed: bytesToHex(sealed) }
  const signature = ed25519.sign(toSign(unsigned), hexToBytes(secrets.signingSecret))
  return { ...unsigned, signature: bytesToHex(signature) }
}

/**
 * That a message is from `sender`, for this deployment, and names a transfer. Needs no secret: an
 * intermediary or a supervisor can check it too, and reads nothing.
 *
 * @throws {TravelRuleRefusedError}
 */
export function verifyTravelRule(
  value: unknown,
  { sender, domain }: { sender: InstitutionKeys; domain: bigint },
): TravelRuleMessage {
  const refuse = (reason: string) => new TravelRuleRefusedError({ reason })
  if (!Value.Check(TravelRuleMessage, value)) throw refuse('it has not the form of one')
  if (value.domain !== formatField(domain)) throw refuse('it is for another deployment')
  const { signature, ...unsigned } = value
  const isKnown =
    value.sender.signingKey === sender.signingKey && value.sender.sealingKey === sender.sealingKey
  if (!isKnown) throw refuse('it is from another institution')
  if (!isSignedBy(sender.signingKey, toSign(unsigned), signature)) {
    throw refuse('its signature is not valid')
  }
  return value
}

/**
 * What a message says, for the institution that it was sealed to.
 *
 * @throws {TravelRuleRefusedError | TravelRuleDataError}
 */
export function openTravelRule(
  secrets: InstitutionSecrets,
  value: unknown,
  { sender, domain, today }: { sender: InstitutionKeys; domain: bigint; today: string },
): { statementId: string; data: Ivms101 } {
  const message = verifyTravelRule(value, { sender, domain })
  const own = publicKeysOf(secrets)
  if (message.recipient.sealingKey !== own.sealingKey) {
    throw new TravelRuleRefusedError({ reason: 'it is sealed to another institution' })
  }
  const { signature: _signature, sealed, ...header } = message
  let plaintext: Uint8Array
  try {
    const key = farmKeyFrom(hexToBytes(secrets.sealingSecret))
    plaintext = openSealed(key, hexToBytes(sealed), toBind(header))
  } catch {
    throw new TravelRuleRefusedError({ reason: 'it does not open' })
  }
  const data = readIvms101(JSON.parse(new TextDecoder().decode(plaintext)), today)
  return { statementId: message.statementId, data }
}

type Header = Omit<TravelRuleMessage, 'sealed' | 'signature'>

function toBind(header: Header): Uint8Array {
  return concatBytes(LABEL, canonicalBytes(header))
}

function toSign(unsigned: Omit<TravelRuleMessage, 'signature'>): Uint8Array {
  return concatBytes(LABEL, canonicalBytes(unsigned))
}

function isSignedBy(signingKey: string, message: Uint8Array, signature: string): boolean {
  try {
    return ed25519.verify(hexToBytes(signature), message, hexToBytes(signingKey), { zip215: false })
  } catch {
    return false
  }
}
