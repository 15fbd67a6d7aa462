import { type Static, Type } from '@sinclair/typebox'

// What a user shows of its own payments, as canonical JSON (RFC 8785). Spec: docs/spec/grants.md.

const strict = { additionalProperties: false } as const
const Field = Type.String({ pattern: '^0x[0-9a-f]{64}$' })
const Decimal = Type.String({ pattern: '^(0|[1-9][0-9]{0,77})$' })
const Point = Type.Object({ x: Field, y: Field }, strict)
const Slot = Type.Integer({ minimum: 0, maximum: 255 })
const Day = Type.Integer({ minimum: 0, maximum: 65_535 })

const common = {
  version: Type.Literal(1),
  chainId: Decimal,
  rollup: Type.String({ pattern: '^0x[0-9a-f]{40}$' }),
  /** Whom it is for; whoever else holds it sees that it was not made for them. */
  grantee: Type.String({ minLength: 1, maxLength: 200 }),
}

/** A settled transfer by its place and nullifier. */
const place = { batch: Decimal, slot: Slot, nullifier: Field }

/** Who owns an account, shown by its spending key's signature; the nullifier key stays behind a hash. */
export const Authority = Type.Object(
  {
    ownerKey: Field,
    identityIndex: Decimal,
    spendingPublicKey: Point,
    /** H(NULLIFIER_KEY, nullifierKey). */
    nullifierKeyHash: Field,
    /** EdDSA-Poseidon over the rest of the document. */
    signature: Type.Object({ r8: Point, s: Field }, strict),
  },
  strict,
)

/** Knowledge of a point's logarithm to Base8, for one document. */
export const KnownLogarithm = Type.Object({ challenge: Field, response: Field }, strict)
export type KnownLogarithm = Static<typeof KnownLogarithm>

/** That two points have one logarithm, as a committee's partials show it. */
export const SharedPoint = Type.Object({ shared: Point, challenge: Field, response: Field }, strict)
export type SharedPoint = Static<typeof SharedPoint>

const NoteOpening = {
  /** 1, 2 or 3. */
  output: Type.Integer({ minimum: 1, maximum: 3 }),
  asset: Decimal,
  amount: Decimal,
  blinding: Field,
}

/** One payment, and nothing else: its note opened, by the payer or the payee. */
export const PaymentReceipt = Type.Object(
  {
    type: Type.Literal('cinnabar.payment-receipt'),
    ...common,
    ...place,
    ...NoteOpening,
    recipient: Type.Object({ ownerKey: Field, identityIndex: Decimal }, strict),
    /**
     * The payer shows that it knows e of R = e·Base8; the payee that the recipient's keys are its own, and that it knows t of
     * the T that is registered for the recipient's index.
     */
    by: Type.Union([
      Type.Object({ side: Type.Literal('payer'), challenge: Field, response: Field }, strict),
      Type.Object(
        { side: Type.Literal('payee'), identity: KnownLogarithm, authority: Authority },
        strict,
      ),
    ]),
  },
  strict,
)
export type PaymentReceipt = Static<typeof PaymentReceipt>

/** What an account sent and received in a period of days, both included. */
export const ViewingGrant = Type.Object(
  {
    type: Type.Literal('cinnabar.viewing-grant'),
    ...common,
    period: Type.Object({ from: Day, to: Day }, strict),
    sent: Type.Array(
      Type.Object(
        {
          ...place,
          statistics: SharedPoint,
          investigation: SharedPoint,
          /** Which of keys I and L that record is for. */
          investigationKey: Type.Union([Type.Literal('I'), Type.Literal('L')]),
        },
        strict,
      ),
      { maxItems: 10_000 },
    ),
    received: Type.Array(Type.Object({ ...place, ...NoteOpening }, strict), { maxItems: 100_000 }),
    /** The account's trace keys of whole epochs: with them the verifier finds every transfer that was sent. */
    traces: Type.Array(Type.Object({ epoch: Day, key: SharedPoint }, strict), { maxItems: 1_000 }),
    /** Of t, for the T that is registered for the owner's index: keys alone belong to nobody. */
    identity: KnownLogarithm,
    authority: Authority,
  },
  strict,
)
export type ViewingGrant = Static<typeof ViewingGrant>
