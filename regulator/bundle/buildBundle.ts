import { getOrder, getOrderHistory, type Order, type OrderAct } from '../../l1/orders.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import type { CommitteeBody } from '../committee/bodies.ts'
import { committeeId } from '../committee/committeeFile.ts'
import { checkTraces, type OpenedOrder, resolveItem } from '../orders/checkOpening.ts'
import type { CollectedItem } from '../orders/collectOpenings.ts'
import type { Announcement, Case, Scope } from '../orders/documents.ts'
import { OpeningRefusedError } from '../orders/errors.ts'
import { type ChainSource, viewChain } from '../orders/openingChain.ts'
import { decodeTraces, type TraceBody } from '../orders/openingMessages.ts'
import { formatTime } from '../../protocol/calendar.ts'
import type { Bundle, Opening, SettledRecord } from './bundle.ts'
import { readCollected } from './readPlaintext.ts'
import { settledRecord } from './settledRecord.ts'

const NOBODY = `0x${'00'.repeat(20)}` as const

/** Everything that an officer has of an order, when all was opened that is to be. */
export type OrderFile = {
  readonly order: bigint
  readonly caseDocument: Case
  readonly scope: Scope
  readonly announcements: readonly Announcement[]
  readonly committees: readonly CommitteeBody[]
  readonly collected: readonly (CollectedItem & { readonly committee: `0x${string}` })[]
}

/**
 * The disclosure bundle: what was collected, opened, and the chain's side of it. Its hash is what `disclose` puts on the chain.
 *
 * @throws {OpeningRefusedError} when the order or an item is not on the chain as the file says.
 */
export async function buildBundle(
  source: ChainSource,
  { confirmations }: { confirmations: number },
  file: OrderFile,
): Promise<Bundle> {
  const chain = await viewChain(source, { confirmations })
  const history = await getOrderHistory(source, file.order)
  // Read last: whoever approved by then and is not in the history is left out.
  const order = await getOrder(source, file.order)
  if (order === undefined) throw new OpeningRefusedError({ code: 'OPENING_ORDER_UNKNOWN' })
  const [announcement] = file.announcements
  if (announcement === undefined) throw new OpeningRefusedError({ code: 'OPENING_NOT_ANNOUNCED' })
  const opened: OpenedOrder = { order: file.order, scope: file.scope, announcement }
  const traceKeys = await checkTraces(chain, opened, decodeTraces(tracesOf(file)))
  const records = new Map<string, SettledRecord>()
  const openings: Opening[] = []
  for (const { item, key, answers, committee: id } of file.collected) {
    const resolved = await resolveItem(chain, opened, { item, key }, traceKeys)
    const record = item.type === 'record' ? settledRecord(item.batch, resolved) : undefined
    if (record !== undefined) records.set(canonicalJson(item), record)
    openings.push({
      ...{ item, key },
      committee: file.committees.findIndex((body) => committeeId(body) === id),
      answers: answers.map(({ partial, at, signature }) => ({ partial, at, signature })),
      plaintext: readCollected({ key, answers }, resolved.transfer),
    })
  }
  const { chainId, rollup } = source.deployment
  const { kind, isEmergency, legalBasis, limit, filer } = order
  return {
    type: 'cinnabar.bundle',
    version: 1,
    ...{ chainId: chainId.toString(), rollup },
    order: {
      number: file.order.toString(),
      ...{ kind, isEmergency, legalBasis, limit, filer, ...approversOf(order, history) },
      history: history.map(bundledAct),
    },
    case: file.caseDocument,
    scope: file.scope,
    announcements: [...file.announcements],
    committees: [...file.committees],
    records: [...records.values()],
    openings,
  }
}

/** Who had approved by the end of a history; who did later was nobody yet. An approver never changes. */
export function approversOf(
  { reviewer, judge }: Pick<Order, 'reviewer' | 'judge'>,
  history: readonly { readonly act: string }[],
): Pick<Order, 'reviewer' | 'judge'> {
  const has = (wanted: OrderAct['act']) => history.some(({ act }) => act === wanted)
  return {
    reviewer: has('approvedAsReviewer') ? reviewer : NOBODY,
    judge: has('approvedAsJudge') ? judge : NOBODY,
  }
}

/** The subject's trace keys among what was collected. */
export function tracesOf({
  collected,
  committees,
}: Pick<OrderFile, 'collected' | 'committees'>): TraceBody[] {
  return collected.flatMap(({ item, answers, committee: id }) => {
    const committee = committees.find((body) => committeeId(body) === id)
    return item.type === 'trace' && committee !== undefined
      ? [{ epoch: item.epoch, committee, partials: answers.map(({ partial }) => partial) }]
      : []
  })
}

export function bundledAct({
  act,
  account,
  blockNumber,
  timestamp,
  transactionHash,
  recordsHash,
  count,
}: OrderAct): Bundle['order']['history'][number] {
  return {
    ...{ act, account },
    block: blockNumber.toString(),
    time: formatTime(timestamp),
    transaction: transactionHash,
    ...(recordsHash === undefined ? {} : { recordsHash }),
    ...(count === undefined ? {} : { count }),
  }
}
