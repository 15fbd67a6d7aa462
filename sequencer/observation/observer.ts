import type { ChainEvent, ChainHead, ChainReader } from '../../l1/chainEvents.ts'
import type { ChainView } from '../chainView.ts'
import { Loop, type LoopReporter } from '../loop.ts'
import type { Database } from '../store/database.ts'
import { deleteL1BlocksAbove } from '../store/deleteL1BlocksAbove.ts'
import { findChainView } from '../store/findChainView.ts'
import { findNewestL1Block } from '../store/findNewestL1Block.ts'
import { insertL1Block } from '../store/insertL1Block.ts'
import { insertL1Event } from '../store/insertL1Event.ts'

/** Blocks whose events are read and written at a time. */
const RANGE = 2_000n

export type ObserverParameters = {
  database: Database
  chain: ChainReader
  /** Block of the deployment: nothing of ours is before it. */
  startBlock: bigint
  /** Blocks below the head that are read; 0 reads up to the head. */
  confirmations: bigint
  intervalMs: number
  reporter: LoopReporter
  /** Called whenever something was read. `settled` are the batches seen settled. */
  onObserved: (facts: {
    view: ChainView
    settled: readonly Extract<ChainEvent, { type: 'batchSettled' }>[]
    isReorg: boolean
  }) => Promise<void>
}

/** Reads the base chain into the observation tables; a reorg takes its rows with it. */
export class Observer extends Loop {
  override readonly name = 'observer'
  readonly #parameters: ObserverParameters
  #view: ChainView | undefined

  constructor(parameters: ObserverParameters) {
    super({ intervalMs: parameters.intervalMs, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  /** The base chain as last observed. */
  get view(): ChainView | undefined {
    return this.#view
  }

  override async tick(): Promise<void> {
    const { database, chain, confirmations, startBlock, onObserved } = this.#parameters
    const isReorg = await this.#dropReorganised()
    const newest = await findNewestL1Block(database)
    const head = await chain.getHead()
    const last = head.number - confirmations
    const first = newest === undefined ? startBlock : newest.number + 1n
    const settled: Extract<ChainEvent, { type: 'batchSettled' }>[] = []
    for (let from = first; from <= last; from += RANGE) {
      const to = from + RANGE - 1n < last ? from + RANGE - 1n : last
      const events = await this.#read(from, to)
      // A reorg between the two questions: the next tick sees it and starts from the common block.
      if (events === undefined) break
      settled.push(...events)
    }
    if (isReorg || this.#view === undefined || settled.length > 0 || first <= last) {
      const view = await findChainView(database)
      if (view === undefined) return
      this.#view = view
      await onObserved({ view, settled, isReorg })
    }
  }

  /** Reads one range and writes it whole, its last block as the new cursor. */
  async #read(
    from: bigint,
    to: bigint,
  ): Promise<Extract<ChainEvent, { type: 'batchSettled' }>[] | undefined> {
    const { database, chain } = this.#parameters
    const events = await chain.getEvents({ from, to })
    const last = await chain.getBlock(to)
    if (last === undefined) return undefined
    const isConsistent = events.every(
      ({ blockNumber, blockHash }) => blockNumber !== last.number || blockHash === last.hash,
    )
    if (!isConsistent) return undefined
    await database.transaction(async (connection) => {
      for (const event of events) {
        await insertL1Block(connection, {
          number: event.blockNumber,
          hash: event.blockHash,
          minedAt: toDate(event.timestamp),
        })
        await insertL1Event(connection, event)
      }
      await insertL1Block(connection, { ...last, minedAt: toDate(last.timestamp) })
    })
    return events.filter((event) => event.type === 'batchSettled')
  }

  /** Goes back to the newest block that the chain still has. @returns whether anything was dropped. */
  async #dropReorganised(): Promise<boolean> {
    const { database, chain, startBlock } = this.#parameters
    let isReorg = false
    for (;;) {
      const newest = await findNewestL1Block(database)
      if (newest === undefined) return isReorg
      const actual: ChainHead | undefined = await chain.getBlock(newest.number)
      if (actual?.hash === newest.hash) return isReorg
      const below = await findNewestL1Block(database, newest.number)
      await deleteL1BlocksAbove(database, below?.number ?? startBlock - 1n)
      isReorg = true
    }
  }
}

function toDate(seconds: bigint): Date {
  return new Date(Number(seconds) * 1000)
}
