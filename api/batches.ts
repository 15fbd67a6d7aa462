import { Type, type Static } from '@sinclair/typebox'
import { DEPOSIT_CIPHERTEXT_BYTES, MEMO_BYTES } from '../protocol/constants.ts'
import { SignedAnchor } from './anchors.ts'
import { Assurance } from './assurance.ts'
import {
  AddressHex,
  AmountText,
  AssetId,
  Bytes32Hex,
  BytesHex,
  Closed,
  Count,
  DayNumber,
  FieldHex,
} from './primitives.ts'

export const batchStages = ['sealed', 'proved', 'settled'] as const
export type BatchStage = (typeof batchStages)[number]

const Decimal = Type.String({ pattern: '^(0|[1-9][0-9]{0,77})$' })
/** Scope of an order about transfers (docs/spec/disclosure-log.md): keccak256 of its RFC 8785 text is the order's `scopeHash`. */
export const TransfersScope = Closed({
  type: Type.Literal('cinnabar.scope'),
  version: Type.Literal(1),
  chainId: Decimal,
  log: AddressHex,
  keys: Type.Array(
    Type.Union([
      Type.Literal('statistics'),
      Type.Literal('investigation'),
      Type.Literal('largeValue'),
    ]),
    { minItems: 1, maxItems: 3, uniqueItems: true },
  ),
  period: Type.Optional(Closed({ from: DayNumber, to: DayNumber })),
  salt: Bytes32Hex,
  kind: Type.Literal('transfers'),
  transfers: Type.Array(Closed({ batch: Decimal, slot: Count, nullifier: FieldHex }), {
    minItems: 1,
    maxItems: 100,
  }),
})

/** What stands in a memo's place once a regulator's order had it removed: it is provable by its hash, and the order by its scope. */
export const MemoRemoval = Closed({
  order: Type.String({
    pattern: '^[1-9][0-9]{0,18}$',
    description: 'Number of the order in the DisclosureLog.',
  }),
  scope: TransfersScope,
  memoHash: { ...FieldHex, description: 'As in the public inputs (T12): keccak256, top 248 bits.' },
})

export type MemoRemoval = Static<typeof MemoRemoval>

/** An occupied slot: everything that will be public on the base chain, but for the proof. */
export const SealedTransferBody = Closed({
  kind: Type.Union([Type.Literal('transfer'), Type.Literal('collect')]),
  statementId: Bytes32Hex,
  slot: { ...Count, description: 'Position of the slot in the batch.' },
  firstLeafIndex: Count,
  publicInputs: Type.Array(FieldHex, { minItems: 25, maxItems: 26 }),
  memo: Type.Optional(BytesHex(MEMO_BYTES)),
  memoRemoval: Type.Optional(MemoRemoval),
  anchorBatch: Count,
})

export const SealedDepositBody = Closed({
  id: Count,
  asset: AssetId,
  amount: AmountText,
  recipient: FieldHex,
  ciphertext: BytesHex(DEPOSIT_CIPHERTEXT_BYTES),
  leafIndex: Count,
})

/** A sealed batch. Slots that are not listed are empty: their leaves are 0. */
export const BatchBody = Closed({
  anchor: SignedAnchor,
  circuit: Type.Union([
    Type.Literal('batch-4'),
    Type.Literal('batch-16'),
    Type.Literal('batch-64'),
  ]),
  position: { ...Count, description: 'First slot index of the batch in both trees.' },
  oldSlotCount: Count,
  feeRecipient: AddressHex,
  stage: Type.Union(batchStages.map((stage) => Type.Literal(stage))),
  l1Transaction: Type.Optional(Bytes32Hex),
  assurance: Type.Optional(Assurance),
  transfers: Type.Array(SealedTransferBody),
  deposits: Type.Array(SealedDepositBody),
})
export type BatchBody = Static<typeof BatchBody>

/** Most batches, leaves and identity leaves that one answer holds. */
export const MAX_BATCHES_PER_PAGE = 64
export const MAX_LEAVES_PER_PAGE = 4096

export const BatchRange = Closed({
  from: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 }),
  count: Type.Integer({ minimum: 1, maximum: MAX_BATCHES_PER_PAGE, default: 16 }),
})
export const BatchPage = Closed({
  batches: Type.Array(BatchBody),
  newestBatch: { ...Count, description: 'Newest sealed batch, 0 before the first.' },
})
export type BatchPage = Static<typeof BatchPage>

export const LeafRange = Closed({
  from: { ...Count, default: 0 },
  count: Type.Integer({ minimum: 1, maximum: MAX_LEAVES_PER_PAGE, default: 1024 }),
})
export const LeafPage = Closed({
  from: Count,
  leaves: Type.Array(FieldHex, { description: 'Note-tree leaves, holes as zero.' }),
  leafCount: { ...Count, description: 'Positions used or skipped so far.' },
  batchNumber: { ...Count, description: 'The sealed batch after which this is the tree.' },
})
export type LeafPage = Static<typeof LeafPage>
