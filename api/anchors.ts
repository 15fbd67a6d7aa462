import { Type, type Static } from '@sinclair/typebox'
import { AddressHex, Closed, Count, FieldHex, SignatureHex } from './primitives.ts'

/**
 * One link of the durable signed chain: what a batch did to both roots. Its note root is an anchor
 * from sealing on. Batch 0 is the initial state, which needs no signature.
 * Spec: docs/spec/sequencer-api.md#anchor.
 */
export const SignedAnchor = Closed({
  batchNumber: Count,
  parentNoteRoot: FieldHex,
  parentNullifierRoot: FieldHex,
  noteRoot: FieldHex,
  nullifierRoot: FieldHex,
  slotCount: { ...Count, description: 'After the batch. The note tree has four leaves a slot.' },
  sequencer: AddressHex,
  signature: SignatureHex,
})
export type SignedAnchor = Static<typeof SignedAnchor>

export const AnchorParameters = Closed({ batch: Type.Integer({ minimum: 1 }) })
