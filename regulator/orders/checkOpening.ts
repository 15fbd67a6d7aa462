import type { SettledTransfer } from '../../l1/chainEvents.ts'
import type { Order } from '../../l1/orders.ts'
import { deriveTraceTag } from '../../protocol/auditRecord.ts'
import { type CurvePoint, isSubgroupPoint } from '../../protocol/babyjubjub.ts'
import { canonicalBytes } from '../../protocol/canonicalJson.ts'
import {
  combinePartials,
  type PartialDecryption,
} from '../../protocol/committee/partialDecryption.ts'
import { BaseError } from '../../protocol/errors.ts'
import { fitsBits, formatField } from '../../protocol/field.ts'
import { traceKeyOf } from '../../protocol/keys.ts'
import { unpackWord } from '../../protocol/words.ts'
import type { AuditKeyKind } from '../auditKeys.ts'
import { type CommitteeBody } from '../committee/bodies.ts'
import { readCommitteeBody } from '../committee/committeeFile.ts'
import {
  type Announcement,
  hashDocument,
  isInPeriod,
  isSameTransfer,
  type Item,
  type Scope,
} from './documents.ts'
import { type OpeningRefusal, OpeningRefusedError } from './errors.ts'
import type { OpeningChain } from './openingChain.ts'

// What members check before they answer, and what everybody checks who is shown the answers.

/** An order with the documents that it was filed and announced with. */
export type OpenedOrder = {
  readonly order: bigint
  readonly scope: Scope
  readonly announcement: Announcement
}

/** A subject's trace key of an epoch, as t members gave it. */
export type TraceEvidence = {
  readonly epoch: number
  readonly committee: CommitteeBody
  readonly partials: readonly PartialDecryption[]
}

/** What an item comes to on the chain. */
export type ResolvedItem = {
  /** What members multiply: a record's R, or the subject's T. */
  readonly point: CurvePoint
  /** The key whose shares do it. */
  readonly auditKey: CurvePoint
  readonly epoch: number
  /** Of a record. */
  readonly transfer?: SettledTransfer
  readonly settled?: {
    readonly blockNumber: bigint
    readonly timestamp: bigint
    readonly transactionHash: `0x${string}`
  }
}

const TRACE_KEY: AuditKeyKind = 'investigation'

/**
 * Holds the documents against the order on the settled chain.
 *
 * @throws {OpeningRefusedError}
 */
export async function checkDocuments(
  chain: OpeningChain,
  { order: number, scope, announcement }: OpenedOrder,
): Promise<Order> {
  const order = await chain.order(number)
  if (order === undefined) throw refusal('OPENING_ORDER_UNKNOWN')
  const isFiled =
    scope.chainId === chain.chainId &&
    scope.log === chain.log &&
    scope.kind === order.kind &&
    hashDocument(scope) === order.scopeHash
  if (!isFiled) throw refusal('OPENING_SCOPE_DIFFERS')
  const isOfOrder =
    announcement.chainId === chain.chainId &&
    announcement.log === chain.log &&
    announcement.order === number.toString()
  if (!isOfOrder || !(await chain.isAnnounced(number, hashDocument(announcement)))) {
    throw refusal('OPENING_NOT_ANNOUNCED')
  }
  return order
}

/**
 * That the order allows openings now: on the settled chain, so that no reorg takes it back, and in the newest block, so that
 * what was stopped a moment ago is stopped.
 *
 * @throws {OpeningRefusedError}
 */
export async function checkExecutable(
  chain: OpeningChain,
  { number, state }: Order,
): Promise<void> {
  const isSettled = state === 'authorised' || state === 'executing'
  if (!isSettled || !(await chain.isExecutable(number))) throw refusal('OPENING_NOT_EXECUTABLE')
}

/**
 * The subject's trace keys by epoch, from partials that hold under the chain's keys: whoever shows them need not be trusted.
 *
 * @throws {OpeningRefusedError}
 */
export async function checkTraces(
  chain: OpeningChain,
  opened: OpenedOrder,
  traces: readonly TraceEvidence[],
): Promise<Map<number, bigint>> {
  const keys = new Map<number, bigint>()
  for (const { epoch, committee: body, partials } of traces) {
    const item: Item = { type: 'trace', epoch }
    const { point, auditKey } = await resolveItem(chain, opened, { item, key: TRACE_KEY })
    const context = openingContext(opened, { item, key: TRACE_KEY })
    try {
      const committee = readCommitteeBody(body)
      const { x, y } = committee.publicKey
      if (x !== auditKey.x || y !== auditKey.y) throw refusal('OPENING_TRACE_MISSING')
      keys.set(epoch, traceKeyOf(combinePartials(committee, { point, context }, partials).shared))
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
      throw refusal('OPENING_TRACE_MISSING', [`Epoch: ${String(epoch)}`])
    }
  }
  return keys
}

/**
 * What the settled chain says of an item, once it is in the order's scope.
 *
 * @param traceKeys of `checkTraces`; for records under a subject order.
 * @throws {OpeningRefusedError}
 */
