import {
  addressOfKey,
  hashAnchor,
  hashReceipt,
  type Receipt,
  signDigest,
  type SignedAnchor,
  type SigningDomain,
} from '../api/index.ts'
import { formatField } from '../protocol/field.ts'
import type { BatchRecord } from './store/insertBatch.ts'

type Hex = `0x${string}`

/** Signs receipts and anchors with the receipt key. */
export type Signer = {
  readonly address: Hex
  signReceipt(statementId: Hex, admittedAt: Date): Receipt
  signAnchor(batch: Omit<BatchRecord, 'signature'>): Hex
}

export function createSigner({
  privateKey,
  domain,
}: {
  privateKey: Uint8Array
  domain: SigningDomain
}): Signer {
  const address = addressOfKey(privateKey)
  return {
    address,
    signReceipt(statementId, admittedAt) {
      const receipt = { statementId, admittedAt: admittedAt.getTime(), sequencer: address }
      return { ...receipt, signature: signDigest(privateKey, hashReceipt(domain, receipt)) }
    },
    signAnchor: (batch) => signDigest(privateKey, hashAnchor(domain, anchorFields(batch, address))),
  }
}

function anchorFields(
  batch: Omit<BatchRecord, 'signature'>,
  sequencer: Hex,
): Omit<SignedAnchor, 'signature'> {
  return {
    batchNumber: Number(batch.number),
    parentNoteRoot: formatField(batch.oldNoteRoot),
    parentNullifierRoot: formatField(batch.oldNullifierRoot),
    noteRoot: formatField(batch.newNoteRoot),
    nullifierRoot: formatField(batch.newNullifierRoot),
    slotCount: Number(batch.newSlotCount),
    sequencer,
  }
}

/** The stored signature, as clients get it. */
export function toSignedAnchor(batch: BatchRecord, sequencer: Hex): SignedAnchor {
  return { ...anchorFields(batch, sequencer), signature: batch.signature }
}
