import { Type, type Static } from '@sinclair/typebox'
import {
  AddressHex,
  AmountText,
  AssetId,
  Bytes32Hex,
  Closed,
  Count,
  DayNumber,
  FieldHex,
  WeiText,
} from './primitives.ts'

const Point = Type.Tuple([FieldHex, FieldHex])
const Head = Closed({
  batchNumber: Count,
  noteRoot: FieldHex,
  nullifierRoot: FieldHex,
  slotCount: Count,
})
const Version = Closed({ version: Count, root: FieldHex })

/** What a wallet must know before it builds a statement, and what an operator looks at first. */
export const StatusBody = Closed({
  protocolVersion: Count,
  chainId: Count,
  contracts: Type.Record(Type.String(), AddressHex),
  domain: FieldHex,
  prefix: Type.Union([Type.Literal('cnb'), Type.Literal('tcnb')]),
  circuits: Type.Array(
    Closed({
      name: Type.String(),
      id: Count,
      keyHash: Type.Union([Bytes32Hex, Type.Null()], {
        description: 'SHA-256 of the verification key.',
      }),
    }),
  ),
  sealed: Head,
  settled: Head,
  finality: Closed(
    { batchNumber: Count, depth: Count },
    {
      description:
        'Newest batch that is final, 0 before the first, and how many base-chain blocks make one so.',
    },
  ),
  settlement: Closed(
    {
      mode: Type.Union([Type.Literal('sequencer'), Type.Literal('lease')]),
      isOurs: Type.Boolean(),
      leaseHolder: Type.Union([AddressHex, Type.Null()]),
      leaseEndsAt: Type.Union([Count, Type.Null()]),
    },
    {
      description:
        'Who may settle: the sequencer, or after a breach whoever holds the lease (seconds of the settlement clock). While it is not ours, nothing is admitted.',
    },
  ),
  promise: Type.Union([Closed({ seconds: Count, bond: WeiText, payout: WeiText }), Type.Null()], {
    description:
      'How long after its admission a transfer will be settled, by receipts given now (settlement clock), the bond that answers for it, and what it pays (wei). Null: they promise no time.',
  }),
  identity: Version,
  policy: Version,
  day: { ...DayNumber, description: 'The day a statement must carry to be admitted now.' },
  epoch: Count,
  auditKeyS: Point,
  auditKeyI: Point,
  auditKeyL: Point,
  minimumFees: Type.Array(Closed({ asset: AssetId, amount: AmountText })),
  limits: Closed({
    bodyBytes: Count,
    requestsPerMinute: Count,
    batchesPerPage: Count,
    leavesPerPage: Count,
  }),
  batchSizes: Type.Array(Count),
  feeRecipient: AddressHex,
  sequencer: {
    ...AddressHex,
    description: 'Signs receipts and anchors; the zero address where nobody does (a follower).',
  },
})
export type StatusBody = Static<typeof StatusBody>

/** /readyz and /healthz. A check that fails names itself; it never says more than a stable code. */
export const HealthBody = Closed({
  status: Type.Union([Type.Literal('ok'), Type.Literal('failing')]),
  checks: Type.Array(
    Closed({ name: Type.String(), isOk: Type.Boolean(), detail: Type.Optional(Type.String()) }),
  ),
})
export type HealthBody = Static<typeof HealthBody>
