import type { BatchCircuit } from '../../protocol/constants.ts'
import { BATCH_CIRCUITS, DEPOSITS_PER_SLOT } from '../../protocol/constants.ts'
import { buildBatch, type BuiltBatch } from '../../protocol/buildBatch.ts'
import { applyBatch } from '../../protocol/applyBatch.ts'
import { compareSlots } from '../../protocol/batch.ts'
import {
  NotReadyError,
  NullifierSpentError,
  toReason,
  TransferRefusedError,
  UnsealableError,
} from '../admission/errors.ts'
import { checkTransferAgainst } from '../admission/checkTransferAgainst.ts'
import type { ChainView } from '../chainView.ts'
import { SealConflictError } from '../errors.ts'
import { failPoint } from '../failPoint.ts'
import type { ProofRequester } from '../proving/proofRequester.ts'
import type { Signer } from '../signer.ts'
import { StateDamagedError } from '../state/errors.ts'
import { restoreState, toBatch } from '../state/restoreState.ts'
import type { SealedState } from '../state/sealedState.ts'
import { adoptTransfer } from '../store/adoptTransfer.ts'
import type { Connection, Database } from '../store/database.ts'
import { insertBatch, type BatchRecord } from '../store/insertBatch.ts'
import { insertBatchDeposits, type DepositRecord } from '../store/insertBatchDeposits.ts'
import { insertProvingJob } from '../store/insertProvingJob.ts'
import { countUnprovedBatches } from '../store/countUnprovedBatches.ts'
import { listAvailableDeposits, type WaitingDeposit } from '../store/listAvailableDeposits.ts'
import { insertBatchForced, type ForcedSlot } from '../store/insertBatchForced.ts'
import { listWaitingForced, type WaitingForced } from '../store/listWaitingForced.ts'
import { listWaitingTransfers } from '../store/listWaitingTransfers.ts'
import { markTransfersSealed } from '../store/markTransfersSealed.ts'
import { rejectTransfers } from '../store/rejectTransfers.ts'
import type { Statement, WaitingTransfer } from '../transfer.ts'
import { chooseBatch, type SealingChoice, type SealingMeans } from './chooseBatch.ts'

export type SealBatchDependencies = {
  database: Database
  state: SealedState
  getView: () => ChainView | undefined
  signer: Signer
  requestProof: ProofRequester
  domain: bigint
  feeRecipient: `0x${string}`
}

export type SealBatchParameters = {
  now: Date
  /** All that the choice of a batch takes beside the queue and the clock. */
  means: Omit<SealingMeans, 'now' | 'unproved'>
  arrivalsPerSecond: number
  /**
   * When each waiting deposit was first seen here, kept from call to call: a base chain whose clock runs
   * ahead of ours must not hold its deposits up.
   */
  depositsSeen?: Map<bigint, Date>
  /** The same of forced transfers. */
  forcedSeen?: Map<bigint, Date>
}

export type SealedSummary = {
  batchNumber: bigint
  circuit: BatchCircuit
  /** In slot order. */
  statementIds: readonly `0x${string}`[]
  depositCount: number
}

export type SealOutcome = {
  sealed: SealedSummary | undefined
  /** Why this batch, or why none. */
  choice: SealingChoice
  /** Statement ids of admitted transfers that could no longer be sealed, by reason code. */
  rejected: ReadonlyMap<string, readonly `0x${string}`[]>
}

/** Read at a time. More than a batch takes, so that stale ones do not hide the others for long. */
const LOOK_AHEAD = 256
/** Forced transfers that the largest batch has room for. */
const MOST_SLOTS = Math.max(...Object.values(BATCH_CIRCUITS).map((size) => size.transferSlots))

/**
 * Seals the next batch if there is reason to: rejects what went stale since admission (S2), takes
 * deposits in queue order (S4), and writes batch, slots, roots and signature in one transaction. The
 * state in memory follows after the commit; a crash in between is harmless, since start-up rebuilds it.
 *
 * Spec: docs/spec/batch.md (B1–B6). Status: admitted → sealed.
 */
export function sealBatch(
  deps: SealBatchDependencies,
  parameters: SealBatchParameters,
): Promise<SealOutcome> {
  return deps.state.exclusive(() => seal(deps, parameters))
}

