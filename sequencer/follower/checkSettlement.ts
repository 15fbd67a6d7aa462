import type { ChainEvent, ChainEventOf } from '../../l1/chainEvents.ts'
import type { SettleBatch, SettleCall, SettleContext, SettleTransfer } from '../../l1/codec.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { DEPOSITS_PER_SLOT, PUBLIC_INPUTS } from '../../protocol/constants.ts'
import { formatField } from '../../protocol/field.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { publicInputsToArray, type TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { packWord, unpackWord } from '../../protocol/words.ts'
import type { Epoch } from '../chainView.ts'
import type { RootVersion } from '../store/findRootVersion.ts'
import type { QueuedDeposit } from '../store/listQueuedDeposits.ts'
import type { QueuedForced } from '../store/listQueuedForced.ts'
import { type Divergence, DivergenceError } from './divergence.ts'
import type { SettlementClock } from './settlementClock.ts'

// The rules of settlement (S1 to S4, docs/spec/settlement.md) in plain code, over what the base chain had said
// by then. Pure: who reads the facts is no matter here.

type SettledEvent = ChainEventOf<'batchSettled'>

/** Blocks of the vault's queue that it looks at for a deposit that is due. Twin: Vault.MAX_LOOKAHEAD. */
export const DEPOSIT_LOOKAHEAD = 32

/** What a context's versions stand for. */
export type ContextValues = {
  readonly identityRoot: bigint
  readonly policyRoot: bigint
  readonly day: bigint
  readonly epoch: Epoch
}

export type WindowFacts = {
  readonly clock: SettlementClock
  /** Of the block that holds the call, Unix seconds. */
  readonly blockTime: bigint
  /** Seconds of the clock. */
  readonly settleWindow: bigint
  /** Undefined where the registry has no such version. */
  readonly identity: RootVersion | undefined
  readonly policy: RootVersion | undefined
  /** Ascending by start. */
  readonly epochs: readonly Epoch[]
}

/**
 * S2: roots current or superseded within the window, the day neither in the future nor before the window, the epoch the day's.
 *
 * @throws {DivergenceError}
 */
export function checkContext(
  batchNumber: bigint,
  { identityVersion, policyVersion, day }: SettleContext,
  facts: WindowFacts,
): ContextValues {
  const { clock, blockTime, settleWindow, epochs } = facts
  const refuse = refusal(batchNumber)
  if (clock.isStoppedAt(blockTime)) refuse('S2 clock', 'running', 'stopped by the guardian')
  const now = clock.timeAt(blockTime)
  const rootOf = (kind: string, version: bigint, found: RootVersion | undefined): bigint => {
    if (found === undefined) {
      return refuse(`S2 ${kind} version`, 'a published one', `version ${String(version)}`)
    }
    if (found.supersededAt !== undefined) {
      const limit = clock.timeAt(found.supersededAt) + settleWindow
      if (now > limit) {
        refuse(`S2 ${kind} window`, `settled by ${String(limit)}`, `settled at ${String(now)}`)
      }
    }
    return found.root
  }
  const identityRoot = rootOf('identity', identityVersion, facts.identity)
  const policyRoot = rootOf('policy', policyVersion, facts.policy)
  const today = dayOf(blockTime)
  const earliest = dayOf(clock.windowStart(blockTime, settleWindow))
  if (day > today || day < earliest) {
    refuse('S2 day', `${String(earliest)} to ${String(today)}`, String(day))
  }
  const epoch = epochs.findLast(({ startDay }) => startDay <= day)
  if (epoch === undefined) return refuse('S2 epoch', 'an epoch of the day', 'none')
  return { identityRoot, policyRoot, day, epoch }
}

export type SlotFacts = {
  readonly domain: bigint
  readonly context: ContextValues
  /** S1: the anchor's root as it was rebuilt; undefined where there is no such batch. */
  readonly anchor: bigint | undefined
  /** Protocol units, by asset; absent where the asset is not listed. */
  readonly maxFees: ReadonlyMap<bigint, bigint>
}

/**
 * S1 and S3 of one slot.
 *
 * @returns the public inputs that its proof had to be for.
 * @throws {DivergenceError}
 */
