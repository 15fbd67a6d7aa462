import type { FastifyServerOptions } from 'fastify'
import { createApiClient, NOBODY } from '../../api/index.ts'
import { getAnnouncedKey } from '../../l1/announcedKeys.ts'
import { createChainReader } from '../../l1/chainReader.ts'
import { checkDeployment, createChainClient } from '../../l1/client.ts'
import { findReceipt } from '../../l1/findReceipt.ts'
import type { ChainDeployment, ContractName } from '../../l1/deployment.ts'
import {
  getCommonKey,
  getDepositDelays,
  getNamedContracts,
  getSettledState,
} from '../../l1/reads.ts'
import { getOrder } from '../../l1/orders.ts'
import { readSettleCall } from '../../l1/readSettleCall.ts'
import { watchSettlementRight } from '../../l1/settlementRight.ts'
import { DeploymentMismatchError } from '../errors.ts'
import { openDatabase } from '../store/database.ts'
import { EndpointBoard } from '../server/endpointBoard.ts'
import { ChainVerificationKeys } from './chainVerificationKeys.ts'
import {
  createFollower,
  defaultFollowerSettings,
  type Follower,
  type FollowerSettings,
} from './follower.ts'

type Hex = `0x${string}`

export type StartFollowerOptions = Partial<FollowerSettings> & {
  deployment: ChainDeployment
  /** Several, by comma, stand in for each other. */
  rpcUrl: string
  databaseUrl: string
  /** Default 127.0.0.1. */
  host?: string
  /** Default: any free one. */
  port?: number
  /** Keeps the trees from start to start. Default: in memory, rebuilt at every start. */
  stateDirectory?: string
  /** A sequencer to be compared with what settles. */
  watchUrl?: string
  /** Who must sign what it gives out. Default: whoever does at first sight. */
  watchSigner?: Hex
  /** Default: silent. */
  logger?: FastifyServerOptions['logger']
  now?: () => Date
  /** Called when the follower cannot go on: it has stopped by then. */
  onFatal?: (error: Error) => void
}

export type RunningFollower = {
  /** e.g. `http://127.0.0.1:8081`. */
  readonly url: string
  readonly follower: Follower
  /** Answers what was asked, ends the loops, closes the database. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Runs a follower in this process: opens the database, checks that the contracts belong together, rebuilds
 * what is stored, listens and starts to read.
 *
 * @throws what `createFollower` throws, and l1/'s errors when chain and deployment do not belong together.
 */
export async function startFollower(options: StartFollowerOptions): Promise<RunningFollower> {
  const { deployment, rpcUrl, databaseUrl, host = '127.0.0.1', port = 0, watchUrl } = options
  const endpoints = new EndpointBoard()
  const { chainId } = deployment
  const client = createChainClient({ rpcUrl, chainId, onEndpoint: endpoints.tell })
  await checkDeployment(client, deployment)
  const view = { client, deployment }
  checkNamedContracts(deployment, await getNamedContracts(view))
  const database = await openDatabase({ url: databaseUrl })
  let follower: Follower
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= follower.stop().then(() => database.close())
    return stopping
  }
  try {
    follower = await createFollower(
      {
        database,
        reader: createChainReader(view),
        readSettleCall: (transaction) => readSettleCall(client, transaction),
        findReceipt: (transaction) => findReceipt(client, transaction),
        readContractState: (block) => getSettledState(view, block),
        readRight: watchSettlementRight(view, NOBODY),
        keys: new ChainVerificationKeys({
          readCommon: () => getCommonKey(view),
          readKey: (key) => getAnnouncedKey(client, deployment, key),
        }),
        depositDelays: await getDepositDelays(view),
        ...(watchUrl === undefined
          ? {}
          : {
              watch: {
                api: createApiClient({ url: watchUrl }),
                findOrder: (number) => getOrder(view, number),
                ...(options.watchSigner === undefined ? {} : { sequencer: options.watchSigner }),
              },
            }),
        now: options.now ?? (() => new Date()),
        logger: options.logger ?? false,
        ...(options.stateDirectory === undefined ? {} : { stateDirectory: options.stateDirectory }),
        onLockLost(error) {
          void stop().then(() => options.onFatal?.(error))
        },
      },
      deployment,
      {
        confirmations: options.confirmations ?? defaultFollowerSettings.confirmations,
        finalityDepth: options.finalityDepth ?? defaultFollowerSettings.finalityDepth,
        pollMs: options.pollMs ?? defaultFollowerSettings.pollMs,
        limits: options.limits ?? defaultFollowerSettings.limits,
        removals: options.removals ?? defaultFollowerSettings.removals,
      },
    )
  } catch (error) {
    await database.close()
    throw error
  }
  try {
    const url = await follower.app.listen({ host, port })
    endpoints.attach(follower.app.log, follower.registry)
    follower.start()
    return { url, follower, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @throws {DeploymentMismatchError} where the file names another contract than the rollup does. */
function checkNamedContracts(
  { contracts }: ChainDeployment,
  named: Partial<Record<ContractName, Hex>>,
): void {
  for (const [name, expected] of Object.entries(named) as [ContractName, Hex][]) {
    const actual = contracts[name]
    if (actual !== expected) {
      throw new DeploymentMismatchError({ what: `contract ${name}`, expected, actual })
    }
  }
}
