import { getOrder, getOrderHistory, type Order } from '../../l1/orders.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import type { Committee } from '../../protocol/committee/ceremony.ts'
import { combinePartials } from '../../protocol/committee/partialDecryption.ts'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import { BaseError } from '../../protocol/errors.ts'
import type { AuditKeyKind } from '../auditKeys.ts'
import { read } from '../committee/bodies.ts'
import { committeeId, readCommitteeBody } from '../committee/committeeFile.ts'
import {
  checkDocuments,
  checkTraces,
  type OpenedOrder,
  openingContext,
  type ResolvedItem,
  resolveItem,
} from '../orders/checkOpening.ts'
import { hashDocument, type Item } from '../orders/documents.ts'
import { type ChainSource, type OpeningChain, viewChain } from '../orders/openingChain.ts'
import { decodePartial, decodeTraces, isAnswerSigned } from '../orders/openingMessages.ts'
import { type Act, Bundle, type Opening, type SettledRecord } from './bundle.ts'
import { approversOf, bundledAct } from './buildBundle.ts'
import { BundleInvalidError, type BundleFault } from './errors.ts'
import { otherKey, readPlaintext } from './readPlaintext.ts'
import { settledRecord } from './settledRecord.ts'

/** What a bundle that holds shows. */
export type VerifiedBundle = {
  readonly bundle: Bundle
  readonly order: Order
  /** keccak256 of the canonical text. */
  readonly bundleHash: `0x${string}`
  /** Whether the chain has this very bundle as the order's disclosure. */
  readonly isDisclosed: boolean
  /** Items that were announced and are not in it. */
  readonly missing: number
  /** What happened to the order after the bundle was made: a ratification, a refusal, a mark. */
  readonly since: readonly Act[]
}

/**
 * Checks a bundle with nothing but the chain: the order, who approved it, that each opening was announced and in its scope, that
 * each record stands in the calldata of a settled batch, each member's signature and proof, and each plaintext, which is made again.
 *
 * @param source of the bundle's chain and rollup.
 * @throws {BundleInvalidError} with the first thing that does not hold.
 */
export async function verifyBundle(
  source: ChainSource,
  { confirmations }: { confirmations: number },
  value: unknown,
): Promise<VerifiedBundle> {
  const bundle = read(Bundle, value)
  if (bundle === undefined)
    throw fault('BUNDLE_MALFORMED', 'the file', 'it has not the form of one')
  const { chainId, rollup } = source.deployment
  if (bundle.chainId !== chainId.toString() || bundle.rollup !== rollup) {
    throw fault('BUNDLE_CHAIN_OTHER', 'chainId, rollup', 'it is of another deployment')
  }
  const chain = await viewChain(source, { confirmations })
  const { order, since } = await checkOrder(source, bundle)
  const opened = await checkAnnouncements(chain, bundle)
  const committees = bundle.committees.map((body, i) => {
    try {
      return readCommitteeBody(body)
    } catch (error) {
      throw faultOf(error, 'BUNDLE_COMMITTEE_INVALID', `committees[${String(i)}]`)
    }
  })
  const traceKeys = await checkBundledTraces(chain, bundle, opened)
  const context: Context = {
    ...{ chain, bundle, committees, traceKeys },
    announced: new Map(
      opened.flatMap((order) =>
        order.announcement.items.map((item) => [canonicalJson(item), order] as const),
      ),
    ),
    records: Map.groupBy(bundle.records, placeOf),
  }
  const shown = new Set<string>()
  for (const [i, opening] of bundle.openings.entries()) {
    const where = `openings[${String(i)}]`
    const text = canonicalJson({ item: opening.item, key: opening.key })
    if (shown.has(text)) throw fault('BUNDLE_MALFORMED', where, 'an opening stands there twice')
    shown.add(text)
    await checkOpening(context, opening, where)
  }
  checkNothingIdle(bundle)
  const bundleHash = hashDocument(bundle)
  const isDisclosed = order.bundleHash === bundleHash
  if (!isDisclosed && BigInt(order.bundleHash) !== 0n) {
    throw fault('BUNDLE_NOT_AS_DISCLOSED', 'the file', 'another one was disclosed under the order')
  }
  return { bundle, order, bundleHash, isDisclosed, missing: countMissing(bundle), since }
}

