import { type BatchCircuit, OUTPUTS_PER_SLOT, type TransferCircuit } from '../protocol/constants.ts'
import { InvalidEncodingError } from '../protocol/errors.ts'
import { bytesToHex, formatField, hexToBytes } from '../protocol/field.ts'
import {
  publicInputsFromArray,
  publicInputsToArray,
  type TransferPublicInputs,
} from '../protocol/publicInputs.ts'
import type { Assurance } from './assurance.ts'
import type { SignedAnchor } from './anchors.ts'
import type { BatchBody, BatchStage, MemoRemoval } from './batches.ts'
import type { TransferSubmission } from './transfers.ts'

/** A transfer of a sealed batch in protocol terms; the same shape as one settled on the chain. */
export type SealedTransfer = {
  readonly kind: TransferCircuit
  readonly statementId: `0x${string}`
  readonly slot: number
  readonly firstLeafIndex: bigint
  readonly publicInputs: TransferPublicInputs
  /** Empty where it was removed from this answer: the base chain still has it. */
  readonly memo: Uint8Array
  /** The order by which the service gives the memo's hash alone. */
  readonly memoRemoval?: Pick<MemoRemoval, 'order' | 'scope'>
  readonly anchorBatch: bigint
}

export type SealedDeposit = {
  readonly id: bigint
  readonly asset: bigint
  /** Protocol units. */
  readonly amount: bigint
  readonly recipient: bigint
  readonly ciphertext: Uint8Array
  readonly leafIndex: bigint
}

export type SealedBatch = {
  readonly anchor: SignedAnchor
  readonly batchNumber: bigint
  readonly circuit: BatchCircuit
  readonly position: bigint
  readonly oldSlotCount: bigint
  readonly newSlotCount: bigint
  readonly noteRoot: bigint
  readonly nullifierRoot: bigint
  readonly feeRecipient: `0x${string}`
  readonly stage: BatchStage
  readonly l1Transaction?: `0x${string}`
  readonly assurance?: Assurance
  readonly transfers: readonly SealedTransfer[]
  readonly deposits: readonly SealedDeposit[]
}

/** @throws when a value in it is not canonical, or a memo is missing that no order removed. */
export function decodeBatchBody(body: BatchBody): SealedBatch {
  return {
    anchor: body.anchor,
    batchNumber: BigInt(body.anchor.batchNumber),
    circuit: body.circuit,
    position: BigInt(body.position),
    oldSlotCount: BigInt(body.oldSlotCount),
    newSlotCount: BigInt(body.anchor.slotCount),
    noteRoot: BigInt(body.anchor.noteRoot),
    nullifierRoot: BigInt(body.anchor.nullifierRoot),
    feeRecipient: body.feeRecipient,
    stage: body.stage,
    ...(body.l1Transaction === undefined ? {} : { l1Transaction: body.l1Transaction }),
    ...(body.assurance === undefined ? {} : { assurance: body.assurance }),
    transfers: body.transfers.map((transfer) => ({
      kind: transfer.kind,
      statementId: transfer.statementId,
      slot: transfer.slot,
      firstLeafIndex: BigInt(transfer.firstLeafIndex),
      publicInputs: publicInputsFromArray(transfer.kind, transfer.publicInputs.map(BigInt)),
      ...decodeMemo(transfer),
      anchorBatch: BigInt(transfer.anchorBatch),
    })),
    deposits: body.deposits.map((deposit) => ({
      id: BigInt(deposit.id),
      asset: BigInt(deposit.asset),
      amount: BigInt(deposit.amount),
      recipient: BigInt(deposit.recipient),
      ciphertext: hexToBytes(deposit.ciphertext),
      leafIndex: BigInt(deposit.leafIndex),
    })),
  }
}

function decodeMemo({
  memo,
  memoRemoval,
}: BatchBody['transfers'][number]): Pick<SealedTransfer, 'memo' | 'memoRemoval'> {
  if (memoRemoval !== undefined) {
    const { order, scope } = memoRemoval
    return { memo: new Uint8Array(), memoRemoval: { order, scope } }
  }
  if (memo === undefined) {
    throw new InvalidEncodingError({ what: 'sealed transfer', reason: 'it has no memo' })
  }
  return { memo: hexToBytes(memo) }
}

export function encodeBatchBody(batch: SealedBatch): BatchBody {
  return {
    anchor: batch.anchor,
    circuit: batch.circuit,
    position: Number(batch.position),
    oldSlotCount: Number(batch.oldSlotCount),
    feeRecipient: batch.feeRecipient,
    stage: batch.stage,
    ...(batch.l1Transaction === undefined ? {} : { l1Transaction: batch.l1Transaction }),
    ...(batch.assurance === undefined ? {} : { assurance: batch.assurance }),
    transfers: batch.transfers.map((transfer) => ({
      kind: transfer.kind,
      statementId: transfer.statementId,
      slot: transfer.slot,
      firstLeafIndex: Number(transfer.firstLeafIndex),
      publicInputs: publicInputsToArray(transfer.kind, transfer.publicInputs).map(formatField),
      ...(transfer.memoRemoval === undefined
        ? { memo: bytesToHex(transfer.memo) }
        : {
            memoRemoval: {
              ...transfer.memoRemoval,
              memoHash: formatField(transfer.publicInputs.memoHash),
            },
          }),
      anchorBatch: Number(transfer.anchorBatch),
    })),
    deposits: batch.deposits.map((deposit) => ({
      id: Number(deposit.id),
      asset: Number(deposit.asset),
      amount: String(deposit.amount),
      recipient: formatField(deposit.recipient),
      ciphertext: bytesToHex(deposit.ciphertext),
      leafIndex: Number(deposit.leafIndex),
    })),
  }
}

/** A proved statement as the body of a submission. */
export function encodeSubmission({
  circuit,
  proof,
  publicInputs,
  memo,
  anchorBatch,
}: {
  circuit: TransferCircuit
  /** Eight coordinates as the contract takes them. */
  proof: readonly bigint[]
  publicInputs: TransferPublicInputs
  memo: Uint8Array
  anchorBatch: bigint
}): TransferSubmission {
  return {
    circuit,
    proof: proof.map(formatField),
    publicInputs: publicInputsToArray(circuit, publicInputs).map(formatField),
    memo: bytesToHex(memo),
    anchorBatch: Number(anchorBatch),
  }
}

/** The leaves a batch writes, [leaf index, leaf]: outputs of its transfers. Deposits are hashed by the caller. */
export function transferLeaves(batch: SealedBatch): [bigint, bigint][] {
  return batch.transfers.flatMap((transfer) =>
    Array.from({ length: OUTPUTS_PER_SLOT }, (_, i): [bigint, bigint] => [
      transfer.firstLeafIndex + BigInt(i),
      transfer.publicInputs.outputs[i] ?? 0n,
    ]),
  )
}
