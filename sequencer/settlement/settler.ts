import { encodeSettleInput, type SettleCall } from '../../l1/codec.ts'
import { TransactionRevertedError } from '../../l1/errors.ts'
import type { SettlementRight } from '../../l1/settlementRight.ts'
import type { BatchCircuit } from '../../protocol/constants.ts'
import { bytesToHex, hexToBytes } from '../../protocol/field.ts'
import { BatchExpiredError } from '../admission/errors.ts'
import { RootVersionUnknownError } from '../errors.ts'
import { failPoint } from '../failPoint.ts'
import { Loop, type LoopReporter } from '../loop.ts'
import type { SealedState } from '../state/sealedState.ts'
import { voidBatchesFrom } from '../state/voidBatchesFrom.ts'
import { closeSettlement } from '../store/closeSettlement.ts'
import type { Database } from '../store/database.ts'
import { findOpenSettlement } from '../store/findOpenSettlement.ts'
import { listProvedBatches, type ProvedBatch } from '../store/listProvedBatches.ts'
import { openSettlement, type Settlement } from '../store/openSettlement.ts'
import { type BatchSummary, summarizeBatches } from '../store/summarizeBatches.ts'
import { buildSettleCall } from './buildSettleCall.ts'
import {
  chooseSettlement,
  type SettlementChoice,
  type SettlementMeans,
} from './chooseSettlement.ts'
import type { RightWatcher } from './rightWatcher.ts'

type Hex = `0x${string}`

/** What settlement needs of the base chain. */
export type SettlementChain = {
  /** The contract's state in the newest block. */
  getSettled(): Promise<{ batchNumber: bigint; noteRoot: bigint }>
  /** Whether this account may settle, in the newest block. */
  getRight(): Promise<SettlementRight>
  /** Of the newest block, wei per gas; undefined on a chain without one. */
  getBaseFee(): Promise<bigint | undefined>
  /**
   * Has one transaction mined for a purpose, across restarts.
   *
   * @throws {TransactionRevertedError} when the contract refuses it.
   */
  submit(call: { purpose: string; data: Hex; signal: AbortSignal }): Promise<SettleReceipt>
}

export type SettleReceipt = {
  transaction: Hex
  gasUsed: bigint
  /** Gas at the price paid. */
  costWei?: bigint
}

export type SettlerParameters = {
  database: Database
  state: SealedState
  chain: SettlementChain
  maxBatchesPerSettle: number
  right: Pick<RightWatcher, 'maySettle' | 'tick'>
  /** Asked each time: the base fee moves, and so do the times that proofs take. */
  getMeans: () => Promise<
    Omit<SettlementMeans, 'now' | 'maxBatches'> & {
      proofSeconds: Readonly<Record<BatchCircuit, number>>
    }
  >
  now: () => Date
  reporter: LoopReporter
  /** Another reason than the last time, or a call. */
  onChoice: (choice: SettlementChoice) => void
  onSettled: (facts: {
    firstBatch: bigint
    lastBatch: bigint
    transaction: Hex
    gasUsed: bigint
    /** Of this attempt: a restart goes on with a call that is older. */
    startedAt: Date
  }) => void
  onVoided: (batchNumbers: readonly bigint[]) => void
}

/**
 * What the contract says when a batch can never be settled any more: its window is over, a deposit of it was
 * refunded, or the forced queue is another than it was sealed on, by a reorg.
 */
const EXPIRED: ReadonlySet<string> = new Set([
  'IdentityVersionOutdated',
  'PolicyVersionOutdated',
  'DayOutdated',
  'DepositNotTakeable',
  'ForcedOutOfOrder',
  'ForcedSkipped',
  'ForcedOverdue',
  'ForcedWordsWrong',
  'ForcedKindWrong',
])

/**
 * So long a root that a reorg removed may be away. The transaction that published it waits in the nodes' pools and is
 * mined again within a few blocks; one that is not by then was replaced, and everything behind would wait for ever.
 */
export const ROOT_PATIENCE_MS = 15 * 60_000

/** The contract's words for: settlement is somebody else's now. */
const NOT_OURS: ReadonlySet<string> = new Set(['LeaseNotHeld', 'AccessManagedUnauthorized'])

/** Settles proved batches in order. At most one call is under way; a restart goes on with it. */
export class Settler extends Loop {
  override readonly name = 'settler'
  readonly #parameters: SettlerParameters
  readonly #abort = new AbortController()
  /** After a refusal, batches go one by one, so that the next refusal says which one it is. */
  #limit: number
  #choice: SettlementChoice | undefined
  /** The batch that is next and lacks a root, and since when. */
  #rootless: { batchNumber: bigint; since: Date } | undefined

  constructor(parameters: SettlerParameters) {
    super({ intervalMs: 500, reporter: parameters.reporter })
    this.#parameters = parameters
    this.#limit = parameters.maxBatchesPerSettle
  }

  /** The last choice, with what it was made from. */
  get choice(): SettlementChoice | undefined {
    return this.#choice
  }

  override async stop(): Promise<void> {
    this.#abort.abort()
    await super.stop()
  }

