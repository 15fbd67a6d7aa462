import type { AbiEvent, Address, Hash, Log } from 'viem'
import type { ChainClient } from './client.ts'
import { getLogs, type LogChunk } from './getLogs.ts'

type MinedLog = Log<bigint, number, false>

export type QueuedItemsParameters<Item> = {
  client: ChainClient
  chunk: LogChunk
  address: Address
  /** The event that queues one, with its id as an indexed argument `id`. */
  event: AbiEvent
  /** First block in which one can be. */
  startBlock: bigint
  /** undefined for a log of something else. */
  read: (log: MinedLog) => { readonly id: bigint; readonly item: Item } | undefined
  /** undefined above the head. */
  getBlockHash: (number: bigint) => Promise<Hash | undefined>
}

/**
 * What was queued in a contract and is named by its id when a batch takes it, maybe long after. Kept from
 * call to call, each with its block, which is looked at again before it counts: a reorg leaves nothing stale.
 */
export class QueuedItems<Item> {
  readonly #parameters: QueuedItemsParameters<Item>
  readonly #known = new Map<bigint, { item: Item; blockNumber: bigint; blockHash: Hash }>()

  constructor(parameters: QueuedItemsParameters<Item>) {
    this.#parameters = parameters
  }

  /** Takes note of one that has just been read. */
  remember(log: MinedLog): void {
    const read = this.#parameters.read(log)
    if (read === undefined) return
    const { blockNumber, blockHash } = log
    this.#known.set(read.id, { item: read.item, blockNumber, blockHash })
  }

  /** undefined where `load` has not found it. */
  get(id: bigint): Item | undefined {
    return this.#known.get(id)?.item
  }

  /** Looks for those that were queued up to block `to` and are not known, or whose block is gone. */
  async load(ids: readonly bigint[], to: bigint): Promise<void> {
    const { client, chunk, address, event, startBlock, getBlockHash } = this.#parameters
    for (const id of ids) {
      const known = this.#known.get(id)
      if (known === undefined) continue
      if ((await getBlockHash(known.blockNumber)) !== known.blockHash) this.#known.delete(id)
    }
    const missing = ids.filter((id) => !this.#known.has(id))
    if (missing.length === 0) return
    const range = { from: startBlock, to }
    const logs = await getLogs(
      client,
      { address: [address], ...range, event, args: { id: missing } },
      chunk,
    )
    for (const log of logs) this.remember(log)
  }
}
