import {
  type ApiClient,
  type BatchBody,
  MAX_BATCHES_PER_PAGE,
  type SignedAnchor,
  type SigningDomain,
  type StatusBody,
  verifyAnchor,
} from '../../api/index.ts'
import { canonicalJson, type Json } from '../../protocol/canonicalJson.ts'
import { formatField, hexToBytes } from '../../protocol/field.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { publicInputsFromArray } from '../../protocol/publicInputs.ts'
import { Loop, type LoopReporter } from '../loop.ts'
import type { Queries } from '../server/queries.ts'
import { type FindOrder, whyNotOrdered } from '../server/removals.ts'
import type { Database } from '../store/database.ts'
import {
  type AnchorConflict,
  insertWatchedAnchor,
  listEquivocations,
  listUnsettledAnchors,
} from '../store/watchedAnchors.ts'
import type { Divergence } from './divergence.ts'

export type AnchorWatchParameters = {
  database: Database
  /** The sequencer that is watched. */
  api: Pick<ApiClient, 'getStatus' | 'getBatches'>
  /** What this follower serves itself. */
  queries: Pick<Queries, 'getBatches'>
  getHead: () => bigint
  domain: bigint
  signing: SigningDomain
  /** The base chain's orders: for memos that the sequencer says one of them removed. */
  findOrder: FindOrder
  /** Who must sign. Default: whoever signs at first sight. */
  sequencer?: `0x${string}`
  /** S2's, seconds: a batch that is not settled by then is void, and its number free. */
  settleWindow: bigint
  intervalMs: number
  now: () => Date
  reporter: LoopReporter
  onFindings: (findings: readonly Divergence[]) => void
}

/**
 * Compares what a sequencer says and signs with what settled. Signed anchors are kept: two of one number and
 * parent, or one that another took the place of, are evidence that anybody can check.
 */
export class AnchorWatch extends Loop {
  override readonly name = 'watch'
  readonly #parameters: AnchorWatchParameters
  #sequencer: string | undefined
  #findings: readonly Divergence[] = []
  /** Batches up to this one were compared whole. */
  #compared = 0n

  constructor(parameters: AnchorWatchParameters) {
    super({ intervalMs: parameters.intervalMs, reporter: parameters.reporter })
    this.#parameters = parameters
    this.#sequencer = parameters.sequencer
  }

  /** What does not agree, as of the last round. */
  get findings(): readonly Divergence[] {
    return this.#findings
  }

