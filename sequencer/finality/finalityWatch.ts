import type { MinedTransaction } from '../../l1/findReceipt.ts'
import { SettlementReceiptError } from '../errors.ts'
import { Loop, type LoopReporter } from '../loop.ts'
import type { Database } from '../store/database.ts'
import { findDeepestSettlement, type ObservedSettlement } from '../store/findDeepestSettlement.ts'
import { findSettlement } from '../store/findSettlement.ts'

type Hex = `0x${string}`

export type FinalityWatchParameters = {
  database: Database
  /** Blocks, its own included, that a settlement must have in what was read. */
  depth: bigint
  findReceipt: (transaction: Hex) => Promise<MinedTransaction | undefined>
  intervalMs: number
  reporter: LoopReporter
  /** A settlement, and all before it, is final now. */
  onFinal: (settlement: ObservedSettlement) => void
  /** A reorganisation took back what was final. */
  onTakenBack: (settlement: ObservedSettlement) => void
}

/**
 * Calls a settlement final once it is deep enough, and only after the base chain was asked for its receipt once more:
 * what was observed when the block was young is not what people are told to rely on. It keeps nothing: after a
 * start the newest one is looked at again, and since each batch settles on the one before, it speaks for all of them.
 */
export class FinalityWatch extends Loop {
  override readonly name = 'finality'
  readonly #parameters: FinalityWatchParameters
  #final: ObservedSettlement | undefined

  constructor(parameters: FinalityWatchParameters) {
    super({ intervalMs: parameters.intervalMs, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  /** The newest settlement that is final. */
  get final(): ObservedSettlement | undefined {
    return this.#final
  }

  /** @throws {SettlementReceiptError} where receipt and observation differ; nothing is final by it then. */
  override async tick(): Promise<void> {
    const { database, depth, findReceipt, onFinal } = this.#parameters
    await this.#dropTakenBack()
    const deepest = await findDeepestSettlement(database, { depth })
    if (deepest === undefined || deepest.batchNumber <= (this.#final?.batchNumber ?? 0n)) return
    const { batchNumber, l1Transaction, l1Block } = deepest
    const receipt = await findReceipt(l1Transaction)
    if (receipt?.blockHash !== l1Block.hash || !receipt.isSuccess) {
      throw new SettlementReceiptError({ batchNumber, l1Transaction, l1Block, receipt })
    }
    this.#final = deepest
    onFinal(deepest)
  }

  async #dropTakenBack(): Promise<void> {
    const { database, onTakenBack } = this.#parameters
    const final = this.#final
    if (final === undefined) return
    const now = await findSettlement(database, final.batchNumber)
    if (now?.l1Block.hash === final.l1Block.hash) return
    this.#final = undefined
    onTakenBack(final)
  }
}
