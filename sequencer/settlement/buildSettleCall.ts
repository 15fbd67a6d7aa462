import type { SettleBatch, SettleCall, SettleContext, SettleSlot } from '../../l1/codec.ts'
import { formatField } from '../../protocol/field.ts'
import { unpackWord } from '../../protocol/words.ts'
import {
  QueuedItemAbsentError,
  RootVersionUnknownError,
  StateInconsistentError,
} from '../errors.ts'
import type { ProofWords } from '../proofBytes.ts'
import type { Connection } from '../store/database.ts'
import { findAbsentItem } from '../store/findAbsentItem.ts'
import { findRootVersions } from '../store/findRootVersions.ts'
import type { ForcedSlot } from '../store/insertBatchForced.ts'
import { listBatchDeposits } from '../store/listBatchDeposits.ts'
import { listBatchForced } from '../store/listBatchForced.ts'
import { listBatches, type StoredBatch } from '../store/listBatches.ts'
import { listBatchTransfers } from '../store/listBatchTransfers.ts'
import type { ProvedBatch } from '../store/listProvedBatches.ts'
import { listTransferProofs } from '../store/listTransferProofs.ts'
import type { Statement } from '../transfer.ts'
import { findSunsetProofs, type SunsetKeys } from './findSunsetProofs.ts'

/**
 * The call that settles consecutive proved batches, from what the database holds.
 *
 * @param sunset replaced keys that are usable still: what was proved for them says so.
 * @throws {RootVersionUnknownError | QueuedItemAbsentError} when a root of a transfer, or a deposit or forced transfer, is
 * not on the observed base chain.
 */
