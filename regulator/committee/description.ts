import { sha256 } from '@noble/hashes/sha2.js'
import { type Static, Type } from '@sinclair/typebox'
import { type Ceremony, ceremonyId, checkCeremony } from '../../protocol/committee/ceremony.ts'
import { BaseError } from '../../protocol/errors.ts'
import { bytesToHex } from '../../protocol/field.ts'
import {
  CommitteeBody,
  decodeCommittee,
  decodeMember,
  Hash,
  Index,
  MemberBody,
  read,
} from './bodies.ts'
import { canonicalBytes } from '../../protocol/canonicalJson.ts'
import { auditKeyKinds } from '../auditKeys.ts'
import { DescriptionInvalidError } from './errors.ts'

/**
 * What members agree on before a ceremony: a JSON file that everybody checks and keeps. Handing over names the committee that
 * has the key now; its members sign as dealers.
 */
export const CeremonyDescription = Type.Object(
  {
    version: Type.Literal(1),
    /** Where the key will be registered. */
    chainId: Type.String({ pattern: '^[1-9][0-9]{0,20}$' }),
    registry: Type.String({ pattern: '^0x[0-9a-f]{40}$' }),
    epoch: Type.Integer({ minimum: 0, maximum: 65_535 }),
    kind: Type.Union(auditKeyKinds.map((kind) => Type.Literal(kind))),
    threshold: Index,
    members: Type.Array(MemberBody, { minItems: 1, maxItems: 255 }),
    from: Type.Optional(CommitteeBody),
    /** Fresh, so that two ceremonies with the same members differ. */
    nonce: Hash,
  },
  { additionalProperties: false },
)
export type CeremonyDescription = Static<typeof CeremonyDescription>

/** A description that was checked, with what follows from it. */
export type AgreedCeremony = {
  readonly description: CeremonyDescription
  readonly ceremony: Ceremony
  /** `ceremonyId` as hex: names the ceremony in messages. */
  readonly id: `0x${string}`
  readonly idBytes: Uint8Array
  /** Who deals: the members, or for handing over those of the committee that has the key now. */
  readonly dealers: readonly MemberBody[]
}

/**
 * @throws {DescriptionInvalidError} for anything but a description of a ceremony that can be held.
 */
export function agreeOn(value: unknown): AgreedCeremony {
  const description = read(CeremonyDescription, value)
  if (description === undefined) {
    throw new DescriptionInvalidError({ reason: 'it has not the form of one' })
  }
  const { threshold, members, from } = description
  // The signing keys and names are in the purpose's hash, and with it in every proof.
  const purpose = `cinnabar.committee ${bytesToHex(sha256(canonicalBytes(description)))}`
  const ceremony: Ceremony = {
    purpose,
    threshold,
    members: members.map(decodeMember),
    ...(from === undefined ? {} : { from: decodeCommittee(from) }),
  }
  try {
    checkCeremony(ceremony)
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    throw new DescriptionInvalidError({ reason: error.shortMessage })
  }
  const dealers = from?.members ?? members
  for (const list of [members, dealers]) {
    if (new Set(list.map(({ signingKey }) => signingKey)).size !== list.length) {
      throw new DescriptionInvalidError({ reason: 'two members have one signing key' })
    }
  }
  const idBytes = ceremonyId(ceremony)
  return { description, ceremony, id: bytesToHex(idBytes), idBytes, dealers }
}
