import { type Static, Type } from '@sinclair/typebox'
import type { PartialDecryption } from '../../protocol/committee/partialDecryption.ts'
import { formatField } from '../../protocol/field.ts'
import {
  CommitteeBody,
  decodePoint,
  encodePoint,
  Hash,
  Index,
  PointBody,
} from '../committee/bodies.ts'
import { isSignedJson, signJson } from '../committee/signedJson.ts'
import { Announcement, Decimal, Item, KeyKind, Scope } from './documents.ts'
import type { TraceEvidence } from './checkOpening.ts'

// What an officer and a member say to each other about openings.

const strict = { additionalProperties: false } as const
/** Items a request may name: a thousand take a member some seconds. */
export const MAX_ASKED = 1_000

/** A member's part of an opening, with its proof, as JSON. */
export const PartialBody = Type.Object(
  { member: Index, result: PointBody, challenge: Hash, response: Hash },
  strict,
)
export type PartialBody = Static<typeof PartialBody>

/** A subject's trace key of one epoch: whoever reads it checks the proofs. */
export const TraceBody = Type.Object(
  {
    epoch: Type.Integer({ minimum: 0, maximum: 65_535 }),
    committee: CommitteeBody,
    partials: Type.Array(PartialBody, { minItems: 1, maxItems: 255 }),
  },
  strict,
)
export type TraceBody = Static<typeof TraceBody>

export const OpeningRequest = Type.Object(
  {
    version: Type.Literal(1),
    order: Decimal,
    scope: Scope,
    announcement: Announcement,
    /** Which key's shares are asked for. */
    key: KeyKind,
    /** `committeeId`: whose shares, for a member that has older ones of the same key. Without it, any. */
    committee: Type.Optional(Hash),
    /** Positions in the announcement. */
    items: Type.Array(Type.Integer({ minimum: 0, maximum: 9_999 }), {
      minItems: 1,
      maxItems: MAX_ASKED,
      uniqueItems: true,
    }),
    /** Under a subject order, for records. */
    traces: Type.Optional(Type.Array(TraceBody, { maxItems: 1_000 })),
  },
  strict,
)
export type OpeningRequest = Static<typeof OpeningRequest>

/** A partial that its author signed: it can be held against it. */
export const OpeningAnswer = Type.Object(
  {
    version: Type.Literal(1),
    chainId: Decimal,
    log: Type.String({ pattern: '^0x[0-9a-f]{40}$' }),
    order: Decimal,
    key: KeyKind,
    item: Item,
    /** `committeeId`. */
    committee: Hash,
    partial: PartialBody,
    /** ISO 8601, by the member's clock. */
    at: Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z$' }),
    signature: Type.String({ pattern: '^0x[0-9a-f]{128}$' }),
  },
  strict,
)
export type OpeningAnswer = Static<typeof OpeningAnswer>

export const OpeningReply = Type.Object(
  {
    answers: Type.Array(OpeningAnswer, { maxItems: MAX_ASKED }),
    refusals: Type.Array(
      Type.Object(
        {
          item: Type.Integer({ minimum: 0, maximum: 9_999 }),
          code: Type.String({ maxLength: 80 }),
          message: Type.String({ maxLength: 1_000 }),
        },
        strict,
      ),
      { maxItems: MAX_ASKED },
    ),
  },
  strict,
)
export type OpeningReply = Static<typeof OpeningReply>

export function signAnswer(
  unsigned: Omit<OpeningAnswer, 'signature'>,
  signingSecret: Uint8Array,
): OpeningAnswer {
  return { ...unsigned, signature: signJson('cinnabar.openingAnswer', unsigned, signingSecret) }
}

export function isAnswerSigned(
  { signature, ...unsigned }: OpeningAnswer,
  { members }: Pick<CommitteeBody, 'members'>,
): boolean {
  const signingKey = members[unsigned.partial.member - 1]?.signingKey
  return (
    signingKey !== undefined &&
    isSignedJson('cinnabar.openingAnswer', unsigned, { signature, signingKey })
  )
}

export function encodePartial({ member, result, proof }: PartialDecryption): PartialBody {
  return {
    member,
    result: encodePoint(result),
    challenge: formatField(proof.challenge),
    response: formatField(proof.response),
  }
}

export function decodePartial({
  member,
  result,
  challenge,
  response,
}: PartialBody): PartialDecryption {
  return {
    member,
    result: decodePoint(result),
    proof: { challenge: BigInt(challenge), response: BigInt(response) },
  }
}

export function decodeTraces(traces: readonly TraceBody[]): TraceEvidence[] {
  return traces.map(({ partials, ...rest }) => ({
    ...rest,
    partials: partials.map(decodePartial),
  }))
}