export async function buildSettleCall(
  connection: Connection,
  proved: readonly ProvedBatch[],
  sunset?: SunsetKeys,
): Promise<SettleCall> {
  const ids = proved.map(({ id }) => id)
  const [first] = proved
  if (first === undefined) throw new RangeError('no batch to settle')
  const absent = await findAbsentItem(connection, ids)
  if (absent !== undefined) throw new QueuedItemAbsentError(absent)
  const batches = await listBatches(connection, { from: first.number, count: proved.length })
  const transfers = await listBatchTransfers(connection, ids)
  const deposits = await listBatchDeposits(connection, ids)
  const forced = await listBatchForced(connection, ids)
  const proofs = await listTransferProofs(connection, ids)
  const isForced = (batchId: bigint, slot: number) =>
    forced.get(batchId)?.some((entry) => entry.slot === slot) === true
  // What came by force was checked on entry: neither roots nor proof are named again.
  const proofNeeded = new Map(
    [...transfers].map(([id, list]) => [id, list.filter(({ slot }) => !isForced(id, slot))]),
  )
  const all = [...proofNeeded.values()].flat()
  const roots = (pick: (statement: Statement) => bigint) => [...new Set(all.map(pick))]
  const identities = await findRootVersions(connection, {
    kind: 'identity',
    roots: roots(({ publicInputs }) => publicInputs.identityRoot),
  })
  const policies = await findRootVersions(connection, {
    kind: 'policy',
    roots: roots(({ publicInputs }) => publicInputs.policyRoot),
  })

  const proofOfBatch = ({ id, number }: StoredBatch) => {
    const proof = proved.find((candidate) => candidate.id === id)
    if (proof === undefined) {
      throw new StateInconsistentError({ batchNumber: number, what: 'its proof is gone' })
    }
    return proof
  }
  const inSunset =
    sunset === undefined || sunset.keys.size === 0
      ? undefined
      : await findSunsetProofs(
          sunset,
          batches.map((batch) => ({
            ...{ batch, proof: proofOfBatch(batch).proof, proofs },
            transfers: transfers.get(batch.id) ?? [],
            deposits: deposits.get(batch.id) ?? [],
            forced: forced.get(batch.id) ?? [],
          })),
        )
  const flagIf = (isSunset: boolean | undefined) =>
    isSunset === true ? { isSunsetKey: true as const } : {}

  const contexts: SettleContext[] = []
  const contextOf = (batch: StoredBatch, { publicInputs }: Statement): number => {
    const identityVersion = identities.get(publicInputs.identityRoot)
    const policyVersion = policies.get(publicInputs.policyRoot)
    const batchNumber = batch.number
    if (identityVersion === undefined) {
      throw new RootVersionUnknownError({ kind: 'identity', batchNumber })
    }
    if (policyVersion === undefined) {
      throw new RootVersionUnknownError({ kind: 'policy', batchNumber })
    }
    const context = { identityVersion, policyVersion, day: publicInputs.day }
    const known = contexts.findIndex(
      (other) =>
        other.identityVersion === identityVersion &&
        other.policyVersion === policyVersion &&
        other.day === context.day,
    )
    return known === -1 ? contexts.push(context) - 1 : known
  }

  const settled = batches.map((batch): SettleBatch => {
    const proof = proofOfBatch(batch)
    return {
      circuit: batch.circuit,
      ...flagIf(inSunset?.batches.has(batch.id)),
      batchNumber: batch.number,
      feeRecipient: batch.feeRecipient,
      newNoteRoot: batch.newNoteRoot,
      newNullifierRoot: batch.newNullifierRoot,
      depositIds: (deposits.get(batch.id) ?? []).map(({ id }) => id),
      c: proof.c,
      proof: proof.proof,
      slots: inSlots(forced.get(batch.id) ?? [], proofNeeded.get(batch.id) ?? [], (transfer) => {
        const { amount, asset } = unpackWord('fee', transfer.publicInputs.fee)
        const { publicInputs } = transfer
        return {
          kind: transfer.circuit,
          ...flagIf(inSunset?.transfers.has(transfer.id)),
          context: contextOf(batch, transfer),
          anchorBatch: transfer.anchorBatch,
          nullifier: publicInputs.nullifier,
          outputs: publicInputs.outputs,
          withdrawal: publicInputs.withdrawal,
          fee: { amount, asset },
          traceTag: publicInputs.traceTag,
          ephemeral: publicInputs.ephemeral,
          statisticsCiphertext: publicInputs.statisticsCiphertext,
          investigationCiphertext: publicInputs.investigationCiphertext,
          memo: transfer.memo,
          proof: proofOf(proofs, transfer.id, batch.number),
        }
      }),
    }
  })
  return { contexts, batches: settled }
}

/** Ours stand in slots 0, 1, … without gaps. */
function inSlots<Transfer extends { readonly slot: number }>(
  forced: readonly ForcedSlot[],
  transfers: readonly Transfer[],
  toSlot: (transfer: Transfer) => SettleSlot,
): SettleSlot[] {
  return [
    ...transfers.map((transfer) => ({ slot: transfer.slot, contents: toSlot(transfer) })),
    ...forced.map((entry) => ({ slot: entry.slot, contents: forcedSlot(entry) })),
  ]
    .sort((one, other) => one.slot - other.slot)
    .map(({ contents }) => contents)
}

function forcedSlot({
  entryId,
  takenAs,
  nullifier,
  outputs,
  withdrawal,
  fee,
}: ForcedSlot): SettleSlot {
  const { amount, asset } = unpackWord('fee', fee)
  return {
    ...{ kind: 'forced', entryId, takenAs, nullifier, outputs, withdrawal },
    fee: { amount, asset },
  }
}

function proofOf(
  proofs: ReadonlyMap<string, ProofWords>,
  id: `0x${string}`,
  batchNumber: bigint,
): ProofWords {
  const proof = proofs.get(id)
  if (proof === undefined) {
    throw new StateInconsistentError({
      batchNumber,
      what: `the proof of transfer ${formatField(BigInt(id))} is gone`,
    })
  }
  return proof
}