async function seal(
  deps: SealBatchDependencies,
  {
    now,
    means,
    arrivalsPerSecond,
    depositsSeen = new Map(),
    forcedSeen = new Map(),
  }: SealBatchParameters,
): Promise<SealOutcome> {
  const { database } = deps
  const rejected: Rejected = new Map()
  const forced = decideForced(deps.state, await listWaitingForced(database, MOST_SLOTS))
  const current = await takeCurrent(deps, now, rejected)
  const waiting = current.filter(
    ({ publicInputs: { nullifier } }) => !forced.some((entry) => entry.nullifier === nullifier),
  )
  const deposits = await listAvailableDeposits(database, DEPOSITS_PER_SLOT)
  const times = [
    ...waiting.map((one) => one.admittedAt),
    ...waitingSince(deposits, depositsSeen, now),
    ...waitingSince(
      forced.map(({ entryId: id, queuedAt }) => ({ id, queuedAt })),
      forcedSeen,
      now,
    ),
  ]
  const oldestAt = times.length === 0 ? undefined : new Date(Math.min(...times.map(Number)))
  const unproved = oldestAt === undefined ? 0 : await countUnprovedBatches(database)
  const choice = chooseBatch(
    {
      transfers: forced.length + waiting.length,
      deposits: deposits.length,
      oldestAt,
      arrivalsPerSecond,
    },
    { ...means, now, unproved },
  )
  const { circuit } = choice
  if (circuit === undefined) return { sealed: undefined, choice, rejected }
  const { transferSlots, deposits: depositPlaces } = BATCH_CIRCUITS[circuit]
  // S4: the oldest forced ones come first, in every batch, as many as there is room for.
  const byForce = forced.slice(0, transferSlots)
  const transfers = waiting.slice(0, transferSlots - byForce.length)
  const taken = deposits.slice(0, depositPlaces)
  const sealed = await sealChosen(deps, {
    ...{ circuit, now, rejected, transfers },
    ...{ deposits: taken, forced: byForce },
  })
  return { sealed, choice, rejected }
}

/** An entry of the forced queue, and what becomes of it in the next batch. */
type DecidedForced = WaitingForced & Pick<ForcedSlot, 'takenAs' | 'nullifier'>

/**
 * B1, B2: void where the nullifier is spent, by an earlier batch or by an older entry of this one. The state
 * is that of the newest sealed batch; when batches are voided or adopted, it is asked again.
 */
function decideForced(
  state: Pick<SealedState, 'isSpent'>,
  waiting: readonly WaitingForced[],
): DecidedForced[] {
  const live = new Set<bigint>()
  return waiting.map((entry) => {
    const { nullifier } = entry.publicInputs
    const isVoid = live.has(nullifier) || state.isSpent(nullifier)
    live.add(nullifier)
    return { ...entry, nullifier, takenAs: isVoid ? 'void' : entry.circuit }
  })
}

/** The earlier of block time and first sight, of each. Forgets those that no longer wait. */
function waitingSince(
  deposits: readonly Pick<WaitingDeposit, 'id' | 'queuedAt'>[],
  seen: Map<bigint, Date>,
  now: Date,
): Date[] {
  const known = new Map(seen)
  seen.clear()
  return deposits.map(({ id, queuedAt }) => {
    const seenAt = known.get(id) ?? now
    seen.set(id, seenAt)
    return queuedAt < seenAt ? queuedAt : seenAt
  })
}

async function sealChosen(
  deps: SealBatchDependencies,
  choice: Choice,
): Promise<SealedSummary | undefined> {
  const { database, state, signer, requestProof, domain, feeRecipient } = deps
  const { circuit, now } = choice
  const fork = state.fork()
  const number = state.head.batchNumber + 1n
  const { transfers, forced } = placeSlots(choice)
  const batch = toBatch(
    { circuit, number, feeRecipient },
    transfers,
    choice.deposits,
    forced.filter(({ takenAs }) => takenAs === 'void'),
  )
  let built: BuiltBatch
  try {
    built = buildBatch(fork, batch, { domain })
  } catch (cause) {
    // Not the items' fault: the state is rebuilt, and they are sealed after that.
    if (cause instanceof StateDamagedError) throw cause
    // Whatever it is, one item must not stop the others.
    await rejectUnsealable(deps, choice, cause)
    return undefined
  }
  failPoint('seal.built')
  const { applied } = built
  const unsigned: Omit<BatchRecord, 'signature'> = {
    number,
    circuit,
    position: BigInt(applied.position),
    oldSlotCount: applied.oldSlotCount,
    newSlotCount: applied.newSlotCount,
    feeRecipient,
    oldNoteRoot: applied.oldNoteRoot,
    newNoteRoot: applied.newNoteRoot,
    oldNullifierRoot: applied.oldNullifierRoot,
    newNullifierRoot: applied.newNullifierRoot,
    sealedAt: now,
  }
  const record: BatchRecord = { ...unsigned, signature: signer.signAnchor(unsigned) }
  try {
    await database.transaction((connection) =>
      write(connection, { requestProof, record, built, choice }),
    )
  } catch (error) {
    // The commit may have happened although the answer got lost; the database knows.
    if (!(error instanceof SealConflictError)) await restoreState(database, state)
    throw error
  }
  failPoint('seal.committed')
  state.merge(fork)
  failPoint('seal.merged')
  return {
    batchNumber: number,
    circuit,
    statementIds: transfers.map(({ id }) => id),
    depositCount: choice.deposits.length,
  }
}

type Rejected = Map<string, `0x${string}`[]>

function note(rejected: Rejected, code: string, id: `0x${string}`): void {
  rejected.set(code, [...(rejected.get(code) ?? []), id])
}

type Choice = {
  circuit: BatchCircuit
  transfers: readonly WaitingTransfer[]
  forced: readonly DecidedForced[]
  deposits: readonly DepositRecord[]
  now: Date
  rejected: Rejected
}

