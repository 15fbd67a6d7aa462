import { Type, type Static } from '@sinclair/typebox'
import { AddressHex, Closed, Count, FieldHex, SignatureHex } from './primitives.ts'

/** Stands where an address is asked for and nobody signs: in what a follower serves. */
export const NOBODY = '0x0000000000000000000000000000000000000000'

/**
 * One link of the durable signed chain: what a batch did to both roots. Its note root is an anchor
 * from sealing on. Batch 0 is the initial state, which needs no signature. A follower signs nothing: its
 * anchors are those of settled batches, which the base chain vouches for; they have no signature, and the
 * zero address for a sequencer.
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
  signature: Type.Optional(SignatureHex),
})
export type SignedAnchor = Static<typeof SignedAnchor>

export const AnchorParameters = Closed({
  batch: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
})
