import type { GrantChain, GrantedTransfer } from '../protocol/grants/verify.ts'
import type { ChainEventOf, ChainReader } from './chainEvents.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { getEpochs, getTracePoint } from './reads.ts'
import { getSettledBatch, getSettledBlock } from './settledBatch.ts'

/** The settled chain as a verifier of grants and receipts reads it, `confirmations` deep. */
export function grantChain(
  source: {
    readonly client: ChainClient
    readonly deployment: ChainDeployment
    readonly reader: ChainReader
  },
  { confirmations = 1 }: { confirmations?: number } = {},
): GrantChain {
  const { client, deployment, reader } = source
  const { chainId, rollup, startBlock } = deployment
  return {
    chainId,
    rollup,
    async transfer(batchNumber, slot) {
      const toBlock = await getSettledBlock(client, confirmations)
      const batch = await getSettledBatch(source, { batchNumber, toBlock })
      return batch === undefined ? undefined : transfersOf(batch).find((each) => each.slot === slot)
    },
    async history() {
      const to = await getSettledBlock(client, confirmations)
      const events = await reader.getEvents({ from: startBlock, to })
      return {
        transfers: events.flatMap((event) =>
          event.type === 'batchSettled' ? transfersOf(event) : [],
        ),
        assets: events.flatMap((event) => (event.type === 'assetListed' ? [event.asset] : [])),
      }
    },
    tracePoint: (index) => getTracePoint(source, index),
    async auditKeyI(epoch) {
      return (await getEpochs(source)).find((listed) => listed.epoch === epoch)?.auditKeyI
    },
  }
}

export function transfersOf({
  batchNumber,
  transfers,
}: ChainEventOf<'batchSettled'>): GrantedTransfer[] {
  return transfers.map(({ slot, publicInputs }) => ({ batchNumber, slot, publicInputs }))
}
