import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { canonicalBytes, type Json } from '../../protocol/canonicalJson.ts'
import { bytesToHex } from '../../protocol/field.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import { auditKeyKinds } from '../auditKeys.ts'
import { Hash, read } from '../committee/bodies.ts'
import { DocumentInvalidError } from './errors.ts'

// An order's documents. Their hashes stand on the base chain, salted, so that nobody finds out by trying what they say; they
// themselves stay with the officer and the members until the order is unsealed.

const strict = { additionalProperties: false } as const
export const Decimal = Type.String({ pattern: '^(0|[1-9][0-9]{0,77})$' })
const Address = Type.String({ pattern: '^0x[0-9a-f]{40}$' })
const Epoch = Type.Integer({ minimum: 0, maximum: 65_535 })
const Day = Type.Integer({ minimum: 0, maximum: 65_535 })
/** More in one scope or announcement would make no member's answer quick; an order has as many as it needs. */
const MAX_ITEMS = 10_000

/** Which audit key's ciphertext: of a record, or of a subject's trace (investigation). */
export const KeyKind = Type.Union(auditKeyKinds.map((kind) => Type.Literal(kind)))

/** A settled transfer; the nullifier makes sure that everybody means the same one. */
export const TransferReference = Type.Object(
  { batch: Decimal, slot: Type.Integer({ minimum: 0, maximum: 255 }), nullifier: Hash },
  strict,
)
export type TransferReference = Static<typeof TransferReference>

const common = {
  type: Type.Literal('cinnabar.scope'),
  version: Type.Literal(1),
  chainId: Decimal,
  /** DisclosureLog. */
  log: Address,
  /** Which ciphertexts of a record may be opened. */
  keys: Type.Array(KeyKind, { minItems: 1, maxItems: auditKeyKinds.length, uniqueItems: true }),
  /** Days of the statements, both included. */
  period: Type.Optional(Type.Object({ from: Day, to: Day }, strict)),
  salt: Hash,
}

export const TransfersScope = Type.Object(
  {
    ...common,
    kind: Type.Literal('transfers'),
    transfers: Type.Array(TransferReference, { minItems: 1, maxItems: MAX_ITEMS }),
  },
  strict,
)

export const SubjectScope = Type.Object(
  {
    ...common,
    kind: Type.Literal('subject'),
    /** Identity index. */
    index: Type.Integer({ minimum: 0, maximum: 2 ** 20 - 1 }),
    epochs: Type.Array(Epoch, { minItems: 1, maxItems: 1_000, uniqueItems: true }),
  },
  strict,
)

/** What an order lets be opened. */
export const Scope = Type.Union([TransfersScope, SubjectScope])
export type Scope = Static<typeof Scope>

/** One thing to open: a subject's trace key of an epoch, or a settled transfer's record. */
export const Item = Type.Union([
  Type.Object({ type: Type.Literal('trace'), epoch: Epoch }, strict),
  Type.Object(
    {
      type: Type.Literal('record'),
      ...TransferReference.properties,
      /** Under a subject order: with them the trace tag shows that the record is the subject's. */
      asset: Type.Optional(Decimal),
      nonce: Type.Optional(Decimal),
    },
    strict,
  ),
])
export type Item = Static<typeof Item>

/** What is about to be opened under an order. */
export const Announcement = Type.Object(
  {
    type: Type.Literal('cinnabar.announcement'),
    version: Type.Literal(1),
    chainId: Decimal,
    log: Address,
    order: Decimal,
    items: Type.Array(Item, { minItems: 1, maxItems: MAX_ITEMS }),
    salt: Hash,
  },
  strict,
)
export type Announcement = Static<typeof Announcement>

/** The case behind an order, by the hash of its file. */
export const Case = Type.Object(
  {
    type: Type.Literal('cinnabar.case'),
    version: Type.Literal(1),
    /** SHA-256 of the case file. */
    file: Hash,
    salt: Hash,
  },
  strict,
)
export type Case = Static<typeof Case>

/** keccak256 of the canonical text (RFC 8785): `scopeHash`, `caseHash`, `recordsHash` and `bundleHash` of the log. */
export function hashDocument(document: Json): `0x${string}` {
  return bytesToHex(keccak_256(canonicalBytes(document)))
}

/** @throws {DocumentInvalidError} */
export function readDocument<T extends TSchema>(
  schema: T,
  value: unknown,
  what: string,
): Static<T> {
  const document = read(schema, value)
  if (document === undefined) throw new DocumentInvalidError({ what })
  return document
}

export function freshSalt(randomBytes: RandomBytes): `0x${string}` {
  return bytesToHex(randomBytes(32))
}

/** Whether a statement's day is in a scope's period, both ends included; without one every day is. */
export function isInPeriod(day: bigint, period: Scope['period']): boolean {
  return period === undefined || (day >= BigInt(period.from) && day <= BigInt(period.to))
}

/** Two items are one when they say the same. */
export function isSameTransfer(one: TransferReference, other: TransferReference): boolean {
  return one.batch === other.batch && one.slot === other.slot && one.nullifier === other.nullifier
}