export function checkSlot(
  batchNumber: bigint,
  slot: SettleTransfer,
  { domain, context, anchor, maxFees }: SlotFacts,
): TransferPublicInputs {
  const refuse = refusal(batchNumber)
  if (slot.anchorBatch >= batchNumber || anchor === undefined) {
    return refuse('S1 anchor', 'an earlier batch', `batch ${String(slot.anchorBatch)}`)
  }
  const { fee, withdrawal } = slot
  if (fee.amount > 0n) {
    const maxFee = maxFees.get(fee.asset)
    if (maxFee === undefined) refuse('S3 asset', 'a listed one', String(fee.asset))
    else if (fee.amount > maxFee) refuse('S3 fee', `${String(maxFee)} at most`, String(fee.amount))
  }
  if (withdrawal !== 0n) {
    const { asset } = unpackWord('withdrawal', withdrawal)
    if (!maxFees.has(asset)) refuse('S3 asset', 'a listed one', String(asset))
  }
  const { epoch } = context
  return {
    anchor,
    identityRoot: context.identityRoot,
    policyRoot: context.policyRoot,
    day: context.day,
    domain,
    nullifier: slot.nullifier,
    outputs: slot.outputs,
    withdrawal,
    fee: packWord('fee', { ...fee, epoch: epoch.epoch }),
    memoHash: hashMemo(slot.memo),
    traceTag: slot.traceTag,
    ephemeral: slot.ephemeral,
    statisticsCiphertext: slot.statisticsCiphertext,
    investigationCiphertext: slot.investigationCiphertext,
    auditKeyS: [epoch.auditKeyS.x, epoch.auditKeyS.y],
    auditKeyI: [epoch.auditKeyI.x, epoch.auditKeyI.y],
    auditKeyL: [epoch.auditKeyL.x, epoch.auditKeyL.y],
  }
}

/** What a node said of a transfer against what follows from the chain's own data. @throws {DivergenceError} */
export function comparePublicInputs(
  batchNumber: bigint,
  slot: SettleTransfer,
  expected: TransferPublicInputs,
  actual: TransferPublicInputs | undefined,
): void {
  const refuse = refusal(batchNumber)
  if (actual === undefined) return refuse('S5 slot', `a ${slot.kind}`, 'none')
  const [wanted, found] = [
    publicInputsToArray(slot.kind, expected),
    publicInputsToArray(slot.kind, actual),
  ]
  const at = wanted.findIndex((value, place) => value !== found[place])
  if (at === -1) return
  refuse(
    `public input ${nameOfInput(slot.kind, at)}`,
    formatField(wanted[at] ?? 0n),
    formatField(found[at] ?? 0n),
  )
}

function nameOfInput(kind: SettleTransfer['kind'], place: number): string {
  let end = 0
  for (const [name, count] of PUBLIC_INPUTS[kind]) {
    end += count
    if (place < end) return name
  }
  return String(place)
}

export type DepositFacts = {
  /** Clock time of the call. */
  readonly now: bigint
  /** Seconds of the clock between queueing and being due, and to the deadline. */
  readonly delays: { readonly due: bigint; readonly deadline: bigint }
  /** Behind the last one taken before, in queue order, as the queue stood then. */
  readonly queue: readonly QueuedDeposit[]
}

/**
 * S4 of deposits: taken in queue order, none passed over but those asked back, none refundable, and with places
 * left none that is due. @throws {DivergenceError}
 */
export function checkDeposits(
  { batchNumber, deposits }: Pick<SettledEvent, 'batchNumber' | 'deposits'>,
  { now, delays, queue }: DepositFacts,
): void {
  const refuse = refusal(batchNumber)
  let place = 0
  for (const { id, asset, amount, recipient } of deposits) {
    while (place < queue.length && (queue[place]?.id ?? id) < id) {
      const skipped = queue[place++]
      if (skipped !== undefined && skipped.refundableAt === undefined) {
        refuse('S4 deposits', `deposit ${String(skipped.id)}`, `deposit ${String(id)}`)
      }
    }
    const queued = queue[place++]
    if (queued?.id !== id) return refuse('S4 deposits', 'one in the queue', `deposit ${String(id)}`)
    if (queued.refundableAt !== undefined && now >= queued.refundableAt) {
      refuse('S4 deposits', 'one that is not refundable', `deposit ${String(id)}`)
    }
    const [expected, actual] = [queued, { asset, amount, recipient }].map(
      (each) => `${String(each.asset)}, ${String(each.amount)}, ${formatField(each.recipient)}`,
    )
    if (expected !== actual) refuse('S4 deposit', String(expected), String(actual))
  }
  if (deposits.length >= DEPOSITS_PER_SLOT) return
  const waiting = queue
    .slice(place, place + DEPOSIT_LOOKAHEAD)
    .find(({ refundableAt }) => refundableAt === undefined)
  if (waiting === undefined) return
  const dueAt = waiting.deadline - delays.deadline + delays.due
  if (now >= dueAt) refuse('S4 deposits', `deposit ${String(waiting.id)}, which is due`, 'none')
}

