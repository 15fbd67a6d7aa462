import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type AbiEvent,
  encodeAbiParameters,
  encodeEventTopics,
  getAbiItem,
  type Hex,
  type Log,
} from 'viem'
import { abis } from '../../l1/bindings.ts'
import type { ChainClient } from '../../l1/client.ts'
import type { ChainDeployment } from '../../l1/deployment.ts'
import { readDestinationChange } from '../../l1/destinations.ts'
import { REGISTRY_MODE } from '../../protocol/constants.ts'

const abi = abis.identityRegistry
const address = `0x${'1d'.repeat(20)}` as const
const deployment = {
  contracts: { identityRegistry: address },
  startBlock: 1n,
} as unknown as ChainDeployment
const [A, B, C] = [101n, 102n, 103n]

type Entry =
  { announced: [bigint, bigint]; allowedFrom: bigint } | { updated: [bigint, bigint]; mode: number }

/** One log a block, of index 5. */
function toLog(entry: Entry, block: number): Log {
  const name = 'announced' in entry ? 'DestinationAnnounced' : 'IdentityUpdated'
  const { inputs } = getAbiItem({ abi, name }) as AbiEvent
  const values =
    'announced' in entry
      ? [...entry.announced, entry.allowedFrom]
      : [...entry.updated, entry.mode, 7n, [1n, 2n], '0x']
  const args = name === 'IdentityUpdated' ? { index: 5, version: BigInt(block) } : { index: 5 }
  return {
    ...{ address, blockNumber: BigInt(block), logIndex: 0, transactionIndex: 0, removed: false },
    ...{ blockHash: `0x${'00'.repeat(32)}`, transactionHash: `0x${'00'.repeat(32)}` },
    topics: encodeEventTopics({ abi, eventName: name, args }) as [Hex, ...Hex[]],
    data: encodeAbiParameters(
      inputs.filter(({ indexed }) => !indexed),
      values as never,
    ),
  }
}

/** A node that filters by the event's topic, as nodes do. */
function clientWith(entries: readonly Entry[]): ChainClient {
  const logs = entries.map((entry, i) => toLog(entry, i + 1))
  return {
    getBlockNumber: () => Promise.resolve(BigInt(entries.length)),
    getLogs: ({ event, args }: { event: { name: never }; args: { index: bigint[] } }) => {
      assert.deepEqual(args, { index: [5n] })
      const [topic] = encodeEventTopics({ abi, eventName: event.name })
      return Promise.resolve(logs.filter(({ topics }) => topics[0] === topic))
    },
  } as unknown as ChainClient
}

const read = (entries: readonly Entry[]) =>
  readDestinationChange(
    { client: clientWith(entries), deployment },
    { index: 5n, oldLeaf: A, newLeaf: B },
  )

const fill: Entry = { updated: [0n, A], mode: REGISTRY_MODE.FILL }
const announce = (allowedFrom: bigint): Entry => ({ announced: [A, B], allowedFrom })
const move: Entry = { updated: [A, B], mode: REGISTRY_MODE.DESTINATION_BY_OWNER }
const back: Entry = { updated: [B, A], mode: REGISTRY_MODE.DESTINATION_BY_OWNER }

describe('readDestinationChange', () => {
  test('default: what is announced waits, from the newest announcement on', async () => {
    assert.deepEqual(await read([]), { leaf: undefined, allowedFrom: undefined, timesMade: 0 })
    assert.deepEqual(await read([fill]), { leaf: A, allowedFrom: undefined, timesMade: 0 })
    assert.deepEqual(await read([fill, announce(900n), announce(950n)]), {
      leaf: A,
      allowedFrom: 950n,
      timesMade: 0,
    })
  })

  test('behavior: the change uses its announcement up, also where the leaf comes back', async () => {
    const made = { allowedFrom: undefined, timesMade: 1 }
    assert.deepEqual(await read([fill, announce(900n), move]), { leaf: B, ...made })
    assert.deepEqual(await read([fill, announce(900n), move, back]), { leaf: A, ...made })
    assert.deepEqual(await read([fill, announce(900n), move, back, announce(1_900n)]), {
      leaf: A,
      allowedFrom: 1_900n,
      timesMade: 1,
    })
  })

  test('behavior: other changes of the index use nothing up', async () => {
    const others: Entry[] = [
      { announced: [A, C], allowedFrom: 990n },
      { updated: [A, C], mode: REGISTRY_MODE.CHANGE },
      { updated: [C, A], mode: REGISTRY_MODE.CHANGE },
    ]
    assert.deepEqual(await read([fill, announce(900n), ...others]), {
      leaf: A,
      allowedFrom: 900n,
      timesMade: 0,
    })
  })
})
