import {
  type AbiEvent,
  decodeEventLog,
  encodeFunctionData,
  getAbiItem,
  type Hash,
  type Hex,
} from 'viem'
import { ask } from './ask.ts'
import { abis } from './bindings.ts'
import type { ContractCall } from './calls.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { getLogs } from './getLogs.ts'

/** A head of the supervisors' own log as the base chain has it. */
export type LogAnchor = {
  /** Entries up to and with the head. */
  readonly length: bigint
  readonly head: Hex
  readonly transactionHash: Hash
  readonly blockNumber: bigint
}

/** Anchors the head of the supervisors' log in DisclosureLog. Officer. */
export function anchorLogCall(
  { contracts }: Pick<ChainDeployment, 'contracts'>,
  { head, length }: { head: Hex; length: bigint },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.disclosureLog,
    functionName: 'anchorLog',
    args: [head, length],
  })
  return { to: contracts.disclosureLog, data, value: 0n }
}

/** Who sent an anchor: the event does not say. */
export async function getAnchorSender(
  client: ChainClient,
  { transactionHash }: LogAnchor,
): Promise<Hex> {
  const { from } = await ask('transaction', () => client.getTransaction({ hash: transactionHash }))
  return from
}

/** All anchored heads, oldest first; lengths never shrink (the contract refuses it). */
export async function readLogAnchors(
  client: ChainClient,
  { contracts, startBlock }: ChainDeployment,
): Promise<LogAnchor[]> {
  const abi = abis.disclosureLog
  const event = getAbiItem({ abi, name: 'LogAnchored' }) as AbiEvent
  const logs = await getLogs(client, {
    address: [contracts.disclosureLog],
    from: startBlock,
    to: await client.getBlockNumber(),
    event,
  })
  return logs.map(({ data, topics, transactionHash, blockNumber }) => {
    const { args } = decodeEventLog({ abi, eventName: 'LogAnchored', data, topics })
    return { length: args.length, head: args.head, transactionHash, blockNumber }
  })
}