/** An investigation record has one of keys I and L: opened under that one, nothing is missing under the other. */
function countMissing({ announcements, scope, openings }: Bundle): number {
  const nameOf = (item: Item, key: AuditKeyKind): string => canonicalJson({ item, key })
  const opened = new Map(
    openings.map(({ item, key, plaintext }) => [nameOf(item, key), plaintext['sealedTo']]),
  )
  const isRead = (item: Item, key: AuditKeyKind | undefined): boolean =>
    key !== undefined &&
    opened.has(nameOf(item, key)) &&
    opened.get(nameOf(item, key)) === undefined
  const missing = announcements.flatMap(({ items }) =>
    items.flatMap((item) =>
      (item.type === 'trace' ? (['investigation'] as const) : scope.keys)
        .filter((key) => !opened.has(nameOf(item, key)) && !isRead(item, otherKey(key)))
        .map((key) => nameOf(item, key)),
    ),
  )
  return new Set(missing).size
}

/** The bundle binds to the acts before it was made. Later ones do not undo it: they are shown. */
async function checkOrder(
  source: ChainSource,
  bundle: Bundle,
): Promise<{ order: Order; since: Act[] }> {
  const order = await getOrder(source, BigInt(bundle.order.number))
  if (order === undefined) {
    throw fault('BUNDLE_ORDER_DIFFERS', 'order.number', 'there is no such order')
  }
  const { kind, isEmergency, legalBasis, limit, filer } = order
  const approvers = approversOf(order, bundle.order.history)
  const facts = { kind, isEmergency, legalBasis, limit, filer, ...approvers }
  for (const [name, value] of Object.entries(facts)) {
    if (bundle.order[name as keyof typeof facts] !== value) {
      throw fault('BUNDLE_ORDER_DIFFERS', `order.${name}`, 'the order on the chain is another')
    }
  }
  if (hashDocument(bundle.case) !== order.caseHash) {
    throw fault('BUNDLE_CASE_DIFFERS', 'case', 'it is not the case that was filed')
  }
  if (hashDocument(bundle.scope) !== order.scopeHash) {
    throw fault('BUNDLE_SCOPE_DIFFERS', 'scope', 'it is not the scope that was filed')
  }
  const happened = (await getOrderHistory(source, order.number)).map(bundledAct)
  bundle.order.history.forEach((act, i) => {
    if (canonicalJson(act) !== canonicalJson(happened[i] ?? {})) {
      throw fault('BUNDLE_HISTORY_DIFFERS', `order.history[${String(i)}]`, 'it did not happen so')
    }
  })
  const since = happened.slice(bundle.order.history.length)
  // An emergency's second approval may come later; an announcement would be of openings that are left in the dark.
  if (since.some(({ act }) => act === 'announced' || act === 'authorised')) {
    throw fault('BUNDLE_HISTORY_DIFFERS', 'order.history', 'it ends before the order was executed')
  }
  return { order, since }
}

/** Every announcement on the chain must be shown, so that none of the openings is left in the dark. */
async function checkAnnouncements(chain: OpeningChain, bundle: Bundle): Promise<OpenedOrder[]> {
  const announced = bundle.order.history.filter(({ act }) => act === 'announced')
  const number = BigInt(bundle.order.number)
  return Promise.all(
    bundle.announcements.map(async (announcement, i) => {
      const where = `announcements[${String(i)}]`
      const opened = { order: number, scope: bundle.scope, announcement }
      try {
        await checkDocuments(chain, opened)
      } catch (error) {
        throw faultOf(error, 'BUNDLE_ANNOUNCEMENT_DIFFERS', where)
      }
      if (
        announced.length !== bundle.announcements.length ||
        announced[i]?.recordsHash !== hashDocument(announcement)
      ) {
        const reason = 'the announcements are not all of them, in order'
        throw fault('BUNDLE_ANNOUNCEMENT_DIFFERS', where, reason)
      }
      return opened
    }),
  )
}

async function checkBundledTraces(
  chain: OpeningChain,
  bundle: Bundle,
  [opened]: readonly OpenedOrder[],
): Promise<ReadonlyMap<number, bigint>> {
  const traces = bundle.openings.flatMap(({ item, committee, answers }) => {
    const body = bundle.committees[committee]
    return item.type === 'trace' && body !== undefined
      ? [{ epoch: item.epoch, committee: body, partials: answers.map(({ partial }) => partial) }]
      : []
  })
  if (opened === undefined) return new Map()
  try {
    return await checkTraces(chain, opened, decodeTraces(traces))
  } catch (error) {
    throw faultOf(error, 'BUNDLE_PARTIAL_INVALID', 'openings of traces')
  }
}

/** What each opening is held against. */
type Context = {
  readonly chain: OpeningChain
  readonly bundle: Bundle
  readonly committees: readonly Committee[]
  readonly traceKeys: ReadonlyMap<number, bigint>
  /** Announced items, by their canonical text. */
  readonly announced: ReadonlyMap<string, OpenedOrder>
  /** The bundle's records, by batch and slot. */
  readonly records: ReadonlyMap<string, readonly SettledRecord[]>
}

