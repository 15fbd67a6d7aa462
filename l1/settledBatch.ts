import { type AbiEvent, getAbiItem } from 'viem'
import { ask } from './ask.ts'
import { contractOf } from './bindings.ts'
import type { ChainEventOf, ChainReader } from './chainEvents.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { getLogs } from './getLogs.ts'

/**
 * One settled batch by its number, complete, read from the calldata of the transaction that settled it. Undefined where
 * no such batch was settled up to `toBlock`.
 */
export async function getSettledBatch(
  {
    client,
    deployment,
    reader,
  }: {
    client: ChainClient
    deployment: Pick<ChainDeployment, 'contracts' | 'startBlock'>
    reader: ChainReader
  },
  { batchNumber, toBlock }: { batchNumber: bigint; toBlock: bigint },
): Promise<ChainEventOf<'batchSettled'> | undefined> {
  const { abi, address } = contractOf(deployment, 'rollup')
  const event = getAbiItem({ abi, name: 'BatchSettled' }) as AbiEvent
  const [log] = await getLogs(client, {
    ...{ address: [address], from: deployment.startBlock, to: toBlock, event },
    args: { batchNumber: [batchNumber] },
  })
  if (log === undefined) return undefined
  const range = { from: log.blockNumber, to: log.blockNumber }
  const events = await reader.getEvents(range)
  return events.find(
    (found): found is ChainEventOf<'batchSettled'> =>
      found.type === 'batchSettled' && found.batchNumber === batchNumber,
  )
}

/** Blocks are trusted from this one down: the newest that has `confirmations` blocks, its own included. */
export async function getSettledBlock(client: ChainClient, confirmations: number): Promise<bigint> {
  const head = await ask('newest block', () => client.getBlockNumber())
  const depth = BigInt(confirmations - 1)
  return head > depth ? head - depth : 0n
}