  override async tick(): Promise<void> {
    const { database } = this.#parameters
    while (!this.#abort.signal.aborted) {
      const settlement = (await findOpenSettlement(database)) ?? (await this.#prepare())
      if (settlement === undefined) return
      await this.#settle(settlement)
    }
  }

  async #prepare(): Promise<Settlement | undefined> {
    const { database, state, chain, right, now } = this.#parameters
    if (!right.maySettle) return undefined
    const settled = await chain.getSettled()
    // Overtaken, or a reorg: the observer sorts it out first.
    if (state.noteRootOf(settled.batchNumber) !== settled.noteRoot) return undefined
    const from = settled.batchNumber + 1n
    // One more than a call takes: it may be worth waiting for.
    const limit = this.#limit + 1
    const { count } = await this.#choose(await summarizeBatches(database, { from, limit }))
    if (count === 0) return undefined
    const proved = await listProvedBatches(database, { from, limit: count })
    const { batches, call } = await this.#build(proved)
    const [first] = batches
    const last = batches.at(-1)
    if (first === undefined || last === undefined || call === undefined) return undefined
    const opened = await openSettlement(database, {
      firstBatch: first.number,
      lastBatch: last.number,
      calldata: hexToBytes(encodeSettleInput(call)),
      now: now(),
    })
    failPoint('settle.opened')
    return opened
  }

  /** Up to the first batch with a root that is not on the base chain. */
  async #build(
    proved: readonly ProvedBatch[],
  ): Promise<{ batches: readonly ProvedBatch[]; call?: SettleCall }> {
    const { database } = this.#parameters
    if (proved.length === 0) return { batches: [] }
    try {
      const call = await buildSettleCall(database, proved)
      this.#rootless = undefined
      return { batches: proved, call }
    } catch (error) {
      if (!(error instanceof RootVersionUnknownError)) throw error
      const batches = proved.filter(({ number }) => number < error.batchNumber)
      if (batches.length > 0) return { batches, call: await buildSettleCall(database, batches) }
      if (!this.#isRootGone(error)) throw error
      await this.#void(error.batchNumber)
      return { batches }
    }
  }

  #isRootGone({ batchNumber }: RootVersionUnknownError): boolean {
    const now = this.#parameters.now()
    if (this.#rootless?.batchNumber !== batchNumber) this.#rootless = { batchNumber, since: now }
    return now.getTime() - this.#rootless.since.getTime() >= ROOT_PATIENCE_MS
  }

  async #void(from: bigint): Promise<void> {
    const { database, state, now, onVoided } = this.#parameters
    const voided = await state.exclusive(() =>
      voidBatchesFrom({ database, state }, { from, reason: new BatchExpiredError(), now: now() }),
    )
    onVoided(voided)
  }

  async #choose(batches: readonly BatchSummary[]): Promise<SettlementChoice> {
    const { getMeans, now, onChoice } = this.#parameters
    const { proofSeconds, ...means } = await getMeans()
    const unproved = batches.find(({ isProved }) => !isProved)
    const next =
      unproved === undefined
        ? undefined
        : { ...unproved, proofSeconds: proofSeconds[unproved.circuit] }
    const choice = chooseSettlement(
      batches.filter(({ isProved }) => isProved),
      next,
      { ...means, maxBatches: this.#limit, now: now() },
    )
    if (choice.count > 0 || choice.reason !== this.#choice?.reason) onChoice(choice)
    this.#choice = choice
    return choice
  }

  async #settle(settlement: Settlement): Promise<void> {
    const { database, chain, maxBatchesPerSettle, now, onSettled } = this.#parameters
    const { id, firstBatch, lastBatch, calldata } = settlement
    const startedAt = now()
    try {
      const { transaction, gasUsed, costWei } = await chain.submit({
        purpose: `settle ${String(id)}: batches ${String(firstBatch)}-${String(lastBatch)}`,
        data: bytesToHex(calldata),
        signal: this.#abort.signal,
      })
      failPoint('settle.mined')
      const cost = costWei === undefined ? {} : { costWei }
      await closeSettlement(database, { id, outcome: 'mined', ...cost, now: now() })
      failPoint('settle.closed')
      this.#limit = maxBatchesPerSettle
      onSettled({ firstBatch, lastBatch, transaction, gasUsed, startedAt })
    } catch (error) {
      if (this.#abort.signal.aborted) return
      // Anything else (no answer, no funds) leaves the call open: it goes on where it stopped.
      if (!(error instanceof TransactionRevertedError)) throw error
      await this.#handleRefusal(settlement, error)
    }
  }

  async #handleRefusal(settlement: Settlement, error: TransactionRevertedError): Promise<void> {
    const { database, now } = this.#parameters
    const { id, firstBatch, lastBatch } = settlement
    const reason = error.revert?.name ?? 'no reason given'
    await closeSettlement(database, { id, outcome: 'reverted', error: reason, now: now() })
    failPoint('settle.refused')
    // Settled already, by an earlier life of this node or by another: the observer will see it.
    if (reason === 'BatchOutOfOrder') return
    if (NOT_OURS.has(reason)) {
      // Found out by being refused: it is read again, and calls wait until it is ours.
      await this.#parameters.right.tick()
      if (!this.#parameters.right.maySettle) return
    }
    this.#limit = 1
    if (EXPIRED.has(reason)) {
      if (firstBatch !== lastBatch) return
      await this.#void(firstBatch)
      return
    }
    throw error
  }
}
