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
  FieldHex,
} from './primitives.ts'

export const batchStages = ['sealed', 'proved', 'settled'] as const
export type BatchStage = (typeof batchStages)[number]

/** What stands in a memo's place once a regulator's order had it removed: it is provable by its hash. */
export const MemoRemoval = Closed({
  order: Type.String({ minLength: 1, maxLength: 200, description: 'Reference of the order.' }),
  memoHash: { ...FieldHex, description: 'As in the public inputs (T12): keccak256, top 248 bits.' },
})

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