/** Who stands where: the order that a batch needs, see protocol/batch.ts compareSlots. */
function placeSlots({ transfers, forced }: Pick<Choice, 'transfers' | 'forced'>): {
  /** Live ones, of the forced queue too. */
  transfers: (Statement & { slot: number; isForced: boolean })[]
  forced: ForcedSlot[]
} {
  const placed: {
    transfers: (Statement & { slot: number; isForced: boolean })[]
    forced: ForcedSlot[]
  } = { transfers: [], forced: [] }
  const all = [
    ...transfers.map((statement) => ({ statement, entry: undefined })),
    ...forced.map((entry) => ({ statement: entry, entry })),
  ]
  const slotOf = ({ statement, entry }: (typeof all)[number]) => ({
    kind: entry?.takenAs ?? statement.circuit,
    nullifier: statement.publicInputs.nullifier,
    outputs: statement.publicInputs.outputs,
  })
  for (const [slot, one] of all.sort((a, b) => compareSlots(slotOf(a), slotOf(b))).entries()) {
    const { statement, entry } = one
    if (entry !== undefined) {
      const { nullifier, outputs, withdrawal, fee } = entry.publicInputs
      const { entryId, takenAs } = entry
      placed.forced.push({ slot, entryId, takenAs, nullifier, outputs, withdrawal, fee })
    }
    if (entry?.takenAs === 'void') continue
    placed.transfers.push({ ...statement, slot, isForced: entry !== undefined })
  }
  return placed
}

async function write(
  connection: Connection,
  {
    requestProof,
    record,
    built,
    choice,
  }: { requestProof: ProofRequester; record: BatchRecord; built: BuiltBatch; choice: Choice },
): Promise<void> {
  const batchId = await insertBatch(connection, { batch: record })
  await insertBatchDeposits(connection, { batchId, deposits: choice.deposits })
  const placed = placeSlots(choice)
  await insertBatchForced(connection, { batchId, forced: placed.forced })
  const spent = toReason(new NullifierSpentError())
  for (const { slot, isForced, ...statement } of placed.transfers) {
    if (!isForced) continue
    const settledAt = choice.now
    // Admitted here too, it keeps its receipt and is sealed with it.
    await adoptTransfer(connection, { statement, batchId, slot, settledAt, spent })
  }
  const slots = placed.transfers.filter(({ isForced }) => !isForced)
  const marked = await markTransfersSealed(connection, { batchId, slots })
  if (marked !== slots.length) throw new SealConflictError()
  const { circuitInputs: inputs, publicInputs } = built
  const jobId = await requestProof(connection, { circuit: record.circuit, inputs })
  await insertProvingJob(connection, { batchId, jobId, publicInputs })
  failPoint('seal.written')
}

/** Waiting transfers that may be sealed now; the others are rejected, each with its reason. */
async function takeCurrent(
  { database, state, getView }: SealBatchDependencies,
  now: Date,
  rejected: Rejected,
): Promise<WaitingTransfer[]> {
  for (;;) {
    const waiting = await listWaitingTransfers(database, LOOK_AHEAD)
    const current: WaitingTransfer[] = []
    let staleCount = 0
    for (const transfer of waiting) {
      try {
        checkTransferAgainst({ view: getView(), state, now }, transfer)
        current.push(transfer)
      } catch (error) {
        // Nothing is stale because the base chain was not read yet.
        if (error instanceof NotReadyError) return []
        if (!(error instanceof TransferRefusedError)) throw error
        await rejectTransfers(database, { ids: [transfer.id], reason: toReason(error) })
        note(rejected, error.code, transfer.id)
        staleCount += 1
      }
    }
    if (staleCount === 0 || waiting.length < LOOK_AHEAD) return current
  }
}

/** Adds one transfer after the other, in order of admission, and rejects those that do not fit in. */
async function rejectUnsealable(
  { database, state }: SealBatchDependencies,
  { circuit, transfers, rejected }: Choice,
  cause: unknown,
): Promise<void> {
  let fitting: WaitingTransfer[] = []
  for (const transfer of [...transfers].sort(
    (a, b) => Number(a.admittedAt) - Number(b.admittedAt),
  )) {
    const candidate = sortByNullifier([...fitting, transfer])
    try {
      applyBatch(
        state.fork(),
        toBatch({ circuit, number: 1n, feeRecipient: '0x00' }, candidate, []),
      )
      fitting = candidate
    } catch (error) {
      if (error instanceof StateDamagedError) throw error
      const refusal = new UnsealableError({ cause: error })
      await rejectTransfers(database, { ids: [transfer.id], reason: toReason(refusal) })
      note(rejected, refusal.code, transfer.id)
    }
  }
  // Not a transfer's fault: the failure is ours and shows as such.
  if (fitting.length === transfers.length) throw cause
}

/** The order that a batch needs; see protocol/batch.ts sortSlots. Equal ones cannot both be live. */
function sortByNullifier(transfers: readonly WaitingTransfer[]): WaitingTransfer[] {
  return [...transfers].sort((a, b) =>
    a.publicInputs.nullifier > b.publicInputs.nullifier ? -1 : 1,
  )
}
