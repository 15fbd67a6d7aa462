import { decodeSettleInput, encodeSettleInput, type SettleCall } from '../../l1/codec.ts'
import { TransactionRevertedError } from '../../l1/errors.ts'
import type { SettlementRight } from '../../l1/settlementRight.ts'
import type { BatchCircuit } from '../../protocol/constants.ts'
import { bytesToHex, hexToBytes } from '../../protocol/field.ts'
import { BatchExpiredError, type TransferRefusedError } from '../admission/errors.ts'
import { NotOnBaseChainError, RootVersionUnknownError } from '../errors.ts'
import { failPoint } from '../failPoint.ts'
import type { KeyWatcher } from '../keyWatcher.ts'
import { Loop, type LoopReporter } from '../loop.ts'
import type { SealedState } from '../state/sealedState.ts'
import { voidBatchesFrom } from '../state/voidBatchesFrom.ts'
import { closeSettlement } from '../store/closeSettlement.ts'
import type { Database } from '../store/database.ts'
import { findOpenSettlement } from '../store/findOpenSettlement.ts'
import { isDepositAskedBack } from '../store/isDepositAskedBack.ts'
import { listProvedBatches, type ProvedBatch } from '../store/listProvedBatches.ts'
import { openSettlement, type Settlement } from '../store/openSettlement.ts'
import { type BatchSummary, summarizeBatches } from '../store/summarizeBatches.ts'
import { buildSettleCall } from './buildSettleCall.ts'
import {
  chooseSettlement,
  type SettlementChoice,
  type SettlementMeans,
} from './chooseSettlement.ts'
import { BatchVoidError } from './errors.ts'
import { refusalOf } from './refusals.ts'
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
  /** Default: no key was ever replaced. */
  keys?: Pick<KeyWatcher, 'sunset' | 'refresh'>
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
 * So long a root, a deposit or a forced transfer that a reorg removed may be away. The transaction that published it
 * waits in the nodes' pools and is mined again within a few blocks; one that is not by then was replaced, and
 * everything behind would wait for ever.
 */
export const REORG_PATIENCE_MS = 15 * 60_000

/** Settles proved batches in order. At most one call is under way; a restart goes on with it. */
export class Settler extends Loop {
  override readonly name = 'settler'
  readonly #parameters: SettlerParameters
  readonly #abort = new AbortController()
  /** After a refusal, batches go one by one, so that the next refusal says which one it is. */
  #limit: number
  #choice: SettlementChoice | undefined
  /** The batch that is next and waits for what it names, and since when: by what is observed, or by the contract's word. */
  #waiting: Partial<Record<'absent' | 'refused', { batchNumber: bigint; since: Date }>> = {}

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

  /** Up to the first batch that names what is not on the base chain. */
  async #build(
    proved: readonly ProvedBatch[],
  ): Promise<{ batches: readonly ProvedBatch[]; call?: SettleCall }> {
    const { database, keys } = this.#parameters
    let batches = proved
    while (batches.length > 0) {
      try {
        const call = await buildSettleCall(database, batches, keys?.sunset)
        delete this.#waiting.absent
        return { batches, call }
      } catch (error) {
        if (!(error instanceof NotOnBaseChainError)) throw error
        const { batchNumber } = error
        batches = batches.filter(({ number }) => number < batchNumber)
        if (batches.length > 0) continue
        if (!this.#isGone('absent', batchNumber)) throw error
        await (error instanceof RootVersionUnknownError
          ? this.#expire(batchNumber)
          : this.#void(batchNumber))
      }
    }
    return { batches }
  }

  /** Whether what the batch names was away for too long. */
  #isGone(why: 'absent' | 'refused', batchNumber: bigint): boolean {
    const now = this.#parameters.now()
    const known = this.#waiting[why]
    const since = known?.batchNumber === batchNumber ? known.since : now
    this.#waiting[why] = { batchNumber, since }
    return now.getTime() - since.getTime() >= REORG_PATIENCE_MS
  }

  /** Out of time: transfers are rejected. */
  #expire(from: bigint): Promise<void> {
    return this.#drop({ from, reason: new BatchExpiredError() })
  }

  /** Not the transfers' fault: they are sealed again. */
  #void(from: bigint): Promise<void> {
    return this.#drop({ from, reason: new BatchVoidError(), isSealedAgain: true })
  }

  async #drop(what: {
    from: bigint
    reason: TransferRefusedError
    isSealedAgain?: boolean
  }): Promise<void> {
    const { database, state, now, onVoided } = this.#parameters
    this.#waiting = {}
    const voided = await state.exclusive(() =>
      voidBatchesFrom({ database, state }, { ...what, now: now() }),
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
      this.#waiting = {}
      onSettled({ firstBatch, lastBatch, transaction, gasUsed, startedAt })
    } catch (error) {
      if (this.#abort.signal.aborted) return
      // Anything else (no answer, no funds) leaves the call open: it goes on where it stopped.
      if (!(error instanceof TransactionRevertedError)) throw error
      await this.#handleRefusal(settlement, error)
    }
  }

  async #handleRefusal(settlement: Settlement, error: TransactionRevertedError): Promise<void> {
    const { database, right, keys, now } = this.#parameters
    const { id, firstBatch, lastBatch } = settlement
    const reason = error.revert?.name
    await closeSettlement(database, {
      ...{ id, outcome: 'reverted', error: reason ?? 'no reason given', now: now() },
    })
    failPoint('settle.refused')
    // Its batches were voided while it was under way: it says nothing about those of their numbers now.
    if (!this.#stands(settlement)) return
    const refusal = refusalOf(reason)
    // Settled already, by an earlier life of this node or by another: the observer will see it.
    if (refusal === 'overtaken') return
    if (refusal === 'not ours') {
      // Found out by being refused: it is read again, and calls wait until it is ours.
      await right.tick()
      if (!right.maySettle) return
    }
    // Found out by being refused, too: the call is made again, for the keys that there are now.
    if (refusal === 'keys' && (await keys?.refresh()) === true) return
    this.#limit = 1
    if (refusal === 'retry' || refusal === 'keys' || refusal === 'not ours') throw error
    // Alone it is refused again, if it is the one.
    if (firstBatch !== lastBatch) return
    if (refusal === 'expired') return this.#expire(firstBatch)
    if (
      refusal === 'void' ||
      (await this.#isTooLate(error)) ||
      this.#isGone('refused', firstBatch)
    ) {
      return this.#void(firstBatch)
    }
    throw error
  }

  /** Whether the call is about the batches that stand now. */
  #stands({ firstBatch, calldata }: Settlement): boolean {
    const [first] = decodeSettleInput(bytesToHex(calldata)).batches
    return first?.newNoteRoot === this.#parameters.state.noteRootOf(firstBatch)
  }

  /** Of a deposit that its depositor has asked back for too long it is known that it does not come again. */
  async #isTooLate({ revert }: TransactionRevertedError): Promise<boolean> {
    const [id] = revert?.args ?? []
    if (revert?.name !== 'DepositNotTakeable' || typeof id !== 'bigint') return false
    return isDepositAskedBack(this.#parameters.database, id)
  }
}
