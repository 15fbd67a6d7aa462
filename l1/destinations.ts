import { getAbiItem, parseEventLogs } from 'viem'
import { REGISTRY_MODE } from '../protocol/constants.ts'
import { ask } from './ask.ts'
import { contractOf } from './bindings.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { getLogs } from './getLogs.ts'

/** A change of an identity's destination, as its announcement names it. */
export type DestinationChange = {
  readonly index: bigint
  readonly oldLeaf: bigint
  readonly newLeaf: bigint
}

/** What the base chain has of a change of destination, in the newest block. */
export type DestinationChangeState = {
  /** The index's leaf; undefined where nobody has it. */
  readonly leaf: bigint | undefined
  /** Settlement-clock time, seconds, from which it can be made; undefined where no announcement waits. */
  readonly allowedFrom: bigint | undefined
  /** How often it was made: a leaf can come back, and with it the same change. */
  readonly timesMade: number
}

/** Follows the events of one index: the contract shows an announcement nowhere else. */
export async function readDestinationChange(
  {
    client,
    deployment,
  }: {
    client: ChainClient
    deployment: Pick<ChainDeployment, 'contracts' | 'startBlock'>
  },
  { index, oldLeaf, newLeaf }: DestinationChange,
): Promise<DestinationChangeState> {
  const { abi, address } = contractOf(deployment, 'identityRegistry')
  const to = await ask('newest block', () => client.getBlockNumber())
  const logsOf = (name: 'DestinationAnnounced' | 'IdentityUpdated') =>
    getLogs(client, {
      ...{ address: [address], from: deployment.startBlock, to },
      ...{ event: getAbiItem({ abi, name }), args: { index: [index] } },
    })
  const [announced, updated] = await Promise.all([
    logsOf('DestinationAnnounced'),
    logsOf('IdentityUpdated'),
  ])
  const isThis = ({ args }: { args: { oldLeaf: bigint; newLeaf: bigint } }) =>
    args.oldLeaf === oldLeaf && args.newLeaf === newLeaf
  const updates = parseEventLogs({ abi, eventName: 'IdentityUpdated', logs: updated })
  const made = updates.filter(
    (update) => update.args.mode === REGISTRY_MODE.DESTINATION_BY_OWNER && isThis(update),
  )
  const last = parseEventLogs({ abi, eventName: 'DestinationAnnounced', logs: announced }).findLast(
    isThis,
  )
  const usedAt = made.at(-1)
  const isWaiting = last !== undefined && (usedAt === undefined || isBefore(usedAt, last))
  return {
    leaf: updates.at(-1)?.args.newLeaf,
    allowedFrom: isWaiting ? last.args.allowedFrom : undefined,
    timesMade: made.length,
  }
}

type Position = { readonly blockNumber: bigint; readonly logIndex: number }

function isBefore(one: Position, other: Position): boolean {
  return one.blockNumber === other.blockNumber
    ? one.logIndex < other.logIndex
    : one.blockNumber < other.blockNumber
}
