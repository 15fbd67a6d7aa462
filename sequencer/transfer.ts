import type { TransferCircuit } from '../protocol/constants.ts'
import type { TransferPublicInputs } from '../protocol/publicInputs.ts'
import type { ProofWords } from './proofBytes.ts'

type Hex = `0x${string}`

/** What a transfer says. Its proof is no part of it: one statement has many. */
export type Statement = {
  readonly id: Hex
  readonly circuit: TransferCircuit
  readonly publicInputs: TransferPublicInputs
  readonly memo: Uint8Array
  readonly anchorBatch: bigint
}

/** A statement as submitted. */
export type Submission = Statement & { readonly proof: ProofWords }

/** Admitted, not yet sealed. */
export type WaitingTransfer = Statement & { readonly admittedAt: Date }

/** A promise given: what the receipt says. */
export type Admission = {
  readonly admittedAt: Date
  /** Seconds of the settlement clock; 0 promises no time. */
  readonly settleBy: number
  readonly receiptSignature: Hex
}

/** Why a transfer is, or a submission was, refused. */
export type RejectReason = { readonly code: string; readonly message: string }
