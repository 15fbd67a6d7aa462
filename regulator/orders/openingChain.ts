import type { ChainEventOf, ChainReader } from '../../l1/chainEvents.ts'
import type { ChainClient } from '../../l1/client.ts'
import type { ChainDeployment } from '../../l1/deployment.ts'
import { getOrder, isAnnounced, isOrderExecutable, type Order } from '../../l1/orders.ts'
import { type Epoch, getEpochs, getTracePoint } from '../../l1/reads.ts'
import { getSettledBatch, getSettledBlock } from '../../l1/settledBatch.ts'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'

/** The base chain as somebody who answers, or checks an answer, follows it by itself: as of one block that is deep enough. */
export type OpeningChain = {
  readonly chainId: string
  /** DisclosureLog, lower case. */
  readonly log: `0x${string}`
  order(number: bigint): Promise<Order | undefined>
  /** In the newest block: what was stopped a moment ago is stopped. */
  isExecutable(number: bigint): Promise<boolean>
  isAnnounced(order: bigint, recordsHash: `0x${string}`): Promise<boolean>
  batch(number: bigint): Promise<ChainEventOf<'batchSettled'> | undefined>
  /** The registered T of an index. */
  tracePoint(index: bigint): Promise<CurvePoint | undefined>
  epochs(): Promise<readonly Epoch[]>
}

export type ChainSource = {
  readonly client: ChainClient
  readonly deployment: ChainDeployment
  readonly reader: ChainReader
}

/**
 * A view of the chain now, `confirmations` deep. It remembers what it read, so it serves one request: the next one looks again.
 */
export async function viewChain(
  source: ChainSource,
  { confirmations }: { confirmations: number },
): Promise<OpeningChain> {
  const { client, deployment } = source
  const blockNumber = await getSettledBlock(client, confirmations)
  const batches = new Map<bigint, Promise<ChainEventOf<'batchSettled'> | undefined>>()
  let epochs: Promise<readonly Epoch[]> | undefined
  return {
    chainId: deployment.chainId.toString(),
    log: deployment.contracts.disclosureLog,
    order: (number) => getOrder(source, number, { blockNumber }),
    isExecutable: (number) => isOrderExecutable(source, number),
    isAnnounced: (order, recordsHash) =>
      isAnnounced(source, { order, recordsHash }, { blockNumber }),
    batch(batchNumber) {
      const known = batches.get(batchNumber)
      if (known !== undefined) return known
      const found = getSettledBatch(source, { batchNumber, toBlock: blockNumber })
      batches.set(batchNumber, found)
      return found
    },
    tracePoint: (index) => getTracePoint(source, index, { blockNumber }),
    epochs: () => (epochs ??= getEpochs(source)),
  }
}