export async function resolveItem(
  chain: OpeningChain,
  { scope }: OpenedOrder,
  { item, key }: { item: Item; key: AuditKeyKind },
  traceKeys: ReadonlyMap<number, bigint> = new Map(),
): Promise<ResolvedItem> {
  return item.type === 'trace'
    ? resolveTrace(chain, scope, item, key)
    : resolveRecord(chain, scope, { item, key }, traceKeys)
}

async function resolveTrace(
  chain: OpeningChain,
  scope: Scope,
  { epoch }: Extract<Item, { type: 'trace' }>,
  key: AuditKeyKind,
): Promise<ResolvedItem> {
  if (scope.kind !== 'subject' || key !== TRACE_KEY || !scope.epochs.includes(epoch)) {
    throw refusal('OPENING_OUT_OF_SCOPE')
  }
  const point = await chain.tracePoint(BigInt(scope.index))
  if (point === undefined) throw refusal('OPENING_SUBJECT_UNKNOWN')
  if (!isSubgroupPoint(point)) throw refusal('OPENING_POINT_INVALID')
  const keys = (await chain.epochs()).find((listed) => listed.epoch === BigInt(epoch))
  if (keys === undefined) throw refusal('OPENING_KEY_OTHER', [`Epoch: ${String(epoch)}`])
  return { point, auditKey: keys.auditKeyI, epoch }
}

async function resolveRecord(
  chain: OpeningChain,
  scope: Scope,
  { item, key }: { item: Extract<Item, { type: 'record' }>; key: AuditKeyKind },
  traceKeys: ReadonlyMap<number, bigint>,
): Promise<ResolvedItem> {
  const facts = [`Batch: ${item.batch}`, `Slot:  ${String(item.slot)}`]
  if (!scope.keys.includes(key)) throw refusal('OPENING_OUT_OF_SCOPE', facts)
  if (scope.kind === 'transfers' && !scope.transfers.some((named) => isSameTransfer(named, item))) {
    throw refusal('OPENING_OUT_OF_SCOPE', facts)
  }
  const batch = await chain.batch(BigInt(item.batch))
  const transfer = batch?.transfers.find(({ slot }) => slot === item.slot)
  if (
    batch === undefined ||
    transfer === undefined ||
    formatField(transfer.publicInputs.nullifier) !== item.nullifier
  ) {
    throw refusal('OPENING_NOT_SETTLED', facts)
  }
  const { publicInputs } = transfer
  if (!isInPeriod(publicInputs.day, scope.period)) throw refusal('OPENING_OUT_OF_SCOPE', facts)
  const epoch = Number(unpackWord('fee', publicInputs.fee).epoch)
  if (scope.kind === 'subject') {
    if (!scope.epochs.includes(epoch)) throw refusal('OPENING_OUT_OF_SCOPE', facts)
    const traceKey = traceKeys.get(epoch)
    if (traceKey === undefined) {
      throw refusal('OPENING_TRACE_MISSING', [`Epoch: ${String(epoch)}`])
    }
    const [asset, nonce] = [BigInt(item.asset ?? 0), BigInt(item.nonce ?? 0)]
    const isPossible = fitsBits(asset, 16) && fitsBits(nonce, 32)
    if (!isPossible || deriveTraceTag(traceKey, asset, nonce) !== publicInputs.traceTag)
      throw refusal('OPENING_NOT_OF_SUBJECT', facts)
  }
  const point = pointOf(publicInputs.ephemeral)
  if (!isSubgroupPoint(point)) throw refusal('OPENING_POINT_INVALID', facts)
  const { blockNumber, timestamp, transactionHash } = batch
  return {
    point,
    auditKey: auditKeyOf(publicInputs, key),
    epoch,
    transfer,
    settled: { blockNumber, timestamp, transactionHash },
  }
}

/** The epoch's key of this kind. An investigation record is for I or for L: which, only opening it shows. */
export function auditKeyOf(
  { auditKeyS, auditKeyI, auditKeyL }: SettledTransfer['publicInputs'],
  key: AuditKeyKind,
): CurvePoint {
  return pointOf({ statistics: auditKeyS, investigation: auditKeyI, largeValue: auditKeyL }[key])
}

/** Names order, key and item in a partial's proof, so that the answer to one is none to another. */
export function openingContext(
  { order, announcement: { chainId, log } }: Pick<OpenedOrder, 'order' | 'announcement'>,
  { item, key }: { item: Item; key: AuditKeyKind },
): Uint8Array {
  const named = { type: 'cinnabar.opening', version: 1, chainId, log, order: order.toString() }
  return canonicalBytes({ ...named, key, item })
}

function pointOf([x, y]: readonly [bigint, bigint]): CurvePoint {
  return { x, y }
}

function refusal(code: OpeningRefusal, facts: readonly string[] = []): OpeningRefusedError {
  return new OpeningRefusedError({ code, facts })
}
