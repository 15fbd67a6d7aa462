import type { ChainEventOf, ChainHead, ChainReader } from '../../l1/chainEvents.ts'
import type { ChainView } from '../chainView.ts'
import { failPoint } from '../failPoint.ts'
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
  /**
   * Called whenever something was read, and again where it failed. `settled` are the batches seen settled, as
   * far as they were read just now.
   */
  onObserved: (facts: {
    view: ChainView
    settled: readonly SettledEvent[]
    isReorg: boolean
    /** There was nothing more to read. */
    isCaughtUp: boolean
  }) => Promise<void>
}

type SettledEvent = ChainEventOf<'batchSettled'>
type BlockMark = Pick<ChainHead, 'number' | 'hash'>

/** Reads the base chain into the observation tables; a reorg takes its rows with it. */
export class Observer extends Loop {
  override readonly name = 'observer'
  readonly #parameters: ObserverParameters
  #view: ChainView | undefined
  /** What was written and could not be acted on: the next round does, though it reads nothing new. */
  #pending: { settled: SettledEvent[]; isReorg: boolean } | undefined

  constructor(parameters: ObserverParameters) {
    super({ intervalMs: parameters.intervalMs, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  /** The base chain as last observed. */
  get view(): ChainView | undefined {
    return this.#view
  }

  /** Takes over what another process has observed, without a look at the base chain. */
  async follow(): Promise<void> {
    this.#view = (await findChainView(this.#parameters.database)) ?? this.#view
  }

  override async tick(): Promise<void> {
    const { database, chain, confirmations, startBlock } = this.#parameters
    if (await this.#dropReorganised()) {
      // What was read before may be gone: it is read again where it is wanted.
      this.#pending = { settled: [], isReorg: true }
    }
    let cursor: BlockMark | undefined = await findNewestL1Block(database)
    const head = await chain.getHead()
    const last = head.number - confirmations
    if (this.#view === undefined && cursor !== undefined) {
      await this.#act([], cursor.number === last)
    }
    for (let from = cursor === undefined ? startBlock : cursor.number + 1n; from <= last;) {
      const to = from + RANGE - 1n < last ? from + RANGE - 1n : last
      const read = await this.#read(from, to, cursor)
      // A reorg meanwhile: the next round sees it and starts from the common block.
      if (read === undefined) return
      await this.#act(read.settled, to === last)
      cursor = read.end
      from = to + 1n
    }
    if (this.#pending !== undefined) await this.#act([], cursor?.number === last)
  }

  /** Looks at what is in the database and has it acted on. What fails is pending. */
  async #act(settled: readonly SettledEvent[], isCaughtUp: boolean): Promise<void> {
    const { database, onObserved } = this.#parameters
    this.#pending = {
      settled: [...(this.#pending?.settled ?? []), ...settled],
      isReorg: this.#pending?.isReorg === true,
    }
    const view = await findChainView(database)
    if (view === undefined) return
    this.#view = view
    await onObserved({ view, ...this.#pending, isCaughtUp })
    this.#pending = undefined
  }

  /** Reads one range and writes it whole, its last block as the new cursor. */
  async #read(
    from: bigint,
    to: bigint,
    cursor: BlockMark | undefined,
  ): Promise<{ settled: SettledEvent[]; end: BlockMark } | undefined> {
    const { database, chain } = this.#parameters
    const end = await chain.getBlock(to)
    if (end === undefined) return undefined
    const events = await chain.getEvents({ from, to })
    // Both ends stand where they stood, so all between them belongs to one chain.
    if (!(await this.#isInChain(end))) return undefined
    if (cursor !== undefined && !(await this.#isInChain(cursor))) return undefined
    failPoint('observe.read')
    await database.transaction(async (connection) => {
      for (const event of events) {
        await insertL1Block(connection, {
          number: event.blockNumber,
          hash: event.blockHash,
          minedAt: toDate(event.timestamp),
        })
        await insertL1Event(connection, event)
      }
      await insertL1Block(connection, { ...end, minedAt: toDate(end.timestamp) })
      failPoint('observe.written')
    })
    failPoint('observe.committed')
    return { settled: events.filter((event) => event.type === 'batchSettled'), end }
  }

  async #isInChain({ number, hash }: BlockMark): Promise<boolean> {
    return (await this.#parameters.chain.getBlock(number))?.hash === hash
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
      failPoint('observe.dropped')
      isReorg = true
    }
  }
}

function toDate(seconds: bigint): Date {
  return new Date(Number(seconds) * 1000)
}
