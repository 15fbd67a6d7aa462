import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import type { Committee, Member } from '../../protocol/committee/ceremony.ts'
import type { Complaint, Dealing } from '../../protocol/committee/dealing.ts'
import { bytesToHex, formatField, hexToBytes } from '../../protocol/field.ts'

// What members say to each other, as JSON. Integers are 0x and 64 digits, bytes 0x and pairs; lower case, so that a
// value has one form and a message one hash.

const Hex = (bytes: number) => Type.String({ pattern: `^0x[0-9a-f]{${String(2 * bytes)}}$` })
const strict = { additionalProperties: false } as const

export const PointBody = Type.Object({ x: Hex(32), y: Hex(32) }, strict)
export const Hash = Hex(32)
export const SigningKey = Hex(32)
export const Index = Type.Integer({ minimum: 1, maximum: 255 })

export const MemberBody = Type.Object(
  {
    index: Index,
    name: Type.String({ minLength: 1, maxLength: 80 }),
    encryptionKey: PointBody,
    signingKey: SigningKey,
  },
  strict,
)

export const CommitteeBody = Type.Object(
  {
    threshold: Index,
    members: Type.Array(MemberBody, { minItems: 1, maxItems: 255 }),
    publicKey: PointBody,
    shareKeys: Type.Array(PointBody, { minItems: 1, maxItems: 255 }),
  },
  strict,
)
export type CommitteeBody = Static<typeof CommitteeBody>
export type MemberBody = Static<typeof MemberBody>

export const AnnounceBody = Type.Object({ dealing: Hash }, strict)

export const DealBody = Type.Object(
  {
    commitments: Type.Array(PointBody, { minItems: 1, maxItems: 255 }),
    proof: Type.Object({ r: PointBody, s: Hex(32) }, strict),
    shares: Type.Array(Type.Object({ ephemeral: PointBody, ciphertext: Hex(48) }, strict), {
      minItems: 1,
      maxItems: 255,
    }),
  },
  strict,
)

export const JudgeBody = Type.Object(
  {
    complaints: Type.Array(
      Type.Object(
        {
          dealer: Index,
          shared: PointBody,
          proof: Type.Object({ challenge: Hex(32), response: Hex(32) }, strict),
        },
        strict,
      ),
      { maxItems: 255 },
    ),
  },
  strict,
)

export const ConfirmBody = Type.Object(
  { transcript: Hash, publicKey: PointBody, qualified: Type.Array(Index, { maxItems: 255 }) },
  strict,
)

/** After a handing over: the share of this transcript is on the member's disk. */
export const KeptBody = Type.Object({ transcript: Hash }, strict)

/** A value from outside in the schema's shape; undefined when it is not. */
export function read<T extends TSchema>(schema: T, value: unknown): Static<T> | undefined {
  return Value.Check(schema, value) ? value : undefined
}

export function encodePoint({ x, y }: CurvePoint): Static<typeof PointBody> {
  return { x: formatField(x), y: formatField(y) }
}

export function decodePoint({ x, y }: Static<typeof PointBody>): CurvePoint {
  return { x: BigInt(x), y: BigInt(y) }
}

export function decodeMember({ index, encryptionKey }: MemberBody): Member {
  return { index, encryptionKey: decodePoint(encryptionKey) }
}

export function decodeCommittee({
  threshold,
  members,
  publicKey,
  shareKeys,
}: CommitteeBody): Committee {
  return {
    threshold,
    members: members.map(decodeMember),
    publicKey: decodePoint(publicKey),
    shareKeys: shareKeys.map(decodePoint),
  }
}

export function encodeCommittee(
  { threshold, publicKey, shareKeys }: Committee,
  members: readonly MemberBody[],
): CommitteeBody {
  return {
    threshold,
    members: [...members],
    publicKey: encodePoint(publicKey),
    shareKeys: shareKeys.map(encodePoint),
  }
}

export function encodeDealing({ commitments, proof, shares }: Dealing): Static<typeof DealBody> {
  return {
    commitments: commitments.map(encodePoint),
    proof: { r: encodePoint(proof.r), s: formatField(proof.s) },
    shares: shares.map(({ ephemeral, ciphertext }) => ({
      ephemeral: encodePoint(ephemeral),
      ciphertext: bytesToHex(ciphertext),
    })),
  }
}

export function decodeDealing(
  { commitments, proof, shares }: Static<typeof DealBody>,
  { ceremony, dealer }: { ceremony: Uint8Array; dealer: number },
): Dealing {
  return {
    ceremony,
    dealer,
    commitments: commitments.map(decodePoint),
    proof: { r: decodePoint(proof.r), s: BigInt(proof.s) },
    shares: shares.map(({ ephemeral, ciphertext }) => ({
      ephemeral: decodePoint(ephemeral),
      ciphertext: hexToBytes(ciphertext),
    })),
  }
}

export function encodeComplaint({
  dealer,
  shared,
  proof,
}: Complaint): Static<typeof JudgeBody>['complaints'][number] {
  return {
    dealer,
    shared: encodePoint(shared),
    proof: { challenge: formatField(proof.challenge), response: formatField(proof.response) },
  }
}

export function decodeComplaints(
  { complaints }: Static<typeof JudgeBody>,
  { ceremony, complainer }: { ceremony: Uint8Array; complainer: number },
): Complaint[] {
  return complaints.map(({ dealer, shared, proof }) => ({
    ceremony,
    dealer,
    complainer,
    shared: decodePoint(shared),
    proof: { challenge: BigInt(proof.challenge), response: BigInt(proof.response) },
  }))
}
