import { type Static, Type } from '@sinclair/typebox'
import { CommitteeBody, Hash, PointBody } from '../committee/bodies.ts'
import { Announcement, Case, Decimal, Item, KeyKind, Scope } from '../orders/documents.ts'
import { PartialBody } from '../orders/openingMessages.ts'

const strict = { additionalProperties: false } as const
const Address = Type.String({ pattern: '^0x[0-9a-f]{40}$' })
const Signature = Type.String({ pattern: '^0x[0-9a-f]{128}$' })
const Epoch = Type.Integer({ minimum: 0, maximum: 65_535 })
const Position = Type.Integer({ minimum: 0, maximum: 100_000 })

/** One transaction on the disclosure log. */
export const Act = Type.Object(
  {
    act: Type.String({ maxLength: 40 }),
    account: Address,
    block: Decimal,
    /** Block time, ISO 8601. */
    time: Type.String({ maxLength: 40 }),
    transaction: Hash,
    recordsHash: Type.Optional(Hash),
    count: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  strict,
)
export type Act = Static<typeof Act>

/** A settled transfer as its calldata has it: ciphertexts, and what is public. */
export const SettledRecord = Type.Object(
  {
    batch: Decimal,
    slot: Position,
    kind: Type.String({ maxLength: 20 }),
    nullifier: Hash,
    /** Of the `settle` call whose calldata holds it. */
    transaction: Hash,
    block: Decimal,
    time: Type.String({ maxLength: 40 }),
    /** Unix day of the statement. */
    day: Decimal,
    epoch: Epoch,
    traceTag: Hash,
    ephemeral: PointBody,
    statisticsCiphertext: Type.Array(Hash, { minItems: 2, maxItems: 2 }),
    investigationCiphertext: Type.Array(Hash, { minItems: 1, maxItems: 2 }),
    withdrawal: Type.Object({ asset: Decimal, amount: Decimal, recipient: Address }, strict),
    fee: Type.Object({ asset: Decimal, amount: Decimal }, strict),
  },
  strict,
)
export type SettledRecord = Static<typeof SettledRecord>

/** A member's signed answer; what all answers of an opening share stands in the opening. */
export const BundledAnswer = Type.Object(
  { partial: PartialBody, at: Type.String({ maxLength: 40 }), signature: Signature },
  strict,
)

/** One ciphertext opened: by whom, with which proofs, to what. */
export const Opening = Type.Object(
  {
    item: Item,
    key: KeyKind,
    /** Position in `committees`. */
    committee: Position,
    answers: Type.Array(BundledAnswer, { minItems: 1, maxItems: 255 }),
    /**
     * Fields of the record as decimal text; of a trace, `traceKey`; of an investigation record that is for the other of keys I and
     * L, `sealedTo`.
     */
    plaintext: Type.Record(
      Type.String({ pattern: '^[a-zA-Z0-9]{1,20}$' }),
      Type.Union([Decimal, Type.Literal('investigation'), Type.Literal('largeValue')]),
    ),
  },
  strict,
)
export type Opening = Static<typeof Opening>

/**
 * What an order opened, with everything that it takes to check it against the chain and nothing else. The members' names are what
 * they call themselves; their keys are bound by their signatures. Spec: docs/spec/bundle.md.
 */
export const Bundle = Type.Object(
  {
    type: Type.Literal('cinnabar.bundle'),
    version: Type.Literal(1),
    chainId: Decimal,
    rollup: Address,
    order: Type.Object(
      {
        number: Decimal,
        kind: Type.String({ maxLength: 20 }),
        isEmergency: Type.Boolean(),
        legalBasis: Type.Integer({ minimum: 1, maximum: 65_535 }),
        limit: Type.Integer({ minimum: 1, maximum: 4_294_967_295 }),
        filer: Address,
        reviewer: Address,
        judge: Address,
        /** All that happened to it before this bundle was made, oldest first. */
        history: Type.Array(Act, { minItems: 1, maxItems: 10_000 }),
      },
      strict,
    ),
    case: Case,
    scope: Scope,
    announcements: Type.Array(Announcement, { minItems: 1, maxItems: 1_000 }),
    committees: Type.Array(CommitteeBody, { minItems: 1, maxItems: 1_000 }),
    records: Type.Array(SettledRecord, { maxItems: 100_000 }),
    openings: Type.Array(Opening, { minItems: 1, maxItems: 200_000 }),
  },
  strict,
)
export type Bundle = Static<typeof Bundle>