  override async tick(): Promise<void> {
    const { api, getHead, onFindings } = this.#parameters
    const status = await api.getStatus()
    const head = getHead()
    const findings: Divergence[] = this.#compareStatus(status)
    if (head < this.#compared) this.#compared = head
    let isClean = true
    for (let from = this.#compared + 1n; ;) {
      const page = await api.getBatches({ from: Number(from), count: MAX_BATCHES_PER_PAGE })
      for (const body of page.batches) {
        const found = await this.#compareBatch(body, head)
        findings.push(...found)
        isClean &&= found.length === 0
        const number = BigInt(body.anchor.batchNumber)
        if (isClean && number === this.#compared + 1n && number <= head) this.#compared = number
      }
      const last = page.batches.at(-1)
      if (last === undefined || last.anchor.batchNumber >= page.newestBatch) break
      from = BigInt(last.anchor.batchNumber) + 1n
    }
    findings.push(...(await this.#listConflicts()))
    this.#findings = findings
    onFindings(findings)
  }

  #compareStatus({ domain, sequencer }: StatusBody): Divergence[] {
    const expected = formatField(this.#parameters.domain)
    if (domain !== expected) return [{ check: 'watched domain', expected, actual: domain }]
    this.#sequencer ??= sequencer
    if (sequencer.toLowerCase() === this.#sequencer.toLowerCase()) return []
    return [{ check: 'watched signer', expected: this.#sequencer, actual: sequencer }]
  }

  async #compareBatch(body: BatchBody, head: bigint): Promise<Divergence[]> {
    const { database, queries, signing, now } = this.#parameters
    const { anchor } = body
    const batchNumber = BigInt(anchor.batchNumber)
    const { signature } = anchor
    if (
      signature === undefined ||
      this.#sequencer === undefined ||
      !verifyAnchor(signing, anchor, this.#sequencer)
    ) {
      const expected = `signed by ${this.#sequencer ?? 'somebody'}`
      return [{ batchNumber, check: 'watched signature', expected, actual: 'not valid' }]
    }
    await insertWatchedAnchor(database, { anchor, signature, now: now() })
    if (batchNumber > head) return []
    const { batches } = await queries.getBatches({ from: anchor.batchNumber, count: 1 })
    const [own] = batches
    if (own === undefined) return []
    return [...compareBodies(batchNumber, own, body), ...(await this.#checkRemovals(body))]
  }

  /** A memo that is left out without an order is one that the sequencer keeps back by itself. */
  async #checkRemovals({ anchor, transfers }: BatchBody): Promise<Divergence[]> {
    const found: Divergence[] = []
    for (const { kind, publicInputs, memoRemoval } of transfers) {
      if (memoRemoval === undefined) continue
      const { nullifier } = publicInputsFromArray(kind, publicInputs.map(BigInt))
      const order = await this.#parameters.findOrder(BigInt(memoRemoval.order))
      const actual = whyNotOrdered(memoRemoval, order, formatField(nullifier))
      if (actual === undefined) continue
      const expected = `removed by order ${memoRemoval.order}`
      found.push({
        ...{ batchNumber: BigInt(anchor.batchNumber), check: 'watched removal', expected, actual },
      })
    }
    return found
  }

  async #listConflicts(): Promise<Divergence[]> {
    const { database, settleWindow: window } = this.#parameters
    const describe = ({ noteRoot, nullifierRoot }: AnchorConflict['expected']) =>
      `${formatField(noteRoot)}, ${formatField(nullifierRoot)}`
    const toDivergence =
      (check: string) =>
      ({ batchNumber, expected, actual }: AnchorConflict): Divergence => ({
        ...{ batchNumber, check },
        expected: describe(expected),
        actual: describe(actual),
      })
    return [
      ...(await listEquivocations(database, { window })).map(toDivergence('equivocation')),
      ...(await listUnsettledAnchors(database, { window })).map(toDivergence('signed anchor')),
    ]
  }
}

/** A memo that an order removed, there or here, is compared by its hash: a removal must not look like a lie. */
function withoutMemo({
  memo,
  memoRemoval,
  ...rest
}: BatchBody['transfers'][number]): Record<string, Json> {
  const memoHash =
    memoRemoval?.memoHash ?? (memo === undefined ? null : formatField(hashMemo(hexToBytes(memo))))
  return { ...rest, memoHash }
}

/** Members of a batch that both sides must give alike: all but who signed, and how far it is. */
function compareBodies(batchNumber: bigint, own: BatchBody, watched: BatchBody): Divergence[] {
  const facts = (body: BatchBody): Record<string, Json> => {
    const { parentNoteRoot, parentNullifierRoot, noteRoot, nullifierRoot, slotCount } =
      body.anchor satisfies SignedAnchor
    const { circuit, position, oldSlotCount, feeRecipient, transfers, deposits } = body
    return {
      ...{ parentNoteRoot, parentNullifierRoot, noteRoot, nullifierRoot, slotCount },
      ...{ circuit, position, oldSlotCount, feeRecipient, deposits },
      transfers: transfers.map(withoutMemo),
    }
  }
  const [ours, theirs] = [facts(own), facts(watched)]
  const name = Object.keys(ours).find(
    // A client that checks what it is given may give the members in another order.
    (key) => canonicalJson(ours[key]!) !== canonicalJson(theirs[key]!),
  )
  if (name === undefined) return []
  const brief = (value: unknown) => {
    const text = JSON.stringify(value)
    return text.length > 200 ? `${text.slice(0, 197)}…` : text
  }
  const [expected, actual] = [brief(ours[name]), brief(theirs[name])]
  return [{ batchNumber, check: `watched ${name}`, expected, actual }]
}
