import { computeStatementId } from '../../api/index.ts'
import type { ChainEventOf, ChainReader } from '../../l1/chainEvents.ts'
import { type AppliedBatch, applyBatch } from '../../protocol/applyBatch.ts'
import type { Batch } from '../../protocol/batch.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import type { RollupState } from '../../protocol/rollupState.ts'
import { BatchOvertakenError, NullifierSpentError, toReason } from '../admission/errors.ts'
import { StateInconsistentError } from '../errors.ts'
import { failPoint } from '../failPoint.ts'
import type { Signer } from '../signer.ts'
import { adoptTransfer } from '../store/adoptTransfer.ts'
import type { Database } from '../store/database.ts'
import { findBatchL1Block } from '../store/findBatchL1Block.ts'
import { findForeignBatch } from '../store/findForeignBatch.ts'
import { findUnsettledAdoptedBatch } from '../store/findUnsettledAdoptedBatch.ts'
import { insertBatch, type BatchRecord } from '../store/insertBatch.ts'
import { insertBatchDeposits } from '../store/insertBatchDeposits.ts'
import { type ForcedSlot, insertBatchForced } from '../store/insertBatchForced.ts'
import type { Statement } from '../transfer.ts'
import { toBatch } from './restoreState.ts'
import type { SealedState } from './sealedState.ts'
import { voidBatchesFrom } from './voidBatchesFrom.ts'

type SettledEvent = ChainEventOf<'batchSettled'>

export type AdoptDependencies = {
  database: Database
  state: SealedState
  chain: ChainReader
  /** None in a follower: what it takes over stays unsigned. */
  signer?: Signer
  /** Applies a batch, once its data were found to follow all rules. Default: applies it. */
  audit?: (settled: {
    event: SettledEvent
    batch: Batch
    fork: RollupState
  }) => Promise<AppliedBatch>
  now: () => Date
}

/**
 * Follows the base chain: what it settled and this node did not seal (its database was lost, or another
 * sequencer took over) replaces what this node has sealed from that number on.
 *
 * @returns the numbers of adopted and of voided batches.
 */
export function adoptSettledBatches(
  deps: AdoptDependencies,
  known: readonly SettledEvent[],
): Promise<{ adopted: bigint[]; voided: bigint[] }> {
  return deps.state.exclusive(async () => {
    const adopted: bigint[] = []
    const voided: bigint[] = []
    const { database, state, now } = deps
    const drop = async (from: bigint) => {
      voided.push(
        ...(await voidBatchesFrom(deps, { from, reason: new BatchOvertakenError(), now: now() })),
      )
    }
    const gone = await findUnsettledAdoptedBatch(database)
    if (gone !== undefined) await drop(gone)
    for (;;) {
      const foreign = await findForeignBatch(database)
      if (foreign === undefined) return { adopted, voided }
      const { batchNumber } = foreign
      if (state.head.batchNumber >= batchNumber) await drop(batchNumber)
      const event =
        known.find((candidate) => candidate.batchNumber === batchNumber) ??
        (await readEvent(deps, batchNumber))
      await adopt(deps, event)
      adopted.push(batchNumber)
    }
  })
}

async function readEvent(
  { database, chain }: AdoptDependencies,
  batchNumber: bigint,
): Promise<SettledEvent> {
  const block = await findBatchL1Block(database, batchNumber)
  const events = block === undefined ? [] : await chain.getEvents({ from: block, to: block })
  const event = events.find(
    (candidate): candidate is SettledEvent =>
      candidate.type === 'batchSettled' && candidate.batchNumber === batchNumber,
  )
  // The next round of the observer sees why, and drops the block.
  if (event === undefined) {
    throw new StateInconsistentError({ batchNumber, what: 'its data is not on the base chain' })
  }
  return event
}

/** Of a void one only what its batch's proof is bound to is known here: it is never settled again by us. */
function forcedSlotsOf({ transfers, voids }: SettledEvent): ForcedSlot[] {
  const live = transfers.flatMap(({ kind, slot, forcedEntry, publicInputs }): ForcedSlot[] => {
    if (forcedEntry === undefined) return []
    const { nullifier, outputs, withdrawal, fee } = publicInputs
    const words = { nullifier, outputs, withdrawal, fee }
    return [{ slot, entryId: forcedEntry, takenAs: kind, ...words }]
  })
  const none = { takenAs: 'void', withdrawal: 0n, fee: 0n } as const
  return [
    ...live,
    ...voids.map(({ forcedEntry: entryId, ...words }) => ({ entryId, ...none, ...words })),
  ]
}

async function adopt(deps: AdoptDependencies, event: SettledEvent): Promise<void> {
  const { database, state, signer, audit } = deps
  const { batchNumber } = event
  const fail = (what: string): never => {
    throw new StateInconsistentError({ batchNumber, what })
  }
  if (state.head.batchNumber !== batchNumber - 1n) fail('the settled one before it is missing')
  const transfers = event.transfers.map((transfer): Statement & { slot: number } => ({
    id: computeStatementId({
      circuit: transfer.kind,
      publicInputs: publicInputsToArray(transfer.kind, transfer.publicInputs),
      memo: transfer.memo,
    }),
    circuit: transfer.kind,
    publicInputs: transfer.publicInputs,
    memo: transfer.memo,
    anchorBatch: transfer.anchorBatch,
    slot: transfer.slot,
  }))
  const { circuit, feeRecipient } = event
  const batch = toBatch(
    { circuit, number: batchNumber, feeRecipient },
    transfers,
    event.deposits,
    event.voids,
  )
  const fork = state.fork()
  const applied =
    audit === undefined ? applyBatch(fork, batch) : await audit({ event, batch, fork })
  if (applied.newNoteRoot !== event.noteRoot) fail('its data does not give the settled note root')
  if (applied.newNullifierRoot !== event.nullifierRoot) {
    fail('its data does not give the settled nullifier root')
  }
  const settledAt = new Date(Number(event.timestamp) * 1000)
  const record: BatchRecord = {
    number: batchNumber,
    circuit,
    position: BigInt(applied.position),
    oldSlotCount: applied.oldSlotCount,
    newSlotCount: applied.newSlotCount,
    feeRecipient,
    oldNoteRoot: applied.oldNoteRoot,
    newNoteRoot: applied.newNoteRoot,
    oldNullifierRoot: applied.oldNullifierRoot,
    newNullifierRoot: applied.newNullifierRoot,
    sealedAt: settledAt,
  }
  const signed = signer === undefined ? record : { ...record, signature: signer.signAnchor(record) }
  const spent = toReason(new NullifierSpentError())
  failPoint('adopt.applied')
  await database.transaction(async (connection) => {
    const batchId = await insertBatch(connection, {
      batch: signed,
      adoptedFrom: event.blockHash,
    })
    await insertBatchDeposits(connection, { batchId, deposits: event.deposits })
    await insertBatchForced(connection, { batchId, forced: forcedSlotsOf(event) })
    for (const statement of transfers) {
      await adoptTransfer(connection, {
        statement,
        batchId,
        slot: statement.slot,
        settledAt,
        spent,
      })
    }
    failPoint('adopt.written')
  })
  failPoint('adopt.committed')
  state.merge(fork)
}
