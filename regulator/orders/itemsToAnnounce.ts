import { getOrder } from '../../l1/orders.ts'
import { getAssets } from '../../l1/reads.ts'
import { formatField } from '../../protocol/field.ts'
import { openKernels } from '../../prover/kernels.ts'
import { type OrderFile, tracesOf } from '../bundle/buildBundle.ts'
import { checkTraces } from './checkOpening.ts'
import { isInPeriod, type Item, type Scope, type TransferReference } from './documents.ts'
import { AnnouncementTooLongError, ItemsUnknownError, OpeningRefusedError } from './errors.ts'
import { findSubjectTransfers } from './findSubject.ts'
import { type ChainSource, viewChain } from './openingChain.ts'
import { decodeTraces } from './openingMessages.ts'

/** A settled transfer as a person names it. */
export type TransferName = { readonly batch: bigint; readonly slot: number }

/** What is to be announced of an order's scope. */
export type Wanted = {
  /** The subject's trace keys. */
  readonly traces?: boolean
  /** All transfers that the opened trace keys find. */
  readonly subjectRecords?: boolean
  /** Only these, of the scope or of the subject; none: all of the scope. */
  readonly transfers: readonly TransferName[]
}

/**
 * The list to announce. It holds only what can be opened: what stands in a list and is outside the order's period would spend the
 * limit and the public count, and no member answers for it.
 *
 * @throws {ItemsUnknownError} for a named transfer that the order does not cover.
 * @throws {OpeningRefusedError} when a subject's transfers are asked for before its trace keys were opened.
 */
export async function itemsToAnnounce(
  source: ChainSource,
  file: OrderFile,
  { traces = false, subjectRecords = false, transfers }: Wanted,
): Promise<Item[]> {
  const { scope } = file
  if (scope.kind === 'transfers') {
    const references =
      transfers.length > 0 ? await findTransfers(source, transfers, scope.period) : scope.transfers
    return references.map((reference) => ({ type: 'record', ...reference }))
  }
  if (traces) return scope.epochs.map((epoch) => ({ type: 'trace', epoch }))
  if (!subjectRecords && transfers.length === 0) {
    throw new ItemsUnknownError({
      reason: 'A subject order announces --traces, then --subject-records or --transfer.',
    })
  }
  const found = await findOfSubject(source, file, scope)
  if (transfers.length === 0) return found
  const missing = transfers.find(
    (name) => !found.some(({ batch, slot }) => isNamed(name, { batch, slot })),
  )
  if (missing !== undefined) {
    const text = textOf(missing)
    throw new ItemsUnknownError({
      reason: `${text} is no transfer of the subject in the order’s epochs and period.`,
    })
  }
  return found.filter(({ batch, slot }) => transfers.some((name) => isNamed(name, { batch, slot })))
}

/** The subject's transfers in the order's epochs and period, with asset and nonce, which show that they are its own. */
async function findOfSubject(
  source: ChainSource,
  file: OrderFile,
  scope: Extract<Scope, { kind: 'subject' }>,
) {
  const [announcement] = file.announcements
  const traces = tracesOf(file)
  if (announcement === undefined || traces.length === 0) {
    throw new OpeningRefusedError({ code: 'OPENING_TRACE_MISSING' })
  }
  const chain = await viewChain(source, { confirmations: 1 })
  const opened = { order: file.order, scope, announcement }
  const traceKeys = await checkTraces(chain, opened, decodeTraces(traces))
  const { number: to } = await source.reader.getHead()
  const events = await source.reader.getEvents({ from: source.deployment.startBlock, to })
  const batches = events.filter((event) => event.type === 'batchSettled')
  const assets = (await getAssets(source)).map(({ asset }) => asset)
  const kernels = openKernels()
  const { period } = scope
  const found: Extract<Item, { type: 'record' }>[] = []
  for (const [epoch, traceKey] of traceKeys) {
    const search = { batches, epoch, traceKey, assets, ...(period === undefined ? {} : { period }) }
    found.push(...(await findSubjectTransfers(kernels, search)))
  }
  return found
}

/**
 * Named transfers with their nullifiers from the chain.
 *
 * @throws {ItemsUnknownError} for one that is not settled, or outside the period.
 */
export async function findTransfers(
  source: ChainSource,
  names: readonly TransferName[],
  period?: Scope['period'],
): Promise<TransferReference[]> {
  const chain = await viewChain(source, { confirmations: 1 })
  return Promise.all(
    names.map(async (name) => {
      const settled = await chain.batch(name.batch)
      const transfer = settled?.transfers.find(({ slot }) => slot === name.slot)
      if (transfer === undefined) {
        throw new ItemsUnknownError({ reason: `There is no settled transfer ${textOf(name)}.` })
      }
      const { nullifier, day } = transfer.publicInputs
      if (!isInPeriod(day, period)) {
        throw new ItemsUnknownError({ reason: `${textOf(name)} is outside the order’s period.` })
      }
      return { batch: name.batch.toString(), slot: name.slot, nullifier: formatField(nullifier) }
    }),
  )
}

/**
 * That the order has room for so many more, before a list is kept that the chain would refuse.
 *
 * @throws {AnnouncementTooLongError}
 */
export async function checkRoom(source: ChainSource, number: bigint, count: number): Promise<void> {
  const order = await getOrder(source, number)
  if (order === undefined) throw new OpeningRefusedError({ code: 'OPENING_ORDER_UNKNOWN' })
  const { limit, opened } = order
  if (opened + count > limit) throw new AnnouncementTooLongError({ count, left: limit - opened })
}

function isNamed(name: TransferName, { batch, slot }: { batch: string; slot: number }): boolean {
  return name.batch.toString() === batch && name.slot === slot
}

function textOf({ batch, slot }: TransferName): string {
  return `${batch.toString()}:${String(slot)}`
}