/**
 * S4 and S5 of forced slots: the oldest entries, each once, with the words that they were let in with, as the kind that
 * they are or void. @throws {DivergenceError}
 */
export function checkForced(
  { batchNumber, slots }: SettleBatch,
  queue: readonly QueuedForced[],
): void {
  const refuse = refusal(batchNumber)
  const taken = slots
    .filter((slot) => slot.kind === 'forced')
    .sort((one, other) => (one.entryId < other.entryId ? -1 : 1))
  for (const [place, slot] of taken.entries()) {
    const entry = queue[place]
    if (entry?.id !== slot.entryId) {
      const expected = entry === undefined ? 'no entry' : `entry ${String(entry.id)}`
      return refuse('S4 forced queue', expected, `entry ${String(slot.entryId)}`)
    }
    if (slot.takenAs !== 'void' && slot.takenAs !== entry.kind) {
      refuse('S5 forced kind', entry.kind, slot.takenAs)
    }
    const { nullifier, outputs, withdrawal, fee } = entry.publicInputs
    const { amount, asset } = unpackWord('fee', fee)
    const [expected, actual] = [
      [nullifier, ...outputs, withdrawal, amount, asset],
      [slot.nullifier, ...slot.outputs, slot.withdrawal, slot.fee.amount, slot.fee.asset],
    ].map(String)
    if (expected !== actual) refuse('S5 forced words', String(expected), String(actual))
  }
}

/**
 * S3: what a call credits is what its slots pay out, withdrawals to their recipients and fees to each batch's
 * fee recipient. @throws {DivergenceError}
 */
export function checkCredits(call: SettleCall, credited: readonly ChainEvent[]): void {
  const expected = new Map<string, bigint>()
  const add = (totals: Map<string, bigint>, key: string, amount: bigint) =>
    totals.set(key, (totals.get(key) ?? 0n) + amount)
  for (const { slots, feeRecipient } of call.batches) {
    for (const slot of slots) {
      if (slot.kind === 'empty') continue
      // B2: a void entry is consumed, and nothing is paid.
      if (slot.kind === 'forced' && slot.takenAs === 'void') continue
      const { fee, withdrawal } = slot
      if (fee.amount > 0n) add(expected, creditKey(fee.asset, feeRecipient), fee.amount)
      if (withdrawal === 0n) continue
      const { asset, amount, recipient } = unpackWord('withdrawal', withdrawal)
      const account = `0x${recipient.toString(16).padStart(40, '0')}`
      add(expected, creditKey(asset, account), amount)
    }
  }
  const actual = new Map<string, bigint>()
  for (const event of credited) {
    if (event.type !== 'withdrawalCredited') continue
    add(actual, creditKey(event.asset, event.account), event.amount)
  }
  const refuse = refusal(call.batches[0]?.batchNumber ?? 0n)
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const [wanted, found] = [expected.get(key) ?? 0n, actual.get(key) ?? 0n]
    if (wanted !== found) refuse(`S3 credit of ${key}`, String(wanted), String(found))
  }
}

function creditKey(asset: bigint, account: string): string {
  return `asset ${String(asset)} to ${account}`
}

/** S3, S5: the event that the contract gave out against the calldata. @throws {DivergenceError} */
export function compareWithCalldata(event: SettledEvent, settled: SettleBatch): void {
  const refuse = refusal(event.batchNumber)
  const equal = (check: string, expected: string, actual: string) => {
    if (expected !== actual) refuse(check, expected, actual)
  }
  equal('S5 circuit', settled.circuit, event.circuit)
  equal('S5 fee recipient', settled.feeRecipient, event.feeRecipient)
  equal('S3 note root', formatField(settled.newNoteRoot), formatField(event.noteRoot))
  equal(
    'S3 nullifier root',
    formatField(settled.newNullifierRoot),
    formatField(event.nullifierRoot),
  )
  equal('S4 deposits', String(settled.depositIds), String(event.deposits.map(({ id }) => id)))
}

export function refusal(
  batchNumber: bigint | undefined,
): (check: string, expected: string, actual: string) => never {
  return (check, expected, actual) => {
    const divergence: Divergence = {
      ...(batchNumber === undefined ? {} : { batchNumber }),
      ...{ check, expected, actual },
    }
    throw new DivergenceError(divergence)
  }
}