async function checkOpening(
  { chain, bundle, committees, traceKeys, announced, records }: Context,
  opening: Opening,
  where: string,
): Promise<void> {
  const { item, key } = opening
  const order = announced.get(canonicalJson(item))
  if (order === undefined) {
    throw fault('BUNDLE_OPENING_REFUSED', `${where}.item`, 'it was not announced')
  }
  let resolved: ResolvedItem
  try {
    resolved = await resolveItem(chain, order, { item, key }, traceKeys)
  } catch (error) {
    throw faultOf(error, 'BUNDLE_OPENING_REFUSED', where)
  }
  checkRecord(records, item, resolved, where)
  const [body, committee] = [bundle.committees[opening.committee], committees[opening.committee]]
  if (body === undefined || committee === undefined) {
    throw fault('BUNDLE_COMMITTEE_INVALID', `${where}.committee`, 'there is no such committee')
  }
  const { publicKey } = committee
  if (publicKey.x !== resolved.auditKey.x || publicKey.y !== resolved.auditKey.y) {
    throw fault('BUNDLE_COMMITTEE_INVALID', `${where}.committee`, 'its key is not the chain’s')
  }
  const common = {
    version: 1 as const,
    ...{ chainId: chain.chainId, log: chain.log, order: bundle.order.number, key, item },
    committee: committeeId(body),
  }
  opening.answers.forEach((answer, i) => {
    if (!isAnswerSigned({ ...common, ...answer }, body)) {
      const reason = 'the member did not sign this'
      throw fault('BUNDLE_SIGNATURE_INVALID', `${where}.answers[${String(i)}]`, reason)
    }
  })
  const statement = { point: resolved.point, context: openingContext(order, { item, key }) }
  let shared: CurvePoint
  try {
    const partials = opening.answers.map(({ partial }) => decodePartial(partial))
    const combined = combinePartials(committee, statement, partials)
    if (combined.used.length !== partials.length) {
      throw fault('BUNDLE_PARTIAL_INVALID', `${where}.answers`, 'they are not t valid ones')
    }
    shared = combined.shared
  } catch (error) {
    throw faultOf(error, 'BUNDLE_PARTIAL_INVALID', `${where}.answers`)
  }
  let plaintext: string
  try {
    plaintext = canonicalJson(readPlaintext(key, shared, resolved.transfer))
  } catch (error) {
    throw faultOf(error, 'BUNDLE_PLAINTEXT_DIFFERS', where)
  }
  if (plaintext !== canonicalJson(opening.plaintext)) {
    const reason = 'the ciphertext opens to something else'
    throw fault('BUNDLE_PLAINTEXT_DIFFERS', `${where}.plaintext`, reason)
  }
}

function checkRecord(
  records: Context['records'],
  item: Item,
  resolved: ResolvedItem,
  where: string,
): void {
  if (item.type !== 'record') return
  const settled = settledRecord(item.batch, resolved)
  const shown = records.get(placeOf(item)) ?? []
  if (shown.length !== 1) {
    throw fault('BUNDLE_RECORD_DIFFERS', where, 'its record does not stand there once')
  }
  for (const [name, value] of Object.entries(settled ?? {})) {
    if (canonicalJson(shown[0]![name as keyof typeof settled]) !== canonicalJson(value)) {
      const reason = 'the settled batch has something else'
      throw fault('BUNDLE_RECORD_DIFFERS', `record of ${where}, ${name}`, reason)
    }
  }
}

/** A record or committee that no opening refers to was not checked, so it may not stand there. */
function checkNothingIdle({ records, committees, openings }: Bundle): void {
  const places = new Set(
    openings.flatMap(({ item }) => (item.type === 'record' ? [placeOf(item)] : [])),
  )
  records.forEach((record, i) => {
    if (places.has(placeOf(record))) return
    throw fault('BUNDLE_RECORD_DIFFERS', `records[${String(i)}]`, 'nothing of it was opened')
  })
  committees.forEach((_, i) => {
    if (openings.some(({ committee }) => committee === i)) return
    throw fault('BUNDLE_COMMITTEE_INVALID', `committees[${String(i)}]`, 'it opened nothing')
  })
}

function placeOf({ batch, slot }: { readonly batch: string; readonly slot: number }): string {
  return `${batch} ${String(slot)}`
}

function fault(code: BundleFault, where: string, reason: string): BundleInvalidError {
  return new BundleInvalidError({ code, where, reason })
}

/** Ours become the bundle's fault; anything else, say a node that is away, is no verdict. */
function faultOf(error: unknown, code: BundleFault, where: string): unknown {
  if (error instanceof BundleInvalidError || !(error instanceof BaseError)) return error
  if (error.code === 'L1_UNAVAILABLE') return error
  return fault(code, where, `${error.code}, ${error.shortMessage.replace(/\.$/, '')}`)
}
