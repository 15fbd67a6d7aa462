import {
  addressOfKey,
  hashAnchor,
  hashReceipt,
  NOBODY,
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
  /** `settleBy`: seconds of the settlement clock; 0 promises no time. */
  signReceipt(statementId: Hex, admission: { admittedAt: Date; settleBy: number }): Receipt
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
    signReceipt(statementId, { admittedAt, settleBy }) {
      const receipt = {
        statementId,
        admittedAt: admittedAt.getTime(),
        settleBy,
        sequencer: address,
      }
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

/**
 * A batch's anchor as clients get it: with the stored signature, or one made now where a follower took
 * the batch over before this node came to sign, or where another key signed it before: the same link, under the key
 * that clients are told of. Without a signer it has none.
 */
export function toSignedAnchor(
  batch: BatchRecord,
  signer: Pick<Signer, 'address' | 'signAnchor'> | undefined,
): SignedAnchor {
  if (signer === undefined) return anchorFields(batch, NOBODY)
  const isOwn = batch.signer === undefined || batch.signer === signer.address
  return {
    ...anchorFields(batch, signer.address),
    signature: (isOwn ? batch.signature : undefined) ?? signer.signAnchor(batch),
  }
}
