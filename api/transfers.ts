import { Type, type Static } from '@sinclair/typebox'
import { MEMO_BYTES } from '../protocol/constants.ts'
import { Assurance } from './assurance.ts'
import {
  AddressHex,
  Bytes32Hex,
  BytesHex,
  Closed,
  Count,
  FieldHex,
  ProofHex,
  SignatureHex,
} from './primitives.ts'

export const transferStatuses = [
  'received',
  'admitted',
  /** Not admitted here, but in the base chain's forced queue: it will be sealed by its deadline. */
  'forced',
  'sealed',
  'settled',
  'rejected',
] as const
export type TransferStatus = (typeof transferStatuses)[number]

/** What a wallet sends: a proved statement. Nothing in it is private. */
export const TransferSubmission = Closed({
  circuit: Type.Union([Type.Literal('transfer'), Type.Literal('collect')]),
  proof: ProofHex,
  publicInputs: Type.Array(FieldHex, {
    minItems: 25,
    maxItems: 26,
    description: "The circuit's public inputs in the verifier's order (PUBLIC_INPUTS).",
  }),
  memo: BytesHex(MEMO_BYTES),
  anchorBatch: { ...Count, description: 'Number of the batch whose note root is the anchor.' },
})
export type TransferSubmission = Static<typeof TransferSubmission>

/**
 * The sequencer's promise to seal, and to settle in time: EIP-712 over the statement, never the proof, which is malleable.
 * Spec: docs/spec/sequencer-api.md#receipt.
 */
export const Receipt = Closed({
  statementId: Bytes32Hex,
  admittedAt: { ...Count, description: 'Unix time, milliseconds.' },
  settleBy: {
    ...Count,
    description:
      "When it will be settled, or the operator's bond pays: seconds of the settlement clock. 0 promises no time.",
  },
  sequencer: AddressHex,
  signature: SignatureHex,
})
export type Receipt = Static<typeof Receipt>

const TransferStatusName = Type.Union(transferStatuses.map((status) => Type.Literal(status)))

/** Where a transfer is. `rejected` carries the reason; a rejected one may be submitted again. */
export const TransferState = Closed({
  id: Bytes32Hex,
  status: TransferStatusName,
  receipt: Type.Optional(Receipt),
  /** From `sealed` on. */
  batchNumber: Type.Optional(Count),
  /** Position of the slot in the batch. */
  slot: Type.Optional(Count),
  /** Leaf index of outputs[0]; outputs[i] stands at this + i. */
  firstLeafIndex: Type.Optional(Count),
  /** From `settled` on: hash of the base-chain transaction. */
  l1Transaction: Type.Optional(Bytes32Hex),
  /** From `sealed` on. */
  assurance: Type.Optional(Assurance),
  /** Set where the statement stands in the base chain's forced queue. */
  forced: Type.Optional(
    Closed({
      entry: Count,
      deadline: { ...Count, description: 'Unix seconds of the settlement clock.' },
    }),
  ),
  reason: Type.Optional(Closed({ code: Type.String(), message: Type.String() })),
})
export type TransferState = Static<typeof TransferState>

/** Answer to an admitted submission, also to the same statement submitted again. */
export const TransferAdmitted = Closed({
  id: Bytes32Hex,
  status: TransferStatusName,
  receipt: Receipt,
})
export type TransferAdmitted = Static<typeof TransferAdmitted>

export const TransferParameters = Closed({ id: Bytes32Hex })
